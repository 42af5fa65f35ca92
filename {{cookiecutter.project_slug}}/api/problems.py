"""Errors of the API as problem details (RFC 9457): one shape for all of them."""

from http import HTTPStatus
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

MEDIA_TYPE = "application/problem+json"


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an error of REST framework's with a problem document; leave others to Django."""
    response = exception_handler(error, context)
    if response is None:
        return None
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(response.status_code).phrase,
        "status": response.status_code,
    }
    if isinstance(error, ValidationError):
        document |= {"detail": "The request has errors.", "errors": _by_field(response.data)}
    else:
        document["detail"] = response.data["detail"]
    response.data = document
    response.content_type = MEDIA_TYPE
    return response


def _by_field(errors: Any) -> dict[str, Any]:
    return errors if isinstance(errors, dict) else {"non_field_errors": errors}
