"""What is measured of an engine in one round."""

import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import nan

from benchmarks.processes import Producer, Session
from benchmarks.rig import Rig

SINGLES = 2_000
PACED = 200
NAPS = 1_000
PRODUCERS = 16
PRODUCER_SECONDS = 3
PRODUCER_TURNS = 3
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
    naps: float = nan
    idle: float = nan
    memory: float = nan
    producers: float = nan
    share: float = nan


def measure(rig: Rig, *, quick: bool, in_full: bool) -> Figures:
    """One round; `in_full` includes what takes long and varies little."""
    rows = rig.engine.rows // (4 if quick else 1)
    rig.reset()
    idle = memory = producers = share = naps = nan
    with rig.producer() as producer:
        enqueue, enqueue_many = fill(rig, producer, rows)
        with rig.worker() as worker:
            drain, cpu = drained(rig, producer, worker, rows)
            p50, p99 = latency(rig, producer, PACED // (2 if quick else 1))
            if rig.engine.naps:
                naps = producer.ask("naps", NAPS)
            if in_full:
                idle = rig.statements_a_second(IDLE_SECONDS)
            # With the others it would take minutes, and no target depends on it.
            if in_full and rig.engine.ours:
                memory = growth(producer, worker)
    if in_full and rig.engine.ours:
        producers, share = together(rig)
    return Figures(
        enqueue=enqueue,
        enqueue_many=enqueue_many,
        drain=drain,
        cpu=cpu,
        p50=p50,
        p99=p99,
        naps=naps,
        idle=idle,
        memory=memory,
        producers=producers,
        share=share,
    )


def fill(rig: Rig, producer: Producer, rows: int) -> tuple[float, float]:
    """Enqueue so many tasks, 2,000 or half of them one by one, the others in bulk if possible.

    Returns the tasks a second of each way.
    """
    singles = min(SINGLES, rows // 2)
    enqueue = producer.ask("one", singles)
    others = rows - singles
    if rig.engine.in_bulk:
        return enqueue, producer.ask("many", others)
    producer.ask("one", others)
    return enqueue, nan


def drained(rig: Rig, producer: Producer, worker: Session, rows: int) -> tuple[float, float]:
    """Let a worker do all that waits.

    Returns the tasks a second, from the first body to the last outcome stored, and the worker's own
    processor time for one, in microseconds.
    """
    rig.wait_for_stamps(1)
    used = worker.cpu_seconds()
    took = producer.ask("wait") - rig.stamps()[0].began
    return rows / took, (worker.cpu_seconds() - used) / rows * 1e6


def latency(rig: Rig, producer: Producer, count: int) -> tuple[float, float]:
    """How long a task waits for an idle worker: median and 99th percentile, in milliseconds."""
    time.sleep(SETTLE_SECONDS)
    before = len(rig.stamps())
    producer.ask("paced", count)
    rig.wait_for_stamps(before + count)
    waits = sorted((stamp.began - stamp.enqueued) * 1000 for stamp in rig.stamps()[before:])
    return statistics.median(waits), waits[int(0.99 * len(waits))]


def growth(producer: Producer, worker: Session) -> float:
    """By how many MB a worker grows over 50,000 tasks."""
    before = worker.megabytes()
    producer.ask("many", MEMORY_ROWS)
    producer.ask("wait")
    return worker.megabytes() - before


def together(rig: Rig) -> tuple[float, float]:
    """What 16 producers enqueue a second, and its share of what they INSERT past the engine.

    Both are taken in turns, and the median of the shares counts.
    """
    with ExitStack() as stack:
        crowd = [stack.enter_context(rig.producer()) for _ in range(PRODUCERS)]
        turns = [(rate(crowd, "together"), rate(crowd, "bare")) for _ in range(PRODUCER_TURNS)]
    return statistics.median(ours for ours, _ in turns), statistics.median(
        ours / bare for ours, bare in turns
    )


def rate(crowd: Sequence[Producer], action: str) -> float:
    """What they reach together when they begin at once."""
    for producer in crowd:
        producer.start(action, PRODUCER_SECONDS)
    return sum([producer.answer() for producer in crowd])
