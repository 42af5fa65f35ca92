"""A group's members run side by side; when all have ended, what follows is let go, once."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db.models.functions import Now
from django.tasks.exceptions import TaskResultDoesNotExist

from tasks import ledger
from tasks.errors import InvalidWorkflow, UniqueRunExists, WaitTimeout
from tasks.models import RunGroup, RunStatus, TaskRun
from tasks.testing import run_due
from tasks.tests.factories import claim, make_worker, status_of, with_options
from tasks.tests.flows import finish, group_of, row_of
from tasks.tests.sample.tasks import add, echo, fail_while, join, once_per_order
from tasks.workflows import ChainResult, GroupResult, Progress, chain, group

pytestmark = pytest.mark.django_db


def test_the_callback_gets_all_results_in_order() -> None:
    result = group([add.s(n, n) for n in range(5)], then=echo.s()).enqueue()

    run_due()

    assert row_of(result.then).result == [0, 2, 4, 6, 8]
    assert group_of(result).finished_at is not None


def test_the_order_is_that_of_the_members_and_not_of_their_ends() -> None:
    late, soon = echo.using(priority=-5), echo.using(priority=5)
    result = group([late.s("late"), soon.s("soon")], then=echo.s()).enqueue()

    run_due()

    assert row_of(result.then).result == ["late", "soon"]


def test_the_callback_runs_whatever_failed(broken: Path) -> None:
    members = [echo.s("a"), fail_while.s(str(broken)), echo.s("c")]
    result = group(members, then=echo.s()).enqueue()

    run_due()

    assert row_of(result.then).result == ["a", None, "c"]
    assert group_of(result).failed == 1


def test_an_immutable_callback_gets_its_own_arguments_only() -> None:
    result = group([add.s(1, 1)], then=join.si("done")).enqueue()

    run_due()

    assert row_of(result.then).result == "done"


def test_the_callback_gets_the_list_in_front_of_its_arguments() -> None:
    result = group([add.s(1, 1)], then=join.s("done", sep="/")).enqueue()

    run_due()

    assert row_of(result.then).result == "[2]/done"


def test_the_callback_waits_for_the_last_member() -> None:
    result = group([add.s(1, 1), add.s(2, 2)], then=echo.s()).enqueue()
    claimed = claim(make_worker())
    assert [one.group_id for one in claimed] == [uuid.UUID(result.id)] * 2

    finish(claimed[0])
    ledger.sweep_workflows()
    assert row_of(result.then).status == RunStatus.WAITING

    finish(claimed[1])
    ledger.sweep_workflows()
    assert row_of(result.then).status == RunStatus.READY


def test_no_member_writes_to_its_group() -> None:
    result = group([add.s(1, 1), add.s(2, 2)]).enqueue()
    before = RunGroup.objects.values().get()

    finish(claim(make_worker())[0])
    ledger.sweep_workflows()

    assert RunGroup.objects.values().get() == before
    assert result.progress() == Progress(done=1, failed=0, total=2)


@pytest.mark.django_db(transaction=True)
def test_the_last_member_lets_the_callback_go_and_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[uuid.UUID] = []
    result = group([add.s(1, 1), add.s(2, 2)], then=echo.s()).enqueue()
    monkeypatch.setattr("tasks.ledger.bell._rings", [rung.extend])
    first, last = claim(make_worker())

    finish(first)
    assert rung == []
    finish(last)

    assert rung == [row_of(result.then).id]
    assert row_of(result.then).status == RunStatus.READY


def test_a_group_is_ended_once() -> None:
    result = group([add.s(1, 1)], then=echo.s()).enqueue()
    run_due()
    ended_at = group_of(result).finished_at

    assert ledger.end_groups([uuid.UUID(result.id)]) == 0
    assert ledger.sweep_workflows() == 0

    assert group_of(result).finished_at == ended_at
    assert row_of(result.then).attempt == 1


def test_progress_counts_members(broken: Path) -> None:
    result = group([add.s(1, 1), fail_while.s(str(broken)), add.s(3, 3)]).enqueue()
    assert result.progress() == Progress(done=0, failed=0, total=3)
    ledger.cancel([row_of(result.results()[2]).id])

    run_due()

    assert result.progress() == Progress(done=1, failed=2, total=3)
    assert result.progress().is_finished


def test_an_empty_group_ends_at_once_and_its_callback_runs() -> None:
    alone = group([]).enqueue()
    result = group([], then=echo.s()).enqueue()

    assert group_of(alone).finished_at is not None
    assert alone.progress() == Progress(done=0, failed=0, total=0)
    assert alone.return_value == []
    assert row_of(result.then).status == RunStatus.READY
    run_due()
    assert row_of(result.then).result == []


def test_a_member_that_is_cancelled_counts_as_failed() -> None:
    result = group([add.s(1, 1), add.s(2, 2)], then=echo.s()).enqueue()

    ledger.cancel([row_of(result.results()[0]).id])
    run_due()

    assert row_of(result.then).result == [None, 4]


def test_cancelling_the_last_member_ends_the_group() -> None:
    result = group([add.s(1, 1)], then=echo.s()).enqueue()

    ledger.cancel([row_of(result.results()[0]).id])
    run_due()

    assert row_of(result.then).result == [None]


def test_cancelling_the_workflow_cancels_the_callback_too() -> None:
    result = group([add.s(1, 1)], then=echo.s()).enqueue()

    assert ledger.cancel_workflow(group_of(result).workflow_id) == 2
    run_due()

    assert row_of(result.then).status == RunStatus.CANCELLED
    assert group_of(result).finished_at is not None


def test_a_retried_member_reopens_its_group_and_the_callback_runs_no_more(broken: Path) -> None:
    result = group([echo.s("a"), fail_while.s(str(broken))], then=echo.s()).enqueue()
    run_due()
    broken.unlink()

    assert ledger.retry([row_of(result.results()[1]).id]) == 1

    assert group_of(result).finished_at is None
    run_due()
    assert (group_of(result).finished_at is not None, group_of(result).failed) == (True, 0)
    assert (row_of(result.then).attempt, row_of(result.then).result) == (1, ["a", None])
    assert result.return_value == ["a", ""]


def test_a_callback_that_was_let_go_and_expired_is_not_let_go_again(broken: Path) -> None:
    result = group([fail_while.s(str(broken))], then=echo.using(expires_after=60.0).s()).enqueue()
    (claimed,) = claim(make_worker())
    finish(claimed, RunStatus.FAILED)
    ledger.sweep_workflows()
    assert row_of(result.then).status == RunStatus.READY
    TaskRun.objects.filter(pk=row_of(result.then).pk).update(expires_at=Now())
    ledger.expire()

    ledger.retry([claimed.id])

    run_due()
    assert group_of(result).finished_at is not None
    assert (row_of(result.then).status, row_of(result.then).attempt) == (RunStatus.CANCELLED, 0)


def test_a_callback_can_be_retried_by_itself(broken: Path) -> None:
    result = group([echo.s(str(broken))], then=fail_while.si(str(broken), "x")).enqueue()
    run_due()
    assert row_of(result.then).status == RunStatus.FAILED
    broken.unlink()

    ledger.retry([row_of(result.then).id])

    run_due()
    assert row_of(result.then).result == "x"


def test_a_callback_that_was_cancelled_while_it_waited_runs_when_retried() -> None:
    result = group([echo.s("a")], then=echo.s()).enqueue()
    ledger.cancel([row_of(result.then).id])
    run_due()
    assert row_of(result.then).status == RunStatus.CANCELLED

    ledger.retry([row_of(result.then).id])

    run_due()
    assert row_of(result.then).result == ["a"]


def test_results_that_are_too_large_cancel_the_callback_and_say_what_to_do(settings: Any) -> None:
    settings.TASKS = with_options(max_argument_bytes=100)
    result = group([echo.s("x" * 70) for _ in range(30)], then=echo.s()).enqueue()

    run_due()

    then = row_of(result.then)
    assert then.status == RunStatus.CANCELLED
    assert "1600 bytes" in then.reason
    assert ".si()" in then.reason
    assert f'GroupResult.get("{result.id}")' in then.reason
    assert len(GroupResult.get(result.id).results()) == 30


def test_results_of_which_none_is_taken_may_be_large(settings: Any) -> None:
    settings.TASKS = with_options(max_argument_bytes=100)
    result = group([echo.s("x" * 70) for _ in range(30)], then=join.si("done")).enqueue()

    run_due()

    assert row_of(result.then).result == "done"


def test_a_group_is_found_by_its_id() -> None:
    result = group([add.s(1, 1), add.s(2, 2)], then=join.s()).enqueue()
    run_due()

    found = GroupResult.get(result.id)

    assert found == GroupResult.get(uuid.UUID(result.id))
    assert [one.return_value for one in found.results()] == [2, 4]
    assert found.return_value == [2, 4]
    assert found.then is not None
    assert found.then.return_value == "[2, 4]"


@pytest.mark.parametrize("id_", ["nothing", str(uuid.uuid4())])
def test_an_unknown_group_is_told(id_: str) -> None:
    with pytest.raises(TaskResultDoesNotExist):
        GroupResult.get(id_)


def test_results_of_an_unfinished_group_are_not_to_be_had() -> None:
    with pytest.raises(ValueError, match="not finished"):
        _ = group([add.s(1, 1)]).enqueue().return_value


@pytest.mark.django_db(transaction=True)
def test_a_group_is_waited_for() -> None:
    result = group([add.s(1, 1), add.s(2, 2)]).enqueue()
    with pytest.raises(WaitTimeout, match="0 of 2 members have ended"):
        result.wait(0.01)
    run_due()

    assert result.wait(5).return_value == [2, 4]


@pytest.mark.django_db(transaction=True)
def test_groups_and_chains_are_waited_for_in_async_code() -> None:
    async def wait() -> tuple[GroupResult, ChainResult]:
        both = await group([add.s(1, 1)], then=echo.s()).aenqueue()
        one = await chain(add.s(1, 1), add.s(1)).aenqueue()
        await sync_to_async(run_due)()
        return await both.wait_async(5), await one.wait_async(5)

    both, one = async_to_sync(wait)()

    assert both.return_value == [2]
    assert one.return_value == 3


def test_waiting_in_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"):
        group([add.s(1, 1)]).enqueue().wait(1)


def test_a_key_that_is_taken_enqueues_nothing_at_all() -> None:
    with pytest.raises(UniqueRunExists):
        group([add.s(1, 1), once_per_order.s(7), once_per_order.s(7)], then=echo.s()).enqueue()

    assert not TaskRun.objects.exists()
    assert not RunGroup.objects.exists()


def test_what_follows_a_group_is_a_step() -> None:
    with pytest.raises(InvalidWorkflow, match="is one step"):
        group([], then=chain(add.s(1, 1)))  # type: ignore[arg-type]


def test_a_group_without_rows_of_its_own_is_swept_when_its_end_was_not_seen() -> None:
    result = group([add.s(1, 1)], then=echo.s()).enqueue()
    (claimed,) = claim(make_worker())
    # As if the worker had died between the commit and its look.
    TaskRun.objects.filter(pk=claimed.id).update(
        status=RunStatus.SUCCESSFUL, return_value=json.dumps(2)
    )

    assert ledger.sweep_workflows() == 1

    assert status_of(row_of(result.then)) == RunStatus.READY
    assert row_of(result.then).args == [[2]]
