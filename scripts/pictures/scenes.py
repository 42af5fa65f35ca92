"""What does not happen in a demo by itself: failures, a workflow, a pause, and a past. Run inside
the project.

It ends when all work is done, or says after a while what is not. The past is what ran then, put an
hour and more back again and again: what a shop does that is not new. The steps of the workflow have
unique keys of their own: a schedule runs the same tasks, and while such a run holds the task's
usual key, a workflow is refused.
"""

import random
import time
import uuid
from datetime import timedelta

from accounts.models import User
from cleanup.cleaners import cleaners
from cleanup.tasks import clean
from django.db import transaction
from django.db.models import F
from orders.tasks import process_order, reconcile_orders
from reports.tasks import send_daily_report
from tasks.models import FINAL, GateKind, Overall, Rollup, RunStatus, TaskRun, Total, Watermark
from tasks.service import service
from tasks.statistics.rollups import JOB, roll_up
from tasks.workflows import chain, group

MOST_SECONDS = 90
"""How long the work may take: less than `demo.py` waits, which could not say for what."""
PAST_MINUTES, MOST_A_MINUTE = 130, 24
SOON = timedelta(seconds=0.5)


def put_back(run: TaskRun, by: timedelta) -> TaskRun:
    """Return what a run would have been that much earlier; an id holds milliseconds, too."""
    earlier = uuid.UUID(int=run.pk.int - (by // timedelta(milliseconds=1) << 80))
    times = ("run_at", "enqueued_at", "started_at", "attempted_at", "finished_at")
    moved = {name: getattr(run, name) - by for name in times}
    fields = {field.attname: getattr(run, field.attname) for field in TaskRun._meta.concrete_fields}
    return TaskRun(**{**fields, **moved, "id": earlier})


def lay_past() -> None:
    """Have more and less of the same run in the minutes before."""
    source = random.Random(1)  # noqa: S311 - nothing secret
    alone = TaskRun.objects.filter(workflow_id=None, finished_at__isnull=False)
    # The demo's first orders come all at once, and wait for each other.
    usual = alone.filter(status=RunStatus.SUCCESSFUL, attempted_at__lt=F("run_at") + SOON)
    well, badly = list(usual), list(alone.filter(status=RunStatus.FAILED))
    past = []
    for minutes in range(1, PAST_MINUTES):
        for number in range(source.randint(MOST_A_MINUTE // 3, MOST_A_MINUTE)):
            run = source.choice(badly if source.random() < 0.02 else well)
            past.append(put_back(run, timedelta(minutes=minutes, milliseconds=number)))
    with transaction.atomic():
        TaskRun.objects.bulk_create(past)
        # Counted is only what is later than the watermark.
        for counted in (Rollup, Overall, Total):
            counted.objects.all().delete()
        Watermark.objects.filter(name=JOB).delete()
    while roll_up():
        pass


for number in (4711, 4712, 4713):
    process_order.enqueue(number)
clean.enqueue("carts")

first = reconcile_orders.using(unique_key="pictures").si()
names = [cleaner.name for cleaner in cleaners()]
each = [clean.using(unique_key=f"pictures: {name}").si(name) for name in names]
chain(first, group(each, then=send_daily_report.si())).enqueue()

admin = User.objects.get(email="admin@example.com")
service.pause(GateKind.QUEUE, "reports", by=admin)
service.resume(GateKind.QUEUE, "reports", by=admin)

deadline = time.monotonic() + MOST_SECONDS
left = TaskRun.objects.exclude(status__in=FINAL).values_list("name", "status")
while left.exists():
    if time.monotonic() > deadline:
        named = ", ".join(f"{name} ({status})" for name, status in left)
        raise SystemExit(f"Not ended after {MOST_SECONDS} seconds: {named}")
    time.sleep(0.2)

lay_past()
