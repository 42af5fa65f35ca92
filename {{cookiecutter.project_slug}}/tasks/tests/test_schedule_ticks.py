"""A due tick has its run, its record and its successor in one transaction; what is wrong with one
schedule is nobody else's trouble."""

import contextlib
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections, transaction
from django.db.models.functions import Now
from django.test import override_settings
from django.utils import timezone

from tasks import ledger
from tasks.context import RunContext
from tasks.models import (
    CatchUp,
    RunStatus,
    Schedule,
    ScheduleTick,
    TaskRun,
    TickStatus,
    Watermark,
)
from tasks.reasons import AT_START, HELD_KEY
from tasks.schedules import tick_at_start, tick_due_schedules, ticks
from tasks.task import task
from tasks.testing import run_due
from tasks.tests.factories import make_schedule
from tests.conformance.harness import wait_until

pytestmark = pytest.mark.django_db

told: list[datetime | None] = []


@task(takes_context=True)
def tell_tick(context: RunContext) -> None:
    """Note for when this run was scheduled."""
    told.append(context.scheduled_at)


@task(queue_name="reports", priority=7, max_attempts=2, expires_after=60.0, max_running=1)
def with_options(*, day: str) -> str:
    """A task with options of its own."""
    return day


@task(unique="{left}")
def one_at_a_time(left: int) -> int:
    """One live run for each argument."""
    return left


@pytest.fixture(autouse=True)
def nothing_told() -> Iterator[None]:
    told.clear()
    yield
    told.clear()


def due(**fields: object) -> Schedule:
    """A schedule whose only due tick is a second old."""
    return make_schedule(due_for=1, **fields)


def leave_watermark() -> None:
    """Say that a timer has looked just now."""
    # A moment later: SQLite counts in milliseconds, and a schedule may be made in the same one.
    Watermark.objects.create(name="alerts", reached_at=Now() + timedelta(seconds=1))


def test_a_due_tick_is_a_run_a_record_and_a_successor() -> None:
    schedule = due()
    tick = schedule.next_at

    assert tick_due_schedules() == 1

    run = TaskRun.objects.get()
    assert (run.name, run.args, run.status) == (schedule.task, [1, 2], RunStatus.READY)
    record = ScheduleTick.objects.get()
    assert (record.schedule, record.tick, record.status) == (schedule, tick, TickStatus.ENQUEUED)
    assert record.run_id == run.pk
    schedule.refresh_from_db()
    assert schedule.last_at == tick
    assert schedule.next_at is not None
    assert (schedule.next_at.minute, schedule.next_at.second) == (0, 0)
    assert schedule.next_at > timezone.now()


def test_looking_again_enqueues_nothing_more() -> None:
    due()

    assert [tick_due_schedules() for _ in range(3)] == [1, 0, 0]
    assert TaskRun.objects.count() == 1


@pytest.mark.parametrize("fields", [{"enabled": False}, {"due_for": -60}])
def test_what_is_off_or_not_due_stays(fields: dict[str, float]) -> None:
    make_schedule(**fields)

    assert tick_due_schedules() == 0
    assert not TaskRun.objects.exists()


def test_the_task_reads_for_when_it_was_scheduled() -> None:
    schedule = due(task=tell_tick.module_path, arguments='{"args":[],"kwargs":{}}')
    tell_tick.enqueue()

    tick_due_schedules()
    run_due()

    assert set(told) == {None, schedule.next_at}


def test_the_options_of_the_task_hold() -> None:
    arguments = json.dumps({"args": [], "kwargs": {"day": "today"}})
    due(task=with_options.module_path, arguments=arguments)

    tick_due_schedules()

    run = TaskRun.objects.get()
    assert (run.queue, run.priority, run.max_attempts, run.gated) == ("reports", 7, 2, True)
    assert run.expires_at is not None
    assert run.kwargs == {"day": "today"}


def test_a_tick_whose_predecessor_still_lives_is_missed() -> None:
    arguments = '{"args":[1],"kwargs":{}}'
    schedule = due(task=one_at_a_time.module_path, arguments=arguments)
    one_at_a_time.enqueue(1)

    tick_due_schedules()

    assert TaskRun.objects.count() == 1
    record = ScheduleTick.objects.get()
    assert (record.status, record.run_id, record.reason) == (TickStatus.MISSED, None, HELD_KEY)
    schedule.refresh_from_db()
    assert schedule.next_at is not None
    assert schedule.next_at > timezone.now()


