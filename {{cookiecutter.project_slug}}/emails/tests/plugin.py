"""What the mails bring for the tests of all apps: a mail server, and a look at what was sent."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core import mail
from pytest_django import Settings

from emails.models import Email, EmailState
from emails.tests.invariants import assert_every_sent_mail_went_out_once, ids_in
from emails.tests.witness import Witness, witness


@pytest.fixture
def mail_server(request: pytest.FixtureRequest, db: None, settings: Settings) -> Iterator[Witness]:
    """A mail server to which all mail of the test goes. Afterwards each mail that is sent was taken
    once, by what the server has."""
    with witness() as running:
        settings.MAILERS = running.mailers
        yield running
        if "programs" in request.fixturenames:
            # Nobody sends while it is counted.
            request.getfixturevalue("programs").kill_all()
        # What a naive test shows is that it is not so.
        if not request.node.name.startswith("test_naive_"):
            assert_every_sent_mail_went_out_once(running.ids())


@pytest.fixture(autouse=True)
def _mails_went_out_once(request: pytest.FixtureRequest, folder: Path) -> Iterator[None]:
    """After every test with real workers, which put their mails into a folder, each that is sent is
    there once."""
    workers = [name for name in ("crew", "programs") if name in request.fixturenames]
    concerned = workers and "conformance" in Path(str(request.path)).parts[-2:]
    if not concerned or "mail_server" in request.fixturenames:
        yield
        return
    request.getfixturevalue(workers[0])
    yield
    # The rows first: a worker may be at work yet, and writes a row after its file.
    rows = {email.message_id: email.status for email in Email.objects.all()}
    if rows:
        copies = Counter(ids_in(folder / "mail"))
        copies.update(one.extra_headers.get("Message-ID", "") for one in mail.outbox)
        for id_, status in rows.items():
            fewest = 1 if status is EmailState.SENT else 0
            assert fewest <= copies[id_] <= 1, f"{id_}: {status}, {copies[id_]} taken"
