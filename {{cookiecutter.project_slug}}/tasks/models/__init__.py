"""The tables of the task system."""

from tasks.models.alerts import Alert, Watermark
from tasks.models.forms import SentForm
from tasks.models.gates import Gate, GateKind
from tasks.models.groups import RunGroup
from tasks.models.lines import LogLine
from tasks.models.rollups import Overall, Rollup, Total
from tasks.models.runs import FINAL, LIVE, UNSTARTED, RunStatus, TaskRun
from tasks.models.schedules import CatchUp, Schedule, ScheduleTick, TickStatus
from tasks.models.workers import Wish, Worker, WorkerStatus

__all__ = [
    "FINAL",
    "LIVE",
    "UNSTARTED",
    "Alert",
    "CatchUp",
    "Gate",
    "GateKind",
    "LogLine",
    "Overall",
    "Rollup",
    "RunGroup",
    "RunStatus",
    "Schedule",
    "ScheduleTick",
    "SentForm",
    "TaskRun",
    "TickStatus",
    "Total",
    "Watermark",
    "Wish",
    "Worker",
    "WorkerStatus",
]
