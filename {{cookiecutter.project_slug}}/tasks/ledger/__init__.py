"""Every legal move of a run. Each is one conditional statement; whoever comes second changes
nothing.

 enqueue                claim                 settle
 ──────► READY ───────────────► RUNNING ───────────────► SUCCESSFUL
          ▲ ▲                    │ │ │  attempts left: SCHEDULED, due later
  promote │ │ take back (lost)   │ │ └► FAILED ── retry ──► READY
SCHEDULED─┘ └────────────────────┘ └──► CANCELLED
"""

from tasks.ledger.claim import claim, expire, promote
from tasks.ledger.gates import Admitted, claim_through_gates, pause, resume, set_limit
from tasks.ledger.history import delete, prune_runs, prune_workers
from tasks.ledger.insert import insert
from tasks.ledger.leases import (
    HeldRun,
    held_runs,
    mark_lost_workers,
    mark_worker_lost,
    register_worker,
    retire_worker,
    take_back_lost_runs,
)
from tasks.ledger.notes import write_notes
from tasks.ledger.overdue import overdue
from tasks.ledger.people import cancel, retry
from tasks.ledger.pulse import Pulse, pulse
from tasks.ledger.rows import Claimed, NewRun, Outcome
from tasks.ledger.settle import settle

__all__ = [
    "Admitted",
    "Claimed",
    "HeldRun",
    "NewRun",
    "Outcome",
    "Pulse",
    "cancel",
    "claim",
    "claim_through_gates",
    "delete",
    "expire",
    "held_runs",
    "insert",
    "mark_lost_workers",
    "mark_worker_lost",
    "overdue",
    "pause",
    "promote",
    "prune_runs",
    "prune_workers",
    "pulse",
    "register_worker",
    "resume",
    "retire_worker",
    "retry",
    "set_limit",
    "settle",
    "take_back_lost_runs",
    "write_notes",
]
