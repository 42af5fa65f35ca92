"""Who enqueues neither waits for Redis nor fails because of it, and loads no worker."""

import logging
import subprocess
import sys
import time

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from pytest_django import Settings

from tasks.engine import DramatiqEngine, engine
from tasks.enqueue import enqueue_many
from tasks.models import RunStatus, TaskRun
from tasks.tests.factories import make_run
from tasks.tests.sample.tasks import add
from tests.engine.carrier import LANE, RedisCarrier
from tests.engine.server import RedisServer

pytestmark = pytest.mark.django_db(transaction=True)

NOBODY_ANSWERS = "redis://10.255.255.1:6379/0"


def test_a_commit_leaves_one_message_for_each_run(redis: RedisCarrier) -> None:
    enqueue_many(add, [((number, 1), {}) for number in range(2500)])

    assert redis.waiting() == engine.backlog() == 2500


def test_a_rollback_leaves_none(redis: RedisCarrier) -> None:
    with transaction.atomic():
        add.enqueue(1, 2)
        transaction.set_rollback(True)

    assert redis.waiting() == 0


def test_runs_are_looked_up_where_only_their_ids_are_known(redis: RedisCarrier) -> None:
    engine.ring([make_run(priority=5).pk, make_run(queue="named by no task").pk])

    assert redis.client.llen(f"{django_settings.REDIS_PREFIX}:{LANE[:-6]}high") == 1
    assert redis.waiting() == 1


@pytest.mark.parametrize("is_silent", [False, True], ids=["refuses", "says nothing"])
def test_redis_that_is_away_costs_one_short_wait_and_one_line_a_second(
    server: RedisServer,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    is_silent: bool,
) -> None:
    server.stop()
    if is_silent:
        settings.REDIS_URL = NOBODY_ANSWERS
    began = time.monotonic()
    waits = []

    while time.monotonic() < began + 2.5:
        before = time.monotonic()
        add.enqueue(1, 2)
        waits.append(time.monotonic() - before)

    assert max(waits) < 1
    lines = [record for record in caplog.records if "Redis is away" in record.message]
    assert 1 <= len(lines) <= 4
    assert all(record.levelno == logging.WARNING for record in lines)
    assert TaskRun.objects.filter(status=RunStatus.READY).count() == len(waits) > 10


def test_a_web_process_loads_redis_at_the_first_ring_and_dramatiq_never() -> None:
    program = """
import sys, django
django.setup()
from tasks.tests.sample.tasks import add
from tasks.engine import engine
assert not {"dramatiq", "redis"} & sys.modules.keys()
engine.ring([])
assert "redis" in sys.modules
loaded = [name for name in sys.modules if name.startswith("dramatiq")]
assert not loaded, loaded
assert "tasks.worker.actors" not in sys.modules
"""
    subprocess.run(
        [sys.executable, "-c", program], cwd=django_settings.BASE_DIR, check=True, timeout=60
    )


def test_production_is_warned_of_a_redis_without_a_password(settings: Settings) -> None:
    settings.DEBUG = True
    assert DramatiqEngine().check() == []

    settings.DEBUG = False
    settings.REDIS_URL = "redis://redis:6379/0"
    (warning,) = DramatiqEngine().check()

    assert warning.id == "tasks.W001"
    settings.REDIS_URL = "redis+sentinel://:secret@one:26379,two:26379/shop/0"
    assert DramatiqEngine().check() == []
