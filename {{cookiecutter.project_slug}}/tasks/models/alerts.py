"""What went wrong, and whom it was told."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tasks import reasons


class Alert(models.Model):
    """One thing that is wrong, told at most once per cooldown however often it happens."""

    # The rule, and what it was about: a task and the kind of its failure, a queue, a schedule.
    rule = models.CharField(_("rule"), max_length=32)
    key = models.CharField(_("about"), max_length=320)
    title = models.CharField(_("title"), max_length=255)
    body = models.TextField(_("text"), blank=True)
    # Since it was last told, and in all.
    count = models.PositiveIntegerField(_("times"), default=1)
    total = models.PositiveIntegerField(_("times in all"), default=1)
    first_at = models.DateTimeField(_("first"), db_default=Now())
    last_at = models.DateTimeField(_("last"), db_default=Now())
    told_at = models.DateTimeField(_("told"), null=True, blank=True)
    # Of what lasts, such as a queue without a worker: since then it is so no more.
    over_at = models.DateTimeField(_("over"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint(fields=["rule", "key"], name="tasks_alert_once"),
        ]

    def __str__(self) -> str:
        return reasons.told(self.title, reasons.TITLES)


class Watermark(models.Model):
    """How far a job of the timer has come: any timer goes on where another stopped."""

    name = models.CharField(_("job"), max_length=32, primary_key=True)
    reached_at = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("watermark")
        verbose_name_plural = _("watermarks")

    def __str__(self) -> str:
        return f"{self.name} {self.reached_at.isoformat()}"
