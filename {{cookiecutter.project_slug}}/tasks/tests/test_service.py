"""The service does what it says, to the rows it says, and it is written down who did it."""

import logging
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now

from tasks import ledger
from tasks.control import acts
from tasks.control.acts import CANCEL, RETRY
from tasks.control.matching import Matching
from tasks.control.workforce import Health
from tasks.errors import (
    ArgumentsDoNotFit,
    InvalidSchedule,
    UnknownQueue,
    UnknownRun,
    UnknownSchedule,
    UnknownTask,
)
from tasks.ledger.clock import now
from tasks.models import Gate, GateKind, RunGroup, RunStatus, Schedule, TaskRun, Watermark, Worker
from tasks.service import Bulk, service
from tasks.testing import run_due
from tasks.tests.ended_factories import make_ended
from tasks.tests.factories import (
    ADD,
    claim,
    make_held_run,
    make_run,
    make_schedule,
    make_worker,
    status_of,
)

pytestmark = pytest.mark.django_db

FAILURE = (
    '[{"attempt":1,"exception_class_path":"shop.Jam","message":"out of paper","traceback":"…",'
    '"worker_id":"","started_at":"","seconds":1.0}]'
)


@pytest.fixture
def user() -> Any:
    return get_user_model().objects.create_user("ada@example.com", is_staff=True)


ARGUMENTS = '{"args":[1,2],"kwargs":{}}'


def failed(**fields: Any) -> TaskRun:
    return make_run(
        **{"status": RunStatus.FAILED, "finished_at": Now(), "errors": FAILURE, **fields}
    )


def history(run: Any) -> list[str]:
    entries = LogEntry.objects.filter(object_id=str(run.pk))
    return list(entries.values_list("change_message", flat=True))


# Seeing.


def test_failed_runs_are_listed_last_first() -> None:
    old = failed(finished_at=now() - timedelta(hours=1))
    new = failed(queue="mail")
    failed(name="tasks.tests.sample.tasks.echo", finished_at=now() - timedelta(days=1))
    make_run()

    assert [run.id for run in service.failed_runs(task=ADD)] == [new.pk, old.pk]
    assert [run.id for run in service.failed_runs("mail")] == [new.pk]
    assert service.failed_runs(limit=1)[0].error == "shop.Jam: out of paper"


def test_runs_are_found_by_everything_that_is_given() -> None:
    worker = make_worker()
    run = make_run(
        name="a.b.c",
        queue="mail",
        priority=-7,
        status=RunStatus.RUNNING,
        worker_id=worker,
        unique_key="order 7",
        enqueued_at=now() - timedelta(hours=2),
    )
    others = {make_run().pk, failed().pk}
    hour_ago = now() - timedelta(hours=1)

    for matching in (
        Matching(statuses=(RunStatus.RUNNING,)),
        Matching(task="a.b.c"),
        Matching(queue="mail"),
        Matching(priority=-7),
        Matching(worker=worker),
        Matching(until=hour_ago),
        Matching(text=str(run.pk)),
        Matching(text="Order 7"),
        Matching(text="b.C"),
    ):
        assert [found.id for found in service.runs(matching)] == [run.pk], matching
        assert Matching.of_json(matching.as_json()) == matching
    assert {found.id for found in service.runs(Matching(since=hour_ago))} == others
    assert len(service.runs()) == 3
    assert len(service.runs(limit=2)) == 2


def test_all_that_is_known_of_a_run_is_shown() -> None:
    run = failed(workflow_id=uuid.uuid4(), return_value="[1]")

    shown = service.show(run.pk)

    assert (shown.args, shown.kwargs, shown.return_value) == ([1, 2], {}, [1])
    assert [failure.message for failure in shown.failures] == ["out of paper"]
    assert (shown.status, shown.workflow_id) == (RunStatus.FAILED, run.workflow_id)


def test_what_somebody_spoilt_is_shown_as_it_is() -> None:
    run = make_run(arguments="{", errors="no list", return_value="}", progress="[")

    shown = service.show(run.pk)

    assert (shown.return_value, shown.failures, shown.progress) == ("}", (), "[")
    assert shown.args != ["{"], "nobody can tell what is sensitive in it"


def test_sensitive_arguments_are_not_shown() -> None:
    run = make_run(name="gone.tasks.task", arguments='{"args":["secret"],"kwargs":{"a":"b"}}')

    shown = service.show(run.pk)

    assert "secret" not in str(shown.args)
    assert "b" not in str(shown.kwargs["a"])


