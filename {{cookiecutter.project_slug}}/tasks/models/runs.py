"""One row a run: the record."""

import json
from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tasks.context import Progress
from tasks.ids import uuid7


class RunStatus(models.TextChoices):
    """Where a run is. The legal moves between them are the functions of `tasks.ledger`."""

    # Not due yet. Apart from READY, so that deferred runs never sit in the index that claims read.
    SCHEDULED = "SCHEDULED", _("Scheduled")
    # Its predecessor has not succeeded yet.
    WAITING = "WAITING", _("Waiting")
    # Due: the next free worker takes it.
    READY = "READY", _("Ready")
    # A worker holds it for as long as that worker's lease lasts.
    RUNNING = "RUNNING", _("Running")
    # Its body returned. Final.
    SUCCESSFUL = "SUCCESSFUL", _("Successful")
    # Its attempts are used up, or it was given up on. Final until a person retries it.
    FAILED = "FAILED", _("Failed")
    # Somebody stopped it. Final until a person retries it.
    CANCELLED = "CANCELLED", _("Cancelled")


LIVE = (RunStatus.SCHEDULED, RunStatus.WAITING, RunStatus.READY, RunStatus.RUNNING)
UNSTARTED = (RunStatus.SCHEDULED, RunStatus.WAITING, RunStatus.READY)
FINAL = (RunStatus.SUCCESSFUL, RunStatus.FAILED, RunStatus.CANCELLED)


