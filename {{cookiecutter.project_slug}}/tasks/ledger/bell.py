"""Tells whoever carries runs that some have become READY here, in the ledger itself."""

import uuid
from collections.abc import Callable, Sequence
from functools import partial

from django.db import transaction

type Ring = Callable[[Sequence[uuid.UUID]], object]

_rings: list[Ring] = []


def call_on_ready(ring: Ring) -> None:
    """Call `ring` with the ids of the runs, after each commit that made some READY."""
    if ring not in _rings:
        _rings.append(ring)


def ring_after_commit(ids: Sequence[uuid.UUID]) -> None:
    """Ring for runs that this transaction makes READY."""
    if ids:
        for ring in _rings:
            # Robust: a ring that fails is a log line. The runs are READY, and workers also look.
            transaction.on_commit(partial(ring, ids), robust=True)
