"""What Docker, Kubernetes and load balancers ask of a web process."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

ELSEWHERE = {"NAME": "/nonexistent/db.sqlite3", "HOST": "127.0.0.1", "PORT": "1"}


def test_who_lives_says_so_without_touching_the_database(client: Client) -> None:
    answer = client.get("/livez")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_who_is_ready_says_so(client: Client) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_whoever_asks_is_answered_by_whatever_host_and_without_https(
    client: Client, settings: Settings, path: str
) -> None:
    settings.ALLOWED_HOSTS = ["shop.example.com"]
    settings.SECURE_SSL_REDIRECT = True

    assert client.get(path, headers={"host": "10.1.2.3:8000"}).status_code == 200


@pytest.mark.django_db
def test_a_database_that_is_away_is_the_reason_given(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ELSEWHERE.items():
        monkeypatch.setitem(connection.settings_dict, name, value)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.content == b"The database does not answer.\n"


@pytest.mark.django_db(transaction=True)
def test_a_missing_migration_is_the_reason_given(client: Client) -> None:
    recorder = MigrationRecorder(connection)
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("tasks")
    recorder.record_unapplied(*newest)
    try:
        answer = client.get("/readyz")
    finally:
        recorder.record_applied(*newest)

    assert answer.status_code == 503
    assert b"manage.py migrate" in answer.content


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite compiles no query")
def test_no_probe_waits_for_postgresql_to_compile_what_it_asks() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


@pytest.mark.django_db
def test_a_cache_that_is_away_is_the_reason_given(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_options: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(cache, "set", refuse)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (503, b"The cache does not answer.\n")
