"""The outbox in the admin: read by some, decided about by fewer, and harmless to look at."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import make_user
from emails.models import Email, EmailState
from emails.secrets import COVER, MARK
from emails.tasks import send
from emails.tests.factories import make_email
from tasks.ids import uuid7
from tasks.testing import assert_enqueued, assert_not_enqueued

pytestmark = pytest.mark.django_db

SUBMITTED = {"_form_submitted": "True"}
EVIL = "<script>alert(1)</script>"


def change(email: Email) -> str:
    return reverse("admin:emails_email_change", args=[email.pk])


def act(name: str, email: Email) -> str:
    return reverse(f"admin:emails_email_{name}", args=[email.pk])


def staff(*codenames: str) -> User:
    user = make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def test_staff_can_read_a_mail_and_its_markup_is_shown_not_run(admin_client: Client) -> None:
    email = make_email(html=EVIL, text=EVIL)

    page = admin_client.get(change(email)).content.decode()

    assert email.message_id.strip("<>") in page
    assert EVIL not in page
    assert f'<iframe class="mail-frame" sandbox src="{act("preview", email)}"' in page


def test_the_list_shows_the_subject_above_what_caused_the_mail(admin_client: Client) -> None:
    email = make_email(subject="Greetings")

    listed = admin_client.get(reverse("admin:emails_email_changelist")).content.decode()

    assert listed.index("Greetings") < listed.index(email.key)
    assert f'href="{change(email)}"' in listed


def test_the_frame_holds_the_mail_and_lets_nothing_of_it_run(admin_client: Client) -> None:
    email = make_email(html=f"<p>Hello</p>{EVIL}")

    answer = admin_client.get(act("preview", email))

    assert answer.content.decode() == f"<p>Hello</p>{EVIL}"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert any(part.strip() == "sandbox" for part in policy)
    assert not any(part.startswith("script-src") for part in policy)
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_what_is_secret_is_covered(admin_client: Client) -> None:
    email = make_email(secret="x:1", html=f"<p>{MARK}</p>", text=MARK)

    assert COVER in admin_client.get(change(email)).content.decode()
    assert admin_client.get(act("preview", email)).content.decode() == f"<p>{COVER}</p>"


def test_a_mail_is_shown_to_nobody_who_may_not_see_mails(client: Client) -> None:
    email = make_email()
    client.force_login(staff())

    assert client.get(change(email)).status_code == 403
    assert client.get(act("preview", email)).status_code == 403


def test_nobody_can_change_or_delete_a_mail(admin_client: Client) -> None:
    email = make_email()

    assert admin_client.get(reverse("admin:emails_email_changelist")).status_code == 200
    assert admin_client.post(change(email), {"state": "sent"}).status_code == 403
    assert admin_client.get(reverse("admin:emails_email_add")).status_code == 403
    assert admin_client.get(act("delete", email)).status_code == 403


def test_a_person_sends_what_was_held(admin_client: Client, admin_user: User) -> None:
    email = make_email(state=EmailState.HELD)
    assert "Send after all" in admin_client.get(change(email)).content.decode()

    admin_client.post(act("release", email), SUBMITTED)

    email.refresh_from_db()
    assert email.state == EmailState.PENDING
    assert_enqueued(send, str(email.pk))
    assert LogEntry.objects.get().object_id == str(email.pk)


def test_a_person_drops_what_was_held(admin_client: Client, admin_user: User) -> None:
    email = make_email(state=EmailState.HELD)

    admin_client.post(act("drop", email), SUBMITTED)

    email.refresh_from_db()
    assert email.state == EmailState.FAILED
    assert str(admin_user) in email.reason
    assert_not_enqueued(send)


def test_to_look_at_the_question_decides_nothing(admin_client: Client) -> None:
    email = make_email(state=EmailState.HELD, subject="Your order is confirmed")

    for name in ("release", "drop"):
        asked = admin_client.get(act(name, email)).content.decode()
        # The page below is blurred: the question says which mail it is about.
        assert re.search(rf"Your order is confirmed.*{email.to}.*held", asked, re.DOTALL)

    email.refresh_from_db()
    assert email.state == EmailState.HELD


@pytest.mark.parametrize("id_", ["nonsense", str(uuid7())])
def test_there_is_no_question_about_what_is_no_mail(id_: str, admin_client: Client) -> None:
    question = reverse("admin:emails_email_release", args=[id_])

    assert admin_client.get(question).status_code == 404


@pytest.mark.parametrize("name", ["release", "drop"])
def test_who_may_only_look_decides_nothing(name: str, client: Client) -> None:
    email = make_email(state=EmailState.HELD)
    client.force_login(staff("view_email"))

    assert client.get(change(email)).status_code == 200
    client.post(act(name, email), SUBMITTED)

    email.refresh_from_db()
    assert email.state == EmailState.HELD


LIST = reverse("admin:emails_email_changelist")


def selection(act: str, *emails: Email) -> dict[str, object]:
    return {"action": f"{act}_selected", "_selected_action": [str(email.pk) for email in emails]}


@pytest.mark.parametrize(
    ("act", "state"), [("release", EmailState.PENDING), ("drop", EmailState.FAILED)]
)
def test_a_selection_is_asked_about_and_then_dealt_with_as_far_as_it_was_held(
    act: str, state: EmailState, admin_client: Client
) -> None:
    held = [make_email(state=EmailState.HELD) for _ in range(2)]
    sent = make_email(state=EmailState.SENT)
    emails = Email.objects.filter(pk__in=[email.pk for email in held])

    question = admin_client.post(LIST, selection(act, *held, sent)).content.decode()

    assert f"{'Send' if act == 'release' else 'Drop'} 2 mails?" in question
    assert "1 of those selected stays as it is" in question
    assert held[0].to in question
    assert sent.to not in question
    assert set(emails.values_list("state", flat=True)) == {EmailState.HELD}
    assert not LogEntry.objects.exists()

    admin_client.post(LIST, {**selection(act, *held, sent), "confirmed": "yes"})

    assert set(emails.values_list("state", flat=True)) == {state}
    sent.refresh_from_db()
    assert sent.state == EmailState.SENT
    assert LogEntry.objects.count() == 2


def test_who_may_only_look_decides_nothing_about_a_selection(client: Client) -> None:
    email = make_email(state=EmailState.HELD)
    client.force_login(staff("view_email"))

    answer = client.post(LIST, {**selection("release", email), "confirmed": "yes"})

    assert answer.status_code == 403
    email.refresh_from_db()
    assert email.state == EmailState.HELD


def test_a_selection_of_what_is_no_mail_is_refused(admin_client: Client) -> None:
    posted = {"action": "drop_selected", "_selected_action": ["no-id"]}

    assert admin_client.post(LIST, posted).status_code == 400
