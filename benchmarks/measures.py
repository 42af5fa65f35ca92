"""What is measured of an engine in one round."""

import statistics
import time
from dataclasses import dataclass
from math import nan

from benchmarks.processes import Call, Session
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
    """One round of one engine; NaN for what it has not, or what was left out of this round."""

    enqueue: float = nan
    enqueue_many: float = nan
    drain: float = nan
    cpu: float = nan
    p50: float = nan
    p99: float = nan
    idle: float = nan
    memory: float = nan
    producers: float = nan
    share: float = nan


def measure(rig: Rig, *, quick: bool, in_full: bool) -> Figures:
    """One round; `in_full` includes what takes long and varies little."""
    rows = rig.engine.rows // (4 if quick else 1)
    rig.reset()
    enqueue, enqueue_many = fill(rig, rows)
    idle = memory = producers = share = nan
    # The process that watches the end is up before the worker: neither waits for the other.
    with rig.call("wait") as watch, rig.worker() as worker:
        drain, cpu = drained(rig, rows, watch, worker)
        p50, p99 = latency(rig, PACED // (2 if quick else 1))
        if in_full:
            idle = rig.statements_a_second(IDLE_SECONDS)
            # With the others it would take minutes, and no target depends on it.
            memory = growth(rig, worker) if rig.engine.ours else nan
    if in_full and rig.engine.ours:
        producers, share = together(rig)
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
        share=share,
    )


def fill(rig: Rig, rows: int) -> tuple[float, float]:
    """Enqueue so many tasks, 2,000 or half of them one by one, the others in bulk if possible.

    Returns the tasks a second of each way.
    """
    singles = min(SINGLES, rows // 2)
    enqueue = rig.ask("one", singles)
    others = rows - singles
    if rig.engine.in_bulk:
        return enqueue, rig.ask("many", others)
    rig.ask("one", others)
    return enqueue, nan


def drained(rig: Rig, rows: int, watch: Call, worker: Session) -> tuple[float, float]:
    """Let a worker do all that waits.

    Returns the tasks a second, from the first body to the last outcome stored, and the worker's own
    processor time for one, in microseconds.
    """
    rig.wait_for_stamps(1)
    used = worker.cpu_seconds()
    watch.start()
    took = watch.answer() - rig.stamps()[0].began
    return rows / took, (worker.cpu_seconds() - used) / rows * 1e6


def latency(rig: Rig, count: int) -> tuple[float, float]:
    """How long a task waits for an idle worker: median and 99th percentile, in milliseconds."""
    time.sleep(SETTLE_SECONDS)
    before = len(rig.stamps())
    rig.ask("paced", count)
    rig.wait_for_stamps(before + count)
    waits = sorted((stamp.began - stamp.enqueued) * 1000 for stamp in rig.stamps()[before:])
    return statistics.median(waits), waits[int(0.99 * len(waits))]


def growth(rig: Rig, worker: Session) -> float:
    """By how many MB a worker grows over 50,000 tasks."""
    before = worker.megabytes()
    rig.ask("many", MEMORY_ROWS)
    rig.ask("wait")
    return worker.megabytes() - before


def together(rig: Rig) -> tuple[float, float]:
    """What 16 producers enqueue a second, and its share of what they INSERT past the engine."""
    producers = rig.ask_together("together", PRODUCERS, PRODUCER_SECONDS)
    return producers, producers / rig.ask_together("bare", PRODUCERS, PRODUCER_SECONDS)
