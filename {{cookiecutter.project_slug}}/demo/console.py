"""The demo's terminal: whole lines from several programs, each behind its name."""

import os
import threading
from collections.abc import Sequence
from typing import IO

CYAN, YELLOW, MAGENTA, GREEN, BLUE = 36, 33, 35, 32, 34


class Console:
    """Writes whole lines from many threads, each behind the coloured name of who says it."""

    def __init__(self, stream: IO[str], *, names: Sequence[str], colour: bool) -> None:
        self.colour = colour
        self._stream = stream
        self._width = max(map(len, names))
        self._codes = dict(zip(names, (CYAN, YELLOW, MAGENTA, GREEN, BLUE), strict=False))
        self._lock = threading.Lock()

    def line(self, name: str, text: str) -> None:
        """Write one line that `name` said."""
        prefix = f"{name:<{self._width}} |"
        if self.colour:
            prefix = f"\x1b[{self._codes.get(name, GREEN)}m{prefix}\x1b[0m"
        self.write(f"{prefix} {text}\n")

    def strong(self, text: str) -> str:
        """The text, bold where the terminal can show it."""
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text

    def write(self, text: str) -> None:
        """Write text as it is.

        When the terminal has gone away the text is dropped: a program whose lines nobody takes
        would stand still at a full pipe and could not be stopped in order.
        """
        with self._lock:
            try:
                self._stream.write(text)
                self._stream.flush()
            except OSError:
                # Not another stream: this one still holds the text and would fail again at exit.
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._stream.fileno())
                os.close(nowhere)


def wants_colour(stream: IO[str]) -> bool:
    """Whether a stream is a terminal whose owner has not said no (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
