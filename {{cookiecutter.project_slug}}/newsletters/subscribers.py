"""Who gets newsletters, and the signed link by which everybody can leave without a password."""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User

_signer = Signer(salt="newsletters.unsubscribe")


def subscribers() -> QuerySet[User]:
    """Return the users who asked for newsletters and can log in."""
    return User.objects.filter(wants_newsletter=True, is_active=True)


def way_out(user_id: int) -> str:
    """Return the address that ends a user's newsletters; it works for ever, for nothing else."""
    path = reverse("newsletters:unsubscribe", args=[_signer.sign(str(user_id))])
    return f"{settings.SITE_URL.rstrip('/')}{path}"


def user_of(signed: str) -> User | None:
    """Return whose link that is; `None` when we did not sign it, or the user is gone."""
    try:
        return User.objects.filter(pk=_signer.unsign(signed)).first()
    except BadSignature:
        return None


def subscribe(user: User, *, wants: bool) -> None:
    """Begin or end a user's newsletters."""
    User.objects.filter(pk=user.pk).update(wants_newsletter=wants)
