"""Each value is read as what it means, and refused in words when it means nothing."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.database import database
from config.settings.email import mailer
from config.settings.env import BASE_DIR, Environment
from config.settings.keys import weakness
from config.settings.language import time_zone
from config.settings.logging import level

NAME = "A_SETTING_OF_NOBODY"


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    (tmp_path / ".env").write_text(f"{NAME}=of the file\n")
    return Environment(tmp_path / ".env")


def test_the_file_is_read(environment: Environment) -> None:
    assert environment.text(NAME) == "of the file"


def test_a_real_variable_wins_over_the_file(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, "real")

    assert environment.text(NAME) == "real"


def test_a_blank_variable_counts_as_unset(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, " ")

    assert environment.text(NAME, default="given") == "given"
    assert environment.words(NAME, default=["given"]) == ["given"]
    assert environment.number(NAME, default=3, at_least=0) == 3
    assert environment.flag(NAME, default=True) is True


def test_a_secret_may_come_from_a_file(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("of the secret\n")
    monkeypatch.setenv("ANOTHER_FILE", str(tmp_path / "secret"))
    assert environment.text("ANOTHER", default="given") == "of the secret"

    monkeypatch.setenv("ANOTHER", "real")
    assert environment.text("ANOTHER") == "real"


def test_a_file_that_cannot_be_read_is_named(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANOTHER_FILE", str(tmp_path / "nothing"))

    with pytest.raises(ImproperlyConfigured, match=r"ANOTHER_FILE names .*nothing"):
        environment.text("ANOTHER")


def test_the_password_of_a_database_may_stand_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "s3cret")

    assert database("postgres://shop@db/shop")["PASSWORD"] == "s3cret"
    assert database("postgres://shop:own@db/shop")["PASSWORD"] == "own"


def test_values_are_read_as_what_they_mean(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, "a.example, b.example,")
    assert environment.words(NAME, default=[]) == ["a.example", "b.example"]

    monkeypatch.setenv(NAME, "12")
    assert environment.number(NAME, default=0, at_least=12) == 12

    monkeypatch.setenv(NAME, "off")
    assert environment.flag(NAME, default=True) is False


def test_what_is_no_flag_is_refused(environment: Environment) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME} is 'of the file', which is not true"):
        environment.flag(NAME, default=False)


@pytest.mark.parametrize("given", ["many", "0", "2.5"])
def test_what_is_no_such_number_is_refused(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv(NAME, given)

    with pytest.raises(ImproperlyConfigured, match=f"^{NAME} is '{given}', which is not a whole"):
        environment.number(NAME, default=1, at_least=1)


def test_a_refusal_shows_an_example(environment: Environment) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"^{NAME} is .*; write, say, {NAME}=INFO$"):
        environment.parsed(NAME, level, default="", example="INFO")


@pytest.mark.parametrize("url", ["postgres://shop:p%40ss@db:5433/shop", "postgresql://db/shop"])
def test_postgresql_is_reached_through_a_pool(url: str) -> None:
    options = database(url)["OPTIONS"]

    assert options["pool"]["max_size"] >= options["pool"]["min_size"]
    assert options["pool"]["timeout"] == 10
    assert database(url).get("CONN_MAX_AGE", 0) == 0


def test_sqlite_lets_many_processes_write() -> None:
    options = database("sqlite:///db.sqlite3")["OPTIONS"]

    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_a_relative_sqlite_file_lies_in_the_project() -> None:
    assert database("sqlite:///db.sqlite3")["NAME"] == str(BASE_DIR / "db.sqlite3")
    assert database("sqlite:////var/lib/shop.sqlite3")["NAME"] == "/var/lib/shop.sqlite3"


def test_options_in_the_address_win() -> None:
    assert database("sqlite:///db.sqlite3?timeout=1")["OPTIONS"]["timeout"] == 1
    assert database("postgres://db/shop?sslmode=require")["OPTIONS"]["sslmode"] == "require"


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("mysql://u:secret@db/shop", "^names neither"),
        ("db.sqlite3", "^names neither"),
        ("postgres://u:secret@db", "^names no database that"),
        ("sqlite:///:memory:", "^names no database that"),
        ("sqlite://", "^names no database that"),
        ("postgres://u:secret@db:x/shop", "^is no URL"),
    ],
)
def test_an_address_of_no_database_is_refused(url: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as refused:
        database(url)

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail", {"host": "mail", "port": None, "use_tls": False, "use_ssl": False}),
        ("smtp://a%40b:p%3Aw@mail:587/?tls=true", {"username": "a@b", "password": "p:w"}),
        ("smtp://mail:587/?tls", {"port": 587, "use_tls": True, "use_ssl": False}),
        ("smtps://mail/?timeout=3", {"use_tls": False, "use_ssl": True, "timeout": 3}),
        ("smtp://mail/?tls=Off", {"use_tls": False, "use_ssl": False}),
        ("file:///var/a%20folder", {"folder": "/var/a folder"}),
    ],
)
def test_mail_goes_where_its_address_says(url: str, expected: dict[str, Any]) -> None:
    assert expected.items() <= mailer(url)["OPTIONS"].items()


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("imap://u:secret@mail", "^begins with none of smtp:"),
        ("smtp://u:secret@:587", "^names no host$"),
        ("smtp://mail/?starttls=1", "^has the option 'starttls'"),
        ("smtp://mail/?timeout=soon", "^has the timeout 'soon'"),
        ("smtp://mail/?timeout=0", "^has the timeout '0'"),
        ("smtp://mail/?tls=ture", "^has tls=ture, which is neither true nor false"),
        ("smtps://mail/?tls=true", "^begins with smtps:"),
        ("smtp://u:secret@mail:x/", "^is no URL"),
        ("file://var/mail", "^names no folder from the root on"),
        ("file:mail", "^names no folder from the root on"),
    ],
)
def test_an_address_of_no_mail_server_is_refused(url: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as refused:
        mailer(url)

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["Berlin", "../UTC", "/etc/passwd", "Europe"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    assert time_zone("Europe/Berlin") == "Europe/Berlin"
    with pytest.raises(ValueError, match="no time zone"):
        time_zone(name)


def test_what_is_no_level_of_logging_is_refused() -> None:
    assert level("debug") == "DEBUG"
    with pytest.raises(ValueError, match="no level of logging"):
        level("loud")


@pytest.mark.parametrize(
    "key", ["change-me", "django-insecure-" + "aB3dE6gH9k" * 5, "ab" * 40, "aB3dE6gH9k" * 4]
)
def test_only_production_minds_a_weak_key(key: str) -> None:
    assert weakness(key, debug=False)
    assert weakness(key, debug=True) is None
