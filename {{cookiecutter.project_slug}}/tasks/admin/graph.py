"""The workflow of a run as a drawing: boxes for runs, lines for what waits for what.

A workflow of up to `MOST_BOXES` runs is drawn run by run. Of a larger one, members of a group that
do the same are one box with their numbers; where that is still too many, each task is one box.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Min, Q, QuerySet
from django.db.models.functions import Cast

from tasks.admin.layout import Place, arrange
from tasks.admin.payloads import printable
from tasks.admin.words import cut, short
from tasks.models import RunGroup, RunStatus, TaskRun

MOST_BOXES = 24
MOST_GROUPS = 1000
MOST_LETTERS = 17
LOOKS = {
    RunStatus.SUCCESSFUL: "done",
    RunStatus.FAILED: "failed",
    RunStatus.CANCELLED: "cancelled",
    RunStatus.RUNNING: "running",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A run, or several that do the same."""

    id: uuid.UUID
    """Of the run, or of one of them."""
    name: str
    counts: dict[str, int]
    """How many there are of each look."""
    group_id: uuid.UUID | None = None
    after_run_id: uuid.UUID | None = None
    after_group_id: uuid.UUID | None = None

    @property
    def count(self) -> int:
        """How many runs it stands for."""
        return sum(self.counts.values())

    @property
    def title(self) -> str:
        """The task's own name, as far as there is room."""
        return cut(short(self.name), MOST_LETTERS)

    @property
    def look(self) -> str:
        """How it is drawn."""
        for look in ("failed", "running", "waiting", "cancelled"):
            if self.counts.get(look):
                return look
        return "done"

    @property
    def done(self) -> int:
        """How many have succeeded."""
        return self.counts.get("done", 0)

    @property
    def failed(self) -> int:
        """How many have failed or were cancelled."""
        return self.counts.get("failed", 0) + self.counts.get("cancelled", 0)

    @property
    def ended_width(self) -> int:
        """The length of the bar of those that have ended, in percent."""
        return 100 * (self.done + self.failed) // max(self.count, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Boxes in their places, and the lines between them."""

    places: list[tuple[Box, Place]]
    wires: list[str]
    """Each as the `d` of a path."""
    width: int
    height: int
    total: int
    """Runs of the workflow."""
    own: uuid.UUID
    """The run whose page this is on."""
    is_summary: bool
    """Boxes are tasks: nothing is said of what waits for what."""

    @property
    def is_live(self) -> bool:
        """Whether some of it is still to run."""
        return any(box.counts["waiting"] or box.counts["running"] for box, _ in self.places)


def graph_of(run: TaskRun) -> Graph | None:
    """Read the workflow of a run: at most four queries, none for a run without one."""
    if run.workflow_id is None:
        return None
    rows = TaskRun.objects.filter(workflow_id=run.workflow_id)
    total = rows.count()
    if total < 2:
        return None
    own = ("pk",) if total <= MOST_BOXES else ()
    boxes = _boxes(rows, *own, "name", "group_id", "after_run_id", "after_group_id")
    is_summary = len(boxes) > MOST_BOXES
    if is_summary:
        boxes = _boxes(rows, "name")[:MOST_BOXES]
    before = {} if is_summary else _before(run.workflow_id, boxes)
    drawn = arrange([box.id for box in boxes], before)
    return Graph(
        places=[(box, drawn.places[box.id]) for box in boxes],
        wires=drawn.wires,
        width=drawn.width,
        height=drawn.height,
        total=total,
        own=run.pk,
        is_summary=is_summary,
    )


def _boxes(rows: QuerySet[TaskRun], *keys: str) -> list[Box]:
    """Count the runs that have the same `keys`; one box more than are drawn at most."""
    counted = (
        rows.values(*keys)
        .annotate(
            count=Count("pk"),
            # As text: not every database has the least of several UUIDs. Ids are in the order in
            # which the workflow was planned.
            one=Min(Cast("pk", CharField())),
            **{look: Count("pk", filter=Q(status=status)) for status, look in LOOKS.items()},
        )
        .order_by("one")
    )
    return [_box(row) for row in counted[: MOST_BOXES + 1]]


def _box(row: dict[str, Any]) -> Box:
    counts = {look: row[look] for look in LOOKS.values()}
    counts["waiting"] = row["count"] - sum(counts.values())
    return Box(
        id=uuid.UUID(row["one"]),
        name=printable(row["name"]),
        counts=counts,
        **{key: row.get(key) for key in ("group_id", "after_run_id", "after_group_id")},
    )


def _before(workflow_id: uuid.UUID, boxes: list[Box]) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Return for each box those that it waits for."""
    members: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for box in boxes:
        if box.group_id is not None:
            members[box.group_id].append(box.id)
    inner = _groups_within(workflow_id)
    known = {box.id for box in boxes}
    before: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for box in boxes:
        if box.after_run_id is not None and box.after_run_id in known:
            before[box.id].append(box.after_run_id)
        if box.after_group_id is not None:
            for group_id in _with_all_within(box.after_group_id, inner):
                before[box.id] += members[group_id]
    return before


def _groups_within(workflow_id: uuid.UUID) -> dict[uuid.UUID, list[uuid.UUID]]:
    within: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    groups = RunGroup.objects.filter(workflow_id=workflow_id, outer_id__isnull=False)
    for id_, outer_id in groups.values_list("pk", "outer_id")[:MOST_GROUPS]:
        if outer_id is not None:
            within[outer_id].append(id_)
    return within


def _with_all_within(
    group_id: uuid.UUID, within: dict[uuid.UUID, list[uuid.UUID]]
) -> Iterator[uuid.UUID]:
    """Yield a group, and every group that is a member of it, however deep; each once."""
    seen, left = {group_id}, [group_id]
    while left:
        each = left.pop()
        yield each
        new = [inner for inner in within.get(each, ()) if inner not in seen]
        seen.update(new)
        left += new
