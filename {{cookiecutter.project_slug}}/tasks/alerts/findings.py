"""What a rule found."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST = 50
"""Findings of one rule at one look. What is more is found at the next."""

# The project's own task that sends alerts. No rule looks at it: an alert about an alert that cannot
# be sent cannot be sent either.
SENDER = "tasks.tasks.send_alert"


class Rule(StrEnum):
    """What is worth an alert."""

    # Events: they happen, and are counted.
    FAILED = "failed"
    MISSED = "missed"
    # Conditions: they begin and end.
    WAITING = "waiting"
    NO_WORKER = "no_worker"
    FAILING = "failing"


CONDITIONS = (Rule.WAITING, Rule.NO_WORKER, Rule.FAILING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    rule: Rule
    key: str
    """What it is about; with the rule, one row in the table of alerts."""
    title: str
    body: str
    last_at: datetime
    """When it happened last; of a condition, now."""
    count: int = 1
    """How often it happened since the last look."""
