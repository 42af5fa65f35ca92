"""The no-op tasks of Celery."""

import redis
from celery import Celery
from django.conf import settings

from benchmarks.inside import stamps

QUEUE = "celery"
UNACKNOWLEDGED = "unacked"

app = Celery("benchmark")
app.config_from_object("django.conf:settings", namespace="CELERY")
broker = redis.Redis.from_url(settings.CELERY_BROKER_URL)


@app.task
def noop() -> None:
    """Do nothing."""


@app.task
def stamp(enqueued_at: float) -> None:
    """Note when the body began."""
    stamps.note(enqueued_at)


def enqueue() -> None:
    noop.delay()


def enqueue_stamp(enqueued_at: float) -> None:
    stamp.delay(enqueued_at)


def has_unfinished() -> bool:
    """Whether the broker holds a task; one that has begun, which may still run, is not held."""
    return bool(broker.llen(QUEUE) or broker.hlen(UNACKNOWLEDGED))
