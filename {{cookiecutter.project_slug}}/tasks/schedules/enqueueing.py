"""The runs of a schedule, inserted like any other: queue, options, limits and unique keys hold."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from tasks import around, ledger
from tasks.backend import LedgerBackend, new_run
from tasks.calling import check_call, named
from tasks.errors import InvalidSchedule
from tasks.models import Schedule
from tasks.origin import headers
from tasks.results import result_of_new


def enqueue_ticks(schedule: Schedule, ticks: Sequence[datetime | None]) -> list[uuid.UUID | None]:
    """Insert a run for each tick; its body reads the tick as `context.scheduled_at`.

    Returns their ids, with `None` where another live run holds the unique key. Raises
    `UnknownTask`, `ArgumentsDoNotFit` and, when runs of the task are not stored, `InvalidSchedule`.
    """
    task = named(schedule.task)
    check_call(task, schedule.args, schedule.kwargs)
    backend = task.get_backend()
    if not isinstance(backend, LedgerBackend):
        said = _("The backend %(backend)r of %(task)s stores no runs.")
        raise InvalidSchedule(said % {"backend": task.backend, "task": schedule.task})
    with around.enqueueing(schedule.task, task.queue_name, len(ticks)):
        runs = [
            replace(new_run(task, schedule.args, schedule.kwargs), headers=_headers(tick))
            for tick in ticks
        ]
        holders = ledger.insert(runs)
    new = [run for run, holder in zip(runs, holders, strict=True) if holder is None]
    for run in new:
        backend.announce(result_of_new(run, task, backend.alias, schedule.args, schedule.kwargs))
    ledger.ring_after_commit([run.id for run in new])
    return [run.id if holder is None else None for run, holder in zip(runs, holders, strict=True)]


def _headers(tick: datetime | None) -> str | None:
    return headers() if tick is None else headers(tick=tick.isoformat())
