"""Who did what: Django's own history of every object, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from tasks.admin.listing import RecentPaginator, UncountedList
from tasks.admin.readonly import ReadOnlyAdmin
from tasks.admin.words import moment

MOST_PEOPLE = 100
MOST_READ = 100_000
DEEDS = {ADDITION: _("Added"), CHANGE: _("Changed"), DELETION: _("Deleted")}
COLOURS = {str(ADDITION): "success", str(CHANGE): "info", str(DELETION): "danger"}


class _Exactly(DropdownFilter):
    """Entries whose column has the chosen number."""

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[LogEntry]
    ) -> QuerySet[LogEntry] | None:
        value = self.value()
        if not value:
            return None
        number = int(value) if value.isdecimal() else -1
        return queryset.filter(**{str(self.parameter_name): number})


class PersonFilter(_Exactly):
    """What one person did."""

    title = _("person")
    parameter_name = "user_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = get_user_model().objects.filter(is_staff=True).order_by("pk")[:MOST_PEOPLE]
        return [(str(person.pk), str(person)) for person in people]


class KindFilter(_Exactly):
    """What was done to objects of one kind."""

    title = _("kind of object")
    parameter_name = "content_type_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        types = ContentType.objects.order_by("app_label", "model")
        return [(str(each.pk), each.app_labeled_name) for each in types]


@admin.register(LogEntry)
class AuditAdmin(ReadOnlyAdmin):
    """Everything that people did here, by the API or to an object's page, the latest first."""

    list_display = ("when", "user", "kind", "named", "deed", "what")
    list_filter = (PersonFilter, KindFilter)
    list_filter_submit = True
    list_per_page = 50
    list_select_related = ("user", "content_type")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-id",)
    search_fields = ("object_id", "object_repr", "change_message")
    search_help_text = _("Id, name or what was done")
    fields = ("when", "user", "kind", "named", "deed_in_words", "what")
    readonly_fields = fields

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[UncountedList]:
        return UncountedList

    def get_paginator(
        self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any
    ) -> Paginator[Any]:
        """Page through it without counting: acts on ten thousand runs are as many entries."""
        return RecentPaginator(queryset, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LogEntry], search_term: str
    ) -> tuple[QuerySet[LogEntry], bool]:
        """Look through the newest entries only: none of these columns has an index."""
        text = search_term.replace("\x00", "").strip()
        if not text:
            return queryset, False
        newest = LogEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0
        found = Q(object_id=text) | Q(object_repr__icontains=text)
        found |= Q(change_message__icontains=text)
        return queryset.filter(found, pk__gt=newest - MOST_READ), False

    @display(description=_("Time"))
    def when(self, entry: LogEntry) -> str:
        """To the second."""
        return moment(entry.action_time)

    @display(description=_("Kind"))
    def kind(self, entry: LogEntry) -> str:
        """What the object is."""
        return str(entry.content_type.name) if entry.content_type else ""

    @display(description=_("Object"))
    def named(self, entry: LogEntry) -> str:
        """The object, with a link as long as it is there."""
        address = None if entry.is_deletion() else entry.get_admin_url()
        if not address:
            return entry.object_repr
        return format_html('<a class="tasks-link" href="{}">{}</a>', address, entry.object_repr)

    @display(description=_("Deed"), label=COLOURS)
    def deed(self, entry: LogEntry) -> tuple[str, str]:
        """Whether it was added, changed or deleted."""
        return str(entry.action_flag), str(DEEDS.get(entry.action_flag, ""))

    @display(description=_("Deed"))
    def deed_in_words(self, entry: LogEntry) -> str:
        """The same on its page, where Unfold draws no label."""
        return str(DEEDS.get(entry.action_flag, ""))

    @display(description=_("What was done"))
    def what(self, entry: LogEntry) -> str:
        """In words."""
        return entry.get_change_message()
