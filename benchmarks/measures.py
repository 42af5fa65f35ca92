"""What is measured of an engine in one round."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import isnan, nan

from benchmarks.processes import Session
from benchmarks.rig import Rig

SINGLES = 2_000
PACED = 200
PRODUCERS = 16
PRODUCER_SECONDS = 5
IDLE_SECONDS = 10.0
SETTLE_SECONDS = 1.5
MEMORY_ROWS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The measures; NaN for what an engine has not, or was not measured in this round."""

    enqueue: float = nan
    enqueue_many: float = nan
    drain: float = nan
    cpu: float = nan
    p50: float = nan
    p99: float = nan
    idle: float = nan
    memory: float = nan
    producers: float = nan
    bare: float = nan


def measure(rig: Rig, *, quick: bool, all_of_it: bool) -> Figures:
    """One round; `all_of_it` includes what takes long and varies little."""
    rows = rig.engine.rows // (4 if quick else 1)
    singles = min(SINGLES, rows)
    rig.reset()
    enqueue = rig.ask("one", singles)
    enqueue_many = rig.ask("many", max(rows - singles, singles))
    in_bulk = 0 if isnan(enqueue_many) else max(rows - singles, singles)
    idle = memory = producers = bare = nan
    # The process that watches the end is up before the worker: neither waits for the other.
    with rig.call("wait") as watch, rig.worker() as worker:
        rig.wait_for_stamps(1)
        used = worker.cpu_seconds()
        watch.start()
        ended = watch.answer()
        drain = (singles + in_bulk) / (ended - rig.stamps()[0].began)
        cpu = (worker.cpu_seconds() - used) / (singles + in_bulk) * 1e6
        p50, p99 = latency(rig, PACED // (2 if quick else 1))
        if all_of_it:
            idle = rig.statements_a_second(IDLE_SECONDS)
            memory = growth(rig, worker)
    if all_of_it:
        producers = rig.ask_together("together", PRODUCERS, PRODUCER_SECONDS)
        bare = rig.ask_together("bare", PRODUCERS, PRODUCER_SECONDS)
    return Figures(
        enqueue=enqueue,
        enqueue_many=enqueue_many,
        drain=drain,
        cpu=cpu,
        p50=p50,
        p99=p99,
        idle=idle,
        memory=memory,
        producers=producers,
        bare=bare,
    )


def latency(rig: Rig, count: int) -> tuple[float, float]:
    """How long a task waits for an idle worker: median and 99th percentile, in milliseconds."""
    time.sleep(SETTLE_SECONDS)
    before = len(rig.stamps())
    rig.ask("paced", count)
    rig.wait_for_stamps(before + count)
    waits = sorted((stamp.began - stamp.enqueued) * 1000 for stamp in rig.stamps()[before:])
    return statistics.median(waits), waits[int(0.99 * len(waits))]


def growth(rig: Rig, worker: Session) -> float:
    """By how many MB a worker grows over 50,000 tasks; NaN for what would take minutes."""
    if not rig.engine.ours:
        return nan
    before = worker.megabytes()
    rig.ask("many", MEMORY_ROWS)
    rig.ask("wait")
    return worker.megabytes() - before


def median(rounds: Sequence[Figures]) -> Figures:
    """The median of each measure over the rounds in which it was taken."""
    return Figures(**{field.name: _median(rounds, field.name) for field in fields(Figures)})


def _median(rounds: Sequence[Figures], name: str) -> float:
    values: list[float] = [getattr(figures, name) for figures in rounds]
    return statistics.median([value for value in values if not isnan(value)] or [nan])
