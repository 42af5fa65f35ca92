"""Who did what: Django's own history of every object, to look at."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from tasks.admin.listing import RecentPaginator, UncountedList
from tasks.admin.objects import kind_of, kind_with_app, name_of, page_of, with_gates
from tasks.admin.readonly import ReadOnlyAdmin
from tasks.admin.words import moment
from tasks.reasons import deeds_told_with, told_of_deed

MOST_PEOPLE = 100
MOST_READ = 100_000
MOST_DIGITS = 18
"""Of an id: all of these a database can compare with."""
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
        number = int(value) if value.isdecimal() and len(value) <= MOST_DIGITS else -1
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
        # Nobody does anything to an entry itself.
        types = ContentType.objects.exclude(app_label="admin", model="logentry")
        types = types.order_by("app_label", "model")
        return [(str(each.pk), kind_with_app(each)) for each in types]


@admin.register(LogEntry)
class AuditAdmin(ReadOnlyAdmin):
    """Everything that people did here, by the API or to an object's page, the latest first."""

    is_acted_on = False
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

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Call it what the sidebar calls it: to Django it is its log."""
        here = {"title": gettext("History"), "trail": _trail()}
        return super().changelist_view(request, {**(extra_context or {}), **here})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        # Django's name for an entry says in English what was done.
        name = name_of(context["original"])
        trail = [*_trail(), {"title": name}]
        here = {"title": gettext("History"), "subtitle": name, "trail": trail}
        return super().render_change_form(request, context | here, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """Return the entries, with what those about a gate are about."""
        return with_gates(super().get_queryset(request))

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
        found |= Q(change_message__icontains=text) | Q(change_message__in=deeds_told_with(text))
        return queryset.filter(found, pk__gt=newest - MOST_READ), False

    @display(description=_("Time"))
    def when(self, entry: LogEntry) -> str:
        """To the second."""
        return moment(entry.action_time)

    @display(description=_("Kind"))
    def kind(self, entry: Any) -> str:
        """What the object is."""
        return kind_of(entry)

    @display(description=_("Object"))
    def named(self, entry: Any) -> str:
        """The object, with a link as long as it is there."""
        name = name_of(entry)
        address = None if entry.is_deletion() else page_of(entry)
        if not address:
            return name
        return format_html('<a class="tasks-link" href="{}">{}</a>', address, name)

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
        return told_of_deed(entry.get_change_message())


def _trail() -> list[dict[str, Any]]:
    """Return what stands above the page: it is where the sidebar has it."""
    return [
        {
            "title": apps.get_app_config("tasks").verbose_name,
            "link": reverse("admin:app_list", args=["tasks"]),
        },
        {"title": gettext("History"), "link": reverse("admin:admin_logentry_changelist")},
    ]
