"""Workflows with real workers: fast, and whole whoever dies in the middle."""

import time
from pathlib import Path

import pytest

from tasks.models import LIVE, RunGroup, RunStatus, TaskRun
from tasks.results import RunResult
from tasks.tests.sample.failpoints import FLAG, POINT, POINTS
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, echo, hold, join, join_atomically
from tasks.workflows import chain, group
from tests.conformance.harness import Program, Programs, wait_for_status, wait_until

pytestmark = pytest.mark.guarantee(
    "The steps of a workflow follow each other once each, whoever dies in the middle"
)

OFTEN = {"sweep": 0.5}


def test_steps_follow_each_other_at_once(crew: Program) -> None:
    chain(add.s(0, 1), add.s(1)).enqueue().wait(20)
    began = time.monotonic()

    result = chain(add.s(0, 1), *[add.s(1)] * 19).enqueue().wait(30)

    assert result.return_value == 20
    # A step that nobody rang for would wait for the next look, a second later.
    assert time.monotonic() - began < 10


def test_a_groups_callback_follows_its_last_member(crew: Program) -> None:
    result = group([echo.s(number) for number in range(200)], then=echo.s()).enqueue()

    assert result.wait(30).progress().done == 200
    assert result.then is not None
    assert result.then.wait(10).return_value == list(range(200))
    assert TaskRun.objects.get(pk=result.then.id).attempt == 1


@pytest.mark.parametrize("point", sorted(POINTS))
def test_a_worker_that_dies_between_two_steps_loses_and_doubles_nothing(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    died = tmp_path / "died"
    members = group([join.si("one"), join_atomically.si("two")], then=join.s("all"))
    result = chain(join.si("first"), members, join.s("last")).enqueue()
    programs.timer(options=OFTEN)
    monkeypatch.setenv(POINT, point)
    monkeypatch.setenv(FLAG, str(died))

    programs.worker("--threads=1", options=OFTEN, signs_on=False)

    last = result.last
    assert isinstance(last, RunResult)
    wait_for_status(RunStatus.SUCCESSFUL, last.id)
    assert died.exists()
    assert not TaskRun.objects.filter(status__in=LIVE).exists()
    assert not RunGroup.objects.filter(finished_at=None).exists()
    result.refresh()
    assert result.return_value == "['one', 'two'] all last"
    # Whatever was run again was run again whole: only the step at which the worker died.
    labels = list(Mark.objects.order_by("id").values_list("label", flat=True))
    assert set(labels) == {"first", "one", "two", "['one', 'two'] all", result.return_value}
    assert labels.count("two") == 1
    assert labels.count("['one', 'two'] all") == 1
    assert len(labels) <= 6


def test_a_killed_workers_member_is_finished_by_another(programs: Programs, gate: Path) -> None:
    lost = programs.worker("--threads=1", options={"lease": 3})
    result = group([hold.s("held", str(gate)), add.s(1, 1)], then=echo.s()).enqueue()
    wait_until(Mark.objects.first, "the run began")

    lost.kill()
    programs.worker("--threads=1", options={"lease": 3})

    wait_until(lambda: Mark.objects.count() == 2, "the run began again")
    gate.touch()
    assert result.then is not None
    result.then.wait(30)
    assert TaskRun.objects.get(pk=result.then.id).attempt == 1