def test_a_run_that_is_not_there_is_said_to_be_unknown() -> None:
    with pytest.raises(UnknownRun, match="There is no run"):
        service.show(uuid.uuid4())


def test_workers_are_shown_with_what_they_hold_and_how_they_are() -> None:
    fresh, late = make_worker(), make_worker(silent_for=12)
    make_worker(status="STOPPED")
    lost = make_worker(status="LOST")
    run, _ = make_held_run(fresh)

    found = {worker.id: worker for worker in service.workers()}

    assert {id_: worker.health for id_, worker in found.items()} == {
        fresh: Health.OK,
        late: Health.LATE,
        lost: Health.LOST,
    }
    assert [(held.id, held.task) for held in found[fresh].runs] == [(run.pk, ADD)]
    assert found[late].runs == ()
    assert found[late].silence == pytest.approx(12, abs=5)


def test_counts_are_of_one_queue_or_of_all() -> None:
    make_run()
    make_run(queue="mail", status=RunStatus.WAITING)
    make_ended(now() - timedelta(minutes=5))
    make_ended(now() - timedelta(minutes=5), status=RunStatus.FAILED, queue="mail")

    assert (service.pending(), service.pending("mail")) == (2, 1)
    assert (service.completed(), service.completed(queue="mail")) == (1, 0)
    assert (service.failed(), service.failed(queue="default")) == (1, 0)
    assert service.completed(timedelta(minutes=2)) == 0


# Acting on those that are named.


def test_each_act_is_done_to_what_it_applies_to_and_written_in_its_history(user: Any) -> None:
    broken, ready, done = failed(), make_run(), make_run(status=RunStatus.SUCCESSFUL)

    retried = service.retry([broken.pk, ready.pk, done.pk, uuid.uuid4()], by=user)
    cancelled = service.cancel([ready.pk, done.pk], by=user)

    assert (retried.applied, retried.left) == (1, 3)
    assert (cancelled.applied, cancelled.left) == (1, 1)
    assert [status_of(run) for run in (broken, ready, done)] == [
        RunStatus.READY,
        RunStatus.CANCELLED,
        RunStatus.SUCCESSFUL,
    ]
    assert [history(run) for run in (broken, ready, done)] == [
        ["Retried."],
        ["Cancelled, or asked to stop."],
        [],
    ]


def test_a_clash_holds_back_no_other_run() -> None:
    make_run(unique_key="taken")
    clashing, free = failed(unique_key="taken"), [failed(), failed(unique_key="free")]

    effect = service.retry([clashing.pk, *(run.pk for run in free)], by=None)

    assert (effect.applied, effect.left, effect.clashing) == (2, 0, ("taken",))
    assert status_of(clashing) == RunStatus.FAILED
    assert {status_of(run) for run in free} == {RunStatus.READY}


def test_only_what_failed_or_was_cancelled_is_deleted(user: Any) -> None:
    group = RunGroup.objects.create(workflow_id=uuid.uuid4(), total=2)
    gone = [failed(), make_run(status=RunStatus.CANCELLED)]
    kept = [
        make_run(),
        make_run(status=RunStatus.SUCCESSFUL),
        failed(group_id=group.pk, workflow_id=group.workflow_id),
    ]

    effect = service.delete([run.pk for run in (*gone, *kept)], by=user)

    assert (effect.applied, effect.left) == (2, 3)
    assert set(TaskRun.objects.values_list("pk", flat=True)) == {run.pk for run in kept}
    assert [history(run) for run in (*gone, kept[2])] == [["Deleted."], ["Deleted."], []]


def test_what_nobody_in_particular_did_is_a_line_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = failed()

    with caplog.at_level(logging.INFO, "tasks.audit"):
        service.retry([run.pk], by=None)

    assert [str(run.pk) in line and "Retried." in line for line in caplog.messages] == [True]
    assert not LogEntry.objects.exists()


# Acting on all that match.


