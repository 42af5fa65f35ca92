"""Orders as the API reads and writes them."""

from typing import Any, TypedDict

from django.utils.translation import gettext as _
from rest_framework import serializers

from api.bodies import BodySerializer
from orders.cart import MAX_QUANTITY
from orders.models import Order, OrderLine, Product

MAX_LINES = 100


class WantedLine(TypedDict):
    """One line of a valid request."""

    product: Product
    quantity: int


class ProductField(serializers.SlugRelatedField[Product]):
    """A product by its slug."""

    def to_internal_value(self, data: Any) -> Product:
        """Return the product. PostgreSQL refuses to look for a text with a NUL in it."""
        if isinstance(data, str) and "\0" in data:
            self.fail("invalid")
        return super().to_internal_value(data)


class WantedLineSerializer(BodySerializer):
    """So many pieces of the product with that slug."""

    product = ProductField(slug_field="slug", queryset=Product.objects.all())
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)


class NewOrderSerializer(BodySerializer):
    """What a client sends to place an order."""

    lines = WantedLineSerializer(many=True, allow_empty=False)
    payment_token = serializers.CharField(max_length=200)

    def validate_lines(self, lines: list[WantedLine]) -> list[WantedLine]:
        """Each product stands in one line, and there are not too many."""
        if len(lines) > MAX_LINES:
            most = {"most": MAX_LINES}
            raise serializers.ValidationError(_("An order has at most %(most)d lines.") % most)
        if len({line["product"].pk for line in lines}) < len(lines):
            raise serializers.ValidationError(_("A product is named twice; add up its quantities."))
        return lines

    def quantities(self) -> dict[int, int]:
        """Return how many pieces of each product id the valid request asks for."""
        return {line["product"].pk: line["quantity"] for line in self.validated_data["lines"]}


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    """A line of an order."""

    product = serializers.SlugRelatedField[Product](slug_field="slug", read_only=True)

    class Meta:
        model = OrderLine
        fields = ("product", "name", "quantity", "price")


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order as its customer sees it. Sums are in minor units of the currency."""

    id = serializers.UUIDField(source="public_id")
    lines = OrderLineSerializer(many=True)

    class Meta:
        model = Order
        fields = ("id", "state", "total", "currency", "lines", "created_at", "updated_at")
