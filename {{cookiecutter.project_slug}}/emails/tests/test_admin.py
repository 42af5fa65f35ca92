"""The outbox in the admin is there to read."""

import pytest
from django.test import Client
from django.urls import reverse

from emails.tests.factories import make_email

pytestmark = pytest.mark.django_db


def test_staff_can_read_a_mail_and_its_markup_is_shown_not_run(admin_client: Client) -> None:
    email = make_email(html="<script>alert(1)</script>")

    page = admin_client.get(reverse("admin:emails_email_change", args=[email.pk]))

    assert email.message_id.strip("<>") in page.content.decode()
    assert "<script>alert(1)</script>" not in page.content.decode()


def test_nobody_can_change_or_delete_a_mail(admin_client: Client) -> None:
    email = make_email()
    change = reverse("admin:emails_email_change", args=[email.pk])

    assert admin_client.get(reverse("admin:emails_email_changelist")).status_code == 200
    assert admin_client.post(change, {"state": "sent"}).status_code == 403
    assert admin_client.get(reverse("admin:emails_email_add")).status_code == 403
    assert (
        admin_client.get(reverse("admin:emails_email_delete", args=[email.pk])).status_code == 403
    )
