"""The buckets of `histogram`, found by the database: rows are counted where they are."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DurationField, Func, IntegerField
from django.db.models.sql.compiler import SQLCompiler

from tasks.statistics.histogram import BOUNDS

# Of a text such as `2026-11-28 09:00:00.123456` with six digits, three or none. Django's own
# difference is a function in Python, which takes longer than all else that is done to a row.
MICROSECONDS = (
    "(strftime('%%s', substr({time}, 1, 19)) * 1000000"
    " + CAST(substr(substr({time}, 21) || '000000', 1, 6) AS INTEGER))"
)


class TimeBetween(Func):
    """The time from one column to another."""

    output_field = DurationField()
    arity = 2
    template = "(%(expressions)s)"
    arg_joiner = " - "

    def __init__(self, begin: str, end: str) -> None:
        super().__init__(end, begin)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> Any:
        # Lengths of time are whole microseconds there.
        end, begin = (compiler.compile(column)[0] for column in self.get_source_expressions())
        return f"({MICROSECONDS.format(time=end)} - {MICROSECONDS.format(time=begin)})", ()


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
        sql, parameters = compiler.compile(length)
        # `LIMIT` keeps SQLite from computing the length again for each comparison.
        place, length = _search(0, len(BOUNDS)), f"(SELECT {sql} AS length LIMIT 1)"
        return f"(SELECT {place} FROM {length})", tuple(parameters)  # noqa: S608 - columns' names


def bucket_between(begin: str, end: str) -> Bucket:
    """Return the bucket of the time between two columns."""
    return Bucket(TimeBetween(begin, end))


def _search(first: int, last: int) -> str:
    """Halve the buckets again and again: six comparisons a row instead of forty-five."""
    if first == last:
        return str(first)
    middle = (first + last) // 2
    return (
        f"CASE WHEN length < {round(BOUNDS[middle] * 1_000_000)} "
        f"THEN {_search(first, middle)} ELSE {_search(middle + 1, last)} END"
    )
