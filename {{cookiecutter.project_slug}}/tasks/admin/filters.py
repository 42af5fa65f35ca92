"""Filters whose choices come from the registered tasks: no query reads them from the runs."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from tasks import registry
from tasks.admin.words import short
from tasks.models import TaskRun


class _FieldFilter(DropdownFilter):
    """Runs whose field of the parameter's name has the chosen value.

    A value that is no choice, typed into the address, is a choice while it is chosen.
    """

    def known(self) -> list[tuple[str, str]]:
        """Return the values to choose from, with their labels."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = self.known()
        given = request.GET.get(str(self.parameter_name))
        return known if not given or given in dict(known) else [*known, (given, given)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[TaskRun]
    ) -> QuerySet[TaskRun] | None:
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): value}) if value else None


class TaskFilter(_FieldFilter):
    """Runs of one task."""

    title = _("task")
    parameter_name = "name"

    def known(self) -> list[tuple[str, str]]:
        return [(name, f"{short(name)} ({name})") for name in registry.names()]


class QueueFilter(_FieldFilter):
    """Runs in one queue."""

    title = _("queue")
    parameter_name = "queue"

    def known(self) -> list[tuple[str, str]]:
        return [(queue, queue) for queue in sorted(registry.queues())]
