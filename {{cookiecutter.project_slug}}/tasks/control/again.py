"""One run more with the arguments of another: what has ended stays as it is."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import ADDITION
from django.db import transaction
from django.utils.translation import gettext

from tasks import calling
from tasks.control import audit
from tasks.errors import ArgumentsDoNotFit, UniqueRunExists, UnknownRun
from tasks.ids import uuid7
from tasks.models import TaskRun
from tasks.reasons import AGAIN, AS_ANOTHER

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


def enqueue_again(id_: uuid.UUID, *, by: AbstractBaseUser | None) -> uuid.UUID:
    """Enqueue the task of a run in its queue, with its priority and arguments; return the new id.

    A step of a workflow is run by itself: nothing waits for the new run. Raises `UnknownRun`,
    `UnknownTask`, `ArgumentsDoNotFit`, and `UniqueRunExists` when a live run holds the unique key.
    """
    run = TaskRun.objects.filter(pk=id_).first()
    if run is None:
        raise UnknownRun(
            gettext("There is no run %(id)s. It may be old and deleted.") % {"id": id_}
        )
    args, kwargs = _arguments(run)
    task = calling.named(run.name).using(queue_name=run.queue, priority=run.priority)
    calling.check_call(task, args, kwargs)
    earlier = uuid7()
    with transaction.atomic():
        new = uuid.UUID(task.enqueue(*args, **kwargs).id)
        if new < earlier:
            said = gettext(
                "Run %(id)s holds the unique key. Wait for its end or cancel it, then try again."
            )
            raise UniqueRunExists(said % {"id": new})
        audit.record([run], AGAIN % {"id": new}, by=by)
        rows = TaskRun.objects.filter(pk=new)
        audit.record(rows, AS_ANOTHER % {"id": id_}, by=by, flag=ADDITION)
    return new


def _arguments(run: TaskRun) -> tuple[list[Any], dict[str, Any]]:
    try:
        return run.args, run.kwargs
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        said = gettext("The arguments of run %(id)s cannot be read.")
        raise ArgumentsDoNotFit(said % {"id": run.pk}) from error
