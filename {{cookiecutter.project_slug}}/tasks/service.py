"""What people do to tasks. The admin, the API and the commands call this and nothing below it."""

import uuid
from collections.abc import Collection
from functools import partial

from django.db import transaction

from tasks import ledger
from tasks.engine import engine


def cancel(ids: Collection[uuid.UUID]) -> int:
    """Stop runs; return to how many that applied. See `tasks.ledger.cancel`."""
    return ledger.cancel(ids)


def retry(ids: Collection[uuid.UUID]) -> int:
    """Give failed and cancelled runs all their attempts again; return to how many that applied.

    Raises `UniqueRunExists` when another live run holds the unique key of one of them.
    """
    retried = ledger.retry(ids)
    if retried:
        transaction.on_commit(partial(engine.ring, list(ids)), robust=True)
    return retried
