"""A backup is whole, equal to the database, and there before an old one goes."""

import sqlite3
import stat
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import Storage
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from accounts.tests.factories import make_user
from orders.tests.factories import make_order
from reports.backups import (
    BackupFailed,
    RestoreRefused,
    back_up,
    postgresql,
    programs,
    restore,
    shelf,
    sqlite,
    taking,
)
from reports.backups.databases import database
from reports.backups.scratch import scratch
from reports.backups.shelf import Backup
from reports.backups.storage import BackupStorage
from reports.tasks import back_up as back_up_task
from reports.tests.contents import contents
from tasks.alerts.watch import watch
from tasks.errors import TaskCancelled
from tasks.models import Alert, RunStatus
from tasks.testing import run_due

pytestmark = [pytest.mark.alike, pytest.mark.usefixtures("folder_of_backups")]


def on(vendor: str) -> None:
    if connection.vendor != vendor:
        pytest.skip(f"This is about {vendor}.")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*")) if folder.exists() else []


def test_a_restored_database_is_the_one_that_was_backed_up() -> None:
    make_order()
    before = contents()
    name = back_up()
    make_order()
    User.objects.filter(pk=User.objects.earliest("pk").pk).update(email="other@example.com")
    assert contents() != before

    assert restore(force=True) == name

    assert contents() == before
    # What comes next finds numbers that are free.
    make_order()


def test_it_takes_what_was_committed_though_others_write_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on("sqlite")
    for _ in range(50):
        make_user()
    before = contents()
    monkeypatch.setattr(sqlite, "PAGES", 5)
    steps = 0

    def write() -> None:
        nonlocal steps
        steps += 1
        if steps < 50:
            make_user()

    back_up(between=write)
    assert contents() != before
    restore(force=True)

    assert steps > 3
    assert contents() == before


def test_the_naive_copy_of_a_sqlite_file_lacks_what_was_committed(tmp_path: Path) -> None:
    on("sqlite")
    make_user(email="ada@example.com")

    # The naive version, by a process of its own: one that opens and closes the file of a database
    # which it uses loses all its locks there, and then others delete its journal under it.
    copy = tmp_path / "backup.sqlite3"
    subprocess.run(["cp", connection.settings_dict["NAME"], copy], check=True)

    with closing(sqlite3.connect(copy)) as file:
        try:
            found = file.execute("SELECT count(*) FROM accounts_user").fetchone()[0]
        except sqlite3.Error:
            found = 0
    assert found < User.objects.count()


def test_the_naive_dump_that_fails_leaves_what_looks_like_a_backup(tmp_path: Path) -> None:
    on("postgresql")
    command, _ = connection.client.settings_to_cmd_args_env(
        {**connection.settings_dict, "NAME": "no_such_database"}, []
    )

    # The naive version: pg_dump … > backup.dump
    with (tmp_path / "backup.dump").open("wb") as out:
        subprocess.run(
            ["pg_dump", "--format=custom", *command[1:]],
            stdout=out,
            stderr=subprocess.DEVNULL,
            check=False,
        )

    assert files(tmp_path) == ["backup.dump"]


def test_a_backup_is_two_files_that_only_their_owner_may_read(folder_of_backups: Path) -> None:
    name = back_up()

    assert files(folder_of_backups) == [name, f"{name}.sha256"]
    for path in folder_of_backups.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    subprocess.run(
        ["sha256sum", "--check", "--status", f"{name}.sha256"], cwd=folder_of_backups, check=True
    )


def full(*_args: Any) -> None:
    raise OSError(28, "No space left on device")


def other(_backup: Backup, into: Path) -> str:
    into.write_bytes(b"something else")
    return "0" * 64


