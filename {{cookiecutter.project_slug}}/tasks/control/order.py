"""In which order matching runs are read: along their ids, or by what they belong to.

A database that is asked for the newest fifty of some likes to walk from the newest run of all, and
to pass over the others: it takes them for spread evenly. Where those fifty are old, such as what
waits in a queue that is paused, that walk is through the whole table. So where an index finds few,
it is read, and what it finds is sorted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from tasks.control.matching import Matching, ticks
from tasks.models import RunStatus, TaskRun

MOST_SORTED = 50_000


class SortedId(Func):
    """The id in a form that sorts as it does, and that no index is of."""

    arity = 1

    def __init__(self) -> None:
        super().__init__("pk")

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> Any:
        return self.as_sql(compiler, connection, function="uuid_send")

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s")


def found(matching: Matching, with_status: QuerySet[TaskRun] | None) -> Iterator[QuerySet[Any]]:
    """Yield what indexes find that are in another order than the ids.

    `with_status` are the runs of a status by itself, where that has such an index.
    """
    if matching.group is not None:
        yield TaskRun.objects.filter(group_id=matching.group)
    if matching.schedule is not None:
        yield ticks(matching.schedule)
    if matching.fingerprint is not None:
        yield TaskRun.objects.filter(status=RunStatus.FAILED, fingerprint=matching.fingerprint)
    if with_status is not None:
        yield with_status


def are_few(rows: QuerySet[Any]) -> bool:
    """Whether they can be sorted in a moment."""
    return not rows.order_by()[MOST_SORTED : MOST_SORTED + 1].exists()
