"""What an entry of the history is about, in people's words: a gate is a queue or a task to them."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Case, CharField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tasks import registry
from tasks.models import Gate, GateKind

KINDS: dict[str, Any] = {GateKind.QUEUE: _("queue"), GateKind.TASK: _("task")}
ABOUT_GATE = Q(content_type__app_label="tasks", content_type__model="gate")


def with_gates(entries: QuerySet[LogEntry]) -> QuerySet[Any]:
    """Return the entries with what a gate stands before, as `gate_kind` and `gate_name`."""
    gates = Gate.objects.annotate(key=Cast("pk", CharField())).filter(key=OuterRef("object_id"))
    return entries.annotate(
        gate_kind=Case(When(ABOUT_GATE, then=Subquery(gates.values("kind")[:1]))),
        gate_name=Case(When(ABOUT_GATE, then=Subquery(gates.values("name")[:1]))),
    )


def kind_of(entry: Any) -> str:
    """Return what the object of an entry is."""
    if entry.gate_kind:
        return str(KINDS[entry.gate_kind])
    return _name(entry.content_type) if entry.content_type else ""


def name_of(entry: Any) -> str:
    """Return what the object of an entry is called."""
    name: str = entry.gate_name or entry.object_repr
    return name


def page_of(entry: Any) -> str | None:
    """Return the address where the object of an entry is seen, if there is one."""
    if entry.gate_kind == GateKind.QUEUE:
        return reverse("admin:tasks_queues")
    if entry.gate_kind == GateKind.TASK:
        is_declared = registry.find(entry.gate_name) is not None
        return reverse("admin:tasks_task", args=[entry.gate_name]) if is_declared else None
    address: str | None = entry.get_admin_url()
    return address


def kind_with_app(kind: ContentType) -> str:
    """Return what such objects are, behind the app that they are of."""
    model = kind.model_class()
    app = model._meta.app_config.verbose_name if model else kind.app_label
    return f"{app} | {_name(kind)}"


def _name(kind: ContentType) -> str:
    is_gate = (kind.app_label, kind.model) == ("tasks", "gate")
    return gettext("queue or task") if is_gate else str(kind.name)
