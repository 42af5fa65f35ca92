"""The no-op tasks of Dramatiq, with its own defaults."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.inside import stamps

MESSAGES = "dramatiq:default.msgs"
"""Waiting, or fetched and not acknowledged."""

broker = RedisBroker(url=os.environ["REDIS_URL"])
dramatiq.set_broker(broker)


@dramatiq.actor
def noop() -> None:
    """Do nothing."""


@dramatiq.actor
def stamp(enqueued_at: float) -> None:
    """Note when the body began."""
    stamps.note(enqueued_at)


def enqueue() -> None:
    noop.send()


def enqueue_stamp(enqueued_at: float) -> None:
    stamp.send(enqueued_at)


def has_unfinished() -> bool:
    return bool(broker.client.hlen(MESSAGES))
