"""Every legal move of a run. Each is one conditional statement; whoever comes second changes
nothing.

 enqueue                claim                 settle
 ──────► READY ───────────────► RUNNING ───────────────► SUCCESSFUL
          ▲ ▲                    │ │ │  attempts left: SCHEDULED, due later
  promote │ │ take back (lost)   │ │ └► FAILED ── retry ──► READY
SCHEDULED─┘ └────────────────────┘ └──► CANCELLED
"""

from tasks.ledger.bell import call_on_ready, ring_after_commit
from tasks.ledger.claim import claim, claim_these
from tasks.ledger.clock import now
from tasks.ledger.due import expire, promote
from tasks.ledger.follow import Followed, follow
from tasks.ledger.frozen import AWAY, bound_transaction, was_locked
from tasks.ledger.gates import Admitted, claim_through_gates, pause, resume, set_limit
from tasks.ledger.groups import end_groups, insert_groups, look_after_commit
from tasks.ledger.history import (
    count_old_runs,
    delete,
    prune_groups,
    prune_runs,
    prune_ticks,
    prune_workers,
)
from tasks.ledger.insert import insert
from tasks.ledger.leases import (
    HeldRun,
    ask_worker,
    bury,
    held_runs,
    mark_lost_workers,
    register_worker,
    retire_worker,
    take_back_lost_runs,
)
from tasks.ledger.lines import write_lines
from tasks.ledger.notes import write_notes
from tasks.ledger.outage import outage
from tasks.ledger.overdue import overdue
from tasks.ledger.people import cancel, cancel_workflow, promote_now, retry
from tasks.ledger.pulse import Pulse, pulse
from tasks.ledger.rows import Claimed, NewRun, Outcome, Ties
from tasks.ledger.settle import settle
from tasks.ledger.sweep import sweep_workflows

__all__ = [
    "AWAY",
    "Admitted",
    "Claimed",
    "Followed",
    "HeldRun",
    "NewRun",
    "Outcome",
    "Pulse",
    "Ties",
    "ask_worker",
    "bound_transaction",
    "bury",
    "call_on_ready",
    "cancel",
    "cancel_workflow",
    "claim",
    "claim_these",
    "claim_through_gates",
    "count_old_runs",
    "delete",
    "end_groups",
    "expire",
    "follow",
    "held_runs",
    "insert",
    "insert_groups",
    "look_after_commit",
    "mark_lost_workers",
    "now",
    "outage",
    "overdue",
    "pause",
    "promote",
    "promote_now",
    "prune_groups",
    "prune_runs",
    "prune_ticks",
    "prune_workers",
    "pulse",
    "register_worker",
    "resume",
    "retire_worker",
    "retry",
    "ring_after_commit",
    "set_limit",
    "settle",
    "sweep_workflows",
    "take_back_lost_runs",
    "was_locked",
    "write_lines",
    "write_notes",
]
