"""A worker's regular look: it extends its lease and learns whether there is anything to do.

One statement a second (on SQLite a second one every few seconds, since a beat needs the write lock
there) is all that an idle worker asks of the database.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from tasks.conf import options
from tasks.ledger.lanes import last_life
from tasks.ledger.leases import DEAD_AFTER_SECONDS, HELD_LOCK_KEYS
from tasks.ledger.outage import outage
from tasks.ledger.words import for_sqlite
from tasks.models import Wish, Worker, WorkerStatus


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the table said."""

    alive: bool
    """`False`: this worker was declared lost and holds nothing any more."""
    ready: frozenset[str]
    """The queues in which a run is READY."""
    due: bool
    """Whether a scheduled run has become due, or one has expired."""
    lost: bool
    """Whether a worker is lost, or a run is held by nobody who lives."""
    suspects: frozenset[str]
    """The queues in which a run on its last life is READY: it is to be executed alone."""
    gated: bool
    """Whether a run is READY behind a gate, or a queue has a limit."""
    paused: frozenset[str] = frozenset()
    """The queues that people have paused."""
    wish: Wish = Wish.WORK
    """What people ask of this worker."""


# The queues are found by one look in the index for each, not by reading what waits in them.
READY_QUEUES = """
    WITH RECURSIVE seen(queue) AS (
        SELECT min(queue) FROM tasks_taskrun WHERE status = 'READY' AND NOT gated
        UNION ALL
        SELECT (SELECT min(queue) FROM tasks_taskrun
                WHERE status = 'READY' AND NOT gated AND queue > seen.queue)
        FROM seen WHERE seen.queue IS NOT NULL)
"""
# Every question about runs is put so that only an index can answer it: to "is there any",
# PostgreSQL likes to answer by reading rows until it meets one, and when there is none reads all.
_ORPHANED = """EXISTS (SELECT 1 FROM ({held}) AS run WHERE NOT EXISTS (
        SELECT 1 FROM tasks_worker WHERE id = run.worker_id AND status = 'ALIVE'))"""
_HELD = "SELECT worker_id FROM tasks_taskrun WHERE status = 'RUNNING'"

_SUSPECTS = """FROM tasks_taskrun
        WHERE status = 'READY' AND crashes > 0 AND crashes >= %(last_life)s"""

_DUE = """COALESCE((SELECT min(run_at) FROM tasks_taskrun WHERE status = 'SCHEDULED') <= {now}
        OR (SELECT min(expires_at) FROM tasks_taskrun
            WHERE status IN ('SCHEDULED', 'WAITING', 'READY') AND expires_at IS NOT NULL
                AND started_at IS NULL) <= {now}, false)"""
_GATED = """(SELECT min(queue) FROM tasks_taskrun WHERE status = 'READY' AND gated) IS NOT NULL
        OR EXISTS (SELECT 1 FROM tasks_gate WHERE kind = 'QUEUE' AND max_running IS NOT NULL)"""

_PAUSED = "FROM tasks_gate WHERE kind = 'QUEUE' AND paused_at IS NOT NULL"

_PULSE_POSTGRESQL = f"""
WITH beat AS (
    UPDATE tasks_worker SET beat_at = statement_timestamp(),
        lease_until = statement_timestamp() + make_interval(secs => %(lease)s)
    WHERE id = %(worker)s AND status = 'ALIVE' RETURNING wish)
SELECT EXISTS (SELECT FROM beat),
    ARRAY({READY_QUEUES} SELECT queue FROM seen WHERE queue IS NOT NULL),
    {_DUE.format(now="statement_timestamp()")},
    EXISTS (SELECT FROM tasks_worker WHERE status = 'ALIVE' AND id <> %(worker)s AND (
            lease_until < statement_timestamp()
            OR beat_at < statement_timestamp() - make_interval(secs => %(dead_after)s)
                AND beat_at <> started_at AND lock_key NOT IN ({HELD_LOCK_KEYS})))
        OR {_ORPHANED.format(held=f"{_HELD} ORDER BY worker_id OFFSET 0")},
    ARRAY(SELECT DISTINCT queue {_SUSPECTS}),
    {_GATED},
    ARRAY(SELECT name {_PAUSED}),
    (SELECT wish FROM beat)
"""  # noqa: S608 - constants of this package only

_NOW_SQLITE = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
_LOOK_SQLITE = for_sqlite(f"""
{READY_QUEUES}
SELECT EXISTS (SELECT 1 FROM tasks_worker WHERE id = %(worker)s AND status = 'ALIVE'),
    (SELECT json_group_array(queue) FROM seen WHERE queue IS NOT NULL),
    {_DUE.format(now=_NOW_SQLITE)},
    EXISTS (SELECT 1 FROM tasks_worker WHERE status = 'ALIVE' AND id <> %(worker)s
            AND lease_until < {_NOW_SQLITE})
        OR {_ORPHANED.format(held=_HELD)},
    (SELECT json_group_array(DISTINCT queue) {_SUSPECTS}),
    {_GATED},
    (SELECT json_group_array(name) {_PAUSED}),
    (SELECT wish FROM tasks_worker WHERE id = %(worker)s)
""")  # noqa: S608


def pulse(worker_id: uuid.UUID, *, beat: bool = True) -> Pulse:
    """Extend the worker's lease, unless `beat` is false, and look what there is to do."""
    seen = _ask(worker_id, beat=beat)
    outage.note_answer()
    return seen


def _ask(worker_id: uuid.UUID, *, beat: bool) -> Pulse:
    if connection.vendor == "postgresql":
        return _pulse_postgresql(worker_id)
    if beat:
        Worker.objects.filter(pk=worker_id, status=WorkerStatus.ALIVE).update(
            beat_at=Now(), lease_until=Now() + timedelta(seconds=options().lease)
        )
    return _look_sqlite(worker_id)


def _pulse_postgresql(worker_id: uuid.UUID) -> Pulse:
    parameters: dict[str, Any] = {
        "worker": worker_id,
        "lease": options().lease,
        "dead_after": DEAD_AFTER_SECONDS,
        "last_life": last_life(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PULSE_POSTGRESQL, parameters)
        alive, ready, due, lost, suspects, gated, paused, wish = cursor.fetchone()
    return Pulse(
        alive=alive,
        ready=frozenset(ready),
        due=due,
        lost=lost,
        suspects=frozenset(suspects),
        gated=gated,
        paused=frozenset(paused),
        wish=Wish(wish or Wish.WORK),
    )


def _look_sqlite(worker_id: uuid.UUID) -> Pulse:
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_SQLITE, {"worker": worker_id.hex, "last_life": last_life()})
        alive, ready, due, lost, suspects, gated, paused, wish = cursor.fetchone()
    return Pulse(
        alive=bool(alive),
        ready=frozenset(json.loads(ready)),
        due=bool(due),
        lost=bool(lost),
        suspects=frozenset(json.loads(suspects)),
        gated=bool(gated),
        paused=frozenset(json.loads(paused)),
        wish=Wish(wish or Wish.WORK),
    )
