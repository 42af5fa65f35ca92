"""Lists a page at a time: the address of a page says after which row it begins.

So it does not shift when rows are added, and nothing is ever counted.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class Pages(CursorPagination):
    """Newest first."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    cursor_query_description = "Where the page begins: from `next` or `previous` of another page."
    page_size_query_description = "How many at most: from 1 to 200."

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """Return the rows of the page. Raises `ValidationError` for a cursor that is none."""
        rows = cast(QuerySet[Any], queryset)
        self._key = rows.model._meta.pk
        return super().paginate_queryset(rows, request, view)

    def get_page_size(self, request: Request) -> int | None:
        """Return what is asked for. Raises `ValidationError` where that is no number in range."""
        given = request.query_params.get("page_size")
        if given is None:
            return self.page_size
        # `isdecimal` alone takes the digits of all scripts.
        if not (given.isascii() and given.isdecimal() and len(given) <= 3):
            raise ValidationError({"page_size": [_("A whole number is needed.")]})
        if not 1 <= int(given) <= self.max_page_size:
            most = {"most": self.max_page_size}
            raise ValidationError({"page_size": [_("From 1 to %(most)d.") % most]})
        return int(given)

    def decode_cursor(self, request: Request) -> Any:
        """Return the place that a cursor names. Raises `ValidationError` when it names none."""
        try:
            # REST framework skips what is no base64, and so takes anything for a first page.
            given = request.query_params.get("cursor")
            if given is not None and not b64decode(given, validate=True):
                raise ValueError("a cursor that is there and empty")
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                self._key.to_python(cursor.position)
        except (NotFound, DjangoValidationError, ValueError) as error:
            raise ValidationError({"cursor": [_("This is no cursor of this list.")]}) from error
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return what a page looks like."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Return the parameters of a page, with their bounds."""
        cursor, size = super().get_schema_operation_parameters(view)
        size["schema"] |= {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return [cursor, size]
