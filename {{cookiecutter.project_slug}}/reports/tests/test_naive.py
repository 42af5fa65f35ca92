"""What goes wrong with the naive backup, and not with ours. Told in `docs/patterns/cleanup.md`."""

from pathlib import Path

import pytest

from reports import backups
from reports.backups import shelf
from reports.backups.databases import database
from reports.tests import naive
from tests.failpoints import Killed, dying_at


def go_on() -> None:
    """The work is not stopped."""


def die(*_args: object) -> None:
    raise Killed


def test_naive_a_backup_that_is_killed_has_destroyed_the_last_one(
    folder_of_backups: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = naive.back_up(tmp_path)
    database().verify(last, go_on)
    monkeypatch.setattr(database(), "dump", die)

    with pytest.raises(Killed):
        naive.back_up(tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "place",
    [
        "backup: dumped, not stored",
        "backup: stored, not read back",
        "backup: read back, not verified",
        "backup: verified, not sealed",
    ],
)
def test_a_backup_that_is_killed_leaves_the_last_one_as_it_was(
    folder_of_backups: Path, tmp_path: Path, place: str
) -> None:
    name = backups.back_up()

    with dying_at(place):
        backups.back_up()

    [left] = shelf.backups()
    assert left.name == name
    copy = tmp_path / name
    assert shelf.fetch(left, copy) == shelf.sealed_digest(left)
    database().verify(copy, go_on)
