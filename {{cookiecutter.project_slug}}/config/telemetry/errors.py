"""Errors told to Sentry: with the run and the request they belong to, and without arguments."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, override

import sentry_sdk
from sentry_sdk.integrations.logging import ignore_logger

from config.logs import secrets
from tasks.around import Surroundings, surround
from tasks.masks import MASK, hide
from tasks.origin import log_context

if TYPE_CHECKING:
    from sentry_sdk.types import Breadcrumb, Event, Hint

    from tasks.worker.executing import Execution

CLOSE_SECONDS = 2.0


def start(dsn: str) -> None:
    """Report what is logged as an error, such as a run that failed for good."""
    # It says of each failed run what the task system has said, without the exception.
    ignore_logger("django.tasks")
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        # The local variables of a body hold its arguments, and the body of a request passwords.
        include_local_variables=False,
        max_request_body_size="never",
        before_send=scrub,
        before_breadcrumb=scrub_breadcrumb,
    )
    surround(Scopes())


class Scopes(Surroundings):
    """Each attempt has a scope of its own, so that no event tells what other runs did before."""

    @override
    @contextmanager
    def attempt(self, execution: Execution) -> Iterator[None]:
        """All that is reported within is tagged with the run."""
        with sentry_sdk.isolation_scope() as scope:
            scope.clear_breadcrumbs()
            scope.set_transaction_name(execution.claimed.name, source="task")
            yield

    @override
    def close(self) -> None:
        """Send what still waits."""
        sentry_sdk.flush(CLOSE_SECONDS)


def scrub(event: Event, _hint: Hint) -> Event:
    """Say which run or request it was, and mask what is sensitive."""
    tags = {name: str(value) for name, value in log_context().items()}
    event["tags"] = {**dict(event.get("tags") or {}), **tags}
    scrubbed: Event = masked(event, secrets())
    return scrubbed


def scrub_breadcrumb(crumb: Breadcrumb, _hint: Hint) -> Breadcrumb:
    """Mask what is sensitive in what was logged before."""
    scrubbed: Breadcrumb = masked(crumb, secrets())
    return scrubbed


def masked(value: Any, hidden: Collection[str]) -> Any:
    """Return a JSON value with masks in the place of secrets."""
    if not hidden:
        return value
    match value:
        case str():
            return hide(value, hidden)
        case dict():
            return {key: masked(item, hidden) for key, item in value.items()}
        case list() | tuple():
            return [masked(item, hidden) for item in value]
        case bool() | None:
            return value
        case int() | float():
            return MASK if str(value) in hidden else value
    return value
