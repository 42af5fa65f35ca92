"""A claimed row becomes an outcome, whatever its body does."""

import asyncio
import itertools
import logging
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db.models.functions import Now
from django.dispatch import Signal
from django.tasks.signals import task_finished, task_started
from django.test import override_settings

from tasks import ledger, registry, runner, verdict
from tasks.backend import LedgerBackend
from tasks.context import RunContext, Stop
from tasks.errors import TaskCancelled
from tasks.models import LogLine, RunStatus, TaskRun
from tasks.origin import log_context
from tasks.task import Task
from tasks.testing import run_due
from tasks.tests.factories import make_held_run, make_run, with_options
from tasks.tests.sample.tasks import (
    add,
    add_async,
    cancel_itself,
    echo,
    fail_as,
    give_up,
    hold,
    leave,
    return_object,
    stumble,
    tell_attempt,
)
from tasks.worker.executing import Executing, Execution

pytestmark = pytest.mark.django_db


def run_one(task: Task[..., Any], *args: Any) -> TaskRun:
    """Enqueue a call, run it, and return its row."""
    task.enqueue(*args)
    (run,) = run_due()
    return run


def kinds(run: TaskRun) -> list[str]:
    return [failure["exception_class_path"].rpartition(".")[2] for failure in run.failures]


def test_what_a_body_returns_is_stored() -> None:
    assert run_one(add, 1, 2).result == 3


def test_coroutines_run_too() -> None:
    assert run_one(add_async, 1, 2).result == 3


def test_any_exception_is_worth_another_attempt() -> None:
    run = run_one(stumble, "on the stairs")

    assert (run.status, run.spent, run.finished_at) == (RunStatus.SCHEDULED, 1, None)
    (failure,) = run.failures
    assert failure["exception_class_path"] == "tasks.tests.sample.tasks.Stumble"
    assert failure["message"] == "on the stairs"
    assert "raise Stumble(message)" in failure["traceback"]
    assert failure["attempt"] == 1
    assert failure["seconds"] >= 0
    due = TaskRun.objects.filter(
        run_at__gt=Now() + timedelta(seconds=0.5), run_at__lte=Now() + timedelta(seconds=2)
    )
    assert due.exists()


def test_attempts_end() -> None:
    stumble.enqueue()
    for _ in range(3):
        TaskRun.objects.update(run_at=Now())
        run_due()

    run = TaskRun.objects.get()
    assert (run.status, run.attempt, run.spent) == (RunStatus.FAILED, 3, 3)
    assert kinds(run) == ["Stumble"] * 3
    assert run.finished_at is not None
    assert run_due() == []


@pytest.mark.parametrize(
    ("task", "kind", "status"),
    [
        (fail_as, "stumble", RunStatus.SCHEDULED),
        (fail_as, "value", RunStatus.FAILED),
        (give_up, "stumble", RunStatus.SCHEDULED),
        (give_up, "hopeless", RunStatus.FAILED),
    ],
)
def test_the_task_says_what_is_worth_another_attempt(
    task: Task[[str], None], kind: str, status: RunStatus
) -> None:
    assert run_one(task, kind).status == status


@pytest.mark.parametrize("code", [0, 1, 70])
def test_a_body_that_leaves_the_process_ends_its_run_only(code: int) -> None:
    run = run_one(leave, code)

    assert (run.status, kinds(run)) == (RunStatus.FAILED, ["SystemExit"])


def test_a_coroutine_that_raises_its_own_cancellation_fails() -> None:
    run = run_one(cancel_itself)

    assert (run.status, kinds(run)) == (RunStatus.FAILED, ["CancelledError"])


def test_a_result_that_json_cannot_hold_fails_at_once() -> None:
    run = run_one(return_object)

    assert (run.status, run.attempt, kinds(run)) == (RunStatus.FAILED, 1, ["ResultNotJSON"])


def test_a_result_that_is_too_large_fails_at_once() -> None:
    with override_settings(TASKS=with_options(max_argument_bytes=2000)):
        echo.enqueue("x" * 1900)
    with override_settings(TASKS=with_options(max_argument_bytes=1000)):
        (run,) = run_due()

    assert (run.status, kinds(run)) == (RunStatus.FAILED, ["ResultNotJSON"])


@pytest.mark.parametrize("value", ["nul \x00", "half \ud800", {"deep": [1.5, None]}], ids=ascii)
def test_what_came_is_returned_exactly(value: Any) -> None:
    assert run_one(echo, value).result == value


def test_a_failure_whose_text_databases_dislike_is_stored() -> None:
    run = run_one(stumble, "nul \x00 and half \ud800")

    (failure,) = run.failures
    assert failure["message"] == "nul \\x00 and half \\ud800"


