"""The nightly cleaning: one run for each kind of row, so that one that fails stops no other."""

from datetime import timedelta

from django.conf import settings

from cleanup import services
from cleanup.cleaners import UnknownCleaner, cleaners, find
from tasks.context import RunContext
from tasks.enqueue import enqueue_many
from tasks.failpoints import failpoint
from tasks.schedules import schedule
from tasks.task import task

QUEUE = "maintenance"


@schedule("30 3 * * *", timezone=settings.TIME_ZONE, grace=timedelta(hours=20))
@task(queue_name=QUEUE, atomic=True, manual=True)
def clean_up() -> None:
    """Have all that is old deleted."""
    enqueue_many(clean, [((cleaner.name,), {}) for cleaner in cleaners()])
    failpoint("cleanup: all kinds enqueued, not committed")


@task(queue_name=QUEUE, manual=True)
def count_old() -> dict[str, int]:
    """Count what is old by its kind, the task history with the rest, and delete nothing."""
    return {kind: services.count(kind) for kind in services.kinds()}


@task(
    queue_name=QUEUE,
    takes_context=True,
    unique="{name}",
    time_limit=6 * 3600.0,
    give_up_on=(UnknownCleaner,),
    manual=True,
)
def clean(context: RunContext, name: str) -> int:
    """Delete the old rows of one kind; return how many this attempt has found."""

    def between(total: int) -> None:
        context.progress(total)
        context.raise_if_cancelled()

    return services.clean(find(name), between=between)
