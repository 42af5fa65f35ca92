"""Runs that are waited for together."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tasks.ids import uuid7


class RunGroup(models.Model):
    """A group: it has ended when all its members have.

    No member writes to this row, so that members never wait for each other: who finishes the last
    one sees that none is left.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workflow_id = models.UUIDField(_("workflow"))
    # The group that this one is a member of.
    outer_id = models.UUIDField(_("outer group"), null=True, blank=True)
    position = models.IntegerField(_("place in its group"), null=True, blank=True)
    # What its members wait for, or their beginnings: if that fails, the group never begins.
    after_run_id = models.UUIDField(_("waits for run"), null=True, blank=True)
    after_group_id = models.UUIDField(_("waits for group"), null=True, blank=True)
    # Members: runs, chains (their last step counts) and groups.
    total = models.IntegerField(_("members"))
    created_at = models.DateTimeField(_("created"), db_default=Now())
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # How many members had not succeeded when it ended.
    failed = models.IntegerField(_("failed"), default=0, db_default=0)

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        indexes = [
            models.Index(
                fields=["created_at"],
                name="tasks_group_open",
                condition=models.Q(finished_at__isnull=True),
            ),
            models.Index(
                fields=["outer_id"],
                name="tasks_group_outer",
                condition=models.Q(outer_id__isnull=False),
            ),
            # Groups that wait for something although no member does: the empty ones.
            models.Index(
                fields=["after_run_id"],
                name="tasks_group_after_run",
                condition=models.Q(after_run_id__isnull=False, total=0),
            ),
            models.Index(
                fields=["after_group_id"],
                name="tasks_group_after_group",
                condition=models.Q(after_group_id__isnull=False, total=0),
            ),
            models.Index(fields=["workflow_id"], name="tasks_group_workflow"),
        ]

    def __str__(self) -> str:
        return f"{self.total} members {self.id}"