def test_all_that_match_are_retried_in_the_background(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "BATCH", 2)
    meant = [failed(queue="mail") for _ in range(5)]
    other = failed()
    cancelled = make_run(queue="mail", status=RunStatus.CANCELLED)
    matching = Matching(queue="mail")
    assert service.count(RETRY, matching) == 5

    bulk = service.retry_all(matching, by=user)

    assert bulk == Bulk(run_id=bulk.run_id, count=5)
    assert {status_of(run) for run in meant} == {RunStatus.FAILED}
    run_due()
    assert {status_of(run) for run in meant} == {RunStatus.SUCCESSFUL}
    assert [history(run) for run in meant] == [["Retried."]] * 5
    assert (status_of(other), status_of(cancelled)) == (RunStatus.FAILED, RunStatus.CANCELLED)
    shown = service.show(bulk.run_id)
    assert shown.return_value == {"applied": 5, "left": 0, "clashing": 0}
    assert (shown.progress["done"], shown.progress["total"]) == (5, 5)


def test_cancelling_all_stops_neither_what_came_later_nor_itself() -> None:
    before = [make_run(), make_run(status=RunStatus.SCHEDULED, run_at=now() + timedelta(days=1))]

    bulk = service.cancel_all(Matching(), by=None)
    after = make_run(enqueued_at=now() + timedelta(seconds=1))
    run_due()

    assert bulk.count == 2
    assert {status_of(run) for run in before} == {RunStatus.CANCELLED}
    assert status_of(after) == RunStatus.SUCCESSFUL
    assert TaskRun.objects.get(pk=bulk.run_id).status == RunStatus.SUCCESSFUL


def test_all_that_failed_is_cleared_and_nothing_else() -> None:
    failed(), failed()
    kept = make_run(status=RunStatus.CANCELLED)

    bulk = service.delete_all(Matching(), by=None)
    run_due()

    assert bulk.count == 2
    assert set(TaskRun.objects.values_list("pk", flat=True)) == {kept.pk, bulk.run_id}


def test_no_more_than_the_cap_is_acted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.service.MOST_AT_ONCE", 3)
    monkeypatch.setattr(acts, "BATCH", 2)
    for _ in range(5):
        failed()

    bulk = service.delete_all(Matching(), by=None)
    run_due()

    assert bulk.count == 3
    assert TaskRun.objects.filter(status=RunStatus.FAILED).count() == 2


def test_a_count_is_of_what_the_act_applies_to() -> None:
    failed(), make_run(), make_run(status=RunStatus.SUCCESSFUL)
    make_run(status=RunStatus.RUNNING, cancel_requested=True)

    assert service.count(CANCEL, Matching()) == 1
    assert service.count(CANCEL, Matching(statuses=(RunStatus.SUCCESSFUL,))) == 0


# Queues and tasks as a whole.


@pytest.mark.parametrize(("kind", "name"), [(GateKind.QUEUE, "default"), (GateKind.TASK, ADD)])
def test_a_pause_holds_runs_back_until_it_is_over(user: Any, kind: GateKind, name: str) -> None:
    make_run()

    assert service.pause(kind, name, by=user)
    assert not service.pause(kind, name, by=user)
    assert claim(make_worker()) == []
    assert service.resume(kind, name, by=user)
    assert not service.resume(kind, name, by=user)

    assert len(claim(make_worker())) == 1
    assert sorted(history(Gate.objects.get(kind=kind, name=name))) == ["Paused.", "Resumed."]


def test_a_limit_is_set_and_taken_away(user: Any) -> None:
    assert service.set_limit("default", 2, by=user)
    assert {queue.name: queue.limit for queue in service.queues()}["default"] == 2
    assert service.set_limit("default", None, by=user)

    assert {queue.name: queue.limit for queue in service.queues()}["default"] is None
    gate = Gate.objects.get()
    assert sorted(history(gate)) == ["At most 2 at once.", "No limit."]


def test_paused_tasks_are_listed() -> None:
    service.pause(GateKind.TASK, ADD, by=None)

    assert list(service.paused_tasks()) == [ADD]


def test_a_name_that_nobody_knows_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownTask, match=r"Did you mean tasks\.tests\.sample\.tasks\.add\?"):
        service.pause(GateKind.TASK, "shop.tasks.add", by=None)
    with pytest.raises(UnknownQueue, match=r"There are: .*default"):
        service.set_limit("defualt", 3, by=None)
    assert not Gate.objects.exists()


# Enqueueing by name.


def test_a_task_is_enqueued_by_its_name(user: Any) -> None:
    result = service.enqueue(ADD, [1], {"right": 2}, by=user)

    (run,) = run_due()
    assert (str(run.pk), run.result) == (result.id, 3)
    assert history(run) == ["Enqueued by hand."]


