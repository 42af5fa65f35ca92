"""A mail as its reader sees it, shown to staff in a frame in which nothing runs."""

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import csp
from django.utils.csp import build_policy
from django.utils.safestring import SafeString

# What a customer wrote into a mail is shown next to the admin's own buttons. So the frame has no
# script, no form, no origin, and loads nothing; even a link that is opened by itself has none.
POLICY: dict[str, list[str]] = {
    "default-src": [csp.CSP.NONE],
    "img-src": ["data:"],
    "style-src": [csp.CSP.UNSAFE_INLINE],
    "base-uri": [csp.CSP.NONE],
    "form-action": [csp.CSP.NONE],
    "frame-ancestors": [csp.CSP.SELF],
    "sandbox": [""],
}


def page(html: str) -> HttpResponse:
    """Return the HTML of a mail, with a policy of its own."""
    response = HttpResponse(html)
    response.headers[str(csp.CSP.HEADER_ENFORCE)] = build_policy(POLICY)
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def frame(address: str, text: str) -> SafeString:
    """Return the two forms of a mail side by side: the page at the address, and the text."""
    return render_to_string("emails/admin/preview.html", {"address": address, "text": text})
