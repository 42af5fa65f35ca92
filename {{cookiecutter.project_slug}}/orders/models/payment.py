"""What the payment provider was asked for an order, and what it said: charges and refunds."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order
from orders.money import Money, currency_validator
from orders.states import PaymentState, RefundState


class Payment(models.Model):
    """One charge. The row, with its key, is committed before the provider is called."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    provider_key = models.CharField(
        _("provider's key"),
        max_length=100,
        unique=True,
        help_text=_("Sent with every call; a provider that sees it again charges nothing new."),
    )
    provider_id = models.CharField(_("provider's id"), max_length=255, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=PaymentState, default=PaymentState.PENDING
    )
    amount = models.PositiveBigIntegerField(_("amount"), help_text=_("In minor units."))
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_validator])
    reason = models.TextField(_("reason"), blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("updated at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=~models.Q(state=PaymentState.DECLINED),
                name="one_live_charge_per_order",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=PaymentState.values), name="payment_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="payment_amount_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return self.provider_key

    @property
    def money(self) -> Money:
        """What is charged."""
        return Money(amount=self.amount, currency=self.currency)


class Refund(models.Model):
    """One charge given back. The row, with a key of its own, is committed before the call."""

    payment = models.ForeignKey(
        Payment, verbose_name=_("payment"), on_delete=models.PROTECT, related_name="refunds"
    )
    provider_key = models.CharField(
        _("provider's key"),
        max_length=100,
        unique=True,
        help_text=_("Sent with every call; a provider that sees it again gives nothing back."),
    )
    provider_id = models.CharField(_("provider's id"), max_length=255, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=RefundState, default=RefundState.PENDING
    )
    amount = models.PositiveBigIntegerField(_("amount"), help_text=_("In minor units."))
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_validator])
    reason = models.TextField(_("reason"), blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("updated at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-id"]
        permissions = [("settle_refund", _("Can note refunds made by hand"))]
        constraints = [
            # All of a charge, once: so refunds never exceed charges.
            models.UniqueConstraint(fields=["payment"], name="one_refund_per_charge"),
            models.CheckConstraint(
                condition=models.Q(state__in=RefundState.values), name="refund_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="refund_amount_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return self.provider_key

    @property
    def money(self) -> Money:
        """What is given back."""
        return Money(amount=self.amount, currency=self.currency)
