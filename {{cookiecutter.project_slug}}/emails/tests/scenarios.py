"""Who comes by the places of the mails, and how it ends."""

import uuid
from typing import Any

from emails import outbox
from emails.models import Email, EmailState
from emails.tasks import send
from emails.tests.factories import make_email
from tasks.models import RunStatus
from tests.scenario import Request, Run, Stage, request, run

NO_SUCH_USER = "550 no such user"
BUSY = "450 mailbox busy"
GIVEN_UP = ("not taken, not written down", "given up")
IN_THE_WINDOW = "taken, not written down"


@run("mail")
def _mail(stage: Stage, what: str) -> Run:
    address = f"{uuid.uuid4().hex}@example.com"
    if what == "held":
        # As one of many whose worker died while it was handed over.
        email = make_email(
            to=address, state=EmailState.SENDING, attempt=1, unsubscribe_url="http://shop/out/"
        )
    else:
        email = make_email(to=address)
    if what in GIVEN_UP:
        stage.server.refused[address] = NO_SUCH_USER
    elif what == "error written down":
        stage.server.refused_once[address] = BUSY
    elif what == IN_THE_WINDOW:
        stage.server.in_the_window.add(email.message_id)
    return Run(
        who=send.enqueue(str(email.pk)).id,
        end=lambda: _end_of(email, stage),
        status=RunStatus.FAILED if what in (*GIVEN_UP, "held") else RunStatus.SUCCESSFUL,
    )


@request("outbox")
def _outbox(stage: Stage, what: str) -> Request:
    email = make_email(state=EmailState.HELD, attempt=1)

    def send_it() -> None:
        # As a page shows it that is loaded anew.
        outbox.release([Email.objects.get(pk=email.pk)])

    def drop_it() -> None:
        outbox.drop([Email.objects.get(pk=email.pk)], by="ada@example.com")

    return Request(
        send=drop_it if "dropped" in what else send_it, end=lambda: _end_of(email, stage)
    )


def _end_of(email: Email, stage: Stage) -> Any:
    """Say how the mail ended, and what the server has of it, copies left out."""
    copies = [mail.id for mail in stage.server.taken if mail.to == email.to]
    return Email.objects.get(pk=email.pk).state, {one == email.message_id for one in copies}