def test_a_long_failure_is_cut() -> None:
    (failure,) = run_one(stumble, "x" * 60_000).failures

    assert len(failure["message"]) == 2_000
    assert len(failure["traceback"]) <= 16_000


def test_waits_grow_and_are_bounded_and_spread() -> None:
    for spent in range(1, 80):
        longest = min(2.0 * 2 ** (spent - 1), 60.0)
        drawn = [verdict.backoff(stumble, spent) for _ in range(200)]
        assert longest / 2 <= min(drawn) <= max(drawn) <= longest
        assert max(drawn) - min(drawn) > longest / 10


def test_waits_of_a_task_that_says_nothing_are_the_projects() -> None:
    with override_settings(TASKS=with_options(backoff=10, max_backoff=30)):
        for spent, longest in ((1, 10), (2, 20), (3, 30), (1000, 30)):
            assert longest / 2 <= verdict.backoff(add, spent) <= longest


def test_an_unknown_task_waits_and_costs_no_attempt() -> None:
    run = make_run(name="shop.tasks.of_tomorrow")

    run_due()

    run.refresh_from_db()
    assert (run.status, run.attempt, run.spent, run.failures) == (RunStatus.SCHEDULED, 1, 0, [])
    assert TaskRun.objects.filter(run_at__gt=Now() + timedelta(seconds=20)).exists()


def test_an_unknown_task_fails_after_its_grace() -> None:
    long_ago = Now() - timedelta(seconds=601)
    run = make_run(name="shop.tasks.of_tomorrow", started_at=long_ago)

    run_due()

    run.refresh_from_db()
    assert (run.status, kinds(run)) == (RunStatus.FAILED, ["UnknownTask"])
    assert "shop.tasks.of_tomorrow" in run.failures[0]["message"]


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "this.zen",
        "antigravity.fly",
        "tasks.tests.sample.tasks.mark",
        "tasks.tests.sample.tasks.Mark.objects.all",
        "tasks.runner.run",
        "..tasks",
        "",
        "tasks.tests.sample.tasks.add ",
    ],
)
def test_a_forged_name_imports_nothing(name: str) -> None:
    long_ago = Now() - timedelta(seconds=601)
    forged = make_run(name=name, arguments='{"args":["true"],"kwargs":{}}', started_at=long_ago)
    before = set(sys.modules)

    run_due()

    assert set(sys.modules) == before
    forged.refresh_from_db()
    assert (forged.status, kinds(forged)) == (RunStatus.FAILED, ["UnknownTask"])


@pytest.mark.parametrize(
    "arguments",
    ["", "x", "null", "[]", "{}", '{"args":[1,2]}', '{"args":1,"kwargs":{}}', "[" * 100_000],
    ids=lambda text: text[:20],
)
def test_malformed_arguments_fail_their_run_alone(arguments: str) -> None:
    bad = make_run(arguments=arguments, max_attempts=1)
    good = make_run()

    run_due()

    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, len(bad.failures)) == (RunStatus.FAILED, 1)
    assert good.result == 3


@pytest.mark.parametrize(
    "errors",
    ["", "x", "null", "5", "{}", '[{"a":1}]', "[" * 100_000],
    ids=lambda text: text[:20],
)
def test_a_malformed_history_keeps_no_run_from_ending(errors: str) -> None:
    run = make_run(errors=errors, max_attempts=1)

    run_due()

    run.refresh_from_db()
    assert run.status in (RunStatus.FAILED, RunStatus.SUCCESSFUL)


def test_wrong_arguments_are_an_error_like_any_other() -> None:
    run = make_run(arguments='{"args":[1],"kwargs":{"wrong":2}}', max_attempts=1)

    run_due()

    run.refresh_from_db()
    assert (run.status, kinds(run)) == (RunStatus.FAILED, ["TypeError"])


