"""One-time codes: good for one user, one purpose, once, and not for long.

A code is not stored, and neither is its digest. It is computed from the row's id and the site's
secret key whenever it is needed, so nobody can take it from the database or from a backup. It also
depends on the password, so that setting a new one ends every code of the old one.
"""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.models import OneTimeCode, User
from emails.errors import Outdated

PASSWORD_RESET = OneTimeCode.Purpose.PASSWORD_RESET
LIFETIME = timedelta(hours=1)
PATIENCE = timedelta(minutes=5)
"""Who asks again so soon gets no second mail, and nobody can fill another's mailbox."""


def issue(user: User, purpose: OneTimeCode.Purpose) -> OneTimeCode:
    """Return a code's row: a new one, or the one that was issued a moment ago.

    Belongs into a transaction.
    """
    # Of two requests at once one waits here.
    User.objects.select_for_update().get(pk=user.pk)
    mine = OneTimeCode.objects.filter(user=user, purpose=purpose, used_at=None)
    recent = mine.filter(created_at__gt=Now() - PATIENCE).order_by("-created_at").first()
    return recent or OneTimeCode.objects.create(
        user=user, purpose=purpose, expires_at=Now() + LIFETIME
    )


def reset_link(code_id: str) -> str:
    """Return the address that sets a new password. Raises `Outdated`."""
    code = OneTimeCode.objects.select_related("user").filter(pk=code_id, used_at=None)
    live = code.filter(expires_at__gt=Now()).first()
    if live is None:
        raise Outdated("The code has expired or was used.")
    uid = urlsafe_base64_encode(force_bytes(live.user_id))
    path = reverse("accounts:new-password", args=[uid, token_of(live, settings.SECRET_KEY)])
    return f"{settings.SITE_URL.rstrip('/')}{path}"


def token_of(code: OneTimeCode, key: str) -> str:
    """Return what stands in a link: which code it is, and the proof that we made it."""
    value = f"{code.pk}:{code.purpose}:{code.user_id}:{code.user.password}:{code.user.email}"
    proof = salted_hmac("accounts.codes", value, secret=key, algorithm="sha256")
    return f"{code.pk.hex}-{proof.hexdigest()[:32]}"


class Tokens(PasswordResetTokenGenerator):
    """What Django's pages for a forgotten password ask for proof."""

    def check_token(self, user: User | None, token: str | None) -> bool:
        """Say whether the token is that of a code which is good for this user now."""
        code = _live_code(user, token)
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return code is not None and any(
            constant_time_compare(token_of(code, key), str(token)) for key in keys
        )


def use_up(user: User) -> int:
    """End all codes of a user; return how many there were."""
    return OneTimeCode.objects.filter(user=user, used_at=None).update(used_at=Now())


def _live_code(user: User | None, token: str | None) -> OneTimeCode | None:
    if user is None or not token:
        return None
    try:
        id_ = uuid.UUID(token.partition("-")[0])
    except ValueError:
        return None
    codes = OneTimeCode.objects.filter(pk=id_, user=user, purpose=PASSWORD_RESET, used_at=None)
    return codes.filter(expires_at__gt=Now()).select_related("user").first()
