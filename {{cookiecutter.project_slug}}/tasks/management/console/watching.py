"""`tasks stats`, `tasks queues`, `tasks workers` and `tasks health`."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from tasks.control.workforce import WorkerState
from tasks.health import OLDEST_READY_SECONDS, HealthReport
from tasks.management.console.arguments import span
from tasks.management.console.output import NOTHING, Output
from tasks.management.console.part import Part
from tasks.service import service
from tasks.statistics.histogram import Percentiles
from tasks.statistics.summary import Numbers, Queue, Statistics

STATS_COLUMNS = ("ready", "running", "failed", "ended", "per minute", "failure rate")
PERCENTILES = ("wait p50/p95/p99 s", "run p50/p95/p99 s")


class Stats(Part[Statistics]):
    name = "stats"
    help = "Show how queues, or tasks, are doing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--window",
            type=span,
            default=timedelta(hours=1),
            help="how far back, such as 15m, 6h or 7d (default: 1h)",
        )
        parser.add_argument("--tasks", action="store_true", help="by task instead of by queue")

    def run(self, given: dict[str, Any]) -> Statistics:
        return service.statistics(given["window"], by="name" if given["tasks"] else "queue")

    def show(self, value: Statistics, out: Output) -> None:
        out.table(
            ("name", *STATS_COLUMNS, *PERCENTILES),
            map(_numbers, (*value.parts, value.total)),
            none="Nothing is there.",
        )


class Queues(Part[list[Queue]]):
    name = "queues"
    help = "List the queues, with what waits in them."

    def run(self, given: dict[str, Any]) -> list[Queue]:
        return service.queues()

    def show(self, value: list[Queue], out: Output) -> None:
        columns = ("queue", "state", "limit", "ready", "scheduled", "waiting", "running", "failed")
        out.table((*columns, "oldest ready s"), map(_queue, value), none="There are no queues.")


class Workers(Part[list[WorkerState]]):
    name = "workers"
    help = "List the worker processes, with what they hold."

    def run(self, given: dict[str, Any]) -> list[WorkerState]:
        return service.workers()

    def show(self, value: list[WorkerState], out: Output) -> None:
        out.table(
            ("process", "health", "asked to", "last beat s", "queues", "threads", "runs", "at"),
            map(_worker, value),
            none="No worker is there. Start `manage.py worker`.",
        )


class Health(Part[HealthReport]):
    name = "health"
    help = "Say whether all is well; exit code 1 and the reasons when it is not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--oldest",
            type=_seconds,
            default=OLDEST_READY_SECONDS,
            metavar="SECONDS",
            help="how long a ready run may have waited (default: %(default)g)",
        )

    def run(self, given: dict[str, Any]) -> HealthReport:
        return service.health(oldest_ready=given["oldest"])

    def show(self, value: HealthReport, out: Output) -> None:
        for problem in value.problems:
            out.line(problem.text)
        if value.ok:
            out.line("All is well.")

    def exit_code(self, value: HealthReport) -> int:
        return 0 if value.ok else 1


def _numbers(numbers: Numbers) -> Iterator[Any]:
    depth, flow = numbers.depth, numbers.flow
    yield numbers.name or "all"
    yield from (depth.ready, depth.running, depth.failed)
    yield flow.successful + flow.failed
    yield flow.per_minute
    yield None if flow.failure_rate is None else f"{flow.failure_rate:.1%}"
    yield _percentiles(flow.wait)
    yield _percentiles(flow.duration)


def _percentiles(found: Percentiles) -> str:
    values = (found.p50, found.p95, found.p99)
    return "/".join(NOTHING if value is None else f"{value:.2g}" for value in values)


def _queue(queue: Queue) -> Iterator[Any]:
    depth = queue.depth
    yield queue.name
    yield "open" if queue.paused_at is None else f"paused {queue.paused_at:%Y-%m-%d %H:%M:%S}"
    yield queue.limit
    yield from (depth.ready, depth.scheduled, depth.waiting, depth.running, depth.failed)
    yield depth.oldest_ready


def _worker(worker: WorkerState) -> Iterator[Any]:
    yield f"{worker.host}:{worker.pid}"
    yield worker.health.value
    yield worker.wish.lower()
    yield worker.silence
    yield ",".join(worker.queues) or "all"
    yield worker.threads
    yield len(worker.runs)
    yield worker.runs[0].task if worker.runs else None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise ArgumentTypeError(f"takes seconds above 0, not {text!r}")
    return seconds


STATS, QUEUES, WORKERS, HEALTH = Stats(), Queues(), Workers(), Health()
