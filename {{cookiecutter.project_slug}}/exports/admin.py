"""Exports in the admin: how far they are, and the way to stop one."""

from typing import Any, cast

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.dataclasses import UnfoldAction
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from accounts.models import User
from exports.asking import cancel
from exports.models import Export, ExportPart
from exports.states import ExportState
from tasks.admin.asking import Named, NamingDialog, action
from tasks.admin.words import NOTHING

COLOURS: dict[str, str] = {
    ExportState.WAITING: "",
    ExportState.READING: "info",
    ExportState.ASSEMBLING: "info",
    ExportState.READY: "success",
    ExportState.FAILED: "danger",
    ExportState.CANCELLED: "warning",
    ExportState.EXPIRED: "",
}


class PartInline(TabularInline):
    """The parts of an export. Their rows add up to its rows."""

    model = ExportPart
    extra = 0
    per_page = 25  # type: ignore[assignment]
    can_delete = False
    # What it would say, the columns say.
    show_title = False
    readonly_fields = fields = ("number", "table", "last_key", "rows")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ExportDialog(NamingDialog):
    """Asks about one export, and names it."""

    model = Export

    def named(self, row: Export) -> Named:
        return Named(row.get_kind_display(), row.user.email, row.get_state_display())


@admin.register(Export)
class ExportAdmin(ModelAdmin):
    """Every export. What is in its file is for its owner alone."""

    list_display = ("kind", "user", "shown_state", "progress", "created_at", "expires_at")
    list_filter = ("state", "kind")
    list_select_related = ("user",)
    search_fields = ("=id", "user__email")
    show_full_result_count = False
    # The page that an export belongs to shows it to its owner alone.
    view_on_site = False
    fields = (
        "kind",
        "user",
        "everyones",
        "state",
        "reason",
        "progress",
        "run",
        "shown_size",
        "sha256",
        "created_at",
        "began_at",
        "updated_at",
        "expires_at",
    )
    readonly_fields = ("progress", "run", "shown_size", "began_at", "expires_at")
    inlines = (PartInline,)
    actions_detail: Any = ("cancel",)

    @display(description=_("State"), label=COLOURS)
    def shown_state(self, export: Export) -> tuple[str, str]:
        """The state in its colour."""
        return export.state, export.get_state_display()

    @display(description=_("Progress"))
    def progress(self, export: Export) -> SafeString:
        """Rows, a bar, percent and the time that is left."""
        context = {"export": export, "progress": export.progress(timezone.now())}
        return render_to_string("exports/_progress.html", context)

    @display(description=pgettext_lazy("of a task", "Run"))
    def run(self, export: Export) -> SafeString:
        """The way to the run that makes it: attempts, errors, and which worker."""
        address = reverse("admin:tasks_taskrun_change", args=[export.run_id])
        return format_html('<a class="tasks-link" href="{}">{}</a>', address, export.run_id)

    @display(description=_("size"))
    def shown_size(self, export: Export) -> str:
        """The file's, in the unit that tells it best."""
        return filesizeformat(export.size) if export.size else NOTHING

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Export | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Export | None = None) -> bool:
        return False

    def has_cancel_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see exports and cancel them."""
        return self.has_view_permission(request) and request.user.has_perm("exports.cancel_export")

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[UnfoldAction]:
        """Offer to cancel what is on its way."""
        export = self.get_object(request, str(object_id))
        if export is None or not export.status.is_live:
            return []
        return super().get_actions_detail(request, object_id)

    @action(
        description=_("Cancel"),
        icon="cancel",
        variant=ActionVariant.DANGER,
        permissions=["cancel"],
        dialog={
            "title": _("Cancel this export?"),
            "description": _("What has been written is deleted. Its owner can ask again."),
            "form_submit_text": _("Yes, cancel it"),
            "form_class": ExportDialog,
        },
    )
    def cancel(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Cancel the export of the page."""
        export = self._of_page(request, object_id)
        if cancel(export, by=cast(User, request.user)):
            messages.success(request, _("The export is cancelled."))
        else:
            messages.warning(request, _("The export had ended before."))
        if "HX-Request" in request.headers:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return HttpResponseRedirect(reverse("admin:exports_export_change", args=[export.pk]))

    def _of_page(self, request: HttpRequest, object_id: str) -> Export:
        """Return the one of an address, which may hold anything. Raises `Http404`."""
        export: Export | None = self.get_object(request, object_id)
        if export is None:
            raise Http404
        return export
