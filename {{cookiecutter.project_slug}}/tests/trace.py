"""What a run does that outlives its process, and the places it comes by, in their order."""

from __future__ import annotations

import re
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.core.mail.backends.smtp import EmailBackend
from django.db import connection

from tasks.current import current
from tasks.failpoints import visit

WRITES = re.compile(r'(?<!FOR )\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)
# How far a run is, which its worker writes down beside it.
NOTES = re.compile(r'^\s*UPDATE "tasks_taskrun" SET "progress"', re.IGNORECASE)


OUTSIDE = [(EmailBackend, "send_messages"), (Storage, "save")]


@dataclass(frozen=True, slots=True)
class Step:
    """A place that was come by, or something that was done."""

    what: str
    is_place: bool = False


type Trace = dict[str, list[Step]]
"""The steps of each attempt, in their order."""
type Method = tuple[type, str]


@contextmanager
def traced(patch: pytest.MonkeyPatch, outside: Iterable[Method]) -> Iterator[Trace]:
    """Note what runs do meanwhile in this thread: what they commit, and what they have others do.

    `outside` are methods whose calls have an effect elsewhere, besides those of mails and files.
    """
    trace: Trace = defaultdict(list)

    def note(what: str, *, is_place: bool = False) -> None:
        execution = current.get()
        if execution is not None:
            claimed = execution.claimed
            trace[f"{claimed.name} {claimed.id}-{claimed.attempt}"].append(Step(what, is_place))

    def calling(method: Callable[..., Any], what: str) -> Callable[..., Any]:
        @wraps(method)
        def noted(*args: Any, **kwargs: Any) -> Any:
            try:
                return method(*args, **kwargs)
            finally:
                note(f"{what}, called by {_caller()}")

        return noted

    for class_, name in (*OUTSIDE, *outside):
        patch.setattr(class_, name, calling(getattr(class_, name), f"{class_.__name__}.{name}"))
    delete = FileSystemStorage.delete
    noted_delete = calling(delete, "FileSystemStorage.delete")
    patch.setattr(
        FileSystemStorage,
        "delete",
        lambda self, name: (noted_delete if self.exists(name) else delete)(self, name),
    )
    written = _Written(note)
    patch.setattr(connection, "commit", written.at_commit(connection.commit))
    patch.setattr(connection, "rollback", written.at_rollback(connection.rollback))
    visit(lambda place: note(place, is_place=True))
    try:
        with connection.execute_wrapper(written):
            yield trace
    finally:
        visit(None)


class _Written:
    """Notes each commit that changes a row, and each statement that is a commit of its own."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._tables: set[str] = set()

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        answer = execute(sql, params, many, context)
        found = WRITES.search(sql)
        if found and context["cursor"].rowcount != 0 and not NOTES.match(sql):
            if connection.in_atomic_block:
                self._tables.add(found[1])
            else:
                self._note(f"write to {found[1]} by {_caller()}")
        return answer

    def at_commit(self, commit: Callable[[], None]) -> Callable[[], None]:
        """Return what commits, and notes that there was something to commit."""

        def noted() -> None:
            commit()
            if self._tables:
                self._note(f"commit of {', '.join(sorted(self._tables))} by {_caller()}")
            self._tables.clear()

        return noted

    def at_rollback(self, rollback: Callable[[], None]) -> Callable[[], None]:
        """Return what rolls back, and forgets what there would have been to commit."""

        def forgotten() -> None:
            rollback()
            self._tables.clear()

        return forgotten


def _caller() -> str:
    """Where in the project that is: the innermost function outside of tests."""
    base = Path(settings.BASE_DIR)
    for frame in reversed(traceback.extract_stack()):
        path = Path(frame.filename)
        if path.is_relative_to(base) and not {"tests", ".venv"} & {*path.relative_to(base).parts}:
            return f"{path.relative_to(base)}:{frame.lineno} ({frame.name})"
    return "nobody"
