"""Errors of the API as problem details (RFC 9457): one shape for all of them.

Their sentences are in the language that the request asks for. What programs look at stays as it is:
`status`, `title`, `code`, and the names of fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    type View = Callable[[HttpRequest], HttpResponseBase]

MEDIA_TYPE = "application/problem+json"
BELOW = "/api/"
"""Where every error is a problem."""


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an error of REST framework's with a problem document; leave others to Django."""
    error = _of_the_framework(error)
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return None
    is_of_fields = isinstance(error, exceptions.ValidationError)
    response.data = document(
        context["request"],
        response.status_code,
        code="invalid" if is_of_fields else str(error.get_codes()),
        detail=_("The request has errors.") if is_of_fields else response.data["detail"],
        errors=_by_field(response.data) if is_of_fields else None,
    )
    response.content_type = MEDIA_TYPE
    return response


def only_problems(get_response: View) -> View:
    """Make a problem of what else goes wrong under `/api/`: no page, not even with `DEBUG`.

    That is what REST framework does not see: a fault of ours, an address that Django refuses, a
    host that is not ours.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        is_error = response.status_code >= HTTPStatus.BAD_REQUEST
        if is_error and request.path_info.startswith(BELOW) and isinstance(response, HttpResponse):
            _make_problem(request, response)
        return response

    return respond


def document(
    request: Any, status: int, *, code: str, detail: str, errors: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return what a problem says. The request's id is the one that the log has."""
    shown: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors is not None:
        shown["errors"] = errors
    if id_ := getattr(request, "id", ""):
        shown["request_id"] = id_
    return shown


def _of_the_framework(error: Exception) -> Exception:
    """Return Django's own exceptions as the framework's: their texts are for developers."""
    match error:
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
    return error


def _by_field(errors: Any) -> dict[str, Any]:
    return errors if isinstance(errors, dict) else {"non_field_errors": errors}


def _make_problem(request: HttpRequest, response: HttpResponse) -> None:
    """Write a problem in the place of a page. Headers and cookies stay."""
    if response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
        return
    status = response.status_code
    # What failed may have failed before anybody looked at the language.
    with override(get_language_from_request(request)):
        shown = document(
            request, status, code=HTTPStatus(status).name.lower(), detail=_sentence(status)
        )
    response.content = json.dumps(shown)
    response.headers["Content-Type"] = MEDIA_TYPE
    for name in ("Content-Length", "ETag"):
        response.headers.pop(name, None)


def _sentence(status: int) -> str:
    match status:
        case HTTPStatus.BAD_REQUEST:
            return _("The server cannot make sense of this request.")
        case HTTPStatus.FORBIDDEN:
            return _("This request is not allowed.")
        case HTTPStatus.NOT_FOUND:
            return _("There is nothing at this address.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return _("There is no such method at this address.")
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return _("The request is too large.")
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _("The server failed. What happened is in its log, with the id of this request.")
    return _("This request cannot be answered.")
