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
`hold`    holds it for a person, who sends or drops it in the admin. None comes twice by itself.

A mail that is one of many, such as a newsletter's, is always held: to get it twice is worse than
not to get it.

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

from emails import secrets
from emails.errors import MailHeld, MailRefused, Verdict, judge
from emails.models import MOVES, Email, EmailState, IllegalMove
from tasks.failpoints import failpoint

logger = logging.getLogger(__name__)

HELD = "A mail server may have this mail already: its worker died, or the server's answer was lost."
DROPPED = "Dropped by {user}."


def send(email_id: str) -> None:
    """Hand a mail to the mail server, unless that was done.

    Raises `Email.DoesNotExist`; `MailRefused` when the mail can never be sent, `MailHeld` when a
    person has to decide; and what the mail backend raises when it may be sent later.
    """
    email = Email.objects.get(pk=email_id)
    if not _is_to_be_sent(email):
        return
    # Connected before the mail is marked: a server that is down opens no window.
    with mailers.default as server:
        failpoint("mail: connected, not marked")
        if not _begin(email):
            return
        failpoint("mail: marked, not handed over")
        try:
            server.send_messages([_message(email)])
        except Exception as error:
            failpoint("mail: not taken, not written down")
            _record(email, error)
            raise
        failpoint("mail: taken, not written down")
        _move(email, to=EmailState.SENT, sent_at=Now(), reason="")
    failpoint("mail: written down")


def release(email: Email) -> bool:
    """Have a mail that was held or given up wait again; say whether it was."""
    return _move(email, to=EmailState.PENDING, reason="")


def drop(email: Email, *, by: str) -> bool:
    """Give up a mail that is held; say whether it was."""
    return _move(email, to=EmailState.FAILED, reason=DROPPED.format(user=by))


def _is_to_be_sent(email: Email) -> bool:
    match email.status:
        case EmailState.SENT:
            return False
        case EmailState.HELD:
            raise MailHeld(f"Mail {email.key} to {email.to} waits for a person: {email.reason}")
        case EmailState.FAILED:
            raise MailRefused(f"Mail {email.key} to {email.to} was given up: {email.reason}")
        case _:
            return True


def _begin(email: Email) -> bool:
    """Take the mail for this attempt; say whether it may be handed over."""
    if email.status is EmailState.SENDING:
        if email.is_bulk or settings.EMAIL_WHEN_UNSURE == "hold":
            _hold(email)
            return False
        logger.warning("Mail %s may have been sent before; it is sent again.", email.key)
    return _move(email, to=EmailState.SENDING, attempt=email.attempt + 1)


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
    failpoint("mail: error written down")


def _hold(email: Email) -> None:
    if _move(email, to=EmailState.HELD, reason=f"{HELD} {email.reason}".strip()):
        failpoint("mail: held")
        raise MailHeld(f"Mail {email.key} to {email.to}: {email.reason or HELD}")


def _fail(email: Email, reason: str) -> None:
    if _move(email, to=EmailState.FAILED, reason=reason):
        failpoint("mail: given up")
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
    text, html = secrets.reveal(email)
    headers = {"Message-ID": email.message_id}
    if email.unsubscribe_url:
        # RFC 8058: mail programs show a button that unsubscribes with one POST.
        headers["List-Unsubscribe"] = f"<{email.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message = EmailMultiAlternatives(
        subject=email.subject, body=text, to=[email.to], headers=headers
    )
    message.attach_alternative(html, "text/html")
    return message
