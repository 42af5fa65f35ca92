"""One line an event, on standard error."""

import logging

from config.settings.base import DEBUG
from config.settings.env import env


def level(name: str) -> str:
    """`name` in capitals, when it is a level of the standard library."""
    if name.upper() not in logging.getLevelNamesMapping():
        raise ValueError(f"is {name!r}, which is no level of logging")
    return name.upper()


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.logs.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.parsed("LOG_LEVEL", level, default="INFO", example="INFO"),
    },
    "loggers": {
        # Django gives this logger handlers of its own: with the root's, every line came twice.
        "django": {"handlers": [], "level": "NOTSET"},
        # A line for each task enqueued, started and finished: worth reading in development only.
        "django.tasks": {
            "level": env.parsed(
                "TASKS_LOG_LEVEL", level, default="INFO" if DEBUG else "WARNING", example="INFO"
            ),
        },
        # These write the addresses that alerts go to, passwords and tokens included.
        "apprise": {"handlers": [], "propagate": False, "level": "CRITICAL"},
        "urllib3": {"level": "INFO"},
    },
}
