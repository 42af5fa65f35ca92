"""The admin's own Content-Security-Policy."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.csp import csp_override

type View = Callable[[HttpRequest], HttpResponseBase]


def admin_policy(get_response: View) -> View:
    """Serve the pages below `/admin/` with `ADMIN_CSP` in place of the site's `SECURE_CSP`.

    A middleware, because the policy must also cover the admin's login page, which no
    `AdminSite.admin_view` wraps.
    """
    relaxed = csp_override(settings.ADMIN_CSP)(get_response)

    def respond(request: HttpRequest) -> HttpResponseBase:
        is_admin = request.path.startswith(reverse("admin:index"))
        return relaxed(request) if is_admin else get_response(request)

    return respond
