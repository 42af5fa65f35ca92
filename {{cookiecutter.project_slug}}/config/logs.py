"""How a log record is written: one line, whatever the record holds."""

import json
import logging
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, override

from tasks.current import current
from tasks.masks import MASK, hide
from tasks.origin import log_context

# Everything that ends a line or moves the cursor, and the escape that is shown in its place.
CONTROL = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
ESCAPES = {code: repr(chr(code)).strip("'") for code in CONTROL}

# What every record has; the rest was given as `extra`.
USUAL = {*vars(logging.makeLogRecord({})), "message", "asctime", "request"}


class LineFormatter(logging.Formatter):
    """Escapes control characters, so that a logged value cannot forge a second record.

    A traceback follows its line, indented: no line of it can be taken for a record either. What is
    sensitive in the arguments of the run that logs is masked.
    """

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        return hide(super().formatMessage(record), secrets()).translate(ESCAPES)

    @override
    def formatException(self, ei: "logging._SysExcInfoType") -> str:
        lines = hide(super().formatException(ei), secrets()).splitlines()
        return "\n".join(f"    {line}" for line in lines)


class JSONFormatter(logging.Formatter):
    """One JSON object a line, with the run and the request that the record belongs to."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        hidden = secrets()
        written: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": hide(record.getMessage(), hidden),
            **log_context(),
        }
        if record.exc_info:
            written["exception"] = hide(self.formatException(record.exc_info), hidden)
        for name, value in vars(record).items():
            if name not in USUAL and name not in written:
                written[name] = _plain(value, hidden)
        return json.dumps(written)


def secrets() -> frozenset[str]:
    """Return what must not be read in a record of this moment."""
    execution = current.get()
    return frozenset() if execution is None else execution.secrets()


def _plain(value: Any, hidden: Collection[str]) -> str | int | float | bool | None:
    """Return what JSON has a word for as it is, all else as text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return MASK if str(value) in hidden else value
    return hide(str(value), hidden)
