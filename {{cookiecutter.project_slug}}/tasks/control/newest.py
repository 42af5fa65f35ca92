"""The newest of the runs that match, in their order.

A database that is asked for the newest fifty of some status likes to walk from the newest run of
all, and to pass over the others: it takes them for spread evenly. Where those fifty are old, such
as what was deferred for weeks or waits in a queue that is paused, that walk is through the whole
table. So where few have the status, their index is read, and what it finds is sorted.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from tasks.control.matching import FOUND_BY_INDEX, Matching
from tasks.models import TaskRun

MOST_SORTED = 10_000


def newest(matching: Matching) -> QuerySet[TaskRun]:
    """Return them; with one status, that takes a query to see whether they are few."""
    rows = matching.recent()
    return rows.order_by(_Id("pk").desc() if _are_few(matching) else "-pk")


def _are_few(matching: Matching) -> bool:
    if len(matching.statuses) != 1 or not FOUND_BY_INDEX.issuperset(matching.statuses):
        return False
    some = Matching(statuses=matching.statuses).rows().values("status")[: MOST_SORTED + 1]
    return some.count() <= MOST_SORTED


class _Id(Func):
    """The id in a form that sorts as it does, and that no index is of."""

    arity = 1

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> Any:
        return self.as_sql(compiler, connection, function="uuid_send")

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s")
