"""Runs, schedules, workers and alerts in the admin. What people do goes through `tasks.service`."""

from tasks.admin.alerts import AlertAdmin
from tasks.admin.audit import AuditAdmin
from tasks.admin.runs import RunAdmin
from tasks.admin.schedules import ScheduleAdmin
from tasks.admin.workers import WorkerAdmin

__all__ = ["AlertAdmin", "AuditAdmin", "RunAdmin", "ScheduleAdmin", "WorkerAdmin"]
