"""What a person may do to runs: asked first, allowed by a permission, written to the history."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy
from unfold.dataclasses import ActionDialog

from tasks import service
from tasks.errors import UniqueRunExists
from tasks.models import LIVE, RunStatus, TaskRun

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One thing that people do to runs."""

    permission: str
    """The codename of the permission for it."""
    apply: Callable[[Collection[uuid.UUID]], int]
    statuses: tuple[str, ...]
    """Where it is offered. Whether it applies, the ledger says."""
    label: StrOrPromise
    dialog: ActionDialog
    question: Any
    """Of several runs; takes `count`."""
    done: Any
    """What to say afterwards; takes `count`."""
    entry: StrOrPromise
    """How the history of the run puts it."""

    def is_offered(self, run: TaskRun) -> bool:
        """Whether it makes sense for a run as it is now."""
        asked_already = run.status == RunStatus.RUNNING and run.cancel_requested
        return run.status in self.statuses and not asked_already


RETRY = Move(
    permission="tasks.retry_taskrun",
    apply=service.retry,
    statuses=(RunStatus.FAILED, RunStatus.CANCELLED),
    label=_("Retry"),
    dialog={
        "title": _("Retry this run?"),
        "description": _(
            "It is due at once and gets all its attempts again. What is written about earlier "
            "attempts stays."
        ),
        "form_submit_text": _("Yes, retry it"),
    },
    question=ngettext_lazy("Retry %(count)d run?", "Retry %(count)d runs?", "count"),
    done=ngettext_lazy(
        "%(count)d run is due again, with all its attempts.",
        "%(count)d runs are due again, with all their attempts.",
        "count",
    ),
    entry=_("Retried."),
)

CANCEL = Move(
    permission="tasks.cancel_taskrun",
    apply=service.cancel,
    statuses=LIVE,
    label=_("Cancel"),
    dialog={
        "title": _("Cancel this run?"),
        "description": _(
            "If it has not started, it never will. If it is running, it is asked to stop, and is "
            "not tried again."
        ),
        "form_submit_text": _("Yes, cancel it"),
    },
    question=ngettext_lazy("Cancel %(count)d run?", "Cancel %(count)d runs?", "count"),
    done=ngettext_lazy(
        "%(count)d run is cancelled, or was asked to stop.",
        "%(count)d runs are cancelled, or were asked to stop.",
        "count",
    ),
    entry=_("Cancelled, or asked to stop."),
)


@dataclass(slots=True)
class Effect:
    """What came of a move."""

    applied: int = 0
    left: int = 0
    """Runs to which it did not apply, in the state they were in."""
    clashing: list[str] = field(default_factory=list)
    """The unique keys that another live run holds."""


def carry_out(
    move: Move, runs: Iterable[TaskRun], *, request: HttpRequest, model_admin: ModelAdmin[TaskRun]
) -> None:
    """Apply `move` to each run, and tell the user to how many it applied.

    One by one: a run that cannot be retried does not hold back the others, each move and its entry
    in the history are one transaction, and no two people's moves wait for each other.
    """
    effect = Effect()
    for run in runs:
        try:
            with transaction.atomic():
                applied = move.apply([run.pk])
                if applied:
                    model_admin.log_change(request, run, str(move.entry))
        except UniqueRunExists:
            effect.clashing.append(run.unique_key or "")
        else:
            effect.applied += applied
            effect.left += 1 - applied
    _tell(request, move, effect)


def _tell(request: HttpRequest, move: Move, effect: Effect) -> None:
    if effect.applied:
        messages.success(request, move.done % {"count": effect.applied})
    if effect.left:
        messages.warning(
            request,
            ngettext(
                "%(count)d run was left as it is: its status does not allow this.",
                "%(count)d runs were left as they are: their status does not allow this.",
                effect.left,
            )
            % {"count": effect.left},
        )
    if effect.clashing:
        messages.error(
            request,
            ngettext(
                "%(count)d run was left as it is: another live run holds its unique key, %(key)s. "
                "Wait for that run's end or cancel it, then retry.",
                "%(count)d runs were left as they are: other live runs hold their unique keys, the "
                "first of them %(key)s. Wait for those runs' end or cancel them, then retry.",
                len(effect.clashing),
            )
            % {"count": len(effect.clashing), "key": effect.clashing[0]},
        )
