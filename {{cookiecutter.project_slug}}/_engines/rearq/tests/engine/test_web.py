"""What a web process has of ReArq: nothing."""

import subprocess
import sys
import threading
import time

import pytest
import redis
from django.conf import settings

from tasks import engine
from tasks.broker import web_client
from tasks.engine import RearqEngine

LOOK = """
import sys
import django
django.setup()
import config.wsgi
from django.test import Client
from django.urls import get_resolver
get_resolver().url_patterns
Client().get("/", headers={"host": "localhost"})
from django.db import transaction
from tasks.engine import engine
from tasks.tests.sample.tasks import add
import uuid
engine.send([(uuid.uuid4(), "nobody's", 0, False)])
engine.backlog()
heavy = {"rearq", "tortoise", "starlette", "pydantic", "loguru"}
print(sorted(heavy & set(sys.modules)))
"""


def test_threads_that_ring_for_the_first_time_at_once_share_a_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[redis.Redis] = []
    together = threading.Barrier(8)

    def make() -> redis.Redis:
        made.append(web_client())
        time.sleep(0.1)
        return made[-1]

    def get_ready() -> None:
        together.wait(10)
        new.get_ready()

    new = RearqEngine()
    monkeypatch.setattr(engine, "web_client", make)
    threads = [threading.Thread(target=get_ready) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Any other would have closed its connections as soon as its thread had rung.
    assert len(made) == 1
    assert new.backlog() is not None


def test_a_web_process_never_imports_rearq(transactional_db: None) -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.strip().splitlines()[-1] == "[]"
