"""`/api/products/`: the catalogue, for everybody, as the shop's pages show it."""

from typing import ClassVar

from django.db.models import Q, QuerySet
from django_filters.rest_framework import (
    CharFilter,
    DjangoFilterBackend,
    FilterSet,
    TypedChoiceFilter,
)
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from api.base import PAGE, ApiView
from api.pages import Pages
from orders.models import Product


class ProductSerializer(serializers.ModelSerializer[Product]):
    """Something to buy. Its price is in minor units of the currency."""

    class Meta:
        model = Product
        fields = ("slug", "name", "description", "price", "currency", "stock")
        read_only_fields = fields


class ProductFilter(FilterSet):  # type: ignore[misc]
    """Which products are listed."""

    search = CharFilter(method="hold", label="A part of the name or the description.")
    in_stock = TypedChoiceFilter(
        field_name="stock",
        choices=(("true", "true"), ("false", "false")),
        coerce=lambda text: text == "true",
        empty_value=None,
        method="be_in_stock",
        label="Whether there is one to send.",
    )

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = []

    def hold(self, products: QuerySet[Product], _name: str, text: str) -> QuerySet[Product]:
        """Keep those that hold a text."""
        return products.filter(Q(name__icontains=text) | Q(description__icontains=text))

    def be_in_stock(
        self, products: QuerySet[Product], _name: str, wanted: bool
    ) -> QuerySet[Product]:
        """Keep those of which some are there, or none."""
        return products.filter(stock__gt=0) if wanted else products.filter(stock=0)


class ProductView(ApiView, GenericAPIView[Product]):
    """What both views have in common."""

    permission_classes = (AllowAny,)
    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    lookup_field = "slug"


class ProductList(ProductView):
    """All products."""

    parameters = {"GET": (*PAGE, *ProductFilter.base_filters)}
    filter_backends = (DjangoFilterBackend,)
    filterset_class = ProductFilter
    pagination_class = Pages

    @extend_schema(operation_id="products_list", responses=ProductSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List what is sold."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ProductSerializer(page, many=True).data)


class ProductDetail(ProductView):
    """One product."""

    @extend_schema(operation_id="products_retrieve")
    def get(self, request: Request, slug: str) -> Response:
        """Show one product."""
        return Response(ProductSerializer(self.get_object()).data)
