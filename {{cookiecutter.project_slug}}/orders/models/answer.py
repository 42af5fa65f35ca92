"""What the API answered under an idempotency key, kept to be given again word for word."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class StoredAnswer(models.Model):
    """The body of the 201 that a client got, or would have got had the line held."""

    order = models.OneToOneField(
        Order, primary_key=True, on_delete=models.CASCADE, related_name="stored_answer"
    )
    body = models.JSONField(_("body"))
    request_digest = models.CharField(
        _("request digest"),
        max_length=64,
        default="",
        blank=True,
        help_text=_("SHA-256 of the request's body. Answers of an earlier version have none."),
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("stored answer")
        verbose_name_plural = _("stored answers")
        ordering = ["order_id"]
        # By which what is old is found.
        indexes = [models.Index(fields=["created_at"], name="stored_answer_created_at")]

    def __str__(self) -> str:
        return f"201 {self.order_id}"
