"""At most so many starts a window, across all workers, in any window whatsoever."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
MAX_COUNT = 1_000_000
SLICES = 50
_PATTERN = re.compile(r"(\d{1,7})/(\d{1,4})?([smhd])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many starts in so many seconds.

    A window is cut into 50 slices, and starts are counted by slice. What the last 51 slices hold
    can be no less than what the last window held, so no window ever sees more than `count` starts;
    the price is that a start weighs up to a fiftieth of a window longer than it has to.
    """

    count: int
    seconds: float

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read `"100/m"` or `"5/30s"`: a count, and s, m, h or d. Raises `ValueError`."""
        match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError("write it like '100/m' or '5/30s', with s, m, h or d")
        count, times, unit = int(match[1]), int(match[2] or 1), match[3]
        if not (0 < count <= MAX_COUNT and times):
            raise ValueError(f"it allows 1 to {MAX_COUNT} starts in a window of at least 1 second")
        return cls(count, times * SECONDS[unit])

    def slice_of(self, moment: float) -> int:
        """Return the number of the slice in which a moment lies (seconds since the epoch)."""
        return math.floor(moment * SLICES / self.seconds)

    def recent(self, starts: Mapping[str, int], moment: float) -> dict[str, int]:
        """Return the counts, by slice, that still weigh at that moment."""
        oldest = self.slice_of(moment) - SLICES
        return {number: count for number, count in starts.items() if int(number) >= oldest}

    def room(self, starts: Mapping[str, int], moment: float) -> int:
        """Return how many more may start now."""
        return max(0, self.count - sum(self.recent(starts, moment).values()))

    def opens_in(self, starts: Mapping[str, int], moment: float) -> float:
        """Return the seconds until a start that weighs now does no longer; 0 when none does."""
        recent = self.recent(starts, moment)
        if not recent:
            return 0.0
        ends = (min(map(int, recent)) + SLICES + 1) * self.seconds / SLICES
        return max(0.0, ends - moment)

    def add(self, starts: Mapping[str, int], moment: float, count: int) -> dict[str, int]:
        """Return the counts after so many starts at that moment."""
        recent = self.recent(starts, moment)
        number = str(self.slice_of(moment))
        recent[number] = recent.get(number, 0) + count
        return recent
