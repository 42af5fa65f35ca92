"""The sandbox provider's books. They belong to the other company: the shop never reads them."""

from django.db import models
from django.db.models.functions import Now


class SandboxState(models.TextChoices):
    """What the sandbox did with a key."""

    RECEIVED = "received"
    """The request was heard; no money was moved yet."""
    SUCCEEDED = "succeeded"
    """The money was taken, once."""
    DECLINED = "declined"
    """The card was refused."""


class SandboxCharge(models.Model):
    """One key that the sandbox was given, and what it did. One succeeded row is one charge."""

    key = models.CharField(max_length=100, unique=True)
    token = models.CharField(max_length=200)
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=SandboxState, default=SandboxState.RECEIVED)
    reason = models.CharField(max_length=200, blank=True)
    calls = models.PositiveIntegerField(default=0)
    """How often `charge` was called with the key."""
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.key} {self.state}"

    @property
    def provider_id(self) -> str:
        """What the sandbox calls the charge."""
        return f"sandbox_{self.pk}"
