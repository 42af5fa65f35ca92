"""How long things take, counted in buckets: small enough to keep, good enough for percentiles.

Bounds grow by the square root of 2, from 1 ms to about an hour. A percentile is read from the
bucket in which it falls: of the n values in it, from `low` to `high`, the k-th is estimated as
`low * (high / low) ** (k / n)`. The estimate lies in the bucket of the true value, so it is wrong
by a factor of at most 1.42. The first bucket counts from 0 and is read linearly; what is longer
than the last bound counts as that bound.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import Self

BOUNDS = tuple(round(0.001 * math.sqrt(2) ** power, 6) for power in range(45))
"""Where buckets end, in seconds; a bound itself belongs to the next. The last has no end."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """In seconds; `None` when nothing was measured."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values fell into each bucket."""

    counts: tuple[int, ...] = ()

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Self:
        """Count values."""
        counts = [0] * (len(BOUNDS) + 1)
        for value in seconds:
            counts[bisect_right(BOUNDS, value)] += 1
        return cls(tuple(counts))

    @classmethod
    def read(cls, texts: Sequence[str]) -> Self:
        """Add up what `text()` wrote."""
        # One parse for all of them: a week of minutes is read for a page.
        return cls.sum(json.loads(f"[{','.join(texts)}]"))

    @classmethod
    def read_each(cls, texts: Sequence[str]) -> list[Self]:
        """Return what each text that `text()` wrote says."""
        return [cls(tuple(counts)) for counts in json.loads(f"[{','.join(texts)}]")]

    @classmethod
    def sum(cls, histograms: Iterable[Sequence[int]]) -> Self:
        """Add up counts."""
        return cls(tuple(map(sum, zip_longest(*histograms, fillvalue=0))))

    def text(self) -> str:
        """Return the counts as JSON, cut after the last that is not 0."""
        length = max((place for place, count in enumerate(self.counts, 1) if count), default=0)
        return json.dumps(self.counts[:length], separators=(",", ":"))

    def percentile(self, part: float) -> float | None:
        """Return the value below which `part` of all lie, from 0 to 1; see the module's text."""
        left = part * sum(self.counts)
        for place, count in enumerate(self.counts):
            if count and left <= count:
                return _within(place, left / count)
            left -= count
        return None

    def cumulative(self) -> list[tuple[float, int]]:
        """Return for each bound how many values lie below it; the last bound is infinite."""
        counts = [*self.counts, *[0] * (len(BOUNDS) + 1 - len(self.counts))]
        return list(zip((*BOUNDS, math.inf), accumulate(counts), strict=True))

    def percentiles(self) -> Percentiles:
        """Return those that people look at."""
        return Percentiles(*(self.percentile(part) for part in (0.50, 0.95, 0.99)))


def _within(place: int, part: float) -> float:
    if place == len(BOUNDS):
        return BOUNDS[-1]
    if place == 0:
        return BOUNDS[0] * part
    low, high = BOUNDS[place - 1], BOUNDS[place]
    return low * math.exp(math.log(high / low) * part)
