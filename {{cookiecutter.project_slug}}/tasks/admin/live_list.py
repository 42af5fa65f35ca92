"""A list of the admin that refreshes itself, as the dashboard does."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.views import ChangeList

from tasks.admin.live import EVERY_VAR, Live
from tasks.admin.readonly import ReadOnlyAdmin


class LiveList(ChangeList):
    """A list to which the interval in its address is no filter; its links keep it."""

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name != EVERY_VAR}


class LiveListAdmin(ReadOnlyAdmin):
    """When its list refreshes itself it asks for the rows alone, with the same filters."""

    change_list_template = "tasks/admin/live_list.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LiveList]:
        return LiveList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Return the page, or what of it is alive."""
        live = Live.of(request)
        response = super().changelist_view(request, {**(extra_context or {}), "live": live})
        if live.is_refresh and isinstance(response, TemplateResponse):
            response.template_name = "tasks/admin/_live_list.html"
        return response
