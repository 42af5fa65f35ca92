"""How long is left, as people say it."""

from datetime import timedelta

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def span(duration: timedelta) -> str:
    """A length of time: "40 s", "3 min", "2 h"."""
    seconds = int(duration.total_seconds())
    if seconds < 60:
        return _("%(number)d s") % {"number": seconds}
    if seconds < 3600:
        return _("%(number)d min") % {"number": seconds // 60}
    return _("%(number)d h") % {"number": seconds // 3600}
