"""What is true of the outbox and the mail server, whatever was killed, repeated or run at once."""

from collections import Counter
from collections.abc import Iterable
from email import message_from_bytes
from pathlib import Path

from emails.models import Email, EmailState

FEWEST = {EmailState.SENT: 1}
MOST = {EmailState.PENDING: 0}


def assert_every_sent_mail_went_out_once(taken: Iterable[str]) -> None:
    """Check the rows against the `Message-ID`s of all mails that were taken, copies included.

    A mail that is sent was taken once, one that waits was not, and what is held or was given up at
    most once. Nothing was taken that has no row. So it is wherever no worker was killed with an
    answer on the way, and with the policy `hold` wherever nothing was released by a person.
    """
    copies = Counter(taken)
    for email in Email.objects.all():
        count = copies.pop(email.message_id, 0)
        assert FEWEST.get(email.status, 0) <= count, f"{email.key}: {email.state}, nothing taken"
        assert count <= MOST.get(email.status, 1), f"{email.key}: {email.state}, {count} taken"
    assert not copies, f"taken, and in no row: {copies}"


def ids_in(folder: Path) -> list[str]:
    """Return the `Message-ID`s of the mails in a folder, as `config.mail.FolderBackend` keeps
    them."""
    return [_id_in(file) for file in folder.glob("*.eml")]


_known: dict[Path, str] = {}


def _id_in(file: Path) -> str:
    """Return the mail's, which is read once; of one that is being written, nothing."""
    if file not in _known:
        id_ = message_from_bytes(file.read_bytes())["Message-ID"]
        if id_ is None:
            return ""
        _known[file] = str(id_)
    return _known[file]
