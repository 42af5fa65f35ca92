"""Which runs are meant: the same parameters for the list and for what is done to all that match."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import (
    CharFilter,
    FilterSet,
    IsoDateTimeFilter,
    MultipleChoiceFilter,
    UUIDFilter,
)

from tasks.matching import Matching
from tasks.models import RunStatus, TaskRun


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


class RunFilter(FilterSet):  # type: ignore[misc]
    """With nothing given, all runs; else those that fit everything that is given."""

    status = MultipleChoiceFilter(choices=RunStatus.choices, label="May be given several times.")
    task = CharFilter(field_name="name", label="The dotted path.")
    queue = CharFilter(label="The name.")
    worker = UUIDFilter(field_name="worker_id", label="Whoever tried it last.")
    since = MomentFilter(field_name="enqueued_at", label="Enqueued at this time or later.")
    until = MomentFilter(field_name="enqueued_at", label="Enqueued before this time.")
    search = CharFilter(
        field_name="name", label="The id; else a part of the task's name or of the unique key."
    )

    class Meta:
        model = TaskRun
        fields: ClassVar[list[str]] = []

    def filter_queryset(self, queryset: QuerySet[TaskRun]) -> QuerySet[TaskRun]:
        """Return the runs that match, whatever was there before."""
        return self.matching().rows()

    def matching(self) -> Matching:
        """Return what a valid request asks for."""
        given: dict[str, Any] = self.form.cleaned_data
        return Matching(
            statuses=tuple(map(RunStatus, given["status"])),
            task=given["task"] or None,
            queue=given["queue"] or None,
            worker=given["worker"],
            since=given["since"],
            until=given["until"],
            text=given["search"],
        )
