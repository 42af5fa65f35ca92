"""What has ended, counted by the minute and by the hour."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

NONE = timedelta()


class Counted(models.Model):
    """How many runs ended, how, and how long they took.

    Histograms are JSON lists: one count for each bucket of `tasks.statistics.histogram`, cut after
    the last one that is not 0. Beside each stands the sum, to the microsecond, of what it counts.
    """

    successful = models.PositiveIntegerField(_("successful"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    cancelled = models.PositiveIntegerField(_("cancelled"), default=0)
    # From due to started, and from started to finished.
    waits = models.TextField(_("waits"))
    durations = models.TextField(_("durations"))
    waited = models.DurationField(_("waited in all"), default=NONE, db_default=NONE)
    lasted = models.DurationField(_("lasted in all"), default=NONE, db_default=NONE)

    class Meta:
        abstract = True


class Rollup(Counted):
    """What ended of one task in one queue within one minute or hour."""

    # Of the span, in seconds: 60 or 3600.
    size = models.PositiveSmallIntegerField(_("span"))
    starts_at = models.DateTimeField(_("from"))
    name = models.CharField(_("task"), max_length=255)
    queue = models.CharField(_("queue"), max_length=64)

    class Meta:
        verbose_name = _("rollup")
        verbose_name_plural = _("rollups")
        constraints = [
            models.UniqueConstraint(
                fields=["size", "starts_at", "name", "queue"], name="tasks_rollup_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.starts_at.isoformat()}"


class Overall(Counted):
    """What ended of all tasks within one minute or hour: the sum of its rollups.

    The dashboard of a week reads two hundred of them, however many tasks there are.
    """

    size = models.PositiveSmallIntegerField(_("span"))
    starts_at = models.DateTimeField(_("from"))
    # JSON: of each queue, how many of its runs were successful, failed and cancelled.
    queues = models.TextField(_("by queue"), default="{}")

    class Meta:
        verbose_name = _("rollup of all tasks")
        verbose_name_plural = _("rollups of all tasks")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["size", "starts_at"], name="tasks_overall_once"),
        ]

    def __str__(self) -> str:
        return self.starts_at.isoformat()


class Total(Counted):
    """How many runs of one task in one queue have ever ended, and how long they took.

    As a rollup that is never deleted: what `/metrics` counts must not go down.
    """

    name = models.CharField(_("task"), max_length=255)
    queue = models.CharField(_("queue"), max_length=64)
    successful = models.PositiveBigIntegerField(_("successful"), default=0)
    failed = models.PositiveBigIntegerField(_("failed"), default=0)
    cancelled = models.PositiveBigIntegerField(_("cancelled"), default=0)
    waits = models.TextField(_("waits"), default="[]")
    durations = models.TextField(_("durations"), default="[]")

    class Meta:
        verbose_name = _("total")
        verbose_name_plural = _("totals")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["name", "queue"], name="tasks_total_once"),
        ]

    def __str__(self) -> str:
        return self.name
