"""Which runs are meant: the same parameters for the list and for what is done to all that match."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.forms import IntegerField
from django.tasks.base import TASK_MAX_PRIORITY, TASK_MIN_PRIORITY
from django.utils.translation import gettext as _
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import (
    CharFilter,
    FilterSet,
    IsoDateTimeFilter,
    MultipleChoiceFilter,
    NumberFilter,
    UUIDFilter,
)
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError as Invalid

from tasks.control.matching import Matching
from tasks.models import RunStatus, TaskRun
from tasks.permissions import VIEW_ARGUMENTS

if TYPE_CHECKING:
    from rest_framework.request import Request


class MomentField(IsoDateTimeField):  # type: ignore[misc]
    """A time that every database can compare with."""

    def clean(self, value: Any) -> datetime | None:
        """Return the time in UTC."""
        moment: datetime | None = super().clean(value)
        try:
            return None if moment is None else moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(_("This time is out of range.")) from error


class MomentFilter(IsoDateTimeFilter):  # type: ignore[misc]
    """By a time, such as `2026-11-28T12:00:00Z`."""

    field_class = MomentField


@extend_schema_field(OpenApiTypes.INT64)
class WholeFilter(NumberFilter):  # type: ignore[misc]
    """By a number of a row."""

    field_class = IntegerField

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **options)


@extend_schema_field(
    {"type": "integer", "minimum": TASK_MIN_PRIORITY, "maximum": TASK_MAX_PRIORITY}
)
class PriorityFilter(NumberFilter):  # type: ignore[misc]
    """By a priority that a task may have."""

    field_class = IntegerField

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=TASK_MIN_PRIORITY, max_value=TASK_MAX_PRIORITY, **options)


class RunFilter(FilterSet):  # type: ignore[misc]
    """With nothing given, all runs; else those that fit everything that is given."""

    status = MultipleChoiceFilter(choices=RunStatus.choices, label="May be given several times.")
    task = CharFilter(field_name="name", label="The dotted path.")
    queue = CharFilter(label="The name.")
    priority = PriorityFilter(label="Exactly this one.")
    worker = UUIDFilter(field_name="worker_id", label="Whoever tried it last.")
    since = MomentFilter(field_name="enqueued_at", label="Enqueued at this time or later.")
    until = MomentFilter(field_name="enqueued_at", label="Enqueued before this time.")
    fingerprint = CharFilter(max_length=16, label="Failed, and in this way.")
    schedule = WholeFilter(field_name="position", label="Enqueued by the schedule of this id.")
    group = UUIDFilter(field_name="group_id", label="Members of this group.")
    search = CharFilter(
        field_name="name",
        label="The id; else a part of the task's name, of the unique key or of what a failure "
        "says (for those who may see arguments).",
    )

    class Meta:
        model = TaskRun
        fields: ClassVar[list[str]] = []

    def matching(self) -> Matching:
        """Return what a valid request asks for."""
        given: dict[str, Any] = self.form.cleaned_data
        return Matching(
            statuses=tuple(map(RunStatus, given["status"])),
            task=given["task"] or None,
            queue=given["queue"] or None,
            priority=given["priority"],
            worker=given["worker"],
            since=given["since"],
            until=given["until"],
            fingerprint=given["fingerprint"] or None,
            schedule=given["schedule"],
            group=given["group"],
            text=given["search"],
            # Messages and tracebacks may tell arguments: nobody is to guess them by searching.
            in_errors=self.request.user.has_perm(VIEW_ARGUMENTS),
        )


def chosen_by(request: Request) -> Matching:
    """Return what a request asks for. Raises `ValidationError` where that makes no sense."""
    chosen = RunFilter(request.query_params, queryset=TaskRun.objects.none(), request=request)
    if not chosen.is_valid():
        raise Invalid(chosen.errors)
    matching: Matching = chosen.matching()
    return matching
