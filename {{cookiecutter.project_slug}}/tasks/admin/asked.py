"""What the address of the list asks for, as the filter that the service knows."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time

from django import forms
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.tasks.base import TASK_MAX_PRIORITY, TASK_MIN_PRIORITY
from django.utils import timezone

from tasks.control.matching import Matching
from tasks.models import RunStatus
from tasks.permissions import VIEW_ARGUMENTS

# The parameters, by what they are of.
TEXT, STATUS, TASK, QUEUE, PRIORITY = "q", "status__exact", "name", "queue", "priority"
WORKER, FINGERPRINT, SCHEDULE, GROUP = "worker", "fingerprint", "schedule", "group"
TIME = "enqueued_at"
SINCE, UNTIL = f"{TIME}_from", f"{TIME}_to"
PARAMETERS = (
    *(TEXT, STATUS, TASK, QUEUE, PRIORITY, WORKER, FINGERPRINT, SCHEDULE, GROUP),
    *(f"{side}_{part}" for side in (SINCE, UNTIL) for part in (0, 1)),
)
LAST_SMALL_INTEGER = 2**31 - 1


def matching_of(request: HttpRequest) -> Matching:
    """Return the filter. Raises `IncorrectLookupParameters` when something in it makes no sense:
    a filter that was left out would mean more runs than the list shows."""
    given = request.GET
    if any("\x00" in given.get(name, "") for name in PARAMETERS if name != TEXT):
        raise IncorrectLookupParameters("a filter holds NUL, which PostgreSQL does not take")
    try:
        return Matching(
            statuses=tuple(RunStatus(each) for each in (given.get(STATUS),) if each),
            task=given.get(TASK) or None,
            queue=given.get(QUEUE) or None,
            priority=_number(given.get(PRIORITY), TASK_MIN_PRIORITY, TASK_MAX_PRIORITY),
            worker=_id(given.get(WORKER)),
            since=_moment(given, SINCE),
            until=_moment(given, UNTIL),
            fingerprint=given.get(FINGERPRINT) or None,
            schedule=_number(given.get(SCHEDULE), 0, LAST_SMALL_INTEGER),
            group=_id(given.get(GROUP)),
            text=given.get(TEXT, "").replace("\x00", "").strip(),
            in_errors=request.user.has_perm(VIEW_ARGUMENTS),
        )
    except (ValueError, OverflowError, ValidationError) as error:
        raise IncorrectLookupParameters(str(error)) from error


def only_filters(given: QueryDict, **changed: str | None) -> str:
    """Return the address's filters, some of them changed or, by `None`, left out."""
    kept = {name: given.get(name) for name in PARAMETERS} | changed
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in kept.items() if value})
    return query.urlencode()


def is_filtered(given: QueryDict) -> bool:
    """Whether there is a filter besides the status."""
    return any(given.get(name) for name in PARAMETERS if name != STATUS)


def _id(text: str | None) -> uuid.UUID | None:
    return uuid.UUID(text) if text else None


def _number(text: str | None, least: int, most: int) -> int | None:
    number = int(text) if text else None
    if number is not None and not least <= number <= most:
        raise ValueError(f"not a number from {least} to {most}")
    return number


def _moment(given: QueryDict, side: str) -> datetime | None:
    """Read a date and perhaps a time, in the site's time zone; without a time, midnight."""
    date = forms.DateField(required=False).clean(given.get(f"{side}_0"))
    at = forms.TimeField(required=False).clean(given.get(f"{side}_1"))
    if date is None:
        return None
    # In UTC, as it is compared: the first day of all, or the last, may be out of range there.
    return timezone.make_aware(datetime.combine(date, at or time.min)).astimezone(UTC)
