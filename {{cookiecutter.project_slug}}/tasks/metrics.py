"""The numbers of the task system as Prometheus reads them, all of them out of the database.

They are the same on every engine and from every process of the site: who scrapes one of them knows
all. What is counted for ever comes from `tasks.statistics.totals`, so that no counter goes down
when old runs are deleted; it moves once a minute, while a timer runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count
from prometheus_client.core import (
    CollectorRegistry,
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from tasks import registry
from tasks.conf import options
from tasks.control.workforce import Health, health
from tasks.engine import engine
from tasks.ledger import now
from tasks.models import Gate, GateKind, RunStatus, Schedule, TaskRun, Worker, WorkerStatus
from tasks.statistics.depths import depths
from tasks.statistics.endings import Endings
from tasks.statistics.histogram import Histogram
from tasks.statistics.rollups import reached
from tasks.statistics.totals import totals

STATUSES = ("ready", "scheduled", "waiting", "running", "failed")
OUTCOMES = ("successful", "failed", "cancelled")
EVERY = 4
"""One bound in four of the histograms' is exported: they grow by a factor of 4."""


def exposition() -> bytes:
    """Return all of them in Prometheus' text format, version 0.0.4."""
    return generate_latest(_registry)


class Database(Collector):
    """Reads everything anew each time."""

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with its samples."""
        time = now()
        paused = _paused()
        yield from _queues(time, paused)
        yield from _paused_ones(paused)
        yield _unpublished(time, paused)
        yield from _ended()
        yield from _workers(time)
        yield _schedules(time)
        yield from _timer(time)

    def describe(self) -> list[Metric]:
        """Nothing: to be registered must not need the database."""
        return []


_registry = CollectorRegistry(auto_describe=False)
_registry.register(Database())


def _paused() -> dict[str, set[str]]:
    """Return the names of what is paused, by kind."""
    found: dict[str, set[str]] = {kind: set() for kind in GateKind}
    gates = Gate.objects.filter(paused_at__isnull=False)
    for kind, name in gates.values_list("kind", "name"):
        found[kind].add(name)
    return found


def _queues(time: datetime, paused: dict[str, set[str]]) -> Iterator[Metric]:
    depth = GaugeMetricFamily(
        "tasks_queue_depth",
        "Runs that are there now, by queue and status.",
        labels=("queue", "status"),
    )
    oldest = GaugeMetricFamily(
        "tasks_queue_oldest_ready_seconds",
        "How long the oldest run that is ready has been due; 0 when none is.",
        labels=("queue",),
    )
    standing = depths("queue", time)
    for queue in sorted({*registry.queues(), *standing, *paused[GateKind.QUEUE]}):
        found = standing.get(queue)
        for status in STATUSES:
            depth.add_metric((queue, status), getattr(found, status) if found else 0)
        oldest.add_metric((queue,), (found.oldest_ready if found else None) or 0.0)
    yield depth
    yield oldest


def _paused_ones(paused: dict[str, set[str]]) -> Iterator[Metric]:
    for kind, known in ((GateKind.QUEUE, registry.queues()), (GateKind.TASK, registry.names())):
        word = kind.lower()
        metric = GaugeMetricFamily(
            f"tasks_{word}_paused", f"1 while the {word} is paused, else 0.", labels=(word,)
        )
        for name in sorted({*known, *paused[kind]}):
            metric.add_metric((name,), int(name in paused[kind]))
        yield metric


def _unpublished(time: datetime, paused: dict[str, set[str]]) -> Metric:
    """What no worker has taken though it could have: its message may be lost, or all are busy."""
    metric = GaugeMetricFamily(
        "tasks_unpublished_runs",
        "Runs that are ready, held back by nothing, and due for longer than a sweep.",
        labels=("queue",),
    )
    late = TaskRun.objects.filter(
        status=RunStatus.READY, gated=False, run_at__lt=time - timedelta(seconds=options().sweep)
    )
    if paused[GateKind.TASK]:
        late = late.exclude(name__in=paused[GateKind.TASK])
    counted = dict(late.order_by().values_list("queue").annotate(Count("pk")))
    for queue in sorted({*registry.queues(), *counted} - paused[GateKind.QUEUE]):
        metric.add_metric((queue,), counted.get(queue, 0))
    return metric


def _ended() -> Iterator[Metric]:
    ended = CounterMetricFamily(
        "tasks_runs_ended",
        "Runs that have ended, by outcome; counted once a minute.",
        labels=("task", "queue", "outcome"),
    )
    waits: dict[str, list[Endings]] = {}
    durations: dict[str, list[Endings]] = {}
    for ever in totals():
        for outcome in OUTCOMES:
            ended.add_metric((ever.task, ever.queue, outcome), getattr(ever.endings, outcome))
        waits.setdefault(ever.queue, []).append(ever.endings)
        durations.setdefault(ever.task, []).append(ever.endings)
    yield ended
    yield _histogram(
        "tasks_run_wait_seconds",
        "From due to started, the last time.",
        "queue",
        {
            queue: (part.waits, part.waited)
            for queue, part in ((queue, Endings.sum(parts)) for queue, parts in waits.items())
        },
    )
    yield _histogram(
        "tasks_run_duration_seconds",
        "From started, the last time, to ended.",
        "task",
        {
            task: (part.durations, part.lasted)
            for task, part in ((task, Endings.sum(parts)) for task, parts in durations.items())
        },
    )


def _histogram(
    name: str, text: str, label: str, found: dict[str, tuple[Histogram, timedelta]]
) -> Metric:
    metric = HistogramMetricFamily(name, text, labels=(label,))
    for value, (histogram, total) in found.items():
        cumulative = histogram.cumulative()
        shown = [*cumulative[:-1:EVERY], cumulative[-1]]
        metric.add_metric(
            (value,),
            [("+Inf" if bound == math.inf else repr(bound), count) for bound, count in shown],
            total.total_seconds(),
        )
    return metric


def _workers(time: datetime) -> Iterator[Metric]:
    workers = GaugeMetricFamily(
        "tasks_workers",
        "Worker processes: ok; late, which are silent; lost, of the last day.",
        labels=("health", "engine"),
    )
    threads = GaugeMetricFamily(
        "tasks_worker_threads", "Threads of the workers that are well or late.", labels=("engine",)
    )
    counts: dict[tuple[Health, str], int] = {
        (state, engine.name): 0 for state in (Health.OK, Health.LATE, Health.LOST)
    }
    room = {engine.name: 0}
    for row in Worker.objects.exclude(status=WorkerStatus.STOPPED):
        state = health(row, time - row.beat_at)
        counts[state, row.engine] = counts.get((state, row.engine), 0) + 1
        if state != Health.LOST:
            room[row.engine] = room.get(row.engine, 0) + row.threads
    for labels, count in sorted(counts.items()):
        workers.add_metric(labels, count)
    for name, count in sorted(room.items()):
        threads.add_metric((name,), count)
    yield workers
    yield threads


def _schedules(time: datetime) -> Metric:
    metric = GaugeMetricFamily(
        "tasks_schedule_late_seconds",
        "For how long a schedule's next tick has been due; 0 when it is in time.",
        labels=("schedule",),
    )
    due = Schedule.objects.filter(enabled=True, next_at__isnull=False).order_by("name")
    for name, next_at in due.values_list("name", "next_at"):
        late = 0.0 if next_at is None else max(0.0, (time - next_at).total_seconds())
        metric.add_metric((name,), late)
    return metric


def _timer(time: datetime) -> Iterator[Metric]:
    """What a timer does once a minute; nothing before the first time."""
    mark = reached()
    if mark is not None:
        yield GaugeMetricFamily(
            "tasks_counted_until_age_seconds",
            "How long ago the last minute was counted; over 180, no timer runs.",
            value=(time - mark).total_seconds(),
        )
