"""The attempt in whose midst this thread or coroutine is.

A variable of the context: it goes along where asyncio and `sync_to_async` take a body, and not into
threads that a body starts by itself.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.worker.executing import Execution

current: ContextVar[Execution | None] = ContextVar("tasks_current", default=None)
