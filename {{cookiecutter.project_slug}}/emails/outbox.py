"""The way to send a mail: put it into the outbox, inside the transaction of its cause.

If the cause is rolled back there is no mail; if it is committed there is one, whatever happens
next.

A mail is written when it is queued, not when it is sent: it says what was true when its cause
happened, a broken template is an error of the caller's and not of a worker hours later, and a
second attempt sends the same words.
"""

from collections.abc import Collection, Mapping

from django.db import transaction

from emails import secrets, services
from emails.models import Email, EmailState
from emails.rendering import write
from emails.tasks import send, send_bulk
from tasks.failpoints import failpoint


def queue_mail(
    *,
    key: str,
    template: str,
    to: str,
    context: Mapping[str, object],
    language: str = "",
    secret: str = "",
) -> Email:
    """Queue a mail and return its row. The same key again is the same row, and no second mail.

    `key` names the cause: `welcome:<user>`, `order-confirmation:<order>`. `language` is that of who
    gets it; without it the mail is in the site's. `secret` names what is
    written where the templates say `secret`, and only when it is sent: see `emails.secrets`. Raises
    `TemplateDoesNotExist` when a template of the mail is missing.
    """
    letter = write(template, {"secret": secrets.MARK, **context}, language=language)
    with transaction.atomic():
        email, is_new = Email.objects.get_or_create(
            key=key,
            defaults={
                "to": to,
                "subject": letter.subject,
                "text": letter.text,
                "html": letter.html,
                "secret": secret,
            },
        )
        if is_new:
            send.enqueue(str(email.pk))
    return email


def release(emails: Collection[Email]) -> int:
    """Send mails that are held or were given up, because a person says so; return how many."""
    released = 0
    for email in emails:
        if email.status not in (EmailState.HELD, EmailState.FAILED):
            continue
        with transaction.atomic():
            if services.release(email):
                carrier = send_bulk if email.is_bulk else send
                carrier.enqueue(str(email.pk))
                released += 1
            failpoint("outbox: mail released, not committed")
        failpoint("outbox: mail released")
    return released


def drop(emails: Collection[Email], *, by: str) -> int:
    """Give up mails that are held, because a person says so; return how many."""
    dropped = 0
    for email in emails:
        if email.status is EmailState.HELD:
            failpoint("outbox: mail not dropped")
            dropped += services.drop(email, by=by)
            failpoint("outbox: mail dropped")
    return dropped
