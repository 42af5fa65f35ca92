"""Who asks: the bearer of a token, or of a session's cookie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from rest_framework import authentication
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied

from api import tokens
from api.models import Token

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from rest_framework.request import Request

SCHEME = "Bearer"


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer shop_…`. No cookie is involved, so no CSRF token is asked for."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, Token] | None:
        """Return whose token it is; `None` without one."""
        scheme, _space, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        token = tokens.find(text.strip())
        if token is None:
            raise AuthenticationFailed(_("The token is unknown, expired or revoked."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return what an answer of 401 asks for."""
        return SCHEME


class SessionAuthentication(authentication.SessionAuthentication):
    """The session's cookie, and for what changes something the CSRF token beside it."""

    def enforce_csrf(self, request: Request) -> None:
        """Raise `PermissionDenied` without the token. What was wrong with it, the log says."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise PermissionDenied(
                _("The CSRF token is missing or wrong: send it in the header X-CSRFToken."),
                code="csrf_failed",
            ) from error
