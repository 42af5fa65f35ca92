"""Who enqueues neither waits for Redis nor fails because of it, and loads no worker."""

import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from pytest_django import Settings
from redis import Redis

from tasks import redis_client
from tasks.engine import DramatiqEngine, engine
from tasks.enqueue import enqueue_many
from tasks.models import TaskRun
from tasks.redis_client import hasty_client
from tasks.tests.factories import make_run
from tasks.tests.sample.tasks import add, leave_mark
from tests.engine.carrier import LANE, RedisCarrier

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_commit_leaves_one_message_for_each_run(redis: RedisCarrier) -> None:
    enqueue_many(add, [((number, 1), {}) for number in range(2500)])

    assert redis.waiting() == 2500


def test_what_waits_is_counted_by_queue(redis: RedisCarrier) -> None:
    enqueue_many(add, [((number, 1), {}) for number in range(5)])
    enqueue_many(leave_mark, [(("mark",), {}), (("another",), {})])

    backlog = Counter(engine.backlog())

    assert +backlog == {"default": 5, "brief": 2}


def test_a_rollback_leaves_none(redis: RedisCarrier) -> None:
    with transaction.atomic():
        add.enqueue(1, 2)
        transaction.set_rollback(True)

    assert redis.waiting() == 0


def test_runs_are_looked_up_where_only_their_ids_are_known(redis: RedisCarrier) -> None:
    engine.ring([make_run(priority=5).pk, make_run(queue="named by no task").pk])

    assert redis.client.llen(f"{django_settings.REDIS_PREFIX}:{LANE[:-6]}high") == 1
    assert redis.waiting() == 1


def test_threads_that_ring_for_the_first_time_at_once_share_a_client(
    redis: RedisCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Redis] = []
    together = threading.Barrier(8)

    def make() -> Redis:
        made.append(hasty_client())
        time.sleep(0.1)
        return made[-1]

    def ring() -> None:
        together.wait(10)
        new.ring([], [TaskRun(queue="default", priority=0)])

    new = DramatiqEngine()
    monkeypatch.setattr(redis_client, "hasty_client", make)
    threads = [threading.Thread(target=ring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 1
    assert redis.waiting() == 8


def test_a_web_process_loads_redis_before_the_first_ring_and_dramatiq_never() -> None:
    program = """
import sys, django
django.setup()
from tasks.tests.sample.tasks import add
from tasks.engine import engine
assert not {"dramatiq", "redis"} & sys.modules.keys()
import config.wsgi
assert "redis" in sys.modules
engine.ring([])
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
