"""One row for each thing that is wrong: how often it happened, and whether people know.

Whoever calls these holds the lock of the watermark, and nobody else writes alerts: what is read
here is still so when it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from tasks.alerts.findings import CONDITIONS, MOST, Finding, Rule
from tasks.conf import options
from tasks.models import Alert

CONFIRMED_SECONDS = 10
"""A condition that lasts no longer is not told: a worker is being restarted, a burst is drained."""

TITLE_CHARACTERS = 255


def record_events(findings: Sequence[Finding]) -> None:
    """Count what happened."""
    known = _known(findings)
    alerts = []
    for finding in findings:
        alert = _alert(finding, known.get((finding.rule, finding.key)))
        alert.count += finding.count
        alert.total += finding.count
        alerts.append(alert)
    _save(alerts)


def record_conditions(findings: Sequence[Finding], now: datetime) -> list[Alert]:
    """Note what is so now; return the alerts that were told and are over."""
    known = _known(findings)
    alerts = []
    for finding in findings:
        before = known.get((finding.rule, finding.key))
        alert = _alert(finding, before)
        if before is None or before.over_at is not None:
            # It begins, or begins again.
            alert.first_at, alert.over_at = now, None
            alert.count += 1
            alert.total += 1
        alerts.append(alert)
    _save(alerts)
    return _end(alerts, now)


def due(now: datetime) -> list[Alert]:
    """Return the alerts that people should be told of now."""
    news = ~Q(rule__in=CONDITIONS) & Q(count__gt=0)
    lasting = Q(rule__in=CONDITIONS, over_at__isnull=True) & Q(
        first_at__lte=now - timedelta(seconds=CONFIRMED_SECONDS)
    )
    cooled = now - timedelta(seconds=settings.ALERT_COOLDOWN_SECONDS)
    rested = Q(told_at__isnull=True) | Q(told_at__lte=cooled)
    return list(Alert.objects.filter(news | lasting).filter(rested).order_by("id")[:MOST])


def mark_told(alerts: Iterable[Alert], now: datetime) -> None:
    """Note that people know."""
    ids = [alert.pk for alert in alerts]
    Alert.objects.filter(pk__in=ids).update(told_at=now, count=0)


def forget() -> int:
    """Delete alerts of what has not happened for as long as failed runs are kept; return how many.

    Each has one row whatever happens, so there are few.
    """
    deleted, _ = Alert.objects.filter(last_at__lt=Now() - options().kept_for(failed=True)).delete()
    return deleted


def _known(findings: Iterable[Finding]) -> dict[tuple[str, str], Alert]:
    keys: dict[Rule, list[str]] = {}
    for finding in findings:
        keys.setdefault(finding.rule, []).append(finding.key)
    if not keys:
        return {}
    wanted = Q()
    for rule, named in keys.items():
        wanted |= Q(rule=rule, key__in=named)
    return {(alert.rule, alert.key): alert for alert in Alert.objects.filter(wanted)}


def _alert(finding: Finding, known: Alert | None) -> Alert:
    """Return the alert of a finding, not counted yet and not saved."""
    alert = known or Alert(
        rule=finding.rule, key=finding.key, count=0, total=0, first_at=finding.last_at
    )
    alert.title = finding.title[:TITLE_CHARACTERS]
    alert.body = finding.body
    alert.last_at = finding.last_at
    return alert


def _save(alerts: Sequence[Alert]) -> None:
    Alert.objects.bulk_create([alert for alert in alerts if alert.pk is None])
    Alert.objects.bulk_update(
        [alert for alert in alerts if alert.pk is not None],
        ["title", "body", "count", "total", "first_at", "last_at", "over_at"],
    )


def _end(holding: Iterable[Alert], now: datetime) -> list[Alert]:
    """End the conditions that hold no longer; return those that people were told of."""
    still = {(alert.rule, alert.key) for alert in holding}
    lasting = Alert.objects.filter(rule__in=CONDITIONS, over_at__isnull=True)
    ended = [alert for alert in lasting if (alert.rule, alert.key) not in still]
    if ended:
        Alert.objects.filter(pk__in=[alert.pk for alert in ended]).update(over_at=now)
    return [alert for alert in ended if alert.told_at and alert.told_at >= alert.first_at]
