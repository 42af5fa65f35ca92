"""Products and orders in the admin. What the saga writes is there to read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from orders import refunding, stock
from orders.models import Order, OrderLine, Payment, Product, Refund, StockMove
from orders.states import OrderState, RefundState
from tasks.admin.asking import AsksFirst, Named, Question
from tasks.admin.storing import StoresOnce

ORDER_COLOURS: dict[str, str] = {
    OrderState.CONFIRMED: "success",
    OrderState.SOLD_OUT: "warning",
    OrderState.DECLINED: "danger",
    OrderState.RELEASED: "",
    OrderState.REFUNDING: "warning",
    OrderState.REFUNDED: "",
}
REFUND_COLOURS: dict[str, str] = {
    RefundState.SUCCEEDED: "success",
    RefundState.BY_HAND: "success",
    RefundState.REFUSED: "danger",
}


class WithMoney:
    """Shows sums as people write them: what is stored are minor units."""

    @display(description=_("Sum"))
    def money(self, row: Order | OrderLine | Payment | Refund) -> str:
        """With its currency."""
        return str(row.money)


class ReadOnlyInline(TabularInline):
    """Rows that belong to the page's object, to look at."""

    extra = 0
    per_page = 25  # type: ignore[assignment]
    can_delete = False
    # What it would say, the columns say.
    show_title = False
    shown_with: tuple[str, ...]
    """What its rows name, read along with them."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related(*self.shown_with)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LineInline(WithMoney, ReadOnlyInline):  # type: ignore[misc]  # the stubs of its bases disagree
    """What was ordered."""

    model = OrderLine
    shown_with = ("product", "order")
    readonly_fields = fields = ("product", "name", "quantity", "money")


class MoveInline(ReadOnlyInline):
    """What the order took off the shelf and put back."""

    model = StockMove
    shown_with = ("product",)
    readonly_fields = fields = ("product", "reason", "quantity", "created_at")


class PaymentInline(WithMoney, ReadOnlyInline):  # type: ignore[misc]  # as above
    """What the provider was asked, and what it said."""

    model = Payment
    shown_with = ("order",)
    readonly_fields = fields = (
        "state",
        "money",
        "provider_key",
        "provider_id",
        "reason",
        "updated_at",
    )


class ProductMoveInline(ReadOnlyInline):
    """How the stock came to be what it is."""

    model = StockMove
    shown_with = ("order",)
    readonly_fields = fields = ("reason", "quantity", "order", "created_at")


MOST_RECEIVED = 1_000_000
WRITABLE = ("name", "slug", "description", "price", "currency")


class ProductForm(forms.ModelForm[Product]):
    """A product, with a field for goods that come in: stock is moved, never overwritten."""

    received = forms.IntegerField(
        label=_("Goods received"),
        required=False,
        min_value=-MOST_RECEIVED,
        max_value=MOST_RECEIVED,
        help_text=_("Pieces to put on the shelf; below zero for pieces that are missing."),
        # Who goes back to the page afterwards finds it empty, and not filled in to be sent anew.
        widget=UnfoldAdminIntegerFieldWidget(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = Product
        fields = WRITABLE

    def clean_received(self) -> int:
        """There cannot be fewer than none on the shelf."""
        received: int = self.cleaned_data["received"] or 0
        if received < 0:
            # Locked until the form is stored: what is counted here cannot be sold meanwhile.
            here = Product.objects.select_for_update().filter(pk=self.instance.pk).first()
            on_shelf = here.stock if here else 0
            if on_shelf + received < 0:
                raise forms.ValidationError(
                    _("Only %(stock)d are on the shelf."), params={"stock": on_shelf}
                )
        return received


@admin.register(Product)
class ProductAdmin(StoresOnce):
    """What is sold. A form is stored once, or goods that came in once would be booked twice."""

    form = ProductForm
    list_display = ("name", "shown_price", "stock")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("stock",)
    fields = (*WRITABLE, "stock", "received")
    inlines = (ProductMoveInline,)

    @display(description=_("Price"), ordering="price")
    def shown_price(self, product: Product) -> str:
        """As people write it."""
        return str(product.money)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what the form may change, and move the goods received, in its transaction."""
        # Named fields: orders change the stock while somebody fills the form in.
        obj.save(update_fields=WRITABLE if change else None)
        if received := form.cleaned_data["received"]:
            stock.receive(obj, received)


@admin.register(Order)
class OrderAdmin(WithMoney, ModelAdmin):
    """Every order and how far it has come. Retry its run under Tasks to carry it on."""

    list_display = ("public_id", "user", "shown_state", "money", "created_at")
    list_filter = ("state",)
    list_select_related = ("user",)
    search_fields = ("=public_id", "user__email")
    fields = (
        "public_id",
        "user",
        "state",
        "money",
        "payment_token",
        "idempotency_key",
        "cancelled_at",
        "created_at",
        "updated_at",
    )
    readonly_fields = ("money",)
    inlines = (LineInline, PaymentInline, MoveInline)
    show_full_result_count = False

    @display(description=_("State"), ordering="state", label=ORDER_COLOURS)
    def shown_state(self, order: Order) -> tuple[str, str]:
        """The state in its colour."""
        return order.state, order.get_state_display()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False


BY_HAND = Question(
    title=ngettext_lazy(
        "Note that the money of %(count)d refund was given back by hand?",
        "Note that the money of %(count)d refunds was given back by hand?",
        "count",
    ),
    explanation=_(
        "Its order ends as refunded, and its customer is told so. Nothing is paid from here."
    ),
    button=_("Yes, it was given back"),
    applies=lambda refund: refund.state == RefundState.REFUSED,
    name=lambda refund: Named(str(refund), str(refund.money), refund.get_state_display()),
)


@admin.register(Refund)
class RefundAdmin(WithMoney, AsksFirst):
    """What is given back. One that was refused waits here for a person."""

    list_display = ("provider_key", "shown_state", "money", "reason", "updated_at")
    list_filter = ("state",)
    search_fields = ("=payment__order__public_id", "provider_key")
    fields = (
        "payment",
        "provider_key",
        "provider_id",
        "state",
        "money",
        "reason",
        "created_at",
        "updated_at",
    )
    readonly_fields = ("money",)
    actions = ("note_by_hand",)
    show_full_result_count = False

    @display(description=_("State"), ordering="state", label=REFUND_COLOURS)
    def shown_state(self, refund: Refund) -> tuple[str, str]:
        """The state in its colour."""
        return refund.state, refund.get_state_display()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Refund | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Refund | None = None) -> bool:
        return False

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """Whether the user may say that money was given back in another way."""
        return request.user.has_perm("orders.settle_refund")

    @admin.action(
        description=_("Note that the money was given back by hand"), permissions=["settle"]
    )
    def note_by_hand(self, request: HttpRequest, queryset: QuerySet[Refund]) -> HttpResponse | None:
        """End the orders of refunds that were refused, and that a person has made otherwise."""
        return self.ask_first(request, BY_HAND, self._note_by_hand)

    def _note_by_hand(self, request: HttpRequest, refunds: list[Refund]) -> None:
        noted = [refund for refund in refunds if refunding.note_by_hand(refund)]
        for refund in noted:
            self.log_change(request, refund, gettext("Noted as given back by hand."))
        self.message_user(
            request,
            _("Noted: %(noted)d. Not refused, and left as they are: %(left)d.")
            % {"noted": len(noted), "left": len(refunds) - len(noted)},
        )
