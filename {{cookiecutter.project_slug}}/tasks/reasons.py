"""What rows keep that this project says itself: in English, and told in the reader's language.

Rows are written by workers and timers, which have no reader. What others say, such as the
exceptions of a body, is theirs and stays as it is.
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

# What an attempt ended with, where no body said so.
WORKER_LOST = gettext_noop("worker lost: %(reason)s")
SILENT = gettext_noop("Its worker was silent for longer than its lease.")
PROCESS_ENDED = gettext_noop("Its worker process ended with %(cause)s.")
BEYOND_REACH = gettext_noop(
    "It ran past its time limit and could not be interrupted: its process was ended."
)
TOO_LONG = gettext_noop("The body ran for longer than its time limit of %(limit)s seconds.")
ASKED_TO_STOP = gettext_noop("The run was asked to stop.")
GIVEN_AWAY = gettext_noop("The run was given to another worker: this attempt is over.")
NOBODY_DECLARES = gettext_noop(
    "No installed app declares the task %(name)s. "
    "Is its module named `tasks` and its app in INSTALLED_APPS?"
)

# What alerts say.
FAILED_WITH = gettext_noop("%(task)s failed: %(error)s")
NOBODY_KNOWS = gettext_noop("nobody knows why")
MISSED = gettext_noop("Schedule %(name)s was missed")
WAITS = gettext_noop("Runs in queue %(queue)s wait for longer than %(limit)s s")
READY_SINCE = gettext_noop("The first has been ready since %(since)s UTC.")
NO_WORKER = gettext_noop("No worker takes from queue %(queue)s")
NO_SIGN = gettext_noop("Runs are ready, and no worker of it gave a sign of life for %(limit)s s.")
MOST_FAIL = gettext_noop("%(percent)s %% of the runs of %(task)s fail")
SO_MANY_FAILED = gettext_noop("%(bad)s of %(ended)s in the last %(minutes)s minutes.")

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
OF_ATTEMPTS = (
    SILENT,
    PROCESS_ENDED,
    BEYOND_REACH,
    WORKER_LOST,
    TOO_LONG,
    ASKED_TO_STOP,
    GIVEN_AWAY,
    NOBODY_DECLARES,
)
# What people did, in the history of the object.
AGAIN = gettext_noop("Run once more, as %(id)s.")
AS_ANOTHER = gettext_noop("Enqueued again, as %(id)s was.")
AT_MOST = gettext_noop("At most %(most)s at once.")
DEEDS = (
    AGAIN,
    AS_ANOTHER,
    AT_MOST,
    BY_HAND,
    gettext_noop("Asked to be quiet."),
    gettext_noop("Asked to stop."),
    gettext_noop("Asked to work again."),
    gettext_noop("Cancelled, or asked to stop."),
    gettext_noop("Deleted."),
    gettext_noop("Enqueued by hand."),
    gettext_noop("No limit."),
    gettext_noop("Paused."),
    gettext_noop("Resumed."),
    gettext_noop("Retried."),
    gettext_noop("Revoked."),
    gettext_noop("Run before it was due."),
    gettext_noop("Saved."),
)
TITLES = (NOBODY_KNOWS, FAILED_WITH, MISSED, WAITS, NO_WORKER, MOST_FAIL)
TEXTS = (NO_TIMER, AT_LEAST, READY_SINCE, NO_SIGN, SO_MANY_FAILED, *OF_ATTEMPTS)
OURS = "tasks.errors."
"""Where the exceptions are whose words are our own."""


def told(reason: str, known: tuple[str, ...] = KNOWN) -> str:
    """Return a reason, which may be several of these, for its reader; others stay as they are."""
    for template, pattern in _patterns(known).items():
        if found := pattern.search(reason):
            text = gettext(template) % found.groupdict()
            reason = reason[: found.start()] + text + reason[found.end() :]
    return reason


def told_of_attempt(error: str, message: str) -> str:
    """Return what a failed attempt says, when the class at the path `error` is one of ours."""
    return told(message, OF_ATTEMPTS) if error.startswith(OURS) else message


def told_of_deed(entry: str) -> str:
    """Return what an entry of the history says was done, where that is one of ours."""
    for template, pattern in _patterns(DEEDS).items():
        if found := pattern.fullmatch(entry):
            return gettext(template) % found.groupdict()
    return entry


def deeds_told_with(text: str) -> list[str]:
    """Return the deeds in whose words, for this reader, a text stands."""
    return [deed for deed in DEEDS if text.casefold() in gettext(deed).casefold()]


@cache
def _patterns(known: tuple[str, ...]) -> dict[str, re.Pattern[str]]:
    place = re.compile(r"%\\\((\w+)\\\)s")
    value = r"(?P<\1>\\S+(?: \\S+)??)"
    return {
        each: re.compile(place.sub(value, re.escape(each).replace("%%", "%"))) for each in known
    }
