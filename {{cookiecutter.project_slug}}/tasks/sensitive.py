"""Arguments that are never shown or logged: those that `@task(sensitive=…)` names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import Parameter
from itertools import repeat
from typing import TYPE_CHECKING, Any

from tasks import registry
from tasks.masks import MASK, texts
from tasks.options import signature_of

if TYPE_CHECKING:
    from tasks.task import Task


def masked_arguments(
    name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call of task `name` as they may be shown.

    Of a task that no installed app declares nobody knows what is sensitive: all are masked.
    """
    task = registry.find(name)
    if task is None:
        return [MASK for _ in args], dict.fromkeys(kwargs, MASK)
    if not task.sensitive:
        return list(args), dict(kwargs)
    hidden = _positions(task, len(args))
    return (
        [MASK if hides else value for hides, value in zip(hidden, args, strict=True)],
        {key: MASK if _hides(task, key) else value for key, value in kwargs.items()},
    )


def secrets_of(
    task: Task[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> frozenset[str]:
    """Return the texts in the sensitive arguments of a call."""
    if not task.sensitive:
        return frozenset()
    hidden = _positions(task, len(args))
    values = [value for hides, value in zip(hidden, args, strict=True) if hides]
    values += [value for key, value in kwargs.items() if _hides(task, key)]
    return frozenset(texts(values))


def _positions(task: Task[..., Any], count: int) -> list[bool]:
    """Say of each of `count` positional arguments whether it is sensitive."""
    parameters = signature_of(task).parameters.values()
    rest = any(p.name in task.sensitive for p in parameters if p.kind is Parameter.VAR_POSITIONAL)
    takes_rest = any(p.kind is Parameter.VAR_POSITIONAL for p in parameters)
    named = [
        p.name in task.sensitive
        for p in parameters
        if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    ]
    # What the function has no place for was sent by mistake, perhaps a secret in the wrong order.
    return [*named, *repeat(rest or not takes_rest, count)][:count]


def _hides(task: Task[..., Any], key: str) -> bool:
    """Say whether the argument of that keyword is sensitive."""
    parameters = signature_of(task).parameters
    if key in parameters:
        return key in task.sensitive
    others = [p.name for p in parameters.values() if p.kind is Parameter.VAR_KEYWORD]
    return not others or others[0] in task.sensitive
