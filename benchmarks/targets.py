"""What this project wants to reach. Compared with and shown, never asserted."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.results import Results

POSTGRESQL = "this project, PostgreSQL"
SQLITE = "this project, SQLite"
DRAMATIQ = "this project, Dramatiq"
REARQ = "this project, ReArq"


@dataclass(frozen=True, slots=True)
class Target:
    """A bound, and where to find what is measured against it."""

    name: str
    at_least: bool
    bound: float
    measured: Callable[[Results], float]

    def is_met(self, value: float) -> bool:
        """Whether a measured value is on the right side of the bound."""
        return value >= self.bound if self.at_least else value <= self.bound


def _of(engine: str, measure: str) -> Callable[[Results], float]:
    return lambda results: results.median(engine, measure)


def _times(ours: str, other: str) -> Callable[[Results], float]:
    return lambda results: results.ratio(ours, other, "drain")


def _both(name: str, at_least: bool, bound: float, measure: str) -> tuple[Target, Target]:
    return (
        Target(f"PostgreSQL: {name}", at_least, bound, _of(POSTGRESQL, measure)),
        Target(f"SQLite: {name}", at_least, bound, _of(SQLITE, measure)),
    )


TARGETS = (
    *_both("finished/s", True, 8_000, "drain"),
    *_both("enqueue/s", True, 1_500, "enqueue"),
    *_both("enqueue_many/s", True, 15_000, "enqueue_many"),
    *_both("grown by, MB", False, 30, "memory"),
    Target("PostgreSQL: start latency, median, ms", False, 5, _of(POSTGRESQL, "p50")),
    Target("PostgreSQL: start latency, 99 %, ms", False, 25, _of(POSTGRESQL, "p99")),
    Target("PostgreSQL: queries/s of an idle worker", False, 2, _of(POSTGRESQL, "idle")),
    Target("PostgreSQL: 16 producers, share of INSERT", True, 0.6, _of(POSTGRESQL, "share")),
    Target("PostgreSQL: times procrastinate", True, 15, _times(POSTGRESQL, "procrastinate")),
    Target(
        "PostgreSQL: times Celery without results",
        True,
        6,
        _times(POSTGRESQL, "Celery, no results"),
    ),
    Target("SQLite: times huey", True, 6, _times(SQLITE, "huey")),
    Target("Dramatiq: times plain Dramatiq", True, 0.75, _times(DRAMATIQ, "Dramatiq, no results")),
    Target("Dramatiq: start latency, median, ms", False, 15, _of(DRAMATIQ, "p50")),
    Target("Dramatiq: start latency, 99 %, ms", False, 120, _of(DRAMATIQ, "p99")),
    Target("ReArq: times stock ReArq", True, 2, _times(REARQ, "ReArq, PostgreSQL")),
    Target("ReArq: start latency, median, ms", False, 8, _of(REARQ, "p50")),
    Target("ReArq: 1,000 naps of a second, s", False, 3, _of(REARQ, "naps")),
)
