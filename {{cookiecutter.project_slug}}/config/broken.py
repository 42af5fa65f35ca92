"""The answer when something broke: a page that needs nothing of what may be broken."""

import base64
import hashlib
import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.csp import CSP
from django.views import defaults
from django.views.decorators.csp import csp_override

STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer with `500.html`, whose own style is all that it may use.

    A stylesheet would be looked up in `collectstatic`'s manifest, which may be what is missing.
    """
    page = defaults.server_error(request)
    policy = settings.SECURE_CSP | {"style-src": _hashes(page.content) or [CSP.NONE]}
    return csp_override(policy)(lambda _request: page)(request)


def _hashes(page: bytes) -> list[str]:
    digests = (hashlib.sha256(style).digest() for style in STYLE.findall(page))
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
