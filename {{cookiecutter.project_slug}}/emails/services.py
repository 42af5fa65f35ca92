"""Sends the mails of the outbox, each once, as far as SMTP allows.

`pending → sending → sent | failed`. A mail is marked `sending` before it is handed to the server
and `sent` after the server took it; each mark is one conditional UPDATE that says whether it was
this attempt that made it. So two workers never hand over one attempt, and a worker that was frozen
and comes back writes nothing.

The one window. SMTP has no key that names a mail. If a worker dies after the server took the mail
and before `sent` was committed, the row stays `sending` and nobody can know. The next attempt
follows the setting `EMAIL_WHEN_UNSURE`:

`resend`  (default) hands it over again under the same `Message-ID`, by which mail stores and
          recipients' programs can tell the copy. A mail may come twice; none is lost.
`hold`    fails the mail with a reason for a person to read. None comes twice; one may be lost.

A server that is silent or cuts the line while the mail is handed over opens the same window. A
server that answers never does: 4xx means not taken, try later (the row is `pending` again); 5xx
means never. A server that cannot be reached leaves the row as it was. When the task system has used
up its attempts the row stays `pending`: retry the run once the server is well, and the mail goes
out.
"""

import logging

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db.models.functions import Now

from emails.errors import MailRefused, Verdict, judge
from emails.models import MOVES, Email, EmailState, IllegalMove

logger = logging.getLogger(__name__)

HELD = "A mail server may have this mail already, and EMAIL_WHEN_UNSURE is 'hold'."


def send(email_id: str) -> None:
    """Hand a mail to the mail server, unless that was done.

    Raises `Email.DoesNotExist`; `MailRefused` when the mail can never be sent; and what the mail
    backend raises when it may be sent later.
    """
    email = Email.objects.get(pk=email_id)
    if not MOVES[email.status]:
        return
    # Connected before the mail is marked: a server that is down opens no window.
    with mailers.default as server:
        if not _begin(email):
            return
        try:
            server.send_messages([_message(email)])
        except Exception as error:
            _record(email, error)
            raise
        _move(email, to=EmailState.SENT, sent_at=Now(), reason="")


def _begin(email: Email) -> bool:
    """Take the mail for this attempt; say whether it may be handed over."""
    attempt = email.attempt + 1
    if email.status is EmailState.SENDING:
        if settings.EMAIL_WHEN_UNSURE == "hold":
            _fail(email, HELD)
            return False
        logger.warning("Mail %s may have been sent before; it is sent again.", email.key)
    return _move(email, to=EmailState.SENDING, attempt=attempt)


def _record(email: Email, error: Exception) -> None:
    """Write down what an error says about the mail. Raises `MailRefused` when it says never."""
    reason = f"{type(error).__name__}: {error}"
    match judge(error):
        case Verdict.REFUSED:
            _fail(email, reason)
        case Verdict.NOT_NOW:
            _move(email, to=EmailState.PENDING, reason=reason)
        case Verdict.UNSURE:
            _move(email, to=EmailState.SENDING, reason=reason)


def _fail(email: Email, reason: str) -> None:
    if _move(email, to=EmailState.FAILED, reason=reason):
        raise MailRefused(f"Mail {email.key} to {email.to}: {reason}")


def _move(email: Email, *, to: EmailState, **changes: object) -> bool:
    """Change the row if it is still this attempt's; say whether it was."""
    if to not in MOVES[email.status]:
        raise IllegalMove(f"Mail {email.key} cannot go from {email.state} to {to}.")
    mine = Email.objects.filter(pk=email.pk, state=email.state, attempt=email.attempt)
    moved = mine.update(state=to, **changes) == 1
    if moved:
        email.state = to
        email.attempt = int(str(changes.get("attempt", email.attempt)))
    return moved


def _message(email: Email) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject=email.subject,
        body=email.text,
        to=[email.to],
        headers={"Message-ID": email.message_id},
    )
    message.attach_alternative(email.html, "text/html")
    return message
