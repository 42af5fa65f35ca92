"""What is done once a day: the report, and the backup."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from reports import backups, daily
from tasks.context import RunContext
from tasks.schedules import schedule
from tasks.task import task


# A morning without a timer is caught up with: each report is about its own day.
@schedule("0 9 * * 1-5", timezone=settings.TIME_ZONE, catch_up="all", grace=timedelta(days=3))
@task(queue_name="reports", takes_context=True, atomic=True, manual=True)
def send_daily_report(context: RunContext) -> int:
    """Queue the report of the day for which this was scheduled; return how many mails."""
    # Run by hand it has no tick, and its retries still are about the day it was asked for.
    due = context.scheduled_at or context.task_result.enqueued_at or timezone.now()
    return daily.send_report(due)


@task(
    queue_name="maintenance",
    takes_context=True,
    unique=True,
    max_attempts=3,
    backoff=300.0,
    time_limit=6 * 3600.0,
    manual=True,
)
def back_up(context: RunContext) -> str:
    """Back up the database; return the name of the backup."""
    return backups.back_up(between=context.raise_if_cancelled)


# Where it is switched off there is no such schedule: nothing can be missed.
if settings.BACKUPS:
    schedule("0 2 * * *", timezone=settings.TIME_ZONE, grace=timedelta(hours=20))(back_up)
