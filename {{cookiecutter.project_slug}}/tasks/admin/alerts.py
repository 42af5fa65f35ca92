"""The list of alerts: what went wrong, how often, and when people were told."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tasks import reasons
from tasks.admin.readonly import ReadOnlyAdmin
from tasks.admin.words import moment
from tasks.alerts.findings import CONDITIONS, Rule
from tasks.masks import MASK
from tasks.models import Alert
from tasks.permissions import VIEW_ARGUMENTS

EVENT, LASTING, OVER = "event", "lasting", "over"
STATES = {EVENT: _("Happened"), LASTING: _("Lasting"), OVER: _("Over")}
COLOURS = {EVENT: "warning", LASTING: "danger", OVER: "success"}

RULES: dict[str, Any] = {
    Rule.FAILED: _("a run failed"),
    Rule.MISSED: _("a schedule was missed"),
    Rule.WAITING: _("runs wait too long"),
    Rule.NO_WORKER: _("no worker"),
    Rule.FAILING: _("a task mostly fails"),
}


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """Everything that was worth an alert, the latest first."""

    is_acted_on = False
    list_display = ("named", "state", "total", "last", "told")
    list_filter = ("rule",)
    list_per_page = 50
    ordering = ("-last_at", "-id")
    search_fields = ("title", "key")
    search_help_text = _("Title, or what it is about")
    fields = ("named", "text", "kind", "key", "total", "count", "first", "last", "told", "over")
    readonly_fields = (*fields, "place")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Show what an exception says to those who may see arguments: it may tell some."""
        is_shown = obj is None or obj.rule != Rule.FAILED or request.user.has_perm(VIEW_ARGUMENTS)
        if is_shown:
            return self.fields
        return tuple("place" if name == "text" else name for name in self.fields)

    @display(description=_("Title"), ordering="title")
    def named(self, alert: Alert) -> str:
        """What is wrong, in the reader's language."""
        return str(alert)

    @display(description=_("Text"))
    def text(self, alert: Alert) -> str:
        """What else is known. The words of an exception stay as they are."""
        return reasons.told(alert.body, reasons.TEXTS)

    @display(description=_("Text"))
    def place(self, alert: Alert) -> str:
        """Where the run that failed is, and nothing that its exception says."""
        address = alert.body.rpartition("\n")[2]
        return f"{MASK}\n{address}"

    @display(description=_("Rule"))
    def kind(self, alert: Alert) -> str:
        """Which rule found it."""
        return str(RULES.get(alert.rule, alert.rule))

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
