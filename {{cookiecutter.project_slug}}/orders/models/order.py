"""What a customer ordered, and how far it has come."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orders.models.product import Product
from orders.money import Money, currency_validator
from orders.states import MOVES, OPEN_ORDERS, IllegalMove, OrderState
from tasks.ids import uuid7


class Order(models.Model):
    """One order. Its state changes by `move` only."""

    public_id = models.UUIDField(_("number"), default=uuid7, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="orders",
    )
    state = models.CharField(
        _("state"), max_length=10, choices=OrderState, default=OrderState.PENDING
    )
    total = models.PositiveBigIntegerField(_("total"), help_text=_("In minor units."))
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_validator])
    payment_token = models.CharField(
        _("payment token"),
        max_length=200,
        help_text=_("What the payment provider calls the customer's card; never a card number."),
    )
    idempotency_key = models.CharField(
        _("idempotency key"),
        max_length=100,
        help_text=_("Chosen by the client. The same key from the same customer is the same order."),
    )
    request_digest = models.CharField(
        _("request digest"),
        max_length=64,
        help_text=_("SHA-256 of what was asked for under the key."),
    )
    cancelled_at = models.DateTimeField(
        _("cancelled at"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When the customer cancelled. What is charged by then is given back."),
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("updated at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]
        # By which what was left half done is found.
        indexes = [
            models.Index(
                fields=["updated_at"],
                condition=models.Q(state__in=OPEN_ORDERS),
                name="open_order_updated_at",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "idempotency_key"], name="one_order_per_customer_and_key"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=OrderState.values), name="order_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    def get_absolute_url(self) -> str:
        """The customer's page of this order."""
        return reverse("orders:order", args=[self.public_id])

    @property
    def money(self) -> Money:
        """What all of it costs."""
        return Money(amount=self.total, currency=self.currency)

    @property
    def status(self) -> OrderState:
        """The state with its sentence; `state` as read from the database is a plain string."""
        return OrderState(self.state)

    @property
    def can_be_cancelled(self) -> bool:
        """Whether it is offered to the customer to cancel."""
        return self.status.can_be_cancelled and self.cancelled_at is None

    def move(self, *, to: OrderState, **changes: object) -> bool:
        """Move from the state this object was loaded in; say whether this call did it.

        `False`: somebody else moved the order first. The object keeps its old state until it is
        read again. Raises `IllegalMove` when no order may go that way.
        """
        if to not in MOVES[self.status]:
            raise IllegalMove(f"Order {self.public_id} cannot go from {self.state} to {to}.")
        here = Order.objects.filter(pk=self.pk, state=self.state)
        return here.update(state=to, updated_at=Now(), **changes) == 1


class OrderLine(models.Model):
    """So many pieces of one product, at the price of the moment."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="lines"
    )
    name = models.CharField(_("name"), max_length=120)
    quantity = models.PositiveIntegerField(_("quantity"))
    price = models.PositiveIntegerField(_("price"), help_text=_("Of one piece, in minor units."))

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        # Products in id order: every transaction that walks the lines locks them in one order.
        ordering = ["product_id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "product"], name="one_line_per_product"),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="order_line_quantity_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"

    @property
    def money(self) -> Money:
        """What the line costs."""
        return Money(amount=self.price * self.quantity, currency=self.order.currency)
