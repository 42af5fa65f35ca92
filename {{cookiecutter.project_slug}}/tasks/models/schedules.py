"""When tasks are enqueued by themselves, and what became of each tick."""

import json
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class CatchUp(models.TextChoices):
    """What happens to ticks that no timer was there for."""

    # They are recorded as missed.
    NONE = "none", _("None")
    # The newest within the grace runs late; the others are recorded as missed.
    ONE = "one", _("The newest")
    # Every one within the grace runs late.
    ALL = "all", _("All")


class Schedule(models.Model):
    """A task, its arguments, and either a cron expression or an interval."""

    name = models.CharField(_("name"), max_length=150, unique=True)
    task = models.CharField(_("task"), max_length=255)
    arguments = models.TextField(_("arguments"), default='{"args":[],"kwargs":{}}')
    cron = models.CharField(_("cron"), max_length=100, blank=True)
    every_seconds = models.PositiveIntegerField(
        _("every so many seconds"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    catch_up = models.CharField(_("catch up"), max_length=4, choices=CatchUp, default=CatchUp.ONE)
    grace_seconds = models.PositiveIntegerField(_("grace in seconds"), default=3600)
    run_at_start = models.BooleanField(_("also when a timer starts"), default=False)
    enabled = models.BooleanField(_("on"), default=True)
    # Declared beside its task: the code says what it is, people only whether it is on.
    from_code = models.BooleanField(_("from code"), default=False, editable=False)
    next_at = models.DateTimeField(_("next"), null=True, blank=True, editable=False)
    last_at = models.DateTimeField(_("last"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        permissions = [
            ("switch_schedule", _("Can switch schedules on and off")),
            ("run_schedule", _("Can run schedules now")),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], name="tasks_schedule_due", condition=models.Q(enabled=True)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="tasks_schedule_cron_or_interval",
                condition=models.Q(cron="", every_seconds__gte=1)
                | (~models.Q(cron="") & models.Q(every_seconds__isnull=True)),
                violation_error_message=_("Give either a cron expression or an interval."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def args(self) -> list[Any]:
        """The positional arguments of every run."""
        arguments: dict[str, list[Any]] = json.loads(self.arguments)
        return arguments["args"]

    @property
    def kwargs(self) -> dict[str, Any]:
        """The keyword arguments of every run."""
        arguments: dict[str, dict[str, Any]] = json.loads(self.arguments)
        return arguments["kwargs"]


class TickStatus(models.TextChoices):
    """What became of a tick."""

    # Its run was inserted in the same transaction.
    ENQUEUED = "ENQUEUED", _("Enqueued")
    # It has no run; the reason says why.
    MISSED = "MISSED", _("Missed")


class ScheduleTick(models.Model):
    """One time at which a schedule was due. Unique, so that a tick has one run at most."""

    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, related_name="ticks", verbose_name=_("schedule")
    )
    tick = models.DateTimeField(_("tick"))
    status = models.CharField(_("status"), max_length=8, choices=TickStatus)
    run_id = models.UUIDField(_("run"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True, default="")
    # A long outage is one row: this tick and so many in all, from this one on.
    count = models.PositiveIntegerField(_("ticks"), default=1)
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now())

    class Meta:
        verbose_name = _("tick")
        verbose_name_plural = _("ticks")
        indexes = [
            models.Index(fields=["recorded_at"], name="tasks_tick_recorded"),
            models.Index(
                fields=["run_id"],
                name="tasks_tick_run",
                condition=models.Q(run_id__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "tick"], name="tasks_tick_once"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.tick.isoformat()}"
