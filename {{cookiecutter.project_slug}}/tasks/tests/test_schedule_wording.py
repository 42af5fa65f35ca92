"""What a cron expression is in words: what it does, in the reader's language."""

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.errors import InvalidSchedule
from tasks.schedules import cron
from tasks.schedules.wording import in_words

pytestmark = pytest.mark.once

ENGLISH_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@pytest.mark.parametrize(
    ("expression", "english", "german"),
    [
        ("* * * * *", "Every minute", "Jede Minute"),
        ("*/15 * * * *", "Every 15 minutes", "Alle 15 Minuten"),
        ("0 * * * *", "On the hour, every hour", "Zur vollen Stunde, jede Stunde"),
        ("5 * * * *", "At minute 5, every hour", "Zur Minute 5, jede Stunde"),
        ("0 */2 * * *", "On the hour, every 2 hours", "Zur vollen Stunde, alle 2 Stunden"),
        ("30 2 * * *", "At 02:30, every day", "Um 02:30, jeden Tag"),
        ("0 9 * * 1-5", "At 09:00, on Monday to Friday", "Um 09:00, am Montag bis Freitag"),
        ("0 0 * * 0,7", "At 00:00, on Sunday", "Um 00:00, am Sonntag"),
        (
            "*/5 8-17 * * mon,thu",
            "Every 5 minutes, in the hours 8 to 17, on Monday and Thursday",
            "Alle 5 Minuten, in den Stunden 8 bis 17, am Montag und Donnerstag",
        ),
        (
            "1-59/2 3 * * *",
            "At the minutes 1 to 59 in steps of 2, in the hour 3",
            "Zu den Minuten 1 bis 59 in Schritten von 2, in der Stunde 3",
        ),
        ("0 0 1 jan *", "At 00:00, on day 1, in January", "Um 00:00, am Tag 1, im Januar"),
        (
            "0 0 L * *",
            "At 00:00, on the last day of the month",
            "Um 00:00, am letzten Tag des Monats",
        ),
        (
            "0 0 LW * *",
            "At 00:00, on the last working day of the month",
            "Um 00:00, am letzten Werktag des Monats",
        ),
        (
            "0 0 * * 5#2,1L",
            "At 00:00, on the last Monday of the month and on the second Friday of the month",
            "Um 00:00, am letzten Montag des Monats und am zweiten Freitag des Monats",
        ),
        # Two plain fields of days add up; one that begins with a star narrows the other.
        ("0 0 13 * 5", "At 00:00, on day 13 or on Friday", "Um 00:00, am Tag 13 oder am Freitag"),
        (
            "0 0 */2 * 1",
            "At 00:00, on the days 1 to 31 in steps of 2, but only on Monday",
            "Um 00:00, an den Tagen 1 bis 31 in Schritten von 2, aber nur am Montag",
        ),
        ("0 0 1-31 * 1", "At 00:00, every day", "Um 00:00, jeden Tag"),
    ],
)
def test_it_says_what_happens(expression: str, english: str, german: str) -> None:
    cron.check(expression)

    with translation.override("en"):
        assert in_words(expression) == english
    with translation.override("de"):
        assert in_words(expression) == german


def field(first: int, last: int, *names: str) -> st.SearchStrategy[str]:
    """Return fields of cron, most of which make sense."""
    number = st.integers(first, last).map(str)
    span = st.tuples(st.integers(first, last), st.integers(first, last)).map(
        lambda ends: f"{min(ends)}-{max(ends)}"
    )
    plain = st.one_of(st.just("*"), number, span, st.sampled_from([str(last), *names]))
    stepped = st.builds("{}/{}".format, plain, st.integers(1, 40))
    return st.lists(st.one_of(plain, stepped), min_size=1, max_size=3).map(",".join)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(
    st.tuples(
        field(0, 59),
        field(0, 23),
        field(1, 31, "L", "LW"),
        field(1, 12, "JAN", "dec"),
        field(0, 7, "sun", "FRI", "0L", "7#1", "mon#5", "5L"),
    ).map(" ".join)
)
def test_whatever_is_accepted_is_told(expression: str) -> None:
    try:
        cron.check(expression)
    except InvalidSchedule:
        return

    with translation.override("de"):
        said = in_words(expression)

    assert said
    assert "%" not in said
    assert not any(name in said for name in ENGLISH_NAMES)
