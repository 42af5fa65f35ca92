"""The description of the API, a page to try it on, and the answer where there is nothing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


@require_GET
@ensure_csrf_cookie
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger's page: each operation, and a form to send it."""
    return render(request, "api/docs.html")


@extend_schema(exclude=True)
class Nothing(APIView):
    """An address that is none: a problem document, and no page of HTML."""

    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse, whatever the method is."""
        super().initial(request, *args, **kwargs)
        raise NotFound(
            _("There is nothing at this address. Addresses of the API end with a slash.")
        )

    def get(self, request: Request, rest: str) -> Response:
        """Never reached; a view has a method."""
        raise NotFound
