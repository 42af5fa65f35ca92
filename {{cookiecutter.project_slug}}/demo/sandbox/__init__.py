"""The sandbox provider: another company, with a server and books of its own, that moves no money.

`manage.py sandbox` runs its server (`server`), which keeps a journal (`journal`); the shop speaks
to it over HTTP (`client`) as to any other provider. How a charge goes is said by its card
(`cards`).
"""

from demo.sandbox.cards import (
    BUSY,
    CONFLICT,
    DECLINED,
    ERROR_AFTER,
    ERROR_BEFORE,
    OK,
    REFUND_LOST,
    REFUND_REFUSED,
    RESET_AFTER,
    RESET_BEFORE,
    SLOW,
    TIMEOUT_AFTER,
    TIMEOUT_BEFORE,
)
from demo.sandbox.client import Sandbox

__all__ = [
    "BUSY",
    "CONFLICT",
    "DECLINED",
    "ERROR_AFTER",
    "ERROR_BEFORE",
    "OK",
    "REFUND_LOST",
    "REFUND_REFUSED",
    "RESET_AFTER",
    "RESET_BEFORE",
    "SLOW",
    "TIMEOUT_AFTER",
    "TIMEOUT_BEFORE",
    "Sandbox",
]
