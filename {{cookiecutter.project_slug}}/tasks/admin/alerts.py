"""The list of alerts: what went wrong, how often, and when people were told."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tasks.admin.readonly import ReadOnlyAdmin
from tasks.admin.words import moment
from tasks.alerts.findings import CONDITIONS
from tasks.models import Alert

EVENT, LASTING, OVER = "event", "lasting", "over"
STATES = {EVENT: _("Happened"), LASTING: _("Lasting"), OVER: _("Over")}
COLOURS = {EVENT: "warning", LASTING: "danger", OVER: "success"}


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """Everything that was worth an alert, the latest first."""

    list_display = ("title", "state", "total", "last", "told")
    list_filter = ("rule",)
    list_per_page = 50
    ordering = ("-last_at", "-id")
    search_fields = ("title", "key")
    search_help_text = _("Title, or what it is about")
    fields = ("title", "body", "rule", "key", "total", "count", "first", "last", "told", "over")
    readonly_fields = fields

    @display(description=_("State"), label=COLOURS)
    def state(self, alert: Alert) -> tuple[str, str]:
        """Whether it happened, lasts, or is over."""
        state = EVENT
        if alert.rule in CONDITIONS:
            state = LASTING if alert.over_at is None else OVER
        return state, str(STATES[state])

    @display(description=_("First"))
    def first(self, alert: Any) -> str:
        """When it happened first, or began."""
        return moment(alert.first_at)

    @display(description=_("Last"))
    def last(self, alert: Any) -> str:
        """When it happened last."""
        return moment(alert.last_at)

    @display(description=_("Told"))
    def told(self, alert: Any) -> str:
        """When people were told last."""
        return moment(alert.told_at)

    @display(description=_("Over"))
    def over(self, alert: Any) -> str:
        """Since when it is so no more."""
        return moment(alert.over_at)
