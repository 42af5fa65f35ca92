"""What people ask of worker processes: to be quiet, to work again, to stop. It is all written down.

A worker reads the wish with its beat, on every engine, so that it is heeded within seconds.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tasks import ledger
from tasks.control import audit
from tasks.errors import UnknownWorker
from tasks.models import Wish, Worker, WorkerStatus

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

DONE = {
    Wish.WORK: _("Asked to work again."),
    Wish.QUIET: _("Asked to be quiet."),
    Wish.STOP: _("Asked to stop."),
}


@transaction.atomic
def ask(worker_id: uuid.UUID, wish: Wish, *, by: AbstractBaseUser | None) -> bool:
    """Ask something of a worker; return whether that is new. A stop cannot be taken back.

    Raises `UnknownWorker` unless it is alive.
    """
    workers = Worker.objects.filter(pk=worker_id, status=WorkerStatus.ALIVE)
    if not workers.exists():
        said = gettext("No worker %(id)s is alive. `manage.py tasks workers` lists all.")
        raise UnknownWorker(said % {"id": worker_id})
    asked = ledger.ask_worker(worker_id, wish)
    if asked:
        audit.record(workers, DONE[wish], by=by)
    return asked
