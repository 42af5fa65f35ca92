"""The numbers of the task system: `TASKS["default"]["OPTIONS"]`, with a default for each."""

import math
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What may be set. Times are seconds unless the name says otherwise."""

    max_attempts: int = 8
    """Attempts of a task that names no number itself."""
    backoff: float = 1.0
    """Base of the wait before the second attempt; it doubles with every further one."""
    max_backoff: float = 3600.0
    """The longest wait between two attempts."""
    max_crashes: int = 3
    """So many lost workers make a run FAILED, however many attempts it has left."""
    lease: float = 20.0
    """A worker that was silent for so long has lost what it holds."""
    sweep: float = 5.0
    """How often the timer looks for lost workers and due runs."""
    unknown_task_grace: float = 600.0
    """How long a run waits for a worker that knows its task, before it fails."""
    time_limit_grace: float = 5.0
    """A body that ignores its time limit for so much longer ends its whole process."""
    max_argument_bytes: int = 64 * 1024
    """The most JSON that the arguments of one call, or its result, may take."""
    log_lines: int = 200
    """So many lines that one attempt logs are kept."""
    log_characters: int = 2_000
    """The longest of them, and of a traceback below one its last so many."""
    history_days: int = 14
    """How long successful and cancelled runs are kept."""
    failure_days: int = 90
    """How long failed runs are kept."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (is_number and 0 < value < math.inf):
                raise ImproperlyConfigured(
                    f"TASKS OPTIONS: {field.name} must be a number above 0, not {value!r}."
                )

    def kept_for(self, *, failed: bool) -> timedelta:
        """Return how long a run that has ended stays in the table."""
        return timedelta(days=self.failure_days if failed else self.history_days)


@cache
def options() -> Options:
    """Return the options of the default backend.

    Raises `ImproperlyConfigured` when one is unknown or not a positive number.
    """
    backends: dict[str, dict[str, Any]] = settings.TASKS
    given: dict[str, Any] = backends.get("default", {}).get("OPTIONS", {})
    known = {field.name for field in fields(Options)}
    if unknown := sorted(set(given) - known):
        raise ImproperlyConfigured(
            f"TASKS OPTIONS: {', '.join(unknown)} is unknown. "
            f"Known are: {', '.join(sorted(known))}."
        )
    return Options(**given)


@receiver(setting_changed)
def _forget(*, setting: str, **_kwargs: object) -> None:
    if setting == "TASKS":
        options.cache_clear()
