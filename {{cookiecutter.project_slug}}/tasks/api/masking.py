"""Runs as those see them who may not see arguments: all that could tell one is masked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tasks.control.reading import Failed, Run, WholeRun
from tasks.control.timetable import ScheduleState
from tasks.masks import MASK


def line[R: Run](run: R) -> R:
    """Return a run without what its error says. A unique key is made of arguments."""
    return replace(run, error=run.error and MASK, unique_key=run.unique_key and MASK)


def whole(run: WholeRun) -> WholeRun:
    """Return a run without arguments, result, messages and tracebacks."""
    return replace(
        line(run),
        args=[MASK for _ in run.args],
        kwargs=dict.fromkeys(run.kwargs, MASK),
        return_value=None if run.return_value is None else MASK,
        failures=tuple(map(_failed, run.failures)),
        progress=_progress(run.progress),
    )


def schedule(state: ScheduleState) -> ScheduleState:
    """Return a schedule without its arguments."""
    return replace(state, args=[MASK for _ in state.args], kwargs=dict.fromkeys(state.kwargs, MASK))


def _progress(progress: Any) -> Any:
    """Return how far a run is, without what it says of it."""
    match progress:
        case {"message": str(message)}:
            return {**progress, "message": message and MASK}
        case dict() | None:
            return progress
    return MASK


def _failed(failed: Failed) -> Failed:
    return replace(failed, message=MASK, traceback=MASK)
