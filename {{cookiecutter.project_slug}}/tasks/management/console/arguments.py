"""What is typed, read: ids, times, spans, filters. What cannot be read is said in one sentence."""

from __future__ import annotations

import json
import re
import uuid
from argparse import ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.tasks.base import TASK_MAX_PRIORITY, TASK_MIN_PRIORITY
from django.utils import timezone

from tasks.control.matching import Matching
from tasks.models import RunStatus

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
MOST_SECONDS = 90 * UNITS["d"]


def run_id(text: str) -> uuid.UUID:
    """Read the id of a run."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise ArgumentTypeError(
            f"{text!r} is no id of a run: `manage.py tasks list` shows them"
        ) from None


def span(text: str) -> timedelta:
    """Read a length of time such as 15m."""
    match = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", text)
    seconds = int(match[1]) * UNITS[match[2]] if match else 0
    if not 0 < seconds <= MOST_SECONDS:
        raise ArgumentTypeError(f"takes a span such as 15m, 6h or 7d, up to 90d, not {text!r}")
    return timedelta(seconds=seconds)


def moment(text: str) -> datetime:
    """Read a time, or a span that counts back from now."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        try:
            return timezone.now() - span(text)
        except ArgumentTypeError:
            raise ArgumentTypeError(
                f"takes a time such as 2026-01-31T12:00 or a span back such as 2h, not {text!r}"
            ) from None
    return time if time.tzinfo else timezone.make_aware(time)


def status(text: str) -> RunStatus:
    """Read a status."""
    try:
        return RunStatus(text.upper())
    except ValueError:
        raise ArgumentTypeError(
            f"takes one of {', '.join(RunStatus).lower()}, not {text!r}"
        ) from None


def count(text: str) -> int:
    """Read a whole number above 0."""
    if not text.isdecimal() or not 0 < int(text) <= 1_000_000:
        raise ArgumentTypeError(f"takes a whole number from 1 to 1,000,000, not {text!r}")
    return int(text)


def priority(text: str) -> int:
    """Read a whole number that is a task's priority."""
    try:
        number = int(text)
    except ValueError:
        number = TASK_MAX_PRIORITY + 1
    if not TASK_MIN_PRIORITY <= number <= TASK_MAX_PRIORITY:
        bounds = f"{TASK_MIN_PRIORITY} to {TASK_MAX_PRIORITY}"
        raise ArgumentTypeError(f"takes a whole number from {bounds}, not {text!r}")
    return number


def json_of(kind: type) -> Any:
    """Return a reader of a JSON list or object."""
    wanted = "list, such as '[1, \"two\"]'" if kind is list else "object, such as '{\"order\": 7}'"

    def read(text: str) -> Any:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ArgumentTypeError(f"takes a JSON {wanted}: {error}") from None
        if not isinstance(value, kind):
            raise ArgumentTypeError(f"takes a JSON {wanted}, not {text!r}")
        return value

    return read


def add_filter(parser: CommandParser) -> None:
    """Add the options of which a filter is made."""
    parser.add_argument("--status", type=status, action="append", help="with this status")
    parser.add_argument("--task", help="of this task, by its dotted path")
    parser.add_argument("--queue", help="in this queue")
    parser.add_argument("--priority", type=priority, help="of this priority")
    parser.add_argument("--worker", type=run_id, help="held, or held last, by this worker")
    parser.add_argument("--since", type=moment, help="enqueued since this time, or for so long")
    parser.add_argument("--until", type=moment, help="enqueued before this time, or so long ago")
    parser.add_argument("--text", default="", help="whose task or unique key holds this text")


def matching(given: dict[str, Any]) -> Matching:
    """Return the filter."""
    return Matching(
        statuses=tuple(given["status"] or ()),
        task=given["task"],
        queue=given["queue"],
        priority=given["priority"],
        worker=given["worker"],
        since=given["since"],
        until=given["until"],
        text=given["text"],
    )