def test_a_call_that_cannot_be_is_refused() -> None:
    with pytest.raises(ArgumentsDoNotFit, match=r"missing .* 'right'.* It takes \(left, right\)"):
        service.enqueue(ADD, [1], by=None)
    with pytest.raises(UnknownTask, match=r"Did you mean tasks\.tests\.sample\.tasks\.add_async"):
        service.enqueue("tasks.tests.sample.tasks.add_asink", by=None)
    with pytest.raises(UnknownTask, match="lists all"):
        service.enqueue("zzzz", by=None)
    assert not TaskRun.objects.exists()


# Schedules.


def test_schedules_are_listed_switched_and_run(user: Any) -> None:
    schedule = make_schedule(name="nightly", task=ADD, arguments='{"args":[1,2],"kwargs":{}}')

    id_ = service.run_schedule("nightly", by=user)
    assert service.switch_schedule("nightly", on=False, by=user)
    assert not service.switch_schedule("nightly", on=False, by=user)

    (shown,) = service.schedules()
    assert (shown.name, shown.task, shown.args, shown.enabled) == ("nightly", ADD, [1, 2], False)
    assert shown.last_run_id == id_
    assert [run.pk for run in run_due()] == [id_]
    assert service.switch_schedule("nightly", on=True, by=user)
    assert sorted(history(schedule)) == ["Paused.", "Resumed.", "Run by hand."]


def test_a_schedule_is_made_and_changed(user: Any) -> None:
    schedule = Schedule(name="often", task=ADD, every_seconds=300, arguments=ARGUMENTS)
    service.save_schedule(schedule, by=user)
    schedule.cron, schedule.every_seconds = "0 6 * * *", None
    service.save_schedule(schedule, by=user)

    (shown,) = service.schedules()
    assert (shown.rule, shown.next_at is None) == ("0 6 * * *", False)
    assert history(schedule) == ["Saved.", "Saved."]
    with pytest.raises(ArgumentsDoNotFit):
        service.save_schedule(Schedule(name="a", task=ADD, every_seconds=300), by=user)
    with pytest.raises(InvalidSchedule):
        service.save_schedule(Schedule(name="b", task=ADD, arguments=ARGUMENTS), by=user)
    with pytest.raises(UnknownSchedule, match=r"There are: often\."):
        service.run_schedule("oftne", by=user)


# Health.


def well() -> None:
    Watermark.objects.create(name="rollups", reached_at=now() - timedelta(seconds=70))


def codes() -> list[str]:
    return [problem.code for problem in service.health().problems]


def test_all_is_well_with_a_timer_and_a_worker_for_what_is_ready() -> None:
    well()
    make_run()
    make_worker()

    assert service.health().ok


def test_a_queue_that_nobody_takes_from_is_named() -> None:
    well()
    make_run(queue="mail")
    assert codes() == ["workers"]

    lost = make_worker(silent_for=30)
    assert codes() == ["workers"]

    make_worker()
    assert codes() == []
    assert lost in {worker.id for worker in service.workers()}


def test_a_worker_of_other_queues_does_not_help() -> None:
    well()
    make_run(queue="mail")
    make_run(queue="orders")
    worker = make_worker()
    ledger.retire_worker(worker)
    other = make_worker()
    Worker.objects.filter(pk=other).update(queues="orders,exports")

    (problem,) = service.health().problems
    assert problem.text.startswith("No live worker takes from mail, where")


@pytest.mark.parametrize("kind", GateKind)
def test_what_people_paused_is_not_missed(kind: GateKind) -> None:
    well()
    make_run(run_at=now() - timedelta(days=1))
    service.pause(kind, "default" if kind == GateKind.QUEUE else ADD, by=None)

    assert codes() == []


def test_a_backlog_is_too_old_at_some_age() -> None:
    well()
    make_worker()
    make_run(run_at=now() - timedelta(seconds=400))

    assert codes() == ["backlog"]
    assert service.health(oldest_ready=500).ok


def test_a_timer_that_was_not_seen_is_missed() -> None:
    assert codes() == ["timer"]
    Watermark.objects.create(name="rollups", reached_at=now() - timedelta(minutes=30))

    (problem,) = service.health().problems
    assert "No timer was seen since" in problem.text


def test_migrations_that_are_missing_are_named() -> None:
    MigrationRecorder.Migration.objects.filter(app="tasks").delete()

    (problem,) = service.health().problems
    assert problem.code == "migrations"
    assert "tasks.0001_initial" in problem.text
