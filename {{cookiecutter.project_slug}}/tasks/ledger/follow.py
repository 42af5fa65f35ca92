"""What becomes of the runs that wait for another, once that one has ended.

Everything is read from the rows and conditional on WAITING, so that it may be done again at any
time, and whoever comes second changes nothing.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from tasks.ledger.dialect import execute, id_of
from tasks.models import RunGroup, RunStatus, TaskRun

# The text of the arguments begins with '{"args":[', which are nine characters. Once the result is
# there, `takes_result` is false: it is put there once, however often the run becomes READY.
RELEASE = """
UPDATE tasks_taskrun AS next SET
    status = CASE WHEN next.run_at > {now} THEN 'SCHEDULED' ELSE 'READY' END,
    run_at = {latest}(next.run_at, {now}),
    arguments = CASE WHEN next.takes_result THEN substr(next.arguments, 1, 9) || {result}
        || CASE WHEN substr(next.arguments, 10, 1) = ']' THEN '' ELSE ',' END
        || substr(next.arguments, 10) ELSE next.arguments END,
    takes_result = false
"""
_RELEASE_AFTER_RUN = (
    RELEASE.replace("{result}", "COALESCE(prev.return_value, 'null')")
    + """
FROM tasks_taskrun AS prev
WHERE next.after_run_id = prev.id AND next.status = 'WAITING'
    AND prev.id IN {ids} AND prev.status = 'SUCCESSFUL'
RETURNING {next}id, {next}status
"""
)
_RELEASE_AFTER_GROUP = (
    RELEASE.replace("{result}", "%(results)s")
    + """
WHERE next.after_group_id = %(group)s AND next.status = 'WAITING'
RETURNING {next}id, {next}status
"""
)

_CANCEL = """
WITH RECURSIVE lost(id, reason) AS (
    SELECT id, COALESCE(%(reason)s, 'Step ' || substr(name, 1, 230)
        || CASE status WHEN 'FAILED' THEN ' failed' ELSE ' was cancelled' END)
    FROM tasks_taskrun WHERE id IN {ids} AND status IN ('FAILED', 'CANCELLED')
    UNION ALL
    SELECT next.id, lost.reason FROM lost JOIN tasks_taskrun AS next
        ON next.after_run_id = lost.id AND next.status = 'WAITING')
UPDATE tasks_taskrun AS next SET status = 'CANCELLED', finished_at = {now}, reason = lost.reason
FROM lost WHERE next.id = lost.id AND next.status = 'WAITING'
RETURNING {next}id, {next}group_id
"""


@dataclass(slots=True)
class Followed:
    """What has changed, and who is to hear of it after the commit."""

    ready: list[uuid.UUID] = field(default_factory=list)
    """Runs that are READY now."""
    released: int = 0
    """How many runs wait no longer."""
    cancelled: int = 0
    """How many runs never will run."""
    groups: set[uuid.UUID] = field(default_factory=set)
    """Groups that may have ended."""

    def __iadd__(self, other: "Followed") -> "Followed":
        self.ready += other.ready
        self.released += other.released
        self.cancelled += other.cancelled
        self.groups |= other.groups
        return self


def follow(ids: Collection[uuid.UUID], *, reason: str | None = None) -> Followed:
    """Release what waits for those of these runs that succeeded; cancel what waits for the others.

    Runs that have not ended are passed over. `reason` is what the cancelled are told; by default,
    which step did not succeed. Runs in the caller's transaction, which also ends the runs.
    """
    followed = Followed()
    if ids:
        _note_released(followed, execute(_RELEASE_AFTER_RUN, ids=ids))
        ended = list(ids)
        for id_, group_id in execute(_CANCEL, ids=ids, reason=reason):
            ended.append(id_of(id_))
            followed.cancelled += 1
            if group_id is not None:
                followed.groups.add(id_of(group_id))
        followed.groups |= _empty_groups_after(ended)
    return followed


def release_after_group(group_id: uuid.UUID, results: str) -> Followed:
    """Release what waits for a group, with `results`, a JSON list, as the first argument."""
    followed = Followed()
    group: Any = group_id if connection.vendor == "postgresql" else group_id.hex
    _note_released(followed, execute(_RELEASE_AFTER_GROUP, group=group, results=results))
    return followed


def cancel_waiting(waiting: QuerySet[TaskRun], reason: str) -> Followed:
    """Cancel those of these runs that are WAITING, and what waits for them."""
    doomed = dict(waiting.filter(status=RunStatus.WAITING).values_list("pk", "group_id"))
    cancelled = TaskRun.objects.filter(pk__in=doomed, status=RunStatus.WAITING).update(
        status=RunStatus.CANCELLED, finished_at=Now(), reason=reason
    )
    followed = follow(list(doomed), reason=reason)
    followed.cancelled += cancelled
    followed.groups |= {group_id for group_id in doomed.values() if group_id is not None}
    return followed


def _note_released(followed: Followed, rows: list[tuple[Any, ...]]) -> None:
    followed.released += len(rows)
    followed.ready += [id_of(id_) for id_, status in rows if status == RunStatus.READY]


def _empty_groups_after(ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Groups without members, which nobody's end would end."""
    groups = RunGroup.objects.filter(after_run_id__in=ids, total=0, finished_at=None)
    return set(groups.values_list("pk", flat=True))
