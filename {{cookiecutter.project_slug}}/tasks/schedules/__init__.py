"""Tasks that are enqueued by themselves. `@schedule` above `@task` is all that an app needs."""

from tasks.schedules.declare import schedule
from tasks.schedules.people import run_now, save, switch
from tasks.schedules.rules import Rule, next_tick, next_ticks
from tasks.schedules.sync import sync
from tasks.schedules.ticks import tick_at_start, tick_due_schedules

__all__ = [
    "Rule",
    "next_tick",
    "next_ticks",
    "run_now",
    "save",
    "schedule",
    "switch",
    "sync",
    "tick_at_start",
    "tick_due_schedules",
]
