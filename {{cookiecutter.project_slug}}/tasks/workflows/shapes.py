"""What people write: `chain(…)` and `group([…])`, of steps and of each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async

from tasks.errors import InvalidWorkflow
from tasks.step import Step

if TYPE_CHECKING:
    from tasks.workflows.results import ChainResult, GroupResult

type Shape = Step[Any] | Chain | Group
"""What a chain or a group may hold."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Steps, each of which begins when the one before it has succeeded."""

    steps: tuple[Shape, ...]

    def enqueue(self) -> ChainResult:
        """Insert all steps in the caller's transaction; only the first is due.

        Raises `UniqueRunExists` when a live run holds the unique key of a step, `ArgumentsNotJSON`
        and `ArgumentsTooLarge`. Nothing is enqueued then.
        """
        # Not at the top: a shape is what is planned there.
        from tasks.workflows.enqueue import enqueue_chain

        return enqueue_chain(self)

    async def aenqueue(self) -> ChainResult:
        """See `enqueue()`."""
        return await sync_to_async(self.enqueue)()


@dataclass(frozen=True, slots=True)
class Group:
    """Members that run side by side, and what runs once when they have all ended."""

    members: tuple[Shape, ...]
    then: Step[Any] | None = None

    def enqueue(self) -> GroupResult:
        """Insert all members, and the callback, in the caller's transaction.

        Raises as `Chain.enqueue()` does.
        """
        from tasks.workflows.enqueue import enqueue_group

        return enqueue_group(self)

    async def aenqueue(self) -> GroupResult:
        """See `enqueue()`."""
        return await sync_to_async(self.enqueue)()


def chain(*steps: Shape) -> Chain:
    """Return a chain of these. Raises `InvalidWorkflow` when there are none."""
    if not steps:
        raise InvalidWorkflow("A chain needs a step: chain(first.s(1), second.s()).")
    for step in steps:
        _check(step)
    return Chain(steps)


def group(members: Iterable[Shape], *, then: Step[Any] | None = None) -> Group:
    """Return a group of these, none at all included.

    `then` runs once, when all members have ended and whatever failed. Unless it was made with
    `.si()`, its first argument is the list of their results, `None` for those that did not succeed.
    """
    every = tuple(members)
    for member in every:
        _check(member)
    if then is not None and not isinstance(then, Step):
        raise InvalidWorkflow(
            f"What follows a group is one step, not {then!r}. "
            "Put the group in a chain when more is to follow: chain(group([…]), a.s(), b.s())."
        )
    return Group(every, then)


def _check(shape: object) -> None:
    if not isinstance(shape, Step | Chain | Group):
        raise InvalidWorkflow(
            f"A workflow is made of steps, chains and groups, not of {shape!r}. "
            "A task becomes a step by task.s(…)."
        )
