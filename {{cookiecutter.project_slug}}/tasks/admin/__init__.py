"""Runs, schedules, workers and alerts in the admin. What people do goes through `tasks.service`."""

from tasks.admin.alerts import AlertAdmin
from tasks.admin.runs import RunAdmin
from tasks.admin.schedules import ScheduleAdmin
from tasks.admin.workers import WorkerAdmin

__all__ = ["AlertAdmin", "RunAdmin", "ScheduleAdmin", "WorkerAdmin"]
