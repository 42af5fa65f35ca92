"""Signed links to an export's file: for its owner, for a while."""

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.urls import reverse

from exports.models import Export


class LinkExpired(Exception):
    """The link was good once."""


class LinkForged(Exception):
    """The link was never made for this export and its owner."""


def download_link(export: Export) -> str:
    """Return the address of the file; it works for `EXPORT_LINK_SECONDS`."""
    token = _signer(export).sign("").lstrip(":")
    return f"{reverse('exports:download', args=[export.id])}?token={token}"


def check(export: Export, token: str) -> None:
    """Raise `LinkForged` or `LinkExpired` unless the token is one of `download_link`'s."""
    try:
        _signer(export).unsign(f":{token}", max_age=settings.EXPORT_LINK_SECONDS)
    except SignatureExpired as error:
        raise LinkExpired from error
    except BadSignature as error:
        raise LinkForged from error


def _signer(export: Export) -> TimestampSigner:
    # What it is for is in the salt: a token fits one export of one user, and is good for no more.
    return TimestampSigner(salt=f"exports.links:{export.id}:{export.user_id}")
