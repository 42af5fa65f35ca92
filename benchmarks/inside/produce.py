"""Enqueue tasks in an engine's environment.

    python -m benchmarks.inside.produce ENGINE

Answers a number when it is ready, and then one for each line "ACTION COUNT" on standard input.
"""

import sys
import time
from collections.abc import Callable
from typing import cast

import django

from benchmarks.inside.subject import BulkSubject, NapSubject, RawSubject, Subject, subject

PACE_SECONDS = 1 / 40
LOOK_SECONDS = 0.02


def one(engine: Subject, count: int) -> float:
    """Enqueue one by one; return the tasks a second."""
    engine.enqueue_stamp(time.time())
    return _rate(engine.enqueue, count)


def many(engine: Subject, count: int) -> float:
    """Enqueue in bulk; return the tasks a second."""
    began = time.perf_counter()
    cast(BulkSubject, engine).enqueue_many(count)
    return count / (time.perf_counter() - began)


def paced(engine: Subject, count: int) -> float:
    """Enqueue 40 tasks a second whose bodies note when they began; return the tasks a second."""
    began = due = time.perf_counter()
    for _ in range(count):
        engine.enqueue_stamp(time.time())
        due += PACE_SECONDS
        time.sleep(max(0.0, due - time.perf_counter()))
    return count / (time.perf_counter() - began)


def wait(engine: Subject, _count: int) -> float:
    """Wait until all have ended; return when that was seen (seconds since the epoch)."""
    while engine.has_unfinished():
        time.sleep(LOOK_SECONDS)
    return time.time()


def naps(engine: Subject, count: int) -> float:
    """Enqueue coroutines that wait a second; return the seconds until all have ended."""
    began = time.perf_counter()
    cast(NapSubject, engine).enqueue_naps(count)
    wait(engine, count)
    return time.perf_counter() - began


def together(engine: Subject, seconds: int) -> float:
    """Enqueue for so many seconds; return the tasks a second."""
    return _rate_over(engine.enqueue, seconds)


def bare(engine: Subject, seconds: int) -> float:
    """Insert the rows and nothing else for so many seconds; return the rows a second."""
    return _rate_over(cast(RawSubject, engine).insert_bare, seconds)


def _rate(put: Callable[[], None], count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        put()
    return count / (time.perf_counter() - began)


def _rate_over(put: Callable[[], None], seconds: int) -> float:
    count = 0
    began = time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        put()
        count += 1
    return count / took


ACTIONS: dict[str, Callable[[Subject, int], float]] = {
    action.__name__: action for action in (one, many, paced, wait, naps, together, bare)
}


def main(package: str) -> None:
    """Do what standard input says."""
    django.setup()
    engine = subject(package)
    # The first query opens a connection.
    engine.has_unfinished()
    print(0.0, flush=True)
    for line in sys.stdin:
        action, count = line.split()
        print(ACTIONS[action](engine, int(count)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
