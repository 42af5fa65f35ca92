"""What an engine may have lost is rung again; what only waits is left in peace."""

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db.models.functions import Now

from tasks import second_ring
from tasks.models import RunStatus, TaskRun
from tasks.second_ring import FIRST_PAUSE_SECONDS, NEARLY_EMPTY, SecondRing
from tasks.tests.clock import Clock
from tasks.tests.factories import ADD, make_run

pytestmark = pytest.mark.django_db

type Backlog = Mapping[str, int] | None


class Engine:
    """Remembers what was rung, and says of its queue what it is told."""

    def __init__(self, *, needs_second_ring: bool = True, backlog: Backlog = None) -> None:
        self.needs_second_ring = needs_second_ring
        self.waiting = backlog
        self.rung = Counter[uuid.UUID]()

    def ring(self, ids: list[uuid.UUID], /) -> None:
        self.rung.update(ids)

    def backlog(self) -> Backlog:
        return self.waiting


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(second_ring, "time", clock)
    return clock


def overdue(**fields: object) -> TaskRun:
    return make_run(**{"run_at": Now() - timedelta(seconds=6), **fields})


def make_backlog(count: int) -> None:
    run_at = Now() - timedelta(minutes=1)
    TaskRun.objects.bulk_create(TaskRun(name=ADD, run_at=run_at) for _ in range(count))


def test_only_what_is_ready_and_due_for_a_while_is_rung_again() -> None:
    lost = [overdue(), overdue(gated=True)]
    make_run()
    for status in RunStatus:
        if status != RunStatus.READY:
            overdue(status=status)
    engine = Engine()

    SecondRing(engine).ring()

    assert engine.rung == {run.pk: 1 for run in lost}


@pytest.mark.parametrize(
    ("engine", "rings"),
    [
        (Engine(), 1),
        (Engine(backlog={}), 1),
        (Engine(backlog={"default": NEARLY_EMPTY}), 1),
        (Engine(backlog={"default": NEARLY_EMPTY + 1}), 0),
        (Engine(needs_second_ring=False), 0),
    ],
)
def test_an_engine_that_has_enough_to_do_is_left_in_peace(engine: Engine, rings: int) -> None:
    overdue()

    SecondRing(engine).ring()

    assert engine.rung.total() == rings


def test_a_backlog_in_one_queue_leaves_the_ring_of_others() -> None:
    lost = [overdue(), overdue(gated=True)]
    overdue(queue="slow")
    engine = Engine(backlog={"slow": NEARLY_EMPTY + 1, "default": 1})

    SecondRing(engine).ring()

    assert engine.rung == {run.pk: 1 for run in lost}


def test_each_ring_for_a_run_comes_twice_as_late_as_the_one_before(clock: Clock) -> None:
    run, engine = overdue(), Engine()
    bell = SecondRing(engine)
    rung_at = []
    for second in range(int(FIRST_PAUSE_SECONDS * 8)):
        before = engine.rung[run.pk]
        bell.ring()
        if engine.rung[run.pk] > before:
            rung_at.append(second)
        clock.time += 1

    first = int(FIRST_PAUSE_SECONDS)
    assert rung_at == [0, first, 3 * first, 7 * first]


def test_a_run_that_a_worker_had_meanwhile_is_rung_at_once(clock: Clock) -> None:
    run, engine = overdue(), Engine()
    bell = SecondRing(engine)
    for _ in range(100):
        bell.ring()
        clock.time += 1
    before = engine.rung[run.pk]

    # It was claimed, its worker died, and whoever took it back died before it had rung.
    TaskRun.objects.update(attempt=1)
    for _ in range(3):
        bell.ring()

    assert engine.rung[run.pk] == before + 1


def test_a_backlog_is_rung_a_part_at_a_time_and_each_run_once(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_ring, "MOST_AT_ONCE", 40)
    make_backlog(90)
    engine = Engine()
    bell = SecondRing(engine)

    totals = []
    for _ in range(12):
        bell.ring()
        totals.append(engine.rung.total())

    assert totals[0] == 20
    assert max(after - before for before, after in pairwise(totals)) <= 40
    assert len(engine.rung) == 90
    assert set(engine.rung.values()) == {1}


def test_its_memory_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_ring, "MOST_REMEMBERED", 30)
    make_backlog(90)
    bell = SecondRing(Engine())

    bell.ring()

    assert len(bell._rung) == 30
