"""Two cleaners at once, rows that others hold, and a cleaner that dies; and the naive version."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection, transaction
from django.db.models.signals import post_delete

from cleanup import services
from cleanup.cleaners import find
from cleanup.tests import naive
from cleanup.tests.factories import DAY, make_sessions

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite locks no rows: it has one writer."
)

on_sqlite = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL has many writers at once."
)


class Killed(BaseException):
    """As sudden as SIGKILL: no handler of the program sees it."""


def in_batches() -> int:
    """The version here."""
    return services.clean(find("sessions"), between=lambda _total: None, limit=10)


@contextmanager
def killed_at(row: int) -> Iterator[None]:
    """Die when so many rows are deleted."""
    deleted = 0

    def die(**_kwargs: Any) -> None:
        nonlocal deleted
        deleted += 1
        if deleted == row:
            raise Killed

    post_delete.connect(die, sender=Session)
    try:
        with pytest.raises(Killed):
            yield
    finally:
        post_delete.disconnect(die, sender=Session)


@contextmanager
def held_by_another(key: str) -> Iterator[None]:
    """Have another connection hold the lock of a session, as a request that renews it does."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Session.objects.select_for_update().get(pk=key)
                held.set()
                done.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        try:
            assert held.wait(10)
            yield
        finally:
            done.set()
        holder.result(10)


def test_two_cleaners_at_once_delete_every_row_once_and_finish() -> None:
    make_sessions(400)
    together = threading.Barrier(2)

    def work(_number: int) -> int:
        try:
            together.wait(10)
            return in_batches()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        removed = list(pool.map(work, range(2)))

    assert sum(removed) == 400
    assert not Session.objects.exists()


def test_the_naive_version_that_is_killed_has_done_nothing() -> None:
    make_sessions(30)

    with killed_at(25):
        naive.clean_up()

    assert Session.objects.count() == 30


def test_what_was_deleted_before_a_kill_stays_deleted() -> None:
    make_sessions(30)

    with killed_at(25):
        in_batches()

    assert Session.objects.count() == 10
    assert in_batches() == 10


@on_postgresql
def test_the_naive_version_waits_for_everybody_who_holds_a_row() -> None:
    keys = make_sessions(30)

    with held_by_another(keys[7]), connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
        try:
            with pytest.raises(OperationalError, match="lock timeout"):
                naive.clean_up()
        finally:
            cursor.execute("RESET lock_timeout")

    assert Session.objects.count() == 30


@on_postgresql
def test_what_others_hold_is_passed_by_and_found_the_next_time() -> None:
    keys = make_sessions(30)

    with held_by_another(keys[7]):
        assert in_batches() == 29
        assert [session.pk for session in Session.objects.all()] == [keys[7]]

    assert in_batches() == 1


@on_sqlite
def test_the_naive_version_keeps_every_writer_out_until_it_is_done() -> None:
    make_sessions(30)
    refused = []

    def write(**_kwargs: Any) -> None:
        refused.append(refuses_to_wait())

    post_delete.connect(write, sender=Session)
    try:
        naive.clean_up()
    finally:
        post_delete.disconnect(write, sender=Session)

    assert refused == [True] * 30


@on_sqlite
def test_a_writer_gets_in_between_two_batches() -> None:
    make_sessions(30)
    refused = []

    services.clean(
        find("sessions"), between=lambda _total: refused.append(refuses_to_wait()), limit=10
    )

    assert refused == [False] * 4


def refuses_to_wait() -> bool:
    """Write on another connection that waits for nobody; say whether it was refused."""

    def write() -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 0")
            make_sessions(1, age=-DAY)
        except OperationalError:
            return True
        else:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(write).result(10)