class TaskRun(models.Model):
    """One run of a task: the record. An engine only carries its id, to wake a worker early."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("task"), max_length=255)
    queue = models.CharField(_("queue"), max_length=64, default="default")
    priority = models.SmallIntegerField(_("priority"), default=0)
    status = models.CharField(
        _("status"), max_length=10, choices=RunStatus, default=RunStatus.READY
    )
    # Its task is limited or paused: it is claimed through gates only (`tasks.ledger.gates`).
    gated = models.BooleanField(_("gated"), default=False, db_default=False)
    # Threads and the event loop have room apart: each claims what it can run.
    is_async = models.BooleanField(_("coroutine"), default=False, db_default=False)
    # JSON, but stored as text: `jsonb` refuses NUL, turns 1e16 into an integer and costs a parse.
    arguments = models.TextField(_("arguments"), default='{"args":[],"kwargs":{}}')
    unique_key = models.CharField(  # noqa: DJ001 - NULL is "no key": it is left out of the index
        _("unique key"), max_length=255, null=True, blank=True
    )
    # What travels with the run beside its arguments, as JSON: the tick of its schedule, for one.
    headers = models.TextField(_("headers"), null=True, blank=True)  # noqa: DJ001
    run_at = models.DateTimeField(_("due"), db_default=Now())
    # A run that has not started by then is cancelled.
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    enqueued_at = models.DateTimeField(_("enqueued"), db_default=Now())
    started_at = models.DateTimeField(_("first started"), null=True, blank=True)
    attempted_at = models.DateTimeField(_("last started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # Claims so far. Only grows; with the id it is the fencing token that every later write names.
    attempt = models.IntegerField(_("attempt"), default=0, db_default=0)
    # Attempts charged against `max_attempts`: what was handed back unstarted is refunded, a retry
    # by a person begins anew.
    spent = models.SmallIntegerField(_("attempts spent"), default=0, db_default=0)
    crashes = models.SmallIntegerField(_("crashes"), default=0, db_default=0)
    max_attempts = models.SmallIntegerField(_("most attempts"), default=1)
    # Not a foreign key: a busy history must never slow down a worker's coming and going.
    worker_id = models.UUIDField(_("worker"), null=True, blank=True)
    cancel_requested = models.BooleanField(_("asked to stop"), default=False, db_default=False)
    # Why it was cancelled, when nobody asked: it expired, or what it waited for failed.
    reason = models.CharField(_("reason"), max_length=255, blank=True, default="", db_default="")
    return_value = models.TextField(_("result"), null=True, blank=True)  # noqa: DJ001
    errors = models.TextField(_("failed attempts"), default="[]", db_default="[]")
    # Equal for runs that failed in the same way at the same place.
    fingerprint = models.CharField(  # noqa: DJ001 - NULL has no place in the index
        _("kind of failure"), max_length=16, null=True, blank=True
    )
    # What the body stored with `context.checkpoint()`, and how far it says it is: JSON.
    state = models.TextField(_("checkpoint"), null=True, blank=True)  # noqa: DJ001
    progress = models.TextField(_("progress"), null=True, blank=True)  # noqa: DJ001
    # No foreign keys: a workflow of ten thousand runs is inserted and pruned in bulk.
    workflow_id = models.UUIDField(_("workflow"), null=True, blank=True)
    group_id = models.UUIDField(_("group"), null=True, blank=True)
    position = models.IntegerField(_("place in its group"), null=True, blank=True)
    # WAITING until this run has succeeded, or this group has ended.
    after_run_id = models.UUIDField(_("waits for run"), null=True, blank=True)
    after_group_id = models.UUIDField(_("waits for group"), null=True, blank=True)
    # What it waits for is still to become its first argument.
    takes_result = models.BooleanField(_("takes the result"), default=False, db_default=False)
    # It runs even when members of the group that it waits for have failed.
    regardless = models.BooleanField(_("whatever happened"), default=False, db_default=False)
    # Other runs wait for this one.
    leads = models.BooleanField(_("others wait for it"), default=False, db_default=False)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        permissions = [
            ("view_arguments", _("Can view arguments, results and tracebacks of runs")),
            ("retry_taskrun", _("Can retry runs")),
            ("cancel_taskrun", _("Can cancel runs")),
            ("enqueue_taskrun", _("Can run tasks now")),
        ]
        indexes = [
            # What a claim reads, in the order in which it takes.
            models.Index(
                models.F("queue"),
                models.F("is_async"),
                models.F("priority").desc(),
                models.F("run_at"),
                models.F("id"),
                name="tasks_run_ready",
                condition=models.Q(status="READY", gated=False),
            ),
            models.Index(
                models.F("queue"),
                models.F("name"),
                models.F("is_async"),
                models.F("priority").desc(),
                models.F("run_at"),
                models.F("id"),
                name="tasks_run_gated",
                condition=models.Q(status="READY", gated=True),
            ),
            models.Index(
                fields=["expires_at"],
                name="tasks_run_expires",
                condition=models.Q(
                    status__in=["SCHEDULED", "WAITING", "READY"], expires_at__isnull=False
                ),
            ),
            # With the queue: what is deferred is counted by it.
            models.Index(
                fields=["run_at", "queue"],
                name="tasks_run_due",
                condition=models.Q(status="SCHEDULED"),
            ),
            models.Index(
                fields=["queue"], name="tasks_run_waiting", condition=models.Q(status="WAITING")
            ),
            models.Index(
                fields=["worker_id"], name="tasks_run_held", condition=models.Q(status="RUNNING")
            ),
            # Those that may be why workers died: few, and looked for once a second.
            models.Index(
                fields=["crashes"],
                name="tasks_run_suspect",
                condition=models.Q(status="READY", crashes__gt=0),
            ),
            # By its time, not its status: SQLite cannot tell that statuses which are bound to a
            # statement are those of an index.
            models.Index(
                fields=["finished_at"],
                name="tasks_run_finished",
                condition=models.Q(finished_at__isnull=False),
            ),
            # What people list by their status, newest first. Not what is ready, runs or succeeded:
            # it would cost every run, and few run, claims have an index of what is ready, and what
            # succeeded is nearly everything. One each: with the status as its first column SQLite
            # takes it for whatever names a status, and sorts by hand what another has in order.
            *(
                models.Index(
                    fields=["id"],
                    name=f"tasks_run_list_{status.lower()}",
                    condition=models.Q(status=status),
                )
                for status in ("SCHEDULED", "WAITING", "FAILED", "CANCELLED")
            ),
            # With the id: those of one kind are sorted by it.
            models.Index(
                fields=["fingerprint", "finished_at", "id"],
                name="tasks_run_failed",
                condition=models.Q(status="FAILED"),
            ),
            # What has failed lately: the alerts look every few seconds.
            models.Index(
                fields=["finished_at"],
                name="tasks_run_failed_at",
                condition=models.Q(status="FAILED"),
            ),
            # What has failed, counted and listed by queue and task.
            models.Index(
                fields=["queue", "name", "finished_at"],
                name="tasks_run_failures",
                condition=models.Q(status="FAILED"),
            ),
            models.Index(
                fields=["after_run_id"],
                name="tasks_run_after_run",
                condition=models.Q(status="WAITING", after_run_id__isnull=False),
            ),
            models.Index(
                fields=["after_group_id"],
                name="tasks_run_after_group",
                condition=models.Q(after_group_id__isnull=False),
            ),
            models.Index(
                fields=["workflow_id", "status"],
                name="tasks_run_workflow",
                condition=models.Q(workflow_id__isnull=False),
            ),
            # All members in order, and those that a group still waits for.
            models.Index(
                fields=["group_id", "position"],
                name="tasks_run_member",
                condition=models.Q(group_id__isnull=False),
            ),
            models.Index(
                fields=["group_id", "position"],
                name="tasks_run_member_live",
                condition=models.Q(
                    group_id__isnull=False,
                    status__in=["SCHEDULED", "WAITING", "READY", "RUNNING"],
                ),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unique_key"],
                name="tasks_run_unique_live",
                condition=models.Q(
                    unique_key__isnull=False,
                    status__in=["SCHEDULED", "WAITING", "READY", "RUNNING"],
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"

    @property
    def args(self) -> list[Any]:
        """The positional arguments of the call."""
        arguments: dict[str, list[Any]] = json.loads(self.arguments)
        return arguments["args"]

    @property
    def kwargs(self) -> dict[str, Any]:
        """The keyword arguments of the call."""
        arguments: dict[str, dict[str, Any]] = json.loads(self.arguments)
        return arguments["kwargs"]

    @property
    def result(self) -> Any:
        """What the body returned; `None` before it succeeded."""
        return None if self.return_value is None else json.loads(self.return_value)

    @property
    def how_far(self) -> Progress | None:
        """What the body last said of its progress."""
        return None if self.progress is None else Progress(**json.loads(self.progress))

    @property
    def failures(self) -> list[dict[str, Any]]:
        """The attempts that did not succeed, oldest first (see `tasks.failure.Failure`)."""
        failures: list[dict[str, Any]] = json.loads(self.errors)
        return failures
