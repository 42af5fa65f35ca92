"""The buckets of `histogram`, found by the database: rows are counted where they are."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DurationField, Expression, ExpressionWrapper, F, Func, IntegerField
from django.db.models.sql.compiler import SQLCompiler

from tasks.statistics.histogram import BOUNDS


class Bucket(Func):
    """The place in a histogram of a time that has passed; NULL of NULL.

    One expression in SQL: made of Django's `Case` it would take longer to build than to run.
    """

    output_field = IntegerField()
    arity = 1

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> Any:
        bounds = f"'{{{','.join(map(str, BOUNDS))}}}'::numeric[]"
        return self.as_sql(
            compiler,
            connection,
            template=f"width_bucket(extract(epoch FROM %(expressions)s), {bounds})",
        )

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> Any:
        (length,) = self.get_source_expressions()
        # In whole microseconds there.
        sql, parameters = compiler.compile(length)
        text = _search(0, len(BOUNDS))
        return text.replace("LENGTH", sql), tuple(parameters) * text.count("LENGTH")


def bucket_between(begin: str, end: str) -> Expression:
    """Return the bucket of the time between two columns."""
    return Bucket(time_between(begin, end))


def time_between(begin: str, end: str) -> Expression:
    """Return the time between two columns."""
    return ExpressionWrapper(F(end) - F(begin), output_field=DurationField())


def _search(first: int, last: int) -> str:
    """Halve the buckets again and again: six comparisons a row instead of forty-five."""
    if first == last:
        return str(first)
    middle = (first + last) // 2
    return (
        f"CASE WHEN LENGTH < {round(BOUNDS[middle] * 1_000_000)} "
        f"THEN {_search(first, middle)} ELSE {_search(middle + 1, last)} END"
    )
