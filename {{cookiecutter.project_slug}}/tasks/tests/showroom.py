"""Something of everything that has a page, to look at it."""

from datetime import timedelta

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone

from tasks.models import Alert, LogLine, RunStatus, Schedule
from tasks.tests.admin_factories import failure, make_failed_run, make_run, make_worker
from tasks.tests.ended_factories import make_ended
from tasks.tests.factories import ADD
from tasks.tests.sample.tasks import add, print_labels
from tasks.workflows import chain, group

QUEUE = "a-queue-with-a-name-that-somebody-thought-about-for-long"
TASK = print_labels.module_path
"""One that people may run by hand."""


def show(user: AbstractBaseUser) -> None:
    """Make them."""
    now = timezone.now()
    worker = make_worker()
    failed = make_failed_run(
        name=ADD,
        queue=QUEUE,
        arguments='{"args":[1,2],"kwargs":{}}',
        fingerprint="0123456789abcdef",
        finished_at=now,
        attempted_at=now,
        attempt=2,
        errors=failure("out of paper", errors=failure("paper jam"), attempt=2),
        worker_id=worker.pk,
        unique_key="order:4711",
    )
    # What the dashboard counts.
    make_ended(now, name=ADD, status=RunStatus.FAILED, errors=failure(), fingerprint="counted")
    LogLine.objects.create(
        run_id=failed.pk,
        attempt=2,
        position=0,
        logged_at=now,
        level=30,
        logger="shop",
        message="The tray is empty",
    )
    make_run(
        RunStatus.RUNNING,
        name=ADD,
        attempt=1,
        spent=1,
        attempted_at=now - timedelta(seconds=5),
        worker_id=worker.pk,
        progress='{"done":30,"total":120,"message":"third shelf"}',
    )
    Schedule.objects.create(name="nightly", task=TASK, cron="0 3 * * 1-5", next_at=now)
    Alert.objects.create(rule="failed", key="k", title="Many runs fail", body="12 of 20")
    LogEntry.objects.log_actions(user.pk, [failed], CHANGE, change_message="Retried.")
    chain(add.s(1, 2), group([add.s(n) for n in range(4)], then=add.si(5, 6))).enqueue()
