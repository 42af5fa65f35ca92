"""Queueing a mail: one key is one mail, written once, in the transaction of its cause."""

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template import TemplateDoesNotExist

from emails.models import Email, EmailState
from emails.outbox import queue_mail
from emails.tasks import send
from tasks.models import TaskRun
from tasks.testing import assert_enqueued, run_due

pytestmark = pytest.mark.django_db


def queue(key: str = "welcome:1", to: str = "ada@example.com") -> Email:
    return queue_mail(key=key, template="welcome", to=to, context={"user": {"email": to}})


def test_a_queued_mail_waits_and_is_then_sent_in_both_forms() -> None:
    email = queue()

    assert email.state == EmailState.PENDING
    assert mail.outbox == []
    assert_enqueued(send, str(email.pk))

    run_due()

    email.refresh_from_db()
    assert email.state == EmailState.SENT
    assert email.sent_at is not None
    [message] = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    assert message.to == ["ada@example.com"]
    assert "Hello ada@example.com" in message.body
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    assert "<p>Hello ada@example.com" in str(html)
    assert message.extra_headers["Message-ID"] == f"<{email.pk}@testserver>"


def test_the_same_key_twice_is_one_mail() -> None:
    first, second = queue(), queue(to="other@example.com")

    run_due()

    assert first.pk == second.pk
    assert second.to == "ada@example.com"
    assert TaskRun.objects.count() == 1
    assert len(mail.outbox) == 1


def test_a_mail_rolled_back_with_its_cause_was_never_there() -> None:
    @transaction.atomic
    def fail_after_queueing() -> None:
        queue()
        raise RuntimeError("the cause fails")

    with pytest.raises(RuntimeError):
        fail_after_queueing()

    assert not Email.objects.exists()
    assert not TaskRun.objects.exists()


def test_a_missing_template_is_the_callers_error() -> None:
    with pytest.raises(TemplateDoesNotExist):
        queue_mail(key="x:1", template="no_such_mail", to="ada@example.com", context={})

    assert not Email.objects.exists()


def test_html_is_escaped_and_plain_text_is_not() -> None:
    email = queue(to="<b>&@example.com")

    assert "<b>&@example.com" in email.text
    assert "&lt;b&gt;&amp;@example.com" in email.html


def test_every_table_refuses_an_unknown_state() -> None:
    email = queue()

    with pytest.raises(Exception, match="email_state_is_known"), transaction.atomic():
        Email.objects.filter(pk=email.pk).update(state="lost")
