"""`manage.py worker`: run tasks."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tasks.worker.options import WorkerOptions
from tasks.worker.supervisor import Supervisor

DEFAULTS = WorkerOptions()

# A worker process claims, settles and beats on connections of its own; coroutines share one more.
OWN_CONNECTIONS = 4


class Command(BaseCommand):
    help = "Runs tasks until it is told to stop (SIGTERM or Ctrl-C): what runs then may finish."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--queues", default="", help="only these queues, separated by commas (default: all)"
        )
        parser.add_argument(
            "--processes", type=_count, default=1, help="worker processes (default: 1)"
        )
        parser.add_argument(
            "--threads",
            type=_count,
            default=DEFAULTS.threads,
            help="plain functions at once in each process (default: %(default)s)",
        )
        parser.add_argument(
            "--coroutines",
            "--concurrency",
            type=_count,
            default=DEFAULTS.coroutines,
            help="async functions at once in each process (default: %(default)s)",
        )
        parser.add_argument("--drain", action="store_true", help="leave when nothing is ready")
        parser.add_argument(
            "--grace",
            type=_seconds,
            default=DEFAULTS.grace,
            help="seconds that running tasks get to finish on SIGTERM (default: %(default)s)",
        )

    def handle(self, *_args: Any, **given: Any) -> None:
        _check_pool(given["threads"])
        options = WorkerOptions(
            queues=_queues(given["queues"]),
            threads=given["threads"],
            coroutines=given["coroutines"],
            drain=given["drain"],
            grace=given["grace"],
        )
        sys.exit(Supervisor(given["processes"], options).run())


def _check_pool(threads: int) -> None:
    """A pool that is too small would make tasks wait for each other's connections."""
    pool = settings.DATABASES["default"].get("OPTIONS", {}).get("pool")
    if not pool:
        return
    size = pool.get("max_size") if isinstance(pool, dict) else None
    if size is not None and size < threads + OWN_CONNECTIONS:
        wanted = threads + OWN_CONNECTIONS
        raise CommandError(
            f"{threads} threads need a pool of {wanted} connections, and it has {size}. "
            f"Set DATABASE_POOL_SIZE={wanted}, or ask for fewer --threads."
        )


def _queues(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"takes a whole number of at least 1, not {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86_400:
        raise argparse.ArgumentTypeError(f"takes seconds, from 0 to a day, not {text!r}")
    return seconds
