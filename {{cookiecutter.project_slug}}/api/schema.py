"""What OpenAPI says of all operations: how one authenticates, and what errors look like."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from drf_spectacular.authentication import SessionScheme as FrameworksSessionScheme
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)

from api.problems import MEDIA_TYPE

METHODS = ("get", "post", "put", "patch", "delete")
PROBLEM = {
    "type": "object",
    "description": "What went wrong, as RFC 9457 puts it.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer"},
        "code": {
            "type": "string",
            "description": "What kind of error it is, for programs: the same in all languages.",
        },
        "detail": {
            "type": "string",
            "description": "A sentence for people, in the language of `Accept-Language`.",
        },
        "request_id": {
            "type": "string",
            "description": "As in the header `X-Request-ID`, and in the log of the site.",
        },
        "errors": {
            "type": "object",
            "description": "Of a request with errors: by field or parameter, what is wrong.",
            "additionalProperties": True,
        },
    },
}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The bearer's token."""

    target_class = "api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return it as OpenAPI has it."""
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(FrameworksSessionScheme):  # type: ignore[no-untyped-call]
    """The session's cookie."""

    target_class = "api.authentication.SessionAuthentication"


class BodyShape(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Says of what clients send that no other field is taken."""

    target_class = "api.bodies.BodySerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Describe the fields, and that there are no more."""
        described = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**described, "additionalProperties": False}


def problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give every operation the errors that it may answer with."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                _add_problems(operation, has_path_parameters="{" in path)
    return result


def _add_problems(operation: dict[str, Any], *, has_path_parameters: bool) -> None:
    statuses = {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_ACCEPTABLE,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
    }
    if {} not in operation.get("security", []):
        statuses |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    if has_path_parameters:
        statuses.add(HTTPStatus.NOT_FOUND)
    if "requestBody" in operation:
        statuses |= {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
    responses = operation["responses"]
    for status in sorted(statuses):
        responses.setdefault(str(int(status)), _problem(status))
    for status, response in responses.items():
        if int(status) >= HTTPStatus.BAD_REQUEST:
            # Views say why they answer so; what an answer looks like is said here.
            response["content"] = _problem(HTTPStatus(int(status)))["content"]
    operation["responses"] = dict(sorted(responses.items()))


def _problem(status: HTTPStatus) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": status.phrase, "content": content}
