"""A newsletter goes out with real workers to a real mail server; workers are killed meanwhile."""

import os
import signal
import time

import pytest

from accounts.tests.factories import make_user
from emails import outbox
from emails.models import Email, EmailState
from emails.tests.invariants import assert_every_sent_mail_went_out_once
from emails.tests.witness import Taken, Witness
from newsletters import sending
from newsletters.models import Newsletter, NewsletterState
from newsletters.tasks import begin
from newsletters.tests.factories import make_newsletter, make_subscribers
from tests.conformance.harness import Program, Programs, wait_until

READERS = 200
KILLS = (40, 100)
PAUSED_AT = 150
# A lost worker is noticed soon.
PATIENCE_SECONDS = 120
HASTE = {"lease": 3.0, "sweep": 0.5}


def start_workers(programs: Programs, server: Witness) -> Program:
    return programs.worker(
        "--threads=4",
        processes=2,
        options=HASTE,
        environment={"TEST_EMAIL_URL": server.url, "TEST_NEWSLETTER_RATE": "100000/m"},
    )


def kill_at(counts: tuple[int, ...], program: Program, server: Witness) -> None:
    """Kill all worker processes when the server has so many mails and nobody knows it yet."""
    left = list(counts)

    def on_taken(_mail: Taken) -> None:
        if left and len(server.taken) >= left[0]:
            left.pop(0)
            # All but the one that starts them again.
            for pid in program.pids() - {program.process.pid}:
                os.kill(pid, signal.SIGKILL)

    server.on_taken = on_taken


def wait_for_state(newsletter: Newsletter, state: NewsletterState) -> None:
    rows = Newsletter.objects.filter(pk=newsletter.pk, state=state)
    wait_until(rows.exists, f"the newsletter is {state}", seconds=PATIENCE_SECONDS)


def wait_until_quiet(server: Witness) -> int:
    """Wait until no mail has come for a second; return how many there are."""
    before = -1
    while before != len(server.taken):
        before = len(server.taken)
        time.sleep(1)
    return before


@pytest.mark.timeout(3 * PATIENCE_SECONDS)
def test_a_newsletter_reaches_everybody_once_whichever_worker_is_killed(
    programs: Programs, mail_server: Witness
) -> None:
    server = mail_server
    readers = {reader.email for reader in make_subscribers(READERS)}
    newsletter, editor = make_newsletter(), make_user()
    kill_at(KILLS, start_workers(programs, server), server)

    begin(newsletter)
    wait_until(
        lambda: len(server.taken) >= PAUSED_AT,
        f"{PAUSED_AT} mails are out",
        seconds=PATIENCE_SECONDS,
    )
    newsletter.refresh_from_db()
    sending.pause(newsletter, by=editor)
    standing = wait_until_quiet(server)
    assert standing < READERS
    sending.resume(newsletter, by=editor)
    wait_for_state(newsletter, NewsletterState.SENT)

    held = list(Email.objects.filter(state=EmailState.HELD))
    assert held, "no worker died at the worst moment"
    assert max(server.copies.values()) == 1
    assert_every_sent_mail_went_out_once(mail.id for mail in server.taken)
    assert {mail.to for mail in held} | set(server.copies) == readers

    # What a person would find out by asking the mail server.
    outbox.release([mail for mail in held if mail.to not in server.copies])
    outbox.drop([mail for mail in held if mail.to in server.copies], by=editor.email)
    wait_until(lambda: len(server.taken) == READERS, "those who missed it got it")
    assert server.copies == dict.fromkeys(readers, 1)
