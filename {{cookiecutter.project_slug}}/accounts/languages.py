"""The languages that people may read in."""

from django.conf import settings
from django.utils.translation import get_language


def choices() -> list[tuple[str, str]]:
    """Return those of the site, by their own names."""
    return list(settings.LANGUAGES)


def of_the_site() -> str:
    """Return the one of whom nobody has asked."""
    return settings.LANGUAGE_CODE


def here() -> str:
    """Return the one of the request, which is the site's where there is none."""
    language = get_language()
    return language if language in dict(settings.LANGUAGES) else of_the_site()