def test_run_record_and_successor_are_rolled_back_together() -> None:
    schedule = due()

    with transaction.atomic():
        tick_due_schedules()
        assert TaskRun.objects.count() == 1
        transaction.set_rollback(True)

    assert not TaskRun.objects.exists()
    assert not ScheduleTick.objects.exists()
    assert Schedule.objects.get().next_at == schedule.next_at
    assert tick_due_schedules() == 1
    assert TaskRun.objects.count() == 1


def test_a_tick_that_is_recorded_already_gets_no_second_run() -> None:
    schedule = due()
    tick_due_schedules()
    Schedule.objects.update(next_at=schedule.next_at)

    tick_due_schedules()

    assert TaskRun.objects.count() == 1
    assert ScheduleTick.objects.get().status == TickStatus.ENQUEUED
    assert Schedule.objects.get().next_at > timezone.now()  # type: ignore[operator]


def test_a_clock_of_python_that_is_wrong_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    right = timezone.now()
    late = due()
    early = make_schedule(due_for=-600)
    for hours in (-1, 1):
        monkeypatch.setattr(timezone, "now", lambda hours=hours: right + timedelta(hours=hours))
        tick_due_schedules()

    record = ScheduleTick.objects.get()
    assert (record.schedule, record.tick) == (late, late.next_at)
    assert Schedule.objects.get(pk=early.pk).next_at == early.next_at


@pytest.mark.parametrize(
    ("catch_up", "grace", "ran", "missed"),
    [
        (CatchUp.NONE, 36_000, 0, 3),
        (CatchUp.ONE, 36_000, 1, 2),
        (CatchUp.ONE, 60, 0, 3),
        (CatchUp.ALL, 36_000, 3, 0),
        (CatchUp.ALL, 60, 0, 3),
    ],
)
def test_late_ticks_run_or_are_recorded_as_missed(
    catch_up: CatchUp, grace: int, ran: int, missed: int
) -> None:
    # Three hourly ticks, the newest half an hour old.
    newest = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=30)
    schedule = make_schedule(
        cron=f"{newest.minute} * * * *",
        catch_up=catch_up,
        grace_seconds=grace,
        next_at=newest - timedelta(hours=2),
    )
    leave_watermark()

    while tick_due_schedules():
        pass

    assert TaskRun.objects.count() == ran
    counts = ScheduleTick.objects.filter(schedule=schedule, status=TickStatus.MISSED)
    assert sum(counts.values_list("count", flat=True)) == missed
    assert counts.count() <= 1
    headers = [json.loads(run.headers or "")["tick"] for run in TaskRun.objects.order_by("pk")]
    expected = [newest - timedelta(hours=back) for back in range(ran - 1, -1, -1)]
    assert headers == [tick.isoformat() for tick in expected]


