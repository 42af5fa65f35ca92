"""An event that a signal handler may set."""

import threading


class Flag:
    """What `threading.Event` is, for the thread that signals interrupt.

    A handler runs in the main thread, between any two of its byte codes: also when that thread
    looks at the event and has its lock. There, an `Event` waits for itself for ever. This lock lets
    in whoever has it. A handler that comes a moment before the wait does not end it, so that waits
    are short, and the flag is looked at after each.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._is_set = False

    def is_set(self) -> bool:
        """Whether it is set."""
        return self._is_set

    def set(self) -> None:
        """Set it, and wake who waits."""
        with self._changed:
            self._is_set = True
            self._changed.notify_all()

    def clear(self) -> None:
        """Begin anew."""
        self._is_set = False

    def wait(self, seconds: float) -> bool:
        """Wait until it is set, at most so long; return whether it is."""
        with self._changed:
            if not self._is_set:
                self._changed.wait(seconds)
            return self._is_set
