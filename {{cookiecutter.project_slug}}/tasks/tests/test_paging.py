"""Pages of runs: whatever is asked for, they hold what one query would find, in its order."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tasks.control.matching import Matching
from tasks.control.newest import newest
from tasks.control.paging import page_of
from tasks.ids import last_before
from tasks.ledger import now
from tasks.models import RunStatus, ScheduleTick, TaskRun, TickStatus
from tasks.tests.factories import make_schedule

pytestmark = [pytest.mark.alike, pytest.mark.django_db]

RUNS, ROUNDS = 80, 15
TASKS, QUEUES = ("shop.tasks.sell", "shop.tasks.mail"), ("tills", "mail", "attic")
WORKERS, GROUPS = ([uuid.UUID(int=each), uuid.UUID(int=each + 1)] for each in (1, 11))
PRIORITIES = (-50, 0, 90)
KINDS = ("a" * 16, "b" * 16)
FAILURE = '[{"attempt":1,"exception_class_path":"Jam","message":"out of %s"}]'


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """What chooses: always the same for the same number."""
    return random.Random(request.param)


def a_past(dice: random.Random) -> tuple[datetime, list[int]]:
    """Make runs of a day, some statuses of which are old; return its end and the schedules."""
    end = now()
    young = dice.sample(list(RunStatus), 3)
    runs = []
    for _ in range(RUNS):
        at = end - timedelta(seconds=dice.randrange(86_400))
        is_old = end - at > timedelta(hours=8)
        status = dice.choice(list(RunStatus) if is_old else young)
        has_failed = status == RunStatus.FAILED
        runs.append(
            TaskRun(
                # Within the hour by which clocks may differ.
                id=uuid.UUID(
                    int=last_before(at, later=timedelta(seconds=dice.randrange(-3500, 3500))).int
                    + dice.getrandbits(60)
                ),
                name=dice.choice(TASKS),
                queue=dice.choice(QUEUES),
                priority=dice.choice(PRIORITIES),
                status=status,
                gated=dice.random() < 0.3,
                unique_key=None if dice.random() < 0.5 else f"order:{dice.random()}",
                enqueued_at=at,
                worker_id=dice.choice([None, *WORKERS]),
                group_id=dice.choice([None, None, *GROUPS]),
                fingerprint=dice.choice(KINDS) if has_failed else None,
                errors=FAILURE % dice.choice(("paper", "ink")) if has_failed else "[]",
            )
        )
    TaskRun.objects.bulk_create(runs)
    schedules = [make_schedule(name=name).pk for name in ("hourly", "nightly")]
    ScheduleTick.objects.bulk_create(
        ScheduleTick(
            schedule_id=dice.choice(schedules),
            tick=end - timedelta(seconds=number),
            status=TickStatus.ENQUEUED,
            run_id=run.pk,
        )
        for number, run in enumerate(dice.sample(runs, RUNS // 2))
    )
    return end, schedules


def wishes(dice: random.Random, end: datetime, schedules: list[int]) -> Iterator[Matching]:
    """Yield filters: of some things, a few at a time."""

    def perhaps[T](values: tuple[T, ...] | list[T]) -> T | None:
        return dice.choice(list(values)) if dice.random() < 0.25 else None

    for _ in range(ROUNDS):
        yield Matching(
            statuses=tuple(dice.choices(list(RunStatus), k=dice.choice((0, 1, 1, 2, 4)))),
            task=perhaps(TASKS),
            queue=perhaps(QUEUES),
            priority=perhaps(PRIORITIES),
            worker=perhaps(WORKERS),
            since=perhaps([end - timedelta(hours=hours) for hours in (2, 9, 20)]),
            until=perhaps([end - timedelta(hours=hours) for hours in (1, 8, 16)]),
            fingerprint=perhaps(KINDS),
            schedule=perhaps(schedules),
            group=perhaps(GROUPS),
            text=perhaps(("paper", "SELL", "order:0.1", "nothing")) or "",
            in_errors=dice.random() < 0.8,
        )


def walked(matching: Matching, size: int, *, is_back: bool = False) -> list[uuid.UUID]:
    """Return the ids on all pages, one page after another."""
    found: list[uuid.UUID] = []
    start, pages = None, 0
    while start is not None or not pages:
        page = page_of(matching, size, start=start, is_back=is_back)
        ids = [run.pk for run in page.rows]
        assert len(ids) <= size
        found = [*ids, *found] if is_back else [*found, *ids]
        start, pages = page.end, pages + 1
        assert pages <= 2 * RUNS
    return found


@pytest.mark.parametrize("dice", range(2), indirect=True)
def test_pages_hold_what_one_query_finds_each_once_and_in_order(
    dice: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    end, schedules = a_past(dice)
    for matching in wishes(dice, end, schedules):
        # So small that each way of reading is taken.
        monkeypatch.setattr("tasks.control.order.MOST_SORTED", dice.choice((0, 5, 20, 1000)))
        monkeypatch.setattr("tasks.control.paging.WINDOWS", dice.choice(((1, 3), (4, 30))))
        monkeypatch.setattr("tasks.control.paging.MOST_SEARCHED", dice.choice(((2, 1), (50, 9))))
        naive = list(matching.rows().order_by("-pk").values_list("pk", flat=True))

        size = dice.choice((1, 3, 10, 50))

        assert walked(matching, size) == naive, matching
        assert walked(matching, size, is_back=True) == naive, matching


@pytest.mark.parametrize("dice", range(2), indirect=True)
def test_the_list_of_the_admin_holds_the_newest_of_what_one_query_finds(
    dice: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    end, schedules = a_past(dice)
    for matching in wishes(dice, end, schedules):
        monkeypatch.setattr("tasks.control.order.MOST_SORTED", dice.choice((0, 5, 20, 1000)))
        monkeypatch.setattr("tasks.control.newest.MOST_LISTED", dice.choice((3, 10)))
        monkeypatch.setattr("tasks.control.matching.MOST_READ", dice.choice((10, 60, 1000)))
        naive = list(matching.rows().order_by("-pk"))

        found = newest(matching)

        rows = list(found.rows)
        assert rows == naive[: len(rows)], matching
        assert found.is_bounded or rows == naive, matching


def test_a_run_that_moves_on_between_two_pages_is_on_no_two_of_them() -> None:
    runs = [TaskRun(status=RunStatus.READY) for _ in range(6)]
    TaskRun.objects.bulk_create(runs)
    matching = Matching(statuses=(RunStatus.READY, RunStatus.RUNNING))

    first = page_of(matching, 3)
    TaskRun.objects.update(status=RunStatus.RUNNING)
    second = page_of(matching, 3, start=first.end)

    assert [*first.rows, *second.rows] == runs[::-1]
    assert second.end is None
