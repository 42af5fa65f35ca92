"""The numbers at the top of the dashboard, each beside what it was in the window before."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from tasks.admin.words import NOTHING, length, number, percent
from tasks.control.overview import Overview
from tasks.statistics.histogram import Percentiles


@dataclass(frozen=True, slots=True)
class Card:
    """One number."""

    label: str
    value: str
    note: str = ""
    tone: str = ""
    """`good`, `late` or `bad`: the colour of the number."""


def cards(found: Overview) -> list[Card]:
    """Return what ended, and what waits."""
    flow, depth = found.total.flow, found.total.depth
    processed = flow.successful + flow.failed
    before = found.before.successful + found.before.failed
    rate_before = found.before.failed / before if before else None
    return [
        Card(_("Processed"), number(processed), _change(processed, before)),
        Card(
            _("Failure rate"),
            percent(flow.failure_rate),
            _("before: %(rate)s") % {"rate": percent(rate_before)},
            "bad" if flow.failed else "",
        ),
        Card(
            _("Waiting"),
            number(depth.ready + depth.waiting),
            _("the oldest for %(length)s") % {"length": length(depth.oldest_ready)}
            if depth.oldest_ready is not None
            else _("nothing is due"),
        ),
        Card(_("Scheduled"), number(depth.scheduled), _("not due yet")),
        Card(_("Wait, p50 / p95"), *_pair(flow.wait, _("from due to started"))),
        Card(_("Run, p50 / p95"), *_pair(flow.duration, _("from started to ended"))),
    ]


def _pair(found: Percentiles, note: str) -> tuple[str, str]:
    if found.p50 is None:
        return NOTHING, note
    return f"{length(found.p50)} / {length(found.p95)}", note


def _change(now: int, before: int) -> str:
    """Say how a count differs from the one before it."""
    if not before:
        return _("none in the window before")
    change = (now - before) / before
    if abs(change) < 0.005:
        return _("as many as before")
    sign = "+" if change > 0 else "−"
    return _("%(sign)s%(percent)d %% (before: %(before)s)") % {
        "sign": sign,
        "percent": round(abs(change) * 100),
        "before": number(before),
    }