def test_what_was_due_before_any_timer_looked_is_not_missed() -> None:
    missed = ScheduleTick.objects.filter(status=TickStatus.MISSED)
    schedule = make_schedule(every_seconds=10, due_for=605)

    tick_due_schedules()
    assert not missed.exists()
    # The last minute is on time, for the first timer as for any other.
    assert TaskRun.objects.count() == 6

    leave_watermark()
    Schedule.objects.filter(pk=schedule.pk).update(next_at=Now() - timedelta(seconds=605))
    tick_due_schedules()
    assert missed.get().count > 50


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"task": "shop.tasks.gone"}, "No installed app declares a task 'shop.tasks.gone'"),
        ({"arguments": '{"args":[1],"kwargs":{}}'}, "missing a required argument: 'right'"),
        ({"arguments": "[]"}, "list indices must be"),
        ({"arguments": "no json"}, "Expecting value"),
    ],
)
def test_a_schedule_that_cannot_run_is_recorded_and_the_others_go_on(
    broken: dict[str, str], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad = make_schedule(due_for=3700, name="bad", every_seconds=3600, **broken)
    good = due(name="good")

    assert tick_due_schedules() == 2

    assert ScheduleTick.objects.get(schedule=good).status == TickStatus.ENQUEUED
    records = ScheduleTick.objects.filter(schedule=bad).order_by("tick")
    assert {record.status for record in records} == {TickStatus.MISSED}
    assert any(reason in record.reason for record in records)
    assert "Schedule bad missed" in caplog.text
    assert tick_due_schedules() == 0


@pytest.mark.parametrize(
    "rule",
    [{"cron": "0 0 30 2 *"}, {"cron": "nonsense"}, {"timezone": "Mars/Olympus"}],
)
def test_a_rule_that_makes_no_sense_waits_until_it_is_mended(rule: dict[str, str]) -> None:
    bad = due(**rule)

    assert tick_due_schedules() == 1
    assert tick_due_schedules() == 0

    record = ScheduleTick.objects.get()
    assert (record.schedule, record.status) == (bad, TickStatus.MISSED)
    assert next(iter(rule.values())) in record.reason
    assert Schedule.objects.get().next_at is None


def test_a_task_of_a_newer_release_is_left_to_the_newer_timer_while_it_is_on_time() -> None:
    schedule = due(task="shop.tasks.of_tomorrow")

    assert tick_due_schedules() == 0
    assert not ScheduleTick.objects.exists()

    Schedule.objects.update(next_at=Now() - timedelta(seconds=61))
    assert tick_due_schedules() == 1
    assert "declares" in ScheduleTick.objects.get(schedule=schedule, run_id=None).reason


def test_a_backend_without_rows_is_recorded() -> None:
    due(name="without rows")
    backend = {"default": {"BACKEND": "tasks.backend.RecordBackend"}}

    with override_settings(TASKS=backend):
        tick_due_schedules()

    assert "stores no runs" in ScheduleTick.objects.get().reason


def test_many_due_schedules_go_in_batches() -> None:
    for _ in range(5):
        due()

    assert [tick_due_schedules(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert TaskRun.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_three_timers_at_once_make_one_run_of_each_tick() -> None:
    for _ in range(60):
        due()

    def tick() -> None:
        while tick_due_schedules(limit=7):
            pass
        connections.close_all()

    threads = [threading.Thread(target=tick) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ScheduleTick.objects.filter(status=TickStatus.ENQUEUED).count() == 60
    assert TaskRun.objects.count() == 60


def test_a_timers_start_enqueues_what_asks_for_it_once_a_minute() -> None:
    schedule = make_schedule(due_for=-60, run_at_start=True)
    make_schedule(due_for=-60, run_at_start=True, enabled=False)
    make_schedule(due_for=-60)

    assert [tick_at_start() for _ in range(3)] == [1, 0, 0]

    record = ScheduleTick.objects.get()
    assert (record.schedule, record.reason) == (schedule, AT_START)
    assert record.run_id == TaskRun.objects.get().pk
    ScheduleTick.objects.update(tick=Now() - timedelta(seconds=61))
    assert tick_at_start() == 1
    assert TaskRun.objects.count() == 2


@pytest.mark.parametrize("held", [True, False])
def test_a_start_that_came_to_nothing_is_not_tried_again_and_again(held: bool) -> None:
    if held:
        fields = {"task": one_at_a_time.module_path, "arguments": '{"args":[1],"kwargs":{}}'}
        one_at_a_time.enqueue(1)
    else:
        fields = {"task": "shop.tasks.gone"}
    make_schedule(due_for=-60, run_at_start=True, **fields)

    assert [tick_at_start() for _ in range(2)] == [1, 0]

    assert ScheduleTick.objects.get().status == TickStatus.MISSED


@pytest.mark.skipif(connection.vendor == "sqlite", reason="a frozen process keeps the whole file")
@pytest.mark.django_db(transaction=True)
def test_a_timer_that_is_frozen_with_its_rows_locked_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ticks, "FROZEN_AFTER_SECONDS", 1)
    due()
    frozen, over = threading.Event(), threading.Event()

    def freeze() -> None:
        with contextlib.suppress(*ledger.AWAY), transaction.atomic():
            ticks._lock(Schedule.objects.all(), None)
            frozen.set()
            over.wait(20)
        connections.close_all()

    thread = threading.Thread(target=freeze)
    thread.start()
    frozen.wait(10)

    assert tick_due_schedules() == 0
    wait_until(lambda: tick_due_schedules() == 1, "the lock is gone", seconds=10)

    over.set()
    thread.join()
    assert TaskRun.objects.count() == 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="a transaction keeps the whole file")
@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_not_committed_yet_holds_up_its_own_schedule_only() -> None:
    fields = {"task": one_at_a_time.module_path, "arguments": '{"args":[1],"kwargs":{}}'}
    waiting = make_schedule(due_for=2, name="waiting", **fields)
    good = due()
    enqueued, over = threading.Event(), threading.Event()

    def enqueue_and_take_time() -> None:
        with transaction.atomic():
            one_at_a_time.enqueue(1)
            enqueued.set()
            over.wait(20)
        connections.close_all()

    thread = threading.Thread(target=enqueue_and_take_time)
    thread.start()
    enqueued.wait(10)

    assert [tick_due_schedules() for _ in range(2)] == [1, 0]
    assert ScheduleTick.objects.get().schedule == good

    over.set()
    thread.join()
    assert tick_due_schedules() == 1
    assert ScheduleTick.objects.get(schedule=waiting).reason == HELD_KEY