@pytest.mark.parametrize(
    ("place", "name", "broken", "reason"),
    [
        (shelf, "put", full, "No space left on device"),
        (shelf, "seal", full, "No space left on device"),
        (shelf, "fetch", other, "something else was read back"),
    ],
)
def test_what_fails_leaves_no_half_backup_and_keeps_the_old_one(
    place: Any,
    name: str,
    broken: Callable[..., Any],
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    folder_of_backups: Path,
    settings: Settings,
) -> None:
    settings.BACKUPS_DAILY, settings.BACKUPS_WEEKLY, settings.BACKUPS_MONTHLY = 1, 0, 0
    back_up()
    before = files(folder_of_backups)
    monkeypatch.setattr(place, name, broken)

    with pytest.raises((BackupFailed, OSError), match=reason):
        back_up()

    assert files(folder_of_backups) == before
    assert list(settings.BACKUPS_SCRATCH.iterdir()) == []


def test_a_disk_that_fills_while_a_file_is_written_leaves_no_part_of_it(
    monkeypatch: pytest.MonkeyPatch, folder_of_backups: Path
) -> None:
    from reports.backups import storage

    monkeypatch.setattr(storage, "_sync", full)

    with pytest.raises(OSError, match="No space left"):
        back_up()

    assert files(folder_of_backups) == []


def test_a_dump_that_cannot_be_read_is_no_backup(
    monkeypatch: pytest.MonkeyPatch, folder_of_backups: Path
) -> None:
    dump = database().dump

    def torn(path: Path, between: programs.Between) -> None:
        """Its beginning is well; the end is missing."""
        dump(path, between)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])

    monkeypatch.setattr(database(), "dump", torn)

    with pytest.raises(BackupFailed):
        back_up()

    assert files(folder_of_backups) == []


def test_a_refused_login_fails_the_run_with_the_reason_and_alerts(
    folder_of_backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert watch() == 0
    key, wrong, reason = {
        "postgresql": ("USER", "a_stranger", 'role \\"a_stranger\\" does not exist'),
        "sqlite": ("NAME", "/no/such/file.sqlite3", "unable to open database file"),
    }[connection.vendor]
    dump = database().dump

    def refused(path: Path, between: programs.Between) -> None:
        with monkeypatch.context() as patch:
            patch.setitem(connection.settings_dict, key, wrong)
            dump(path, between)

    monkeypatch.setattr(database(), "dump", refused)
    back_up_task.using(max_attempts=1).enqueue()

    [run] = run_due()

    assert run.status == RunStatus.FAILED
    assert reason in run.errors
    assert files(folder_of_backups) == []
    watch()
    assert back_up_task.module_path in Alert.objects.get().title


def test_a_password_is_in_no_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    on("postgresql")
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "s3cret")
    seen: list[tuple[list[str], dict[str, str]]] = []
    start = subprocess.Popen

    def watched(command: list[str], **options: Any) -> Any:
        seen.append((command, options["env"]))
        return start(command, **options)

    monkeypatch.setattr(subprocess, "Popen", watched)

    back_up()

    assert [command[0] for command, _ in seen] == ["pg_dump", "pg_restore"]
    assert not any("s3cret" in part for command, _ in seen for part in command)
    assert seen[0][1]["PGPASSWORD"] == "s3cret"


def test_a_run_that_is_cancelled_ends_its_program_and_leaves_nothing(
    folder_of_backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "LOOK_SECONDS", 0.0)

    def between() -> None:
        raise TaskCancelled("The run was asked to stop.")

    with pytest.raises(TaskCancelled):
        back_up(between=between)

    assert files(folder_of_backups) == []


