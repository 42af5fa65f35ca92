"""`/metrics`, for those that may scrape it."""

import ipaddress
import logging
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from tasks import metrics as numbers

logger = logging.getLogger(__name__)

type View = Callable[[HttpRequest], HttpResponseBase]

PATH = "/metrics"


def metrics(get_response: View) -> View:
    """Answer that address, whatever host it is asked of, where it is on; pass on the rest.

    A middleware before those that redirect to HTTPS: who scrapes comes from inside.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        is_on = settings.METRICS_TOKEN or settings.METRICS_ADDRESSES or settings.DEBUG
        if request.path_info != PATH or not is_on:
            return get_response(request)
        return refusal(request) or _numbers(request)

    return answer


def refusal(request: HttpRequest) -> HttpResponse | None:
    """Return the answer for who may not: 401 where a token would help, else 403."""
    if not (settings.METRICS_TOKEN or settings.METRICS_ADDRESSES):
        return None
    if _has_token(request) or _has_address(request):
        return None
    if settings.METRICS_TOKEN:
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    return HttpResponse(status=403)


def _has_token(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token = settings.METRICS_TOKEN
    return bool(token) and scheme.lower() == "bearer" and constant_time_compare(given, token)


def _has_address(request: HttpRequest) -> bool:
    # What came through a proxy came from anywhere, though the proxy itself may be on the list.
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in network for network in settings.METRICS_ADDRESSES)


def _numbers(request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    try:
        text = numbers.exposition()
    except (DatabaseError, InterfaceError):
        logger.exception("The numbers cannot be read")
        return HttpResponse(status=503)
    return HttpResponse(
        text, content_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"}
    )
