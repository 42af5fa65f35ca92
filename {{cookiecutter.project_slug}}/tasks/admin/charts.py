"""What the charts of a page draw: how many ended, and how long they waited and ran, over time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from tasks.statistics.timeline import Bucket


def series(since: datetime, step: timedelta, buckets: Iterable[Bucket]) -> str:
    """Return it as JSON that may stand within a page."""
    shown = tuple(buckets)
    values = {
        "since": int(since.timestamp()),
        "step": int(step.total_seconds()),
        "zone": timezone.get_current_timezone_name(),
        "ok": [bucket.successful for bucket in shown],
        "failed": [bucket.failed for bucket in shown],
        "run50": [_seconds(bucket.duration.p50) for bucket in shown],
        "run95": [_seconds(bucket.duration.p95) for bucket in shown],
        "wait50": [_seconds(bucket.wait.p50) for bucket in shown],
        "wait95": [_seconds(bucket.wait.p95) for bucket in shown],
    }
    return json.dumps(values, separators=(",", ":")).replace("<", "\\u003c")


def _seconds(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")
