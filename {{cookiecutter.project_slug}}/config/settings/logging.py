"""One line an event, on standard error; what the body of a task logs also beside its run."""

import logging

from config.settings.base import DEBUG
from config.settings.env import env


def level(name: str) -> str:
    """`name` in capitals, when it is a level of the standard library."""
    if name.upper() not in logging.getLevelNamesMapping():
        raise ValueError(f"is {name!r}, which is no level of logging")
    return name.upper()


def level_or_off(name: str) -> str:
    """The same, or `OFF`."""
    return "OFF" if name.upper() == "OFF" else level(name)


def log_format(name: str) -> str:
    """`text` or `json`."""
    if name not in ("text", "json"):
        raise ValueError(f"is {name!r}, which is neither text nor json")
    return name


FORMAT = env.parsed("LOG_FORMAT", log_format, default="text", example="json")
WRITTEN = env.parsed("LOG_LEVEL", level, default="INFO", example="INFO")
KEPT = env.parsed("RUN_LOG_LEVEL", level_or_off, default="INFO", example="INFO")

HANDLERS = {
    "stderr": {"class": "logging.StreamHandler", "formatter": FORMAT, "level": WRITTEN},
}
if KEPT != "OFF":
    HANDLERS["run"] = {"class": "tasks.lines.LineKeeper", "level": KEPT}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "config.logs.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        },
        "json": {"()": "config.logs.JSONFormatter"},
    },
    "handlers": HANDLERS,
    "root": {
        "handlers": [*HANDLERS],
        # Of the two, the one that lets more through: each handler has a level of its own.
        "level": min((handler["level"] for handler in HANDLERS.values()), key=logging.getLevelName),
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
        # A line for each try to reach a database that is away: who wanted it says so, too.
        "psycopg.pool": {"level": "ERROR"},
        # A line a call says less than the task that made it.
        "httpx": {"level": "WARNING"},
    },
}
