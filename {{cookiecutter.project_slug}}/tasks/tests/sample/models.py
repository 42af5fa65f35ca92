"""What the sample tasks leave behind."""

from django.db import models
from django.db.models.functions import Now


class Mark(models.Model):
    """One effect: a body got so far."""

    label = models.CharField(max_length=100)
    pid = models.IntegerField()
    attempt = models.IntegerField(default=0)
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.label} by {self.pid}"


class Visit(models.Model):
    """One body was inside from then till then."""

    pid = models.IntegerField()
    entered_at = models.DateTimeField(db_default=Now())
    left_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.entered_at} to {self.left_at}"
