"""Makes tokens, finds whose they are, and takes them back.

A token is 256 random bits: its SHA-256 cannot be turned back and needs no salt, and one look-up in
an index finds it.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from api.models import Token

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

BEGINNING = "shop_"
"""What every token begins with, so that programs which look for leaked secrets know it."""
SHOWN_CHARACTERS = 6
USED_EVERY = timedelta(minutes=5)
"""How exact `used_at` is: a busy client does not write a row with every request."""


def issue(
    *, user: AbstractBaseUser, name: str, expires_at: datetime | None = None
) -> tuple[Token, str]:
    """Make a token; return its row and its text, which cannot be had again."""
    text = BEGINNING + secrets.token_urlsafe(32)
    token = Token.objects.create(
        user_id=user.pk,
        name=name,
        prefix=text[: len(BEGINNING) + SHOWN_CHARACTERS],
        digest=digest(text),
        expires_at=expires_at,
    )
    return token, text


def find(text: str) -> Token | None:
    """Return the token of that text, with its user, if it is good and its user is active."""
    token = _good().filter(digest=digest(text), user__is_active=True).select_related("user").first()
    if token is not None:
        long_ago = Q(used_at=None) | Q(used_at__lt=Now() - USED_EVERY)
        Token.objects.filter(long_ago, pk=token.pk).update(used_at=Now())
    return token


def revoke(tokens: QuerySet[Token]) -> int:
    """Make tokens useless, at once and for good; return how many were not yet."""
    return tokens.filter(revoked_at=None).update(revoked_at=Now())


def digest(text: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _good() -> QuerySet[Token]:
    return Token.objects.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), revoked_at=None)
