"""Workflows with Django's immediate backend, which runs them at once, and with its dummy one, which
records them: there are no rows, so this is where results are passed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.tasks.base import TaskResultStatus

from tasks.results import RunResult
from tasks.step import Step
from tasks.workflows.results import ChainResult, GroupResult, Progress, Result
from tasks.workflows.shapes import Chain, Group, Shape

type Passed = tuple[Any, ...]
"""What comes before the arguments of a step: a result, or nothing."""


@dataclass(frozen=True, slots=True)
class InlineChainResult(ChainResult):
    """A chain without rows: of steps that were not reached nothing is known."""

    def refresh(self) -> None:
        """Do nothing: what is known here does not change."""

    def wait(self, timeout: float | None = None) -> Self:
        """Return at once: whatever will ever run has run."""
        return self

    async def wait_async(self, timeout: float | None = None) -> Self:  # noqa: ASYNC109
        """See `wait()`."""
        return self


@dataclass(frozen=True, slots=True)
class InlineGroupResult(GroupResult):
    """A group without rows."""

    members: tuple[Result, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether all members have ended: with the dummy backend none ever does."""
        return all(_end(member).is_finished for member in self.members)

    def progress(self) -> Progress:
        """Count the members that have ended."""
        ended = [_has_failed(member) for member in self.members if _end(member).is_finished]
        return Progress(done=ended.count(False), failed=ended.count(True), total=len(self.members))

    def results(self) -> list[RunResult[..., Any] | GroupResult]:
        """Return the members' results, in order."""
        return [_end(member) for member in self.members]

    def refresh(self) -> None:
        """Do nothing: what is known here does not change."""

    def wait(self, timeout: float | None = None) -> Self:
        """Return at once: whatever will ever run has run."""
        return self

    async def wait_async(self, timeout: float | None = None) -> Self:  # noqa: ASYNC109
        """See `wait()`."""
        return self


def run_chain(chain: Chain, passed: Passed = ()) -> ChainResult:
    """Hand each step to its backend, with the result of the one before; stop at one that fails.

    The steps that were not reached are missing in the result.
    """
    results: list[Result] = []
    for step in chain.steps:
        results.append(_run(step, passed))
        if _has_failed(results[-1]):
            break
        passed = _passed_on(results[-1])
    return InlineChainResult(tuple(results))


def run_group(group: Group, passed: Passed = ()) -> GroupResult:
    """Hand each member to its backend, and then the callback."""
    members = InlineGroupResult("", None, tuple(_run(member, passed) for member in group.members))
    if group.then is None:
        return members
    then = _run_step(group.then, _passed_on(members))
    return InlineGroupResult("", then, members.members)


def _run(shape: Shape, passed: Passed) -> Result:
    if isinstance(shape, Step):
        return _run_step(shape, passed)
    if isinstance(shape, Chain):
        return run_chain(shape, passed)
    return run_group(shape, passed)


def _run_step(step: Step[Any], passed: Passed) -> RunResult[..., Any]:
    before = passed if step.takes_result else ()
    return step.task.enqueue(*before, *step.args, **step.kwargs)


def _end(result: Result) -> RunResult[..., Any] | GroupResult:
    """Return what of a result says whether it has ended, and how."""
    return ChainResult((result,)).last


def _has_failed(result: Result) -> bool:
    end = _end(result)
    if isinstance(end, GroupResult):
        return bool(end.progress().failed)
    return end.status == TaskResultStatus.FAILED


def _passed_on(result: Result) -> Passed:
    end = _end(result)
    return (end.return_value,) if end.is_finished else ()
