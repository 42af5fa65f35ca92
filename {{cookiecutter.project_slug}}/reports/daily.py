"""The daily report: one mail for each recipient and day, however often it is asked for."""

from datetime import datetime

from django.conf import settings

from emails.outbox import queue_mail
from reports import numbers
from reports.period import period_of
from tasks.failpoints import failpoint


def send_report(at: datetime) -> int:
    """Queue the report that is due at a time, for all `REPORT_RECIPIENTS`; return how many mails.

    The key of each names the day that the report was due. So a report that is late is still that
    day's, and one that is sent again is not sent twice.
    """
    if not settings.REPORT_RECIPIENTS:
        return 0
    period = period_of(at)
    context = {"period": period, "numbers": numbers.count(period)}
    for address in settings.REPORT_RECIPIENTS:
        queue_mail(
            key=f"daily-report:{period.reported_on}:{address}",
            template="daily_report",
            to=address,
            context=context,
        )
    failpoint("daily report: mails queued, not committed")
    return len(settings.REPORT_RECIPIENTS)
