"""`/api/orders/`: place an order, and see one's own.

A POST carries an `Idempotency-Key`: a text of the client's choice, new for every new order. The
same key with the same body is answered with the very same answer and places nothing; with another
body, whether that makes sense or not, it is answered 422, and while the first request with it is
answered, 409. So a client that got no answer sends the request again, as often as it needs. Only
what is definitive is kept: a request that was refused has not used its key up. And a used key is
looked up before the catalogue is: what was bought stays bought when a product is renamed.
"""

import hashlib
import json
import uuid
from typing import Any, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.base import PAGE, ApiView
from api.errors import Conflict, UnprocessableContent
from api.pages import Pages
from orders import keys
from orders.api.serializers import NewOrderSerializer, OrderSerializer
from orders.checkout import CannotOrder, KeyReused, Placed, key_reused, place_order
from orders.models import Order, StoredAnswer
from tasks.failpoints import failpoint

MAX_KEY_LENGTH = 100
HEADERS = [
    OpenApiParameter(
        "Idempotency-Key",
        {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": r"^[!#-~]+$"},
        OpenApiParameter.HEADER,
        required=True,
        description="A text that is new for every new order. Sent again, it places nothing.",
    ),
    OpenApiParameter(
        "Location",
        OpenApiTypes.URI_REF,
        OpenApiParameter.HEADER,
        description="Where the order is.",
        response=[201],
    ),
    OpenApiParameter(
        "Retry-After",
        OpenApiTypes.INT,
        OpenApiParameter.HEADER,
        description="Seconds to wait before the request is sent again.",
        response=(409,),
    ),
    OpenApiParameter(
        "Idempotent-Replayed",
        {"type": "string", "enum": ["true"]},
        OpenApiParameter.HEADER,
        description="There when the answer is an earlier one's.",
        response=[201],
    ),
]


class InFlight(Conflict):
    """Another request with the same key is being answered."""

    default_detail = gettext_lazy(
        "A request with this idempotency key is being answered; send it again."
    )
    wait = 1
    """Seconds, for the header `Retry-After`."""


class OrderView(ApiView):
    """What the views of the API have in common."""

    @property
    def customer(self) -> User:
        """Whoever is logged in; the permission class has let nobody else through."""
        return cast(User, self.request.user)

    def own_orders(self) -> QuerySet[Order]:
        """The customer's own orders, with what a representation shows."""
        return self.customer.orders.prefetch_related("lines__product")


class OrderList(OrderView):
    """All orders of the customer, and the way to place one."""

    parameters = {"GET": PAGE}
    throttle_kinds = {"POST": "enqueue"}
    pagination_class = Pages

    @extend_schema(operation_id="orders_list", responses=OrderSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the customer's orders."""
        pages = self.pagination_class()
        page = pages.paginate_queryset(self.own_orders(), request, view=self)
        return pages.get_paginated_response(OrderSerializer(page, many=True).data)

    @extend_schema(
        request=NewOrderSerializer,
        parameters=HEADERS,
        responses={
            201: OpenApiResponse(OrderSerializer, "The order, or the same answer once more."),
            409: OpenApiResponse(description="Another request with the key is being answered."),
            422: OpenApiResponse(description="The key was used for another order."),
        },
    )
    def post(self, request: Request) -> Response:
        """Place an order; it is processed in the background."""
        key = _idempotency_key(request)
        digest = _digest(request.data)
        # The order and the answer are one transaction: whoever finds the order finds its answer.
        try:
            with keys.answering(user_id=self.customer.pk, key=key):
                placed = self._placed_before(key, digest)
                if placed is None:
                    placed = self._place(request.data, key)
                body = self._answer(placed, digest)
                failpoint("answer: stored, not committed")
        except keys.KeyTaken as error:
            raise InFlight from error
        failpoint("answer: stored")
        headers = {"Location": reverse("orders:api:order", args=[placed.order.public_id])}
        if not placed.is_new:
            headers["Idempotent-Replayed"] = "true"
        return Response(body, status=201, headers=headers)

    def _placed_before(self, key: str, digest: str) -> Placed | None:
        """Return the order that the very same request has placed."""
        answer = (
            StoredAnswer.objects.filter(request_digest=digest)
            .filter(order__user=self.customer, order__idempotency_key=key)
            .select_related("order")
            .first()
        )
        return Placed(order=answer.order, is_new=False) if answer else None

    def _place(self, data: object, key: str) -> Placed:
        wanted = NewOrderSerializer(data=data)
        if not wanted.is_valid():
            if self.customer.orders.filter(idempotency_key=key).exists():
                # "Bad request" would say that nothing was ordered.
                raise UnprocessableContent(key_reused(key))
            raise ValidationError(wanted.errors)
        try:
            return place_order(
                user=self.customer,
                quantities=wanted.quantities(),
                payment_token=wanted.validated_data["payment_token"],
                key=key,
            )
        except KeyReused as error:
            raise UnprocessableContent(str(error)) from error
        except CannotOrder as error:
            raise ValidationError({"lines": [str(error)]}) from error

    def _answer(self, placed: Placed, digest: str) -> dict[str, Any]:
        """Return the body stored for the order, or store it if there is none."""
        body = OrderSerializer(self.own_orders().get(pk=placed.order.pk)).data
        stored, is_new = StoredAnswer.objects.get_or_create(
            order=placed.order, defaults={"body": body, "request_digest": digest}
        )
        if is_new:
            # As the database gives it back, so that the first answer reads like every later one.
            stored.refresh_from_db()
        return cast(dict[str, Any], stored.body)


class OrderDetail(OrderView):
    """One order of the customer."""

    @extend_schema(operation_id="orders_retrieve", responses=OrderSerializer)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Show how far the order has come."""
        order = get_object_or_404(self.own_orders(), public_id=public_id)
        return Response(OrderSerializer(order).data)


def _idempotency_key(request: Request) -> str:
    # A structured header (draft-ietf-httpapi-idempotency-key-header) puts the key in quotes.
    key = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if not key:
        said = _("This header is required: a text that is new for every new order.")
        raise ValidationError({"Idempotency-Key": [said]})
    if len(key) > MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        said = _("1 to %(most)d printable ASCII characters are allowed.")
        raise ValidationError({"Idempotency-Key": [said % {"most": MAX_KEY_LENGTH}]})
    return key


def _digest(data: object) -> str:
    """Equal for bodies that say the same, however their JSON is spaced and ordered."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
