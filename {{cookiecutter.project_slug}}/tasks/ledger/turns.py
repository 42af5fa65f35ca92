"""Threads of one process that write to SQLite take turns.

SQLite has one writer. Who finds the database taken sleeps, for longer each time, and does not hear
when it is free; a lock of this process wakes the next thread at once.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_turn = threading.Lock()


@contextmanager
def turn_to_write() -> Iterator[None]:
    """Wait for this thread's turn. Inside a transaction there is none: it has the database already,
    and a thread that waits for the database must not be waited for.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
    else:
        with _turn:
            yield
