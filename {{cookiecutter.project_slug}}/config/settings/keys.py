"""The key that signs sessions, links and cookies."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import DEBUG
from config.settings.env import env

_PLACEHOLDERS = ("django-insecure-", "change-me", "changeme", "placeholder", "example")
_MIN_LENGTH = 50
_MIN_CHARACTERS = 10


def secret_key(*, debug: bool) -> str:
    """The key, unless anybody could guess it; development accepts any.

    Raises ImproperlyConfigured with a sentence that says what to type.
    """
    key = env.text("SECRET_KEY")
    if wrong := weakness(key, debug=debug):
        raise ImproperlyConfigured(
            f"SECRET_KEY {wrong}: to put a random one into .env, type: python -c "
            "\"import secrets; print('SECRET_KEY=' + secrets.token_urlsafe(50))\" >> .env"
        )
    return key


def weakness(key: str, *, debug: bool) -> str | None:
    """What is wrong with `key`, as the rest of a sentence that begins with its name."""
    if not key:
        return "is not set"
    if debug:
        return None
    if any(word in key.lower() for word in _PLACEHOLDERS):
        return "is a placeholder that everybody knows"
    if len(key) < _MIN_LENGTH or len(set(key)) < _MIN_CHARACTERS:
        return f"is easier to guess than {_MIN_LENGTH} random characters"
    return None


SECRET_KEY = secret_key(debug=DEBUG)

# Old keys: what was signed with them stays valid after a change of the key.
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", default=[])
