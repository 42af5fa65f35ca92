"""Spans of time as people say them."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

register = template.Library()

NONE = "–"


@register.filter
def ago(moment: datetime | None) -> str:
    """How long ago a moment was: "now", "12 s ago", "3 min ago", "5 h ago", "2 d ago"."""
    if moment is None:
        return NONE
    seconds = int((timezone.now() - moment).total_seconds())
    if seconds < 1:
        return _("now")
    if seconds < 60:
        return _("%(number)d s ago") % {"number": seconds}
    if seconds < 3600:
        return _("%(number)d min ago") % {"number": seconds // 60}
    if seconds < 86400:
        return _("%(number)d h ago") % {"number": seconds // 3600}
    return _("%(number)d d ago") % {"number": seconds // 86400}


@register.filter
def span(duration: timedelta | None) -> str:
    """How long something took: "38 ms", "1.2 s", "4 min"."""
    if duration is None:
        return NONE
    seconds = max(duration.total_seconds(), 0.0)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"
