"""What follows the `?` of an address: a name that nobody knows is a slip, and is said so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import Serializer

if TYPE_CHECKING:
    from rest_framework.request import Request


def refuse_unknown(request: Request, known: Iterable[str] = ()) -> None:
    """Raise `ValidationError`, naming the parameters, when some are not among the known."""
    known = set(known)
    if unknown := sorted(set(request.query_params) - known):
        said = _("This is no parameter. There are none here.")
        if known:
            said = _("This is no parameter. There are: %(names)s.")
            said %= {"names": ", ".join(sorted(known))}
        raise ValidationError({name: [said] for name in unknown})


def read(request: Request, serializer: type[Serializer[Any]]) -> dict[str, Any]:
    """Return what the address says, as the serializer reads it. Raises `ValidationError`."""
    given = serializer(data=request.query_params.dict())
    refuse_unknown(request, given.fields)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
