"""Whatever is made of chains and groups, and whatever fails in it, it ends, and as it should."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tasks import ledger
from tasks.models import LIVE, RunGroup, RunStatus, TaskRun
from tasks.testing import run_due
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import tell_or_fail
from tasks.workflows import Chain, ChainResult, Group, GroupResult, Shape, Step, chain, group

pytestmark = [pytest.mark.alike, pytest.mark.django_db]

FAILED = object()
"""What is expected of a shape that does not succeed."""


@dataclass(frozen=True)
class Leaf:
    """A step that fails or not."""

    label: str
    fails: bool

    def step(self) -> Step[Any]:
        return tell_or_fail.s(label=self.label, fails=self.fails)


def workflows_of(steps: st.SearchStrategy[Step[Any]]) -> st.SearchStrategy[Shape]:
    shapes: st.SearchStrategy[Shape] = st.recursive(
        steps,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=4).map(lambda each: chain(*each))
            | st.builds(group, st.lists(inner, max_size=4), then=st.none() | steps)
        ),
        max_leaves=12,
    )
    return shapes.filter(lambda shape: not isinstance(shape, Step))


labels = st.uuids().map(lambda id_: id_.hex[:8])
workflows = workflows_of(
    st.builds(Leaf, labels, st.sampled_from([False, False, False, True])).map(Leaf.step)
)
sound_workflows = workflows_of(st.builds(Leaf, labels, st.just(False)).map(Leaf.step))


def leaves(shape: Shape) -> Iterator[Step[Any]]:
    if isinstance(shape, Step):
        yield shape
    elif isinstance(shape, Chain):
        for step in shape.steps:
            yield from leaves(step)
    else:
        for member in shape.members:
            yield from leaves(member)
        if shape.then is not None:
            yield shape.then


def expected(shape: Shape, before: tuple[Any, ...], ran: Counter[str]) -> Any:
    """What a shape returns, worked out by hand; notes in `ran` what runs."""
    if isinstance(shape, Step):
        label = shape.kwargs["label"]
        ran[label] += 1
        return FAILED if shape.kwargs["fails"] else [label, *before]
    if isinstance(shape, Chain):
        value: Any = None
        for step in shape.steps:
            value = expected(step, before, ran)
            if value is FAILED:
                return FAILED
            before = (value,)
        return value
    return expected_of_group(shape, before, ran)


def expected_of_group(shape: Group, before: tuple[Any, ...], ran: Counter[str]) -> Any:
    values = [expected(member, before, ran) for member in shape.members]
    if shape.then is not None:
        passed = [None if value is FAILED else value for value in values]
        return expected(shape.then, (passed,), ran)
    return FAILED if FAILED in values else values


def enqueue(shape: Shape) -> ChainResult | GroupResult:
    assert isinstance(shape, Chain | Group)
    return shape.enqueue()


def repair(runs: Iterable[TaskRun]) -> None:
    """Let these succeed from now on."""
    for run in runs:
        arguments = run.arguments.replace('"fails":true', '"fails":false')
        TaskRun.objects.filter(pk=run.pk).update(arguments=arguments)


def attempts() -> Counter[str]:
    return Counter(
        {run.kwargs["label"]: run.attempt for run in TaskRun.objects.all() if run.attempt}
    )


def assert_all_has_ended() -> None:
    assert not TaskRun.objects.filter(status__in=LIVE).exists()
    assert not RunGroup.objects.filter(finished_at=None).exists()
    assert ledger.sweep_workflows() == 0


relaxed = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def clear() -> None:
    for model in (TaskRun, RunGroup, Mark):
        model.objects.all().delete()


@relaxed
@given(shape=sound_workflows)
def test_results_are_passed_on_as_they_should(shape: Shape) -> None:
    clear()
    result = enqueue(shape)

    run_due()

    result.refresh()
    if isinstance(result, GroupResult) and result.then is not None:
        assert result.then.return_value == expected(shape, (), Counter())
    else:
        assert result.return_value == expected(shape, (), Counter())


@relaxed
@given(shape=workflows)
def test_every_step_runs_once_if_it_should_and_never_if_not(shape: Shape) -> None:
    clear()
    ran: Counter[str] = Counter()
    expected(shape, (), ran)
    enqueue(shape)
    assert TaskRun.objects.count() == len(list(leaves(shape)))

    run_due()

    assert_all_has_ended()
    assert attempts() == ran
    never = TaskRun.objects.filter(attempt=0)
    assert set(never.values_list("status", flat=True)) <= {RunStatus.CANCELLED}
    assert not never.filter(reason="").exists()
    assert not TaskRun.objects.filter(attempt__gt=0, status=RunStatus.CANCELLED).exists()


@relaxed
@given(shape=workflows, data=st.data())
def test_retrying_whatever_failed_ends_in_what_should_have_been(
    shape: Shape, data: st.DataObject
) -> None:
    clear()
    enqueue(shape)
    run_due()
    failed = list(TaskRun.objects.filter(status=RunStatus.FAILED).order_by("id"))
    repair(TaskRun.objects.exclude(status=RunStatus.SUCCESSFUL))

    for run in data.draw(st.permutations(failed)):
        assert ledger.retry([run.pk]) == 1
    run_due()

    assert_all_has_ended()
    assert not TaskRun.objects.exclude(status=RunStatus.SUCCESSFUL).exists()
    ids = {run.kwargs["label"] for run in failed}
    assert attempts() == Counter(
        {step.kwargs["label"]: 2 if step.kwargs["label"] in ids else 1 for step in leaves(shape)}
    )


@relaxed
@given(shape=workflows, data=st.data())
def test_cancelling_anything_at_any_time_leaves_nothing_alive(
    shape: Shape, data: st.DataObject
) -> None:
    clear()
    enqueue(shape)
    for _ in range(3):
        live = list(TaskRun.objects.filter(status__in=LIVE).order_by("id"))
        if not live:
            break
        ledger.cancel([data.draw(st.sampled_from(live)).pk])
        ledger.sweep_workflows()

    run_due()

    assert_all_has_ended()
    assert max([*attempts().values(), 0]) <= 1


@relaxed
@given(shape=workflows, data=st.data())
def test_a_step_that_never_ran_can_be_retried_from_anywhere(
    shape: Shape, data: st.DataObject
) -> None:
    clear()
    enqueue(shape)
    run_due()
    ended = list(TaskRun.objects.exclude(status=RunStatus.SUCCESSFUL).order_by("id"))
    assume(ended)
    repair(ended)
    chosen: uuid.UUID = data.draw(st.sampled_from(ended)).pk

    assert ledger.retry([chosen]) == 1
    run_due()

    assert_all_has_ended()
    assert TaskRun.objects.get(pk=chosen).status == RunStatus.SUCCESSFUL
