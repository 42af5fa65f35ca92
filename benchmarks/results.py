"""The figures of all engines over all rounds."""

import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from math import isnan, nan

from benchmarks.measures import Figures

MEASURES = tuple(measure.name for measure in fields(Figures))


@dataclass(slots=True)
class Results:
    """Figures by the engine's name, in the order of the rounds."""

    rounds: dict[str, list[Figures]] = field(default_factory=dict)

    def add(self, engine: str, figures: Figures) -> None:
        """Note what one round has brought."""
        self.rounds.setdefault(engine, []).append(figures)

    def median(self, engine: str, measure: str) -> float:
        """The median over the rounds in which it was taken; NaN when it was in none."""
        return _median(getattr(figures, measure) for figures in self.rounds.get(engine, []))

    def ratio(self, ours: str, other: str, measure: str) -> float:
        """The median of the ratios within a round, where both had the same machine and moment."""
        pairs = zip(self.rounds.get(ours, []), self.rounds.get(other, []), strict=False)
        return _median(getattr(one, measure) / getattr(two, measure) for one, two in pairs)

    def as_json(self) -> dict[str, object]:
        """All of it; null for what was not measured."""
        return {
            engine: {
                "median": _without_nan({name: self.median(engine, name) for name in MEASURES}),
                "rounds": [_without_nan(asdict(figures)) for figures in rounds],
            }
            for engine, rounds in self.rounds.items()
        }


def _median(values: Iterable[float]) -> float:
    return statistics.median([value for value in values if not isnan(value)] or [nan])


def _without_nan(figures: dict[str, float]) -> dict[str, float | None]:
    return {name: None if isnan(value) else value for name, value in figures.items()}
