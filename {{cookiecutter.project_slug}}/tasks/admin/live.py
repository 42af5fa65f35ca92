"""How a page refreshes itself: so often, over such a window of time, both kept in its address."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tasks.control.overview import WINDOWS

TARGET = "tasks-live"
EVERY_VAR = "every"
EVERY = (0, 2, 5, 15, 60)
"""Seconds; 0 is never."""
USUAL = 5
WINDOW_LABELS = {"hour": _("Hour"), "day": _("Day"), "week": _("Week")}


@dataclass(frozen=True, slots=True)
class Live:
    """What the address asks for. What makes no sense there is the usual."""

    window: str
    every: int
    is_refresh: bool

    @classmethod
    def of(cls, request: HttpRequest) -> Live:
        """Read it from a request."""
        window, every = request.GET.get("window", ""), request.GET.get(EVERY_VAR, "")
        return cls(
            window=window if window in WINDOWS else next(iter(WINDOWS)),
            every=int(every) if every in map(str, EVERY) else USUAL,
            is_refresh=request.headers.get("HX-Target") == TARGET,
        )

    @property
    def intervals(self) -> list[tuple[int, str]]:
        """What there is to choose from."""
        return [
            (seconds, str(_("%(seconds)d s")) % {"seconds": seconds} if seconds else str(_("Off")))
            for seconds in EVERY
        ]

    @property
    def windows(self) -> list[tuple[str, str, bool]]:
        """Each window, what it is called, and whether it is this one."""
        return [(name, str(WINDOW_LABELS[name]), name == self.window) for name in WINDOWS]
