"""A new run, in the caller's transaction."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from tasks.models import LIVE, TaskRun

INSERT_BATCH = 500
TRIES = 20


def insert(run: TaskRun) -> tuple[TaskRun, bool]:
    """Insert a run; return it and `True`, or the live run with the same unique key and `False`."""
    if run.unique_key is None:
        run.save(force_insert=True)
        return run, True
    for _ in range(TRIES):
        try:
            # A savepoint: the caller's transaction survives the refusal. While another transaction
            # holds the key uncommitted, the database makes this one wait for its end.
            with transaction.atomic():
                run.save(force_insert=True)
        except IntegrityError as refusal:
            live = TaskRun.objects.filter(unique_key=run.unique_key, status__in=LIVE).first()
            if live is not None:
                return live, False
            if not _is_unique_key(refusal):
                raise
            # It ended between the refusal and the look: the key is free again.
        else:
            return run, True
    raise RuntimeError(f"The key {run.unique_key!r} is taken by a run that cannot be seen.")


def insert_many(runs: Sequence[TaskRun]) -> list[tuple[TaskRun, bool]]:
    """Insert runs in bulk, in order. Those with a unique key are inserted one by one."""
    plain = [run for run in runs if run.unique_key is None]
    with transaction.atomic():
        TaskRun.objects.bulk_create(plain, batch_size=INSERT_BATCH)
        return [(run, True) if run.unique_key is None else insert(run) for run in runs]


def _is_unique_key(refusal: IntegrityError) -> bool:
    return "tasks_run_unique_live" in str(refusal) or "unique_key" in str(refusal)
