"""Language and time."""

from zoneinfo import ZoneInfo

from config.settings.env import BASE_DIR, env


def time_zone(name: str) -> str:
    """`name`, when it is a time zone of the IANA database."""
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"is {name!r}, which is no time zone") from error


# A page is German for a browser that asks for it; `make messages` renews the catalogue.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
# The admin writes all moments alike, to the second; the shop's pages say how they want theirs.
FORMAT_MODULE_PATH = ["config.formats"]

# What people are shown; the database keeps UTC.
USE_TZ = True
TIME_ZONE = env.parsed("TIME_ZONE", time_zone, default="UTC", example="Europe/Berlin")
