"""What is sold, and every movement of it onto the shelf and off."""

from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orders.money import Money, currency_validator
from orders.states import StockReason


class Product(models.Model):
    """Something to buy. Its stock changes through `orders.stock` only."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=140, unique=True)
    description = models.TextField(_("description"), blank=True)
    price = models.PositiveIntegerField(_("price"), help_text=_("In minor units, such as cents."))
    currency = models.CharField(
        _("currency"), max_length=3, default="EUR", validators=[currency_validator]
    )
    stock = models.IntegerField(_("stock"), default=0, help_text=_("Pieces on the shelf."))

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stock__gte=0), name="product_stock_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(price__gt=0), name="product_price_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The product's place in the catalogue."""
        return f"{reverse('orders:catalogue')}#{self.slug}"

    @property
    def money(self) -> Money:
        """The price of one piece."""
        return Money(amount=self.price, currency=self.currency)


class StockMove(models.Model):
    """One movement of goods. A product's moves add up to its stock; a second copy is refused."""

    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="moves"
    )
    order = models.ForeignKey(
        "orders.Order",
        verbose_name=_("order"),
        on_delete=models.PROTECT,
        related_name="moves",
        null=True,
        blank=True,
    )
    reason = models.CharField(_("reason"), max_length=10, choices=StockReason)
    quantity = models.IntegerField(
        _("quantity"), help_text=_("Pieces: above zero onto the shelf, below zero off it.")
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("stock move")
        verbose_name_plural = _("stock moves")
        ordering = ["id"]
        constraints = [
            # A repeated reservation or release of the same order cannot be written at all.
            models.UniqueConstraint(
                fields=["order", "product", "reason"], name="one_stock_move_per_cause"
            ),
            models.CheckConstraint(
                condition=~models.Q(quantity=0), name="stock_move_moves_something"
            ),
            models.CheckConstraint(
                condition=models.Q(reason__in=StockReason.values), name="stock_move_reason_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.quantity:+d}"
