"""The way to send a mail: put it into the outbox, inside the transaction of its cause.

If the cause is rolled back there is no mail; if it is committed there is one, whatever happens
next.

A mail is written when it is queued, not when it is sent: it says what was true when its cause
happened, a broken template is an error of the caller's and not of a worker hours later, and a
second attempt sends the same words.
"""

from collections.abc import Mapping

from django.db import transaction

from emails.models import Email
from emails.rendering import write
from emails.tasks import send


def queue_mail(*, key: str, template: str, to: str, context: Mapping[str, object]) -> Email:
    """Queue a mail and return its row. The same key again is the same row, and no second mail.

    `key` names the cause: `welcome:<user>`, `order-confirmation:<order>`. Raises
    `TemplateDoesNotExist` when a template of the mail is missing.
    """
    letter = write(template, context)
    with transaction.atomic():
        email, is_new = Email.objects.get_or_create(
            key=key,
            defaults={
                "to": to,
                "subject": letter.subject,
                "text": letter.text,
                "html": letter.html,
            },
        )
        if is_new:
            send.enqueue(str(email.pk))
    return email
