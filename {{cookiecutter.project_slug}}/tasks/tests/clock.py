"""Time that passes when a test says so."""


class Clock:
    """A monotonic clock that is moved by hand; stands in for a module's `time`."""

    def __init__(self) -> None:
        self.time = 100.0

    def monotonic(self) -> float:
        """Return what it shows."""
        return self.time
