"""A backup makes a database of its own elsewhere; and it is taken where it is switched on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from orders.tests.factories import make_order
from reports.backups import back_up
from reports.tests.contents import contents, url_of


def manage(*arguments: str, **environment: str) -> str:
    """Run `manage.py` in a process of its own; return what it says."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", **environment},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def elsewhere(tmp_path: Path, folder_of_backups: Path) -> Iterator[str]:
    """The name of an empty database."""
    if connection.vendor == "sqlite":
        yield str(tmp_path / "elsewhere.sqlite3")
        return
    name = f"{connection.settings_dict['NAME']}_elsewhere"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")
    yield name
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {connection.ops.quote_name(name)} WITH (FORCE)")


def test_an_empty_database_becomes_equal_to_the_one_that_was_backed_up(elsewhere: str) -> None:
    make_order()
    name = back_up()
    before = contents()

    told = manage("restore_backup", TEST_DATABASE_URL=url_of(elsewhere))

    assert told.startswith(f"{name} is restored.")
    assert contents(elsewhere) == before
    assert contents() == before


@pytest.mark.parametrize(("switch", "is_there"), [("true", True), ("false", False)])
def test_it_is_scheduled_where_it_is_switched_on(switch: str, is_there: bool) -> None:
    declared = (
        "from tasks.schedules.declare import declared; import reports.tasks;"
        "print([d.name for d in declared()])"
    )

    told = manage(
        "shell",
        "--no-imports",
        "-c",
        declared,
        DJANGO_SETTINGS_MODULE="config.settings",
        BACKUPS=switch,
    )

    assert ("reports.tasks.back_up" in told) is is_there
