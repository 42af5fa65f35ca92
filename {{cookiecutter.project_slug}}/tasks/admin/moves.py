"""What a person may do to runs: asked first, and allowed by a permission."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy
from unfold.dataclasses import ActionDialog
from unfold.enums import ActionVariant

from tasks.control import acts
from tasks.control.acts import Effect
from tasks.errors import ArgumentsDoNotFit, UniqueRunExists, UnknownRun, UnknownTask
from tasks.masks import MASK
from tasks.models import LIVE, RunStatus, TaskRun
from tasks.permissions import CANCEL_RUNS, DELETE_RUNS, RETRY_RUNS, VIEW_ARGUMENTS
from tasks.service import Bulk, service

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One thing that people do to runs."""

    permission: str
    """The permission for it."""
    apply: Callable[..., Effect]
    """To those named."""
    apply_to_all: Callable[..., Bulk]
    """To all that match."""
    act: acts.Act
    statuses: tuple[str, ...]
    """Where it is offered. Whether it applies, the ledger says."""
    label: StrOrPromise
    variant: ActionVariant
    """How its buttons look."""
    dialog: ActionDialog
    question: Any
    """Of several runs; takes `count`."""
    done: Any
    """What to say afterwards; takes `count`."""
    begun: StrOrPromise
    """What to say once it goes on in the background."""

    def is_offered(self, run: TaskRun) -> bool:
        """Whether it makes sense for a run as it is now."""
        asked_already = run.status == RunStatus.RUNNING and run.cancel_requested
        return run.status in self.statuses and not asked_already


RETRY = Move(
    permission=RETRY_RUNS,
    apply=service.retry,
    apply_to_all=service.retry_all,
    act=acts.RETRY,
    statuses=(RunStatus.FAILED, RunStatus.CANCELLED),
    label=_("Retry"),
    variant=ActionVariant.PRIMARY,
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
    begun=_("They are being retried in the background. This page follows it."),
)

PROMOTE = Move(
    permission=RETRY_RUNS,
    apply=service.promote,
    apply_to_all=service.promote_all,
    act=acts.PROMOTE,
    statuses=(RunStatus.SCHEDULED,),
    label=_("Run now"),
    variant=ActionVariant.PRIMARY,
    dialog={
        "title": _("Run this now?"),
        "description": _(
            "It is due at once instead of at its time. Its attempts stay as they are; a queue or "
            "task that is paused holds it all the same."
        ),
        "form_submit_text": _("Yes, run it now"),
    },
    question=ngettext_lazy("Start %(count)d run now?", "Start %(count)d runs now?", "count"),
    done=ngettext_lazy("%(count)d run is due now.", "%(count)d runs are due now.", "count"),
    begun=_("They are becoming due in the background. This page follows it."),
)

CANCEL = Move(
    permission=CANCEL_RUNS,
    apply=service.cancel,
    apply_to_all=service.cancel_all,
    act=acts.CANCEL,
    statuses=LIVE,
    label=_("Cancel"),
    variant=ActionVariant.DANGER,
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
    begun=_("They are being cancelled in the background. This page follows it."),
)

DELETE = Move(
    permission=DELETE_RUNS,
    apply=service.delete,
    apply_to_all=service.delete_all,
    act=acts.DELETE,
    statuses=(RunStatus.FAILED, RunStatus.CANCELLED),
    label=_("Delete"),
    variant=ActionVariant.DANGER,
    dialog={
        "title": _("Delete this run?"),
        "description": _("It is gone for good, with all that is known of its attempts."),
        "form_submit_text": _("Yes, delete it"),
    },
    question=ngettext_lazy("Delete %(count)d run?", "Delete %(count)d runs?", "count"),
    done=ngettext_lazy("%(count)d run is deleted.", "%(count)d runs are deleted.", "count"),
    begun=_("They are being deleted in the background. This page follows it."),
)

MOVES = {move.act.name: move for move in (RETRY, PROMOTE, CANCEL, DELETE)}


def carry_out(move: Move, runs: Iterable[TaskRun], *, request: HttpRequest) -> None:
    """Apply `move` to each run, and tell the user to how many it applied."""
    user = cast("AbstractBaseUser", request.user)
    _tell(request, move, move.apply([run.pk for run in runs], by=user))


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
        # A key is made of arguments.
        key = effect.clashing[0] if request.user.has_perm(VIEW_ARGUMENTS) else MASK
        messages.error(
            request,
            ngettext(
                "%(count)d run was left as it is: another live run holds its unique key, %(key)s. "
                "Wait for that run's end or cancel it, then retry.",
                "%(count)d runs were left as they are: other live runs hold their unique keys, the "
                "first of them %(key)s. Wait for those runs' end or cancel them, then retry.",
                len(effect.clashing),
            )
            % {"count": len(effect.clashing), "key": key},
        )


AGAIN: ActionDialog = {
    "title": _("Run this once more, as a new run?"),
    "description": _(
        "The new run gets the same task, queue, priority and arguments, and is due at once. This "
        "one stays as it is."
    ),
    "form_submit_text": _("Yes, run it once more"),
}


def run_again(run: TaskRun, *, request: HttpRequest) -> uuid.UUID | None:
    """Enqueue a run like that one, and tell the user; return its id, or `None` if it cannot be."""
    try:
        new = service.enqueue_again(run.pk, by=cast("AbstractBaseUser", request.user))
    except (ArgumentsDoNotFit, UniqueRunExists, UnknownRun, UnknownTask) as error:
        messages.error(request, str(error))
        return None
    messages.success(request, _("This is the new run."))
    return new
