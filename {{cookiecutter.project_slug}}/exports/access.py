"""Who gets to a file: people who are logged in, and programs that bring a token of the API."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import AuthenticationFailed

from api.authentication import SCHEME, TokenAuthentication

type View = Callable[..., HttpResponseBase]


def token_or_login_required(view: View) -> View:
    """Wrap a view that only reads: no CSRF token is asked for."""
    for_people = login_required(view)

    @wraps(view)
    def respond(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            found = TokenAuthentication().authenticate(request)
        except AuthenticationFailed:
            return HttpResponse(status=401, headers={"WWW-Authenticate": SCHEME})
        if found is not None:
            request.user = found[0]
        return for_people(request, *args, **kwargs)

    return respond
