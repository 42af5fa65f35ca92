"""What people do to queues and tasks as a whole: pause, resume, limit. It is all written down."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tasks import calling, ledger
from tasks.control import audit
from tasks.errors import UnknownQueue
from tasks.models import Gate, GateKind
from tasks.reasons import AT_MOST
from tasks.statistics import summary

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django_stubs_ext import StrOrPromise


@transaction.atomic
def pause(kind: GateKind, name: str, *, by: AbstractBaseUser | None) -> bool:
    """Let no run start; return whether that changed anything. Raises as `_check_name` does."""
    _check_name(kind, name)
    return _recorded(kind, name, _("Paused."), changed=ledger.pause(kind, name), by=by)


@transaction.atomic
def resume(kind: GateKind, name: str, *, by: AbstractBaseUser | None) -> bool:
    """Let runs start again; return whether that changed anything."""
    _check_name(kind, name)
    return _recorded(kind, name, _("Resumed."), changed=ledger.resume(kind, name), by=by)


@transaction.atomic
def set_limit(queue: str, most: int | None, *, by: AbstractBaseUser | None) -> bool:
    """Run at most so many of a queue at once; return whether that changed anything."""
    _check_name(GateKind.QUEUE, queue)
    text = _("No limit.") if most is None else AT_MOST % {"most": most}
    return _recorded(GateKind.QUEUE, queue, text, changed=ledger.set_limit(queue, most), by=by)


def paused_tasks() -> dict[str, datetime]:
    """Return the tasks that are paused, by name, and since when."""
    gates = Gate.objects.filter(kind=GateKind.TASK, paused_at__isnull=False)
    return {gate.name: gate.paused_at for gate in gates.order_by("name") if gate.paused_at}


def _check_name(kind: GateKind, name: str) -> None:
    """Raise `UnknownTask` or `UnknownQueue` for a name that is nowhere: it is a slip."""
    if Gate.objects.filter(kind=kind, name=name).exists():
        return
    if kind == GateKind.TASK:
        calling.named(name)
    elif name not in (names := [queue.name for queue in summary.queues()]):
        said = gettext("There is no queue %(name)r. There are: %(names)s.")
        raise UnknownQueue(said % {"name": name, "names": ", ".join(names)})


def _recorded(
    kind: GateKind,
    name: str,
    text: StrOrPromise,
    *,
    changed: bool,
    by: AbstractBaseUser | None,
) -> bool:
    if changed:
        audit.record(Gate.objects.filter(kind=kind, name=name), text, by=by)
    return changed
