"""What the bodies of tasks have logged."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LogLine(models.Model):
    """One line that a body logged while it ran."""

    # No foreign key: a busy log must never slow down what happens to runs. Deleted with its run.
    run_id = models.UUIDField(_("run"))
    attempt = models.IntegerField(_("attempt"))
    position = models.IntegerField(_("place in its attempt"))
    logged_at = models.DateTimeField(_("time"))
    # A number of the standard library's: 20 is INFO.
    level = models.SmallIntegerField(_("level"))
    logger = models.CharField(_("logger"), max_length=255)
    message = models.TextField(_("message"))

    class Meta:
        verbose_name = _("log line")
        verbose_name_plural = _("log lines")
        default_permissions = ()
        constraints = [
            # Also the order in which they are read.
            models.UniqueConstraint(
                fields=["run_id", "attempt", "position"], name="tasks_logline_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.attempt}.{self.position}"
