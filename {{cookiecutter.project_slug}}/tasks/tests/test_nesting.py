"""Chains and groups are made of each other, in any combination."""

from pathlib import Path
from typing import Any

import pytest

from tasks import ledger
from tasks.models import RunGroup, RunStatus, TaskRun
from tasks.testing import run_due
from tasks.tests.factories import status_of
from tasks.tests.flows import live, row_of
from tasks.tests.sample.tasks import add, echo, fail_while, join
from tasks.workflows import ChainResult, Progress, Shape, chain, group

pytestmark = pytest.mark.django_db


def test_a_chain_in_a_group_counts_by_its_last_step() -> None:
    result = group([chain(add.s(1, 1), add.s(10)), add.s(5, 5)], then=echo.s()).enqueue()
    assert TaskRun.objects.filter(group_id=result.id).count() == 2

    run_due()

    assert row_of(result.then).result == [12, 10]


def test_a_chain_that_fails_in_a_group_is_one_failed_member(broken: Path) -> None:
    members: list[Shape] = [chain(fail_while.s(str(broken)), add.s(1), add.s(1)), add.s(5, 5)]
    result = group(members, then=echo.s()).enqueue()

    run_due()

    assert row_of(result.then).result == [None, 10]
    assert result.progress() == Progress(done=1, failed=1, total=2)


def test_a_chain_in_a_group_is_retried_where_it_failed(broken: Path) -> None:
    members: list[Shape] = [chain(fail_while.s(str(broken), "a"), join.s("b")), echo.s("c")]
    result = chain(group(members), join.s()).enqueue()
    run_due()
    assert row_of(result.last).status == RunStatus.CANCELLED
    broken.unlink()

    ledger.retry([row_of(result.last).id])

    run_due()
    assert row_of(result.last).result == "['a b', 'c']"


def test_a_group_in_a_chain_is_waited_for_and_its_results_are_passed_on() -> None:
    result = chain(echo.s(1), group([add.s(10), add.s(20)]), echo.s(), join.s()).enqueue()

    run_due()

    assert row_of(result.last).result == "[11, 21]"


def test_a_group_in_a_chain_whose_member_failed_cancels_the_rest(broken: Path) -> None:
    shape = chain(echo.s(1), group([fail_while.si(str(broken)), add.s(20)]), echo.s(), join.s())
    result = shape.enqueue()

    run_due()

    assert row_of(result.steps[2]).reason == "1 of 2 members failed"
    assert row_of(result.last).status == RunStatus.CANCELLED
    broken.unlink()
    member = result.steps[1].results()[0]  # type: ignore[union-attr]
    ledger.retry([row_of(member).id])
    assert [row_of(step).status for step in result.steps[2:]] == [RunStatus.WAITING] * 2
    run_due()
    assert row_of(result.last).result == "['', 21]"


def test_a_retry_of_one_member_leaves_the_other_that_failed(broken: Path) -> None:
    members = group([fail_while.si(str(broken), "a"), fail_while.si(str(broken), "b")])
    result = chain(echo.s(1), members, join.s()).enqueue()
    run_due()
    first, second = TaskRun.objects.filter(status=RunStatus.FAILED).order_by("position")
    broken.unlink()

    assert ledger.retry([first.id]) == 1

    assert status_of(second) == RunStatus.FAILED
    run_due()
    assert row_of(result.last).reason == "1 of 2 members failed"
    assert ledger.retry([second.id]) == 1
    run_due()
    assert row_of(result.last).result == "['a', 'b']"


def test_a_callback_in_a_chain_passes_its_own_result_on(broken: Path) -> None:
    members = [echo.s(1), fail_while.s(str(broken))]
    result = chain(group(members, then=echo.s()), join.s()).enqueue()

    run_due()

    assert row_of(result.last).result == "[1, None]"


