"""How a log record is written: one line, whatever the record holds."""

import logging
from typing import override

# Everything that ends a line or moves the cursor, and the escape that is shown in its place.
CONTROL = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
ESCAPES = {code: repr(chr(code)).strip("'") for code in CONTROL}


class LineFormatter(logging.Formatter):
    """Escapes control characters, so that a logged value cannot forge a second record.

    A traceback follows its line, indented: no line of it can be taken for a record either.
    """

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        return super().formatMessage(record).translate(ESCAPES)

    @override
    def formatException(self, ei: "logging._SysExcInfoType") -> str:
        lines = super().formatException(ei).splitlines()
        return "\n".join(f"    {line}" for line in lines)
