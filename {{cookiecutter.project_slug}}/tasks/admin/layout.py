"""Where boxes stand in a drawing: each one column behind the last of those that it waits for."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 168, 44
GAP_X, GAP_Y = 44, 14
MARGIN = 6


@dataclass(frozen=True, slots=True)
class Place:
    """The upper left corner of a box, in pixels."""

    x: int
    y: int

    @property
    def middle(self) -> int:
        """The height at which lines begin and end."""
        return self.y + HEIGHT // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """All places, and the lines from box to box."""

    places: dict[uuid.UUID, Place]
    wires: list[str]
    width: int
    height: int


def arrange(ids: Sequence[uuid.UUID], before: Mapping[uuid.UUID, list[uuid.UUID]]) -> Drawing:
    """Put the boxes into columns, in each in the order in which they are given."""
    columns: dict[int, list[uuid.UUID]] = defaultdict(list)
    for id_, depth in _depths(ids, before).items():
        columns[depth].append(id_)
    tallest = max(map(len, columns.values()), default=0)
    places = {}
    for depth, column in columns.items():
        # Short columns stand in the middle.
        top = MARGIN + (tallest - len(column)) * (HEIGHT + GAP_Y) // 2
        for number, id_ in enumerate(column):
            places[id_] = Place(
                x=MARGIN + depth * (WIDTH + GAP_X), y=top + number * (HEIGHT + GAP_Y)
            )
    return Drawing(
        places=places,
        wires=[_wire(places[one], places[id_]) for id_ in ids for one in before.get(id_, ())],
        width=2 * MARGIN + len(columns) * (WIDTH + GAP_X) - GAP_X,
        height=2 * MARGIN + tallest * (HEIGHT + GAP_Y) - GAP_Y,
    )


def _depths(
    ids: Sequence[uuid.UUID], before: Mapping[uuid.UUID, list[uuid.UUID]]
) -> dict[uuid.UUID, int]:
    depths = dict.fromkeys(ids, 0)
    # As often as the longest chain is long; rows that wait for each other in a circle end it too.
    for _ in ids:
        found = {
            id_: 1 + max((depths[one] for one in before.get(id_, ())), default=-1) for id_ in ids
        }
        if found == depths:
            break
        depths = found
    columns = {depth: column for column, depth in enumerate(sorted(set(depths.values())))}
    return {id_: columns[depth] for id_, depth in depths.items()}


def _wire(start: Place, end: Place) -> str:
    x, bend = start.x + WIDTH, GAP_X // 2
    curve = f"{x + bend} {start.middle} {end.x - bend} {end.middle} {end.x} {end.middle}"
    return f"M{x} {start.middle}C{curve}"
