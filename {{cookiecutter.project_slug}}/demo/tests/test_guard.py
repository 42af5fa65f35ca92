"""The demo refuses to run where its administrator would be a danger."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core.management import CommandError, call_command

from demo.guard import is_local, refusal

SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}
POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}


@pytest.mark.parametrize(
    ("database", "local"),
    [
        (SQLITE, True),
        (POSTGRESQL, True),
        (POSTGRESQL | {"HOST": "localhost"}, True),
        (POSTGRESQL | {"HOST": "127.0.0.1"}, True),
        (POSTGRESQL | {"HOST": "::1"}, True),
        (POSTGRESQL | {"HOST": "/var/run/postgresql"}, True),
        (POSTGRESQL | {"HOST": "db.example.com"}, False),
        (POSTGRESQL | {"HOST": "localhost,db.example.com"}, False),
        (POSTGRESQL | {"OPTIONS": {"service": "production"}}, False),
        (POSTGRESQL | {"HOST": "localhost", "OPTIONS": {"hostaddr": "10.1.2.3"}}, False),
        ({"ENGINE": "django.db.backends.mysql", "HOST": "localhost"}, False),
    ],
)
def test_a_database_is_local_when_it_is_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, database: dict[str, Any], local: bool
) -> None:
    monkeypatch.delenv("PGHOST", raising=False)

    assert is_local(database) is local


def test_the_environment_of_libpq_may_name_another_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGHOST", "db.example.com")

    assert not is_local(POSTGRESQL)
    assert is_local(POSTGRESQL | {"HOST": "localhost"})


def test_it_refuses_while_debug_is_off() -> None:
    assert not settings.DEBUG  # as Django's test runner has it

    with pytest.raises(CommandError, match="does not run in production: DEBUG is off"):
        call_command("demo")


def test_it_refuses_a_database_elsewhere(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = True
    monkeypatch.setitem(settings.DATABASES, "default", POSTGRESQL | {"HOST": "db.example.com"})

    with pytest.raises(CommandError, match="DATABASE_URL names db"):
        call_command("demo")


def test_a_database_elsewhere_may_be_filled_by_who_names_its_host(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = True
    monkeypatch.setitem(settings.DATABASES, "default", POSTGRESQL | {"HOST": "postgres"})

    assert refusal(mine="postgres") is None
    assert refusal(mine="another") is not None
    assert refusal() is not None


def test_a_named_host_opens_nothing_in_production(settings: LazySettings) -> None:
    settings.DEBUG = False

    with pytest.raises(CommandError, match="DEBUG is off"):
        call_command("demo", "--seed", "--host", "postgres")


def test_it_may_run_on_a_local_database_in_development(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = True
    monkeypatch.setitem(settings.DATABASES, "default", SQLITE)

    assert refusal() is None


def test_in_production_the_command_says_one_sentence_and_exits_with_1() -> None:
    production = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "false",
        "DEMO": "true",
        "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "ALLOWED_HOSTS": "shop.example.com",
        "SITE_URL": "https://shop.example.com",
    }

    done = subprocess.run(
        [sys.executable, "manage.py", "demo"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **production},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "The demo does not run in production: DEBUG is off." in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
