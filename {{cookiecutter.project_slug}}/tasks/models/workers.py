"""One row a worker process."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class WorkerStatus(models.TextChoices):
    """Whether a worker process may hold runs."""

    # It beats, and so extends the lease of all that it holds.
    ALIVE = "ALIVE", _("Alive")
    # It drained and left.
    STOPPED = "STOPPED", _("Stopped")
    # It died or was silent past its lease; its runs were given to others.
    LOST = "LOST", _("Lost")


class Wish(models.TextChoices):
    """What people ask of a worker process; it hears of it at its next look, within seconds."""

    # To take what there is.
    WORK = "WORK", _("Work")
    # To finish what it holds and take nothing new, until it is asked to work again.
    QUIET = "QUIET", _("Be quiet")
    # To finish what it holds and leave. That cannot be taken back.
    STOP = "STOP", _("Stop")


class Worker(models.Model):
    """One worker process. The lease of its row is the lease of every run it holds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(_("host"), max_length=255)
    pid = models.IntegerField(_("process"))
    engine = models.CharField(_("engine"), max_length=32)
    queues = models.CharField(_("queues"), max_length=255, blank=True)
    threads = models.SmallIntegerField(_("threads"))
    status = models.CharField(
        _("status"), max_length=10, choices=WorkerStatus, default=WorkerStatus.ALIVE
    )
    wish = models.CharField(
        _("asked to"), max_length=5, choices=Wish, default=Wish.WORK, db_default=Wish.WORK
    )
    # The key of the session lock that the process holds on PostgreSQL for as long as it lives.
    lock_key = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(_("started"), db_default=Now())
    # Beats write these two only, and no index holds them: PostgreSQL then updates in place.
    beat_at = models.DateTimeField(_("last beat"), db_default=Now())
    lease_until = models.DateTimeField(_("lease until"))

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        permissions = [("control_worker", _("Can quiet and stop workers"))]
        indexes = [
            models.Index(
                fields=["id"], name="tasks_worker_alive", condition=models.Q(status="ALIVE")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
