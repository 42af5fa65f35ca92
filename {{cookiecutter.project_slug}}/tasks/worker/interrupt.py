"""Raising an exception inside a body that runs in another thread, and nowhere else."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tasks.errors import TimeLimitExceeded

# One C function, `PyThreadState_SetAsyncExc(thread, exception)`; NULL takes back what is pending.
_raise_in_thread = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_ulong, ctypes.py_object)(
    ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
)
_take_back = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p)(
    ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
)


class Interrupt:
    """The time limit of one body.

    The interpreter raises the exception at the next byte code of the thread, so a body that
    sleeps or
    computes in C is reached late or never: see `is_hopeless()`.
    """

    def __init__(self, seconds: float, grace: float) -> None:
        self.seconds = seconds
        self.deadline = time.monotonic() + seconds
        self._hopeless_at = self.deadline + grace
        self._lock = threading.Lock()
        self._thread_id: int | None = None
        self._fired = False
        self._is_shielded = False
        self._is_pending = False

    def guard[T](self, body: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call a body that may be interrupted; when this returns or raises, it cannot be any
        more."""
        with self._lock:
            self._thread_id = threading.get_ident()
        try:
            return body(*args, **kwargs)
        finally:
            self._close()

    @contextmanager
    def shield(self) -> Iterator[None]:
        """Let nothing be raised inside; what falls due meanwhile is raised at the end."""
        self._close(shielded=True)
        try:
            yield
        finally:
            with self._lock:
                self._is_shielded = False
                is_pending, self._is_pending = self._is_pending, False
                if not is_pending:
                    self._thread_id = threading.get_ident()
            if is_pending:
                raise TimeLimitExceeded

    def is_due(self) -> bool:
        """Whether the limit has passed and nothing was done about it, or in vain."""
        return time.monotonic() >= self.next_at()

    def next_at(self) -> float:
        """Return when to look at it next, by the monotonic clock."""
        return self._hopeless_at if self._fired else self.deadline

    def is_hopeless(self) -> bool:
        """Whether the body goes on although its limit and the grace after it have passed."""
        return time.monotonic() >= self._hopeless_at

    def fire(self) -> None:
        """Raise `TimeLimitExceeded` inside the body, if it is still running."""
        with self._lock:
            self._fired = True
            if self._thread_id is not None:
                _raise_in_thread(self._thread_id, TimeLimitExceeded)
            else:
                self._is_pending = self._is_shielded

    def _close(self, *, shielded: bool = False) -> None:
        """Shut the window. What was fired and has not landed yet lands here or is taken back."""
        landed: TimeLimitExceeded | None = None
        while True:
            try:
                with self._lock:
                    if self._thread_id is not None:
                        _take_back(self._thread_id, None)
                        self._thread_id = None
                    self._is_shielded = shielded
                break
            except TimeLimitExceeded as late:
                landed = late
        if landed is not None:
            raise landed