class Listener:
    """Writes down which signals came, and from whom."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, type, str]] = []

    def started(self, sender: type, task_result: Any, **_kwargs: Any) -> None:
        self.heard.append(("started", sender, task_result.status))

    def finished(self, sender: type, task_result: Any, **_kwargs: Any) -> None:
        self.heard.append(("finished", sender, task_result.status))


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    task_started.connect(listener.started)
    task_finished.connect(listener.finished)
    yield listener
    task_started.disconnect(listener.started)
    task_finished.disconnect(listener.finished)


def test_who_listens_hears_of_start_and_end(listener: Listener) -> None:
    run_one(add, 1, 2)

    assert listener.heard == [
        ("started", LedgerBackend, "RUNNING"),
        ("finished", LedgerBackend, "SUCCESSFUL"),
    ]


def test_what_a_listener_logs_bears_its_run_and_is_no_line_of_the_body() -> None:
    heard = []

    def receive(**_kwargs: Any) -> None:
        logging.getLogger("listener").warning("said by a listener")
        heard.append(log_context().get("run_id"))

    for signal in (task_started, task_finished):
        signal.connect(receive)
    try:
        run = run_one(add, 1, 2)
    finally:
        for signal in (task_started, task_finished):
            signal.disconnect(receive)

    assert heard == [str(run.pk)] * 2
    assert not LogLine.objects.exists()


def test_an_attempt_that_is_not_the_last_is_no_end(listener: Listener) -> None:
    run_one(stumble)

    assert [what for what, _, _ in listener.heard] == ["started"]


def test_a_failure_is_an_end(listener: Listener) -> None:
    run_one(give_up, "hopeless")

    assert listener.heard[-1] == ("finished", LedgerBackend, "FAILED")


@pytest.mark.parametrize("signal", [task_started, task_finished], ids=["started", "finished"])
def test_a_listener_that_raises_changes_nothing(signal: Signal) -> None:
    def receive(**_kwargs: Any) -> None:
        raise RuntimeError("a listener's own trouble")

    signal.connect(receive)
    try:
        run = run_one(add, 1, 2)
    finally:
        signal.disconnect(receive)

    assert (run.status, run.result, run.failures) == (RunStatus.SUCCESSFUL, 3, [])


def test_a_context_tells_of_its_run() -> None:
    assert run_one(tell_attempt).result == 1


def test_a_body_that_looks_is_cancelled() -> None:
    stop = Stop()
    context = RunContext(task_result=add.enqueue(1, 2), stop=stop)
    assert not context.cancelled
    context.raise_if_cancelled()

    stop.requested = True

    assert context.cancelled
    with pytest.raises(TaskCancelled):
        context.raise_if_cancelled()


def test_only_who_was_asked_to_stop_is_cancelled() -> None:
    _, claimed = make_held_run(name=hold.module_path, max_attempts=5)
    execution = runner.begin(claimed)
    assert isinstance(execution, Execution)

    assert verdict.fail(execution, TaskCancelled()).status == RunStatus.SCHEDULED
    execution.tell_to_stop()
    assert verdict.fail(execution, TaskCancelled()).status == RunStatus.CANCELLED
    assert verdict.fail(execution, ValueError()).status == RunStatus.SCHEDULED


def test_what_runs_is_shown_while_it_runs_and_not_after() -> None:
    _, claimed = make_held_run()
    executing = Executing()

    finished = runner.run(claimed, executing)

    assert len(executing) == 0
    assert finished.outcome is not None
    assert ledger.settle([finished.outcome]) == set()


def test_a_coroutine_that_exceeds_its_limit_is_told_so() -> None:
    name = "tasks.tests.sample.tasks.spin_async"
    _, claimed = make_held_run(name=name, arguments='{"args":[],"kwargs":{}}', max_attempts=1)

    finished = async_to_sync(runner.run_async)(claimed, Executing())

    assert finished.outcome is not None
    assert finished.outcome.status == RunStatus.FAILED
    assert "TimeLimitExceeded" in (finished.outcome.errors or "")


def test_every_failure_is_logged_with_its_run(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "tasks"):
        retried, failed = run_one(stumble), run_one(give_up, "hopeless")

    assert f"Run {retried.id} of {stumble.module_path}: attempt 1 of 3 raised" in caplog.text
    assert f"Run {failed.id} of {give_up.module_path} failed for good" in caplog.text
    assert "Traceback" in caplog.text


def test_registered_names_lead_to_their_tasks() -> None:
    names = registry.names()

    assert names == sorted(set(names))
    assert add.module_path in names
    assert registry.find(add.module_path) is add
    assert registry.find("os.system") is None
    assert add_async.module_path in registry.asynchronous()
    assert {"default", "brief"} <= registry.queues()


def test_statuses_have_one_meaning_each() -> None:
    for one, other in itertools.combinations(RunStatus, 2):
        assert one.label != other.label


def test_a_request_to_stop_that_comes_too_late_takes_no_outcome_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[tuple[Execution, asyncio.AbstractEventLoop]] = []

    class Noting(Executing):
        def enter(self, execution: Execution) -> None:
            begun.append((execution, asyncio.get_running_loop()))
            super().enter(execution)

    def stop_now() -> None:
        ((execution, loop),) = begun
        execution.tell_to_stop()
        # Whatever the loop was told is behind it when it has come to this.
        heeded = threading.Event()
        loop.call_soon_threadsafe(heeded.set)
        assert heeded.wait(10)

    monkeypatch.setattr(runner, "_close_old_connections", stop_now)
    _, claimed = make_held_run(name=add_async.module_path)

    finished = async_to_sync(runner.run_async)(claimed, Noting())

    assert finished.outcome is not None
    assert finished.outcome.status == RunStatus.SUCCESSFUL
