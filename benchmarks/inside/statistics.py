"""Time what the service reads and what people look at, over a million runs that ended in a day.

    cd PROJECT
    export DATABASE_URL=… PYTHONPATH=TEMPLATE DEBUG=false ALLOWED_HOSTS=localhost
    export SITE_URL=http://localhost METRICS_TOKEN=sesame
    uv run python -m benchmarks.inside.statistics [RUNS]

Works in a database of its own, whose name begins with `test_`, and removes it. `CPU` is the
processor time of this process alone: what the database does is in p50 and p95.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import django
from django.db import connection

from benchmarks.inside import past

RUNS = 1_000_000
TIMES = 40
DAY = timedelta(days=1)
LIVE = {"HX-Request": "true", "HX-Target": "tasks-live"}
LIMIT = 50.0
"""Milliseconds that 19 of 20 answers must not take longer than."""
MOST_QUERIES, MOST_BYTES = 10, 12_000
"""Of a refresh of the dashboard."""


@dataclass(frozen=True)
class Taken:
    """Milliseconds, over all times."""

    p50: float
    p95: float
    cpu: float

    def __str__(self) -> str:
        return f"p50 {self.p50:6.1f} ms, p95 {self.p95:6.1f} ms, CPU {self.cpu:6.1f} ms"


@dataclass(frozen=True)
class Page:
    """What is asked for, as a browser or a program does."""

    address: str
    headers: dict[str, str]
    client: Any

    def __call__(self) -> Any:
        answer = self.client.get(self.address, headers=self.headers, secure=True)
        if answer.status_code != 200:
            raise RuntimeError(f"{self.address} answered {answer.status_code}: {answer.content!r}")
        return answer

    def size(self) -> tuple[int, int]:
        """Return how many queries it takes, and its bytes."""
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            answer = self()
        return len(queries), len(answer.content)


def main(runs: int = RUNS) -> None:
    """Fill, count, and print a line for each reading and each page."""
    django.setup()
    collect_static()
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        # A file, as in a project: in memory by itself.
        connection.settings_dict["TEST"]["NAME"] = f"{name}.benchmark"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        _measure(runs)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def collect_static() -> None:
    """Collect the static files: without `DEBUG` no page finds those that were not."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)


def _measure(runs: int) -> None:
    with _timed(f"insert {runs:,} runs"):
        past.fill(runs)
    with _timed("count their minutes, once"):
        past.count()
    past.stage(runs)
    for name, read in _readings().items():
        print(f"{name:<28} {_taken(read)}", flush=True)
    beyond = []
    for name, page in _pages().items():
        taken, (queries, size) = _taken(_anew(page)), page.size()
        print(f"{name:<28} {taken}, {queries:2} queries, {size:7,} bytes", flush=True)
        is_big = name.startswith("dashboard") and (queries > MOST_QUERIES or size > MOST_BYTES)
        beyond += [name] if taken.p95 > LIMIT or is_big else []
    print(f"Beyond {LIMIT:.0f} ms, or {MOST_QUERIES} queries and {MOST_BYTES:,} bytes of the")
    print(f"dashboard: {', '.join(beyond) or 'none'}.")


def _readings() -> dict[str, Callable[[], Any]]:
    from tasks import metrics
    from tasks.service import service

    return {
        "statistics()": service.statistics,
        "statistics(day)": lambda: service.statistics(DAY),
        "statistics(day, by task)": lambda: service.statistics(DAY, by="name"),
        "statistics(week, by task)": lambda: service.statistics(7 * DAY, by="name"),
        "timeline(minutes)": lambda: service.timeline(timedelta(minutes=1)),
        "timeline(hours)": service.timeline,
        "timeline(hours, one task)": lambda: service.timeline(task="shop.tasks.task_7"),
        "overview(hour)": service.overview,
        "overview(day)": lambda: service.overview("day"),
        "overview(week)": lambda: service.overview("week"),
        "queues()": service.queues,
        "pending()": service.pending,
        "completed(day)": lambda: service.completed(DAY),
        "failed(day)": lambda: service.failed(DAY),
        "failed_runs()": service.failed_runs,
        "failing()": service.failing,
        "health()": service.health,
        "metrics.exposition()": metrics.exposition,
    }


def _pages() -> dict[str, Page]:
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    # The address that the site answers to.
    client = Client(SERVER_NAME="localhost")
    user, _ = get_user_model()._default_manager.get_or_create(
        email="ada@example.com", is_staff=True, is_superuser=True
    )
    client.force_login(user)
    token = {"Authorization": f"Bearer {settings.METRICS_TOKEN}"}
    asked: dict[str, tuple[str, dict[str, str]]] = {
        **{
            f"dashboard, {window}": (f"/admin/tasks/dashboard/?window={window}", LIVE)
            for window in ("hour", "day", "week")
        },
        "queues": ("/admin/tasks/queues/", LIVE),
        "tasks": ("/admin/tasks/tasks/", LIVE),
        "tasks, week": ("/admin/tasks/tasks/?window=week", LIVE),
        "workers": ("/admin/tasks/worker/", LIVE),
        "GET timeline/": ("/api/tasks/timeline/", {}),
        "GET timeline/?step=minute": ("/api/tasks/timeline/?step=minute", {}),
        "GET timeline/?task=…": ("/api/tasks/timeline/?task=shop.tasks.task_7", {}),
        "GET overview/": ("/api/tasks/overview/", {}),
        "GET stats/": ("/api/tasks/stats/", {}),
        "GET stats/?by=task": ("/api/tasks/stats/?by=task", {}),
        "GET stats/?window=604800": ("/api/tasks/stats/?window=604800", {}),
        "GET runs/": ("/api/tasks/runs/", {}),
        "GET runs/?status=FAILED": ("/api/tasks/runs/?status=FAILED", {}),
        "GET runs/?task=…": ("/api/tasks/runs/?task=shop.tasks.task_7", {}),
        "GET /metrics": ("/metrics", token),
    }
    return {name: Page(address, headers, client) for name, (address, headers) in asked.items()}


def _anew(page: Page) -> Callable[[], Any]:
    """Ask without what a cache still knows: the limits of the API are kept there, too."""
    from django.core.cache import cache

    def ask() -> Any:
        cache.clear()
        return page()

    return ask


def _taken(read: Callable[[], Any]) -> Taken:
    read()
    walls, cpus = [], []
    for _ in range(TIMES):
        began, began_cpu = time.perf_counter(), time.process_time()
        read()
        cpus.append((time.process_time() - began_cpu) * 1000)
        walls.append((time.perf_counter() - began) * 1000)
    p95 = sorted(walls)[int(len(walls) * 0.95) - 1]
    return Taken(statistics.median(walls), p95, statistics.median(cpus))


@contextmanager
def _timed(what: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    print(f"{what:<28} {time.perf_counter() - began:6.1f} s", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(*map(int, sys.argv[1:]))
