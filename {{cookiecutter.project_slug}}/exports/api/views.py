"""`/api/exports/`: have an export made, see how far it is, cancel it.

A POST for what is on its way already is answered 200 with that export, and makes none. So a client
that got no answer sends the request again.
"""

import uuid
from collections.abc import Callable
from typing import Any, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework import status
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from exports.api.serializers import ExportSerializer, NewExportSerializer
from exports.asking import Asked, CannotExport, TooMany, ask, cancel
from exports.kinds import ExportKind
from exports.models import Export
from orders.api.problems import problem


class Conflict(APIException):
    """The request is fine, and cannot be met as things are."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class ExportPages(CursorPagination):
    """Newest first; a page's address does not shift when an export is added."""

    page_size = 50
    ordering = "-id"


class ExportView(APIView):
    """What the views of the API have in common."""

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        """Errors are problem documents."""
        return problem

    @property
    def owner(self) -> User:
        """Whoever is logged in; the permission class has let nobody else through."""
        return cast(User, self.request.user)

    def own_exports(self) -> QuerySet[Export]:
        """The user's own exports."""
        return self.owner.exports.all()


class ExportList(ExportView):
    """All exports of the user, and the way to have one made."""

    def get(self, request: Request) -> Response:
        """List the user's exports."""
        pages = ExportPages()
        page = pages.paginate_queryset(self.own_exports(), request, view=self)
        return pages.get_paginated_response(ExportSerializer(page, many=True).data)

    def post(self, request: Request) -> Response:
        """Have an export made in the background."""
        wanted = NewExportSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        asked = self._ask(**wanted.validated_data)
        return Response(
            ExportSerializer(asked.export).data,
            status=status.HTTP_201_CREATED if asked.is_new else status.HTTP_200_OK,
            headers={"Location": reverse("exports:api:export", args=[asked.export.id])},
        )

    def _ask(self, kind: str, *, everyones: bool) -> Asked:
        try:
            return ask(user=self.owner, kind=ExportKind(kind), everyones=everyones)
        except TooMany as error:
            raise Conflict(str(error)) from error
        except CannotExport as error:
            raise PermissionDenied(str(error)) from error


class ExportDetail(ExportView):
    """One export of the user."""

    def get(self, request: Request, export_id: uuid.UUID) -> Response:
        """Show how far the export is."""
        return Response(ExportSerializer(self._own(export_id)).data)

    def delete(self, request: Request, export_id: uuid.UUID) -> Response:
        """Cancel the export; one that has ended stays as it is."""
        export = self._own(export_id)
        if not cancel(export, by=self.owner):
            raise Conflict(f"The export has ended: it is {export.state}.")
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _own(self, export_id: uuid.UUID) -> Export:
        return get_object_or_404(self.own_exports(), pk=export_id)