def test_a_group_that_was_never_reached_lets_nothing_go(broken: Path) -> None:
    callback = group([add.si(1, 1), chain(add.si(1, 1), add.s(1))], then=echo.s())
    result = chain(fail_while.s(str(broken)), callback, join.s()).enqueue()

    run_due()

    assert live() == 0
    assert TaskRun.objects.filter(attempt__gt=0).count() == 1
    then = row_of(result.steps[1].then)  # type: ignore[union-attr]
    assert then.status == RunStatus.CANCELLED
    assert then.reason == "Step tasks.tests.sample.tasks.fail_while failed"
    broken.unlink()
    ledger.retry([row_of(result.steps[0]).id])
    run_due()
    assert row_of(result.last).result == "[2, 3]"
    assert not RunGroup.objects.filter(finished_at=None).exists()


def test_groups_after_groups_are_never_reached_when_the_first_fails(broken: Path) -> None:
    first = group([fail_while.s(str(broken), "a"), echo.s("b")])
    second = group([join.s("c"), join.s("d")], then=echo.s())
    result = chain(first, second, group([]), join.s("e")).enqueue()

    run_due()

    assert live() == 0
    assert row_of(result.last).status == RunStatus.CANCELLED
    assert not RunGroup.objects.filter(finished_at=None).exists()
    broken.unlink()
    ledger.retry([row_of(result.last).id])
    run_due()
    assert live() == 0
    assert row_of(result.last).result == "[] e"


def test_a_group_in_a_group_is_a_list_among_the_results() -> None:
    result = group([group([echo.s(1), echo.s(2)]), echo.s(3), group([])], then=echo.s()).enqueue()

    run_due()

    assert row_of(result.then).result == [[1, 2], 3, []]
    assert result.progress() == Progress(done=3, failed=0, total=3)
    assert result.return_value == [[1, 2], 3, []]
    assert RunGroup.objects.filter(outer_id=result.id).count() == 2


def test_a_group_with_a_callback_in_a_group_counts_by_its_callback(broken: Path) -> None:
    inner = group([echo.s(1), fail_while.s(str(broken))], then=join.s())
    result = group([inner, echo.s(3)], then=echo.s()).enqueue()

    run_due()

    assert row_of(result.then).result == ["[1, None]", 3]
    assert result.progress() == Progress(done=2, failed=0, total=2)


def test_a_group_whose_inner_group_failed_in_part_has_failed_in_part(broken: Path) -> None:
    inner = group([echo.s(1), fail_while.s(str(broken))])
    result = chain(group([inner, echo.s(3)]), join.s()).enqueue()

    run_due()

    assert row_of(result.last).status == RunStatus.CANCELLED
    broken.unlink()
    ledger.retry([row_of(result.last).id])
    run_due()
    assert row_of(result.last).result == "[[1, ''], 3]"


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (chain(group([]), echo.s()), [[]]),
        (chain(echo.s(1), group([]), echo.s()), [[]]),
        (chain(echo.s(1), group([group([]), group([])]), echo.s()), [[[], []]]),
        (chain(echo.s(1), group([], then=echo.s()), echo.s()), [[]]),
        (chain(group([echo.s(1)]), group([]), group([echo.s()]), echo.s()), [[[]]]),
    ],
)
def test_empty_groups_anywhere_in_a_chain_are_lists_of_nothing(shape: Any, expected: Any) -> None:
    result: ChainResult = shape.enqueue()

    run_due()

    assert row_of(result.last).args == expected
    assert live() == 0
    assert not RunGroup.objects.filter(finished_at=None).exists()


def test_an_empty_group_after_a_step_ends_after_it() -> None:
    result = chain(echo.s(1), group([]), join.s()).enqueue()

    assert ledger.sweep_workflows() == 0
    assert row_of(result.last).status == RunStatus.WAITING


def test_a_group_at_the_end_of_a_chain_is_its_result() -> None:
    result = chain(echo.s(1), group([add.s(1), add.s(2)])).enqueue()

    run_due()

    assert result.is_finished
    assert result.return_value == [2, 3]
