"""Tasks called by their names: what a person typed is looked at before anything is enqueued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from inspect import Signature
from typing import Any

from tasks import options, registry
from tasks.errors import ArgumentsDoNotFit, UnknownTask
from tasks.task import Task


def named(name: str) -> Task[..., Any]:
    """Return the task of that dotted path. Raises `UnknownTask`, which names the nearest."""
    task = registry.find(name)
    if task is None:
        near = _nearest(name)
        hint = f"Did you mean {near}?" if near else "`manage.py tasks stats --tasks` lists all."
        raise UnknownTask(f"No installed app declares a task {name!r}. {hint}")
    return task


def check_call(task: Task[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise `ArgumentsDoNotFit` unless the task's function takes these arguments."""
    try:
        options.check_call(task, args, dict(kwargs))
    except TypeError as error:
        takes = _parameters(options.signature_of(task))
        raise ArgumentsDoNotFit(f"{error} It takes {takes}.") from error


def _parameters(signature: Signature) -> str:
    """Return the parameters without their types, which may be unreadable."""
    plain = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    return str(Signature(plain))


def _nearest(name: str) -> str | None:
    known = registry.names()
    own = name.rpartition(".")[2]
    same = [path for path in known if path.rpartition(".")[2] == own]
    return next(iter([*same, *get_close_matches(name, known, n=1)]), None)
