"""What holds runs back: a pause, a limit, a rate."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class GateKind(models.TextChoices):
    """What a gate stands before."""

    # Every run of one queue.
    QUEUE = "QUEUE", _("Queue")
    # Every run of one task, by its dotted path.
    TASK = "TASK", _("Task")


class Gate(models.Model):
    """A queue or a task whose runs do not simply start.

    Claims through a gate lock its row, one at a time: that is what makes limits exact.
    """

    kind = models.CharField(_("kind"), max_length=5, choices=GateKind)
    name = models.CharField(_("name"), max_length=255)
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    # Of a queue, as people set it. A task's is an option in its code.
    max_running = models.PositiveIntegerField(_("most at once"), null=True, blank=True)
    # When runs were started lately, for a rate: JSON (see `tasks.ledger.gates`).
    starts = models.TextField(_("starts"), default="{}", db_default="{}")

    class Meta:
        verbose_name = _("queue or task")
        verbose_name_plural = _("queues and tasks")
        permissions = [
            ("pause_gate", _("Can pause and resume queues and tasks")),
            ("limit_gate", _("Can limit queues")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="tasks_gate_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"