def test_a_run_that_is_cancelled_while_its_copy_is_read_is_not_one_that_failed(
    folder_of_backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on("sqlite")
    monkeypatch.setattr(sqlite, "STEPS", 10)
    verify, cancelled = sqlite.verify, TaskCancelled("The run was asked to stop.")

    def between() -> None:
        raise cancelled

    monkeypatch.setattr(sqlite, "verify", lambda path, _between: verify(path, between))

    with pytest.raises(TaskCancelled) as raised:
        back_up()

    assert raised.value is cancelled
    assert files(folder_of_backups) == []


def test_a_program_that_is_missing_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on("postgresql")
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(BackupFailed, match=r"pg_dump is not on this machine: install"):
        back_up()


def test_old_backups_go_once_a_new_one_is_there(
    folder_of_backups: Path, settings: Settings
) -> None:
    settings.BACKUPS_DAILY, settings.BACKUPS_WEEKLY, settings.BACKUPS_MONTHLY = 2, 0, 0
    for day in (1, 2, 3):
        make_backup(datetime(2026, 1, day, 2, tzinfo=UTC))

    name = back_up()

    assert [backup.name for backup in shelf.backups()] == [
        name,
        Backup.new(datetime(2026, 1, 3, 2, tzinfo=UTC), database().SUFFIX).name,
    ]
    assert len(files(folder_of_backups)) == 4


def test_what_a_killed_process_left_is_no_backup_and_goes_after_a_day(
    folder_of_backups: Path, settings: Settings
) -> None:
    now = datetime.now(UTC)
    old, young = (
        Backup.new(now - timedelta(hours=hours), database().SUFFIX).name for hours in (25, 23)
    )
    folder_of_backups.mkdir(parents=True)
    for name in (old, young, "notes.txt"):
        (folder_of_backups / name).write_bytes(b"half")
    assert shelf.backups() == []

    name = back_up()

    assert files(folder_of_backups) == sorted([young, "notes.txt", name, f"{name}.sha256"])


def make_backup(at: datetime) -> None:
    """Put something sealed on the shelf; it is not read again."""
    backup = Backup.new(at, database().SUFFIX)
    with scratch() as folder:
        path = folder / backup.name
        path.write_bytes(b"whatever")
        shelf.put(path, backup)
    shelf.seal(backup, "0" * 64)


def test_a_database_with_tables_is_not_overwritten() -> None:
    back_up()
    make_user()
    before = contents()

    with pytest.raises(CommandError, match=r"is not empty: it has \d+ tables.*add --force"):
        call_command("restore_backup")

    assert contents() == before


def test_a_damaged_backup_is_not_restored(folder_of_backups: Path) -> None:
    name = back_up()
    before = contents()
    with (folder_of_backups / name).open("r+b") as file:
        file.seek(2000)
        file.write(b"damage")

    with pytest.raises(RestoreRefused, match=f"{name} is damaged"):
        restore(force=True)
    (folder_of_backups / f"{name}.sha256").write_bytes(b"\xff")
    with pytest.raises(RestoreRefused, match=f"{name} is damaged"):
        restore(force=True)

    assert contents() == before


def test_a_restore_that_fails_leaves_the_database_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on("postgresql")
    make_order()
    back_up()
    make_order()
    before = contents()
    run = programs.run

    def spoiled(command: list[str], **options: Any) -> None:
        run(command, **options)
        for part in command:
            if command[0] == "pg_restore" and part.startswith("--file=/") and "null" not in part:
                with Path(part.removeprefix("--file=")).open("a") as script:
                    script.write("SELECT no_such_column;\n")

    monkeypatch.setattr(postgresql, "run", spoiled)

    with pytest.raises(BackupFailed, match="no_such_column"):
        restore(force=True)

    assert contents() == before


def test_an_unknown_backup_is_answered_with_those_there_are() -> None:
    name = back_up()

    with pytest.raises(CommandError, match=f"no backup yesterday. There are: {name}"):
        call_command("restore_backup", "yesterday", "--force")


def test_a_backup_is_taken_and_listed_by_hand() -> None:
    out, listed = StringIO(), StringIO()
    call_command("backup", stdout=out)
    call_command("backup", "--list", stdout=listed)

    assert out.getvalue() == listed.getvalue()
    assert Backup.of(out.getvalue().strip()) is not None


def test_two_backups_never_share_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    make_backup(at)

    class Clock:
        @staticmethod
        def now() -> datetime:
            return at

    monkeypatch.setattr(taking, "timezone", Clock)

    with pytest.raises(BackupFailed, match="There is a file backup-20260101T000000"):
        back_up()


def test_the_shops_storage_is_the_one_that_writes_whole_files() -> None:
    stored: Storage = shelf.storage()

    assert isinstance(stored, BackupStorage)
