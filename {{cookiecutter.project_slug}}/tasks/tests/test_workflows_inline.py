"""Chains and groups with Django's own backends, which keep no rows."""

from pathlib import Path
from typing import Any, cast

import pytest
from django.tasks import task_backends

from tasks.backend import RecordBackend
from tasks.models import TaskRun
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, add_async, echo, fail_while, join
from tasks.workflows import GroupResult, Progress, chain, group

pytestmark = pytest.mark.django_db


def recorded() -> list[list[Any]]:
    results: list[Any] = cast(RecordBackend, task_backends["default"]).results
    return [result.args for result in results]


@pytest.mark.usefixtures("immediate")
def test_a_chain_runs_at_once_with_results_passed_on() -> None:
    result = chain(add.s(1, 2), add_async.s(10), join.s("end")).enqueue()

    assert result.wait().return_value == "13 end"
    assert result.is_finished
    assert not TaskRun.objects.exists()


@pytest.mark.usefixtures("immediate")
def test_a_failure_stops_a_chain(broken: Path) -> None:
    result = chain(join.si("a"), fail_while.si(str(broken)), join.si("never")).enqueue()

    assert len(result.steps) == 2
    assert result.is_finished
    with pytest.raises(ValueError, match="failed"):
        _ = result.return_value
    assert Mark.objects.get().label == "a"


@pytest.mark.usefixtures("immediate")
def test_a_group_runs_at_once_and_its_callback_whatever_failed(broken: Path) -> None:
    members = [echo.s(1), fail_while.s(str(broken)), echo.s(3)]
    result = group(members, then=echo.s()).enqueue()

    assert result.wait().is_finished
    assert result.progress() == Progress(done=2, failed=1, total=3)
    assert result.return_value == [1, None, 3]
    assert result.then is not None
    assert result.then.return_value == [1, None, 3]


@pytest.mark.usefixtures("immediate")
def test_groups_and_chains_are_nested_here_too(broken: Path) -> None:
    inner = group([chain(add.s(1), add.s(1)), group([echo.s(), group([])])])
    result = chain(echo.s(1), inner, join.s()).enqueue()
    failing = chain(group([echo.s(1), fail_while.si(str(broken))]), join.s()).enqueue()

    assert result.return_value == "[3, [1, []]]"
    assert len(failing.steps) == 1


@pytest.mark.usefixtures("immediate")
def test_an_empty_group_has_ended() -> None:
    result = group([], then=echo.s()).enqueue()

    assert isinstance(result, GroupResult)
    assert result.return_value == []
    assert result.then is not None
    assert result.then.return_value == []


@pytest.mark.usefixtures("dummy")
def test_the_dummy_backend_records_every_step() -> None:
    result = chain(add.s(1, 2), group([echo.s(), add.si(3, 4)], then=echo.s("x"))).enqueue()

    assert recorded() == [[1, 2], [], [3, 4], ["x"]]
    assert not result.is_finished
    assert not TaskRun.objects.exists()
