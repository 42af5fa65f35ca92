"""Spans of time as people say them."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone

register = template.Library()

UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


@register.filter
def ago(moment: datetime | None) -> str:
    """How long ago a moment was: "just now", "12 s ago", "3 min ago"."""
    if moment is None:
        return "–"
    seconds = int((timezone.now() - moment).total_seconds())
    if seconds < 1:
        return "just now"
    for size, unit in UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


@register.filter
def span(duration: timedelta | None) -> str:
    """How long something took: "38 ms", "1.2 s", "4 min"."""
    if duration is None:
        return "–"
    seconds = max(duration.total_seconds(), 0.0)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"
