"""Newsletters in the admin: written, looked at, sent, paused, resumed."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_user
from emails.models import Email
from emails.tests.witness import Witness
from newsletters.models import Newsletter, NewsletterState
from newsletters.tasks import address
from newsletters.tests.factories import make_newsletter, make_subscribers
from tasks.testing import assert_not_enqueued, run_due
from tests.forms import form_of

pytestmark = pytest.mark.django_db

SUBMITTED = {"_form_submitted": "True"}


def page(newsletter: Newsletter, name: str = "change") -> str:
    return reverse(f"admin:newsletters_newsletter_{name}", args=[newsletter.pk])


def state(newsletter: Newsletter) -> str:
    newsletter.refresh_from_db()
    return newsletter.state


def test_a_draft_is_written_and_looked_at(admin_client: Client) -> None:
    add = reverse("admin:newsletters_newsletter_add")
    form = form_of(admin_client.get(add)) | {"subject": "Spring", "body": "It is <warm>."}
    admin_client.post(add, form)
    newsletter = Newsletter.objects.get()

    shown = admin_client.get(page(newsletter)).content.decode()
    framed = admin_client.get(page(newsletter, "preview"))

    assert f'sandbox src="{page(newsletter, "preview")}"' in shown
    # In the form, in the text beside the frame, and nowhere as markup.
    assert shown.count("It is &lt;warm&gt;.") == 2
    assert "<warm>" not in shown
    assert "It is &lt;warm&gt;." in framed.content.decode()
    assert "sandbox" in framed.headers["Content-Security-Policy"]


def test_a_draft_that_is_stored_twice_is_one(admin_client: Client) -> None:
    add = reverse("admin:newsletters_newsletter_add")
    form = form_of(admin_client.get(add)) | {"subject": "Spring", "body": "It is warm."}

    first = admin_client.post(add, form, follow=True)
    again = admin_client.post(add, form, follow=True)

    newsletter = Newsletter.objects.get()
    assert "This form came twice" not in first.content.decode()
    assert "This form came twice" in again.content.decode()
    assert again.redirect_chain == [(page(newsletter), 302)]


def test_it_is_sent_paused_and_resumed(admin_client: Client, server: Witness) -> None:
    make_subscribers(3)
    newsletter = make_newsletter()

    admin_client.post(page(newsletter, "send"), SUBMITTED)
    address.func(newsletter.pk)
    assert state(newsletter) == NewsletterState.SENDING
    admin_client.post(page(newsletter, "pause"), SUBMITTED)
    run_due()
    assert state(newsletter) == NewsletterState.PAUSED
    assert server.taken == []
    assert "0 of 3 (0 %)" in admin_client.get(page(newsletter)).content.decode()

    admin_client.post(page(newsletter, "resume"), SUBMITTED)
    run_due()

    assert state(newsletter) == NewsletterState.SENT
    assert len(server.taken) == 3
    assert "3 of 3 (100 %)" in admin_client.get(page(newsletter)).content.decode()


def test_it_is_called_off_before_its_mails_are_written(
    admin_client: Client, server: Witness
) -> None:
    make_subscribers(3)
    newsletter = make_newsletter()
    admin_client.post(page(newsletter, "send"), SUBMITTED)

    admin_client.post(page(newsletter, "call_off"), SUBMITTED)
    run_due()

    assert state(newsletter) == NewsletterState.DRAFT
    assert server.taken == []


def test_to_look_at_a_question_does_nothing(admin_client: Client) -> None:
    newsletter = make_newsletter()

    answer = admin_client.get(page(newsletter, "send"))

    shown = answer.content.decode()
    assert "It cannot be called back." in shown
    assert newsletter.subject in shown
    assert state(newsletter) == NewsletterState.DRAFT
    assert_not_enqueued(address)


def test_only_one_is_under_way(admin_client: Client) -> None:
    make_newsletter(state=NewsletterState.PAUSED)
    newsletter = make_newsletter()

    answer = admin_client.post(page(newsletter, "send"), SUBMITTED, follow=True)

    assert "Another newsletter is under way" in answer.content.decode()
    assert state(newsletter) == NewsletterState.DRAFT


def test_what_has_been_sent_is_not_changed_or_deleted(admin_client: Client) -> None:
    newsletter = make_newsletter(state=NewsletterState.SENT)

    assert admin_client.post(page(newsletter), {"subject": "x", "body": "y"}).status_code == 403
    assert admin_client.post(page(newsletter, "delete"), {"post": "yes"}).status_code == 403
    admin_client.post(
        reverse("admin:newsletters_newsletter_changelist"),
        {"action": "delete_selected", "_selected_action": [newsletter.pk], "post": "yes"},
    )
    assert Newsletter.objects.filter(pk=newsletter.pk).exists()


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("send", NewsletterState.DRAFT),
        ("call_off", NewsletterState.ADDRESSING),
        ("pause", NewsletterState.SENDING),
        ("resume", NewsletterState.PAUSED),
    ],
)
def test_who_may_write_one_may_not_yet_send_it(
    name: str, before: NewsletterState, client: Client
) -> None:
    newsletter = make_newsletter(state=before)
    user = make_user(is_staff=True)
    codenames = ["view_newsletter", "change_newsletter"]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)

    client.post(page(newsletter, name), SUBMITTED)

    assert client.get(page(newsletter)).status_code == 200
    assert state(newsletter) == before
    assert not Email.objects.exists()
