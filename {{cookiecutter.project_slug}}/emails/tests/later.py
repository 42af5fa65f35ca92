"""Lets time pass in a test."""

from django.db.models.functions import Now

from tasks.models import RunStatus, TaskRun
from tasks.testing import run_due


def run_again() -> list[TaskRun]:
    """Let pass the time until the next attempt of what has failed, and make it."""
    TaskRun.objects.filter(status=RunStatus.SCHEDULED).update(run_at=Now())
    return run_due()
