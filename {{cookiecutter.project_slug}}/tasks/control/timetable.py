"""Schedules as people see them: when each is due, whether it is on, what its last tick led to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from tasks.control.reading import shown_arguments
from tasks.errors import UnknownSchedule
from tasks.models import Schedule, ScheduleTick


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleState:
    """One schedule."""

    id: int
    name: str
    task: str
    args: list[Any]
    kwargs: dict[str, Any]
    rule: str
    """Such as `0 6 * * *` or `every 0:05:00`."""
    timezone: str
    enabled: bool
    from_code: bool
    """Declared beside its task."""
    next_at: datetime | None
    last_at: datetime | None
    last_run_id: uuid.UUID | None
    """Of the newest tick; `None` when it was missed, too."""
    last_reason: str
    """Why the newest tick was missed."""


def timetable() -> list[ScheduleState]:
    """Return all schedules by name: one query."""
    return [_state(row) for row in _rows().order_by("name")]


def numbered(id_: int) -> ScheduleState:
    """Return the schedule of that number. Raises `UnknownSchedule`."""
    row = _rows().filter(pk=id_).first()
    if row is None:
        raise UnknownSchedule(_("There is no schedule %(id)s.") % {"id": id_})
    return _state(row)


def find(name: str) -> Schedule:
    """Return a schedule. Raises `UnknownSchedule`."""
    row = Schedule.objects.filter(name=name).first()
    if row is None:
        names = Schedule.objects.order_by("name").values_list("name", flat=True)
        known = ", ".join(names[:20]) or "–"
        said = _("There is no schedule %(name)r. There are: %(names)s.")
        raise UnknownSchedule(said % {"name": name, "names": known})
    return row


def _rows() -> QuerySet[Schedule]:
    newest = ScheduleTick.objects.filter(schedule=OuterRef("pk")).order_by("-tick")
    return Schedule.objects.annotate(
        newest_run_id=Subquery(newest.values("run_id")[:1]),
        newest_reason=Subquery(newest.values("reason")[:1]),
    )


def _state(row: Any) -> ScheduleState:
    args, kwargs = shown_arguments(row.task, row.arguments)
    return ScheduleState(
        id=row.pk,
        name=row.name,
        task=row.task,
        args=args,
        kwargs=kwargs,
        rule=row.cron or f"every {timedelta(seconds=row.every_seconds)}",
        timezone=row.timezone,
        enabled=row.enabled,
        from_code=row.from_code,
        next_at=row.next_at,
        last_at=row.last_at,
        last_run_id=row.newest_run_id,
        last_reason=row.newest_reason or "",
    )
