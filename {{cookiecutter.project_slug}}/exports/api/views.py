"""`/api/exports/`: have an export made, see how far it is, cancel it.

A POST for what is on its way already is answered 200 with that export, and makes none. So a client
that got no answer sends the request again.
"""

import uuid
from typing import cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.base import PAGE, ApiView
from api.errors import Conflict
from api.pages import Pages
from exports.api.serializers import ExportSerializer, NewExportSerializer
from exports.asking import Asked, CannotExport, TooMany, ask, cancel
from exports.kinds import ExportKind
from exports.models import Export

LOCATION = OpenApiParameter(
    "Location",
    OpenApiTypes.URI_REF,
    OpenApiParameter.HEADER,
    description="Where the export is.",
    response=[200, 201],
)


class ExportView(ApiView):
    """What the views of the API have in common."""

    @property
    def owner(self) -> User:
        """Whoever is logged in; the permission class has let nobody else through."""
        return cast(User, self.request.user)

    def own_exports(self) -> QuerySet[Export]:
        """The user's own exports."""
        return self.owner.exports.all()


class ExportList(ExportView):
    """All exports of the user, and the way to have one made."""

    parameters = {"GET": PAGE}
    throttle_kinds = {"POST": "enqueue"}
    pagination_class = Pages

    @extend_schema(operation_id="exports_list", responses=ExportSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the user's exports."""
        pages = self.pagination_class()
        page = pages.paginate_queryset(self.own_exports(), request, view=self)
        return pages.get_paginated_response(ExportSerializer(page, many=True).data)

    @extend_schema(
        request=NewExportSerializer,
        parameters=[LOCATION],
        responses={
            201: ExportSerializer,
            200: OpenApiResponse(ExportSerializer, "The same one is on its way already."),
            409: OpenApiResponse(description="As many are on their way as are allowed."),
        },
    )
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

    @extend_schema(operation_id="exports_retrieve", responses=ExportSerializer)
    def get(self, request: Request, export_id: uuid.UUID) -> Response:
        """Show how far the export is."""
        return Response(ExportSerializer(self._own(export_id)).data)

    @extend_schema(responses={204: None, 409: OpenApiResponse(description="The export has ended.")})
    def delete(self, request: Request, export_id: uuid.UUID) -> Response:
        """Cancel the export; one that has ended stays as it is."""
        export = self._own(export_id)
        if not cancel(export, by=self.owner):
            raise Conflict(
                _("The export has ended: it is %(state)s.") % {"state": export.get_state_display()}
            )
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _own(self, export_id: uuid.UUID) -> Export:
        return get_object_or_404(self.own_exports(), pk=export_id)
