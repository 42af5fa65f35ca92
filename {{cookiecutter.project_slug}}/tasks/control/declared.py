"""The tasks that may run, as people and programs read them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any

from tasks import registry
from tasks.options import signature_of
from tasks.parameters import Parameter, parameters_of

if TYPE_CHECKING:
    from tasks.task import Task

# Not an option: what it is of, or said apart.
APART = {"func", "backend", "queue_name", "priority", "run_after", "unique_key", "manual"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A task."""

    name: str
    """The dotted path."""
    summary: str
    """The first line of its documentation."""
    signature: str
    """What a call takes."""
    queue: str
    priority: int
    options: dict[str, Any]
    """Those that it declares other than as they are unless told; classes by their names."""
    is_manual: bool
    """Whether people may run it, with arguments of their own."""
    parameters: tuple[Parameter, ...]
    """What may be given to one that people may run."""


def declared() -> list[Declared]:
    """Return all tasks, by name. Nothing is asked of the database."""
    tasks = [registry.find(name) for name in registry.names()]
    return [_declared(task) for task in tasks if task is not None]


def _declared(task: Task[..., Any]) -> Declared:
    return Declared(
        name=task.module_path,
        summary=(inspect.getdoc(task.func) or "").partition("\n")[0],
        signature=str(signature_of(task)),
        queue=task.queue_name,
        priority=task.priority,
        options=dict(_options(task)),
        is_manual=task.manual,
        parameters=parameters_of(task) if task.manual else (),
    )


def _options(task: Task[..., Any]) -> Iterator[tuple[str, Any]]:
    for field in fields(task):
        value = getattr(task, field.name)
        if field.name in APART or field.default is MISSING or value == field.default:
            continue
        yield field.name, [_plain(each) for each in value] if isinstance(value, tuple) else value


def _plain(value: Any) -> Any:
    return value.__name__ if isinstance(value, type) else value
