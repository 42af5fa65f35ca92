"""The tables, as text for a terminal."""

from collections.abc import Iterator, Sequence
from math import isnan

from benchmarks.results import Results
from benchmarks.targets import TARGETS

COLUMNS = {
    "enqueue": "enqueue/s",
    "enqueue_many": "in bulk/s",
    "drain": "finished/s",
    "cpu": "CPU µs",
    "p50": "p50 ms",
    "p99": "p99 ms",
    "naps": "naps s",
    "idle": "idle q/s",
    "memory": "+MB",
    "producers": "16 prod./s",
    "share": "of INSERT",
}


def report(results: Results) -> str:
    """What was measured, then what was wanted."""
    return "\n".join([*_aligned(_figures(results)), "", *_aligned(_targets(results))])


def _figures(results: Results) -> list[list[str]]:
    head = ["engine", *COLUMNS.values()]
    return [head, *([engine, *_row(results, engine)] for engine in results.rounds)]


def _row(results: Results, engine: str) -> Iterator[str]:
    return (_number(results.median(engine, name)) for name in COLUMNS)


def _targets(results: Results) -> list[list[str]]:
    rows = [["target", "wanted", "measured", "met"]]
    for target in TARGETS:
        value = target.measured(results)
        wanted = f"{'≥' if target.at_least else '≤'} {_number(target.bound)}"
        met = "" if isnan(value) else "yes" if target.is_met(value) else "no"
        rows.append([target.name, wanted, _number(value), met])
    return rows


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield "  ".join([row[0].ljust(widths[0]), *numbers]).rstrip()


def _number(value: float) -> str:
    if isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
