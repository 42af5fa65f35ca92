"""Each request has an id, which its answer, its log records and the runs that it enqueues bear."""

import re
import uuid
from collections.abc import Callable

from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tasks.origin import Origin, origin

type View = Callable[[HttpRequest], HttpResponseBase]

# What a proxy sends is kept where it looks like an id: anybody may send it.
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,127}")
# https://www.w3.org/TR/trace-context/#traceparent-header: neither part may be all zeros.
TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def request_id(get_response: View) -> View:
    """Take over `X-Request-ID` and `traceparent`, or make an id, and answer with it."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        id_ = _matching(ID, request.headers.get("X-Request-ID")) or uuid.uuid4().hex
        traceparent = _matching(TRACEPARENT, request.headers.get("traceparent"))
        # For answers that tell it, such as the problems of the API.
        setattr(request, "id", id_)  # noqa: B010 - no type knows of it
        origin.set(Origin(request_id=id_, traceparent=traceparent))
        response = get_response(request)
        response["X-Request-ID"] = id_
        return response

    return respond


@receiver(request_finished)
def _forget(**_kwargs: object) -> None:
    """Not in the middleware: Django logs bad answers after all of them, and some are streamed."""
    origin.set(None)


def _matching(pattern: re.Pattern[str], value: str | None) -> str:
    return value if value and pattern.fullmatch(value) else ""
