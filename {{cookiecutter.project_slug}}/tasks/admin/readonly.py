"""Pages to look at: rows are written by the ledger alone, and history is cleared by the timer."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from tasks.admin.history import TellsItsHistory


class ReadOnlyAdmin(TellsItsHistory):
    """Nothing is added, changed or deleted here, whatever the user's permissions."""

    sortable_by = ()
    is_acted_on = True
    """Whether people do anything to a row, so that it has a history."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if not self.is_acted_on:
            context["show_history"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
