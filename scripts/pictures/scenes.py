"""What does not happen in a demo by itself: failures, a workflow, a pause. Run inside the project.

It ends when all work is done, or says after a while what is not. The steps of the workflow have
unique keys of their own: a schedule runs the same tasks, and while such a run holds the task's
usual key, a workflow is refused.
"""

import time

from accounts.models import User
from cleanup.cleaners import cleaners
from cleanup.tasks import clean
from orders.tasks import process_order, reconcile_orders
from reports.tasks import send_daily_report
from tasks.models import FINAL, GateKind, TaskRun
from tasks.service import service
from tasks.workflows import chain, group

MOST_SECONDS = 90
"""How long the work may take: less than `demo.py` waits, which could not say for what."""

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
