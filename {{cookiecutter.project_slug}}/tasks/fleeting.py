"""Calls without a row, `@task(durable=False)`: for engines that carry such calls themselves."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from django.utils import timezone

from tasks import registry

if TYPE_CHECKING:
    from tasks.task import Task


class Fleeting(Protocol):
    """What of a call is sent."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def queue(self) -> str: ...
    @property
    def arguments(self) -> str: ...
    @property
    def headers(self) -> str | None: ...


type Carry = Callable[[Sequence[Fleeting]], None]
"""Sends calls to the workers, after the commit. It neither waits nor raises: while the engine is
away they are lost."""


def needs_no_row(task: Task[..., Any]) -> bool:
    """Whether an engine that can may carry calls of this task, or variant of it, without a row.

    What waits for its time does so in the table, and a queue that no task names is known there
    only.
    """
    is_later = task.run_after is not None and task.run_after > timezone.now()
    return not task.durable and not is_later and task.queue_name in registry.queues()
