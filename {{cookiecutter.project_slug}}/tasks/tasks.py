"""What the task system itself does in the background."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model

from tasks.alerts.sending import Message, send
from tasks.context import RunContext
from tasks.control.acts import ACTS, Effect, at_most, count_meant, meant, perform
from tasks.control.matching import Matching
from tasks.task import task


@task(takes_context=True, priority=100, max_attempts=3)
def act_on_matching(
    context: RunContext, act: str, matching: dict[str, Any], most: int, by: str | None
) -> dict[str, int]:
    """Retry, run now, cancel or delete up to `most` runs that match; see `TaskService`.

    Begun again after a crash, it goes on with what still matches.
    """
    which, filter_ = ACTS[act], Matching.of_json(matching)
    user = None if by is None else get_user_model().objects.filter(pk=by).first()
    total = count_meant(which, filter_, most=most)
    effect, seen = Effect(), 0
    for ids in at_most(meant(which, filter_), most):
        context.raise_if_cancelled()
        effect += perform(which, ids, by=user)
        seen += len(ids)
        # More may match by now than when they were counted.
        context.progress(seen, max(seen, total))
    return {
        "applied": effect.applied,
        "left": effect.left,
        "clashing": len(effect.clashing),
    }


# What is an hour old is no alert any more.
@task(priority=90, max_attempts=6, backoff=5.0, max_backoff=300.0, expires_after=3600.0)
def send_alert(channel: str, title: str, body: str, *, is_over: bool = False) -> None:
    """Send an alert to one of the addresses in `ALERT_URLS`.

    When it fails for good, that is logged and nothing more: see `tasks.alerts.findings.SENDER`.
    """
    send(channel, Message(title, body, is_over))
