"""Why something did not happen, as rows keep it: in English, and told in the reader's language.

Rows are written by workers and timers, which have no reader.
"""

import re
from functools import cache

from django.utils.translation import gettext, gettext_noop

BY_HAND = gettext_noop("Run by hand.")
AT_START = gettext_noop("When a timer started.")
HELD_KEY = gettext_noop("Another live run holds its unique key.")
NO_TIMER = gettext_noop("No timer was there from %(since)s until %(until)s UTC.")
AT_LEAST = gettext_noop("At least %(count)s ticks.")
EXPIRED = gettext_noop("It had not started by the time it expired.")
MEMBERS_FAILED = gettext_noop("%(failed)s of %(total)s members failed")
GROUP_LOST = gettext_noop("What its group waited for failed")
# A statement of SQL writes these two.
STEP_FAILED = gettext_noop("Step %(name)s failed")
STEP_CANCELLED = gettext_noop("Step %(name)s was cancelled")

KNOWN = (
    BY_HAND,
    AT_START,
    HELD_KEY,
    NO_TIMER,
    AT_LEAST,
    EXPIRED,
    MEMBERS_FAILED,
    GROUP_LOST,
    STEP_FAILED,
    STEP_CANCELLED,
)


def told(reason: str) -> str:
    """Return a reason, which may be several of these, for its reader; others stay as they are."""
    for template, pattern in _patterns().items():
        if found := pattern.search(reason):
            text = gettext(template) % found.groupdict() if found.groups() else gettext(template)
            reason = reason[: found.start()] + text + reason[found.end() :]
    return reason


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    place = re.compile(r"%\\\((\w+)\\\)s")
    value = r"(?P<\1>\\S+(?: \\S+)??)"
    return {each: re.compile(place.sub(value, re.escape(each))) for each in KNOWN}
