"""Runs in a real browser, with a real worker: what people do to them has the effect it promises."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.tests.factories import make_user
from tasks.models import LogLine, RunStatus, TaskRun
from tasks.tests.admin_factories import failure, make_failed_run, make_run, make_worker
from tasks.tests.factories import ADD
from tasks.tests.sample.tasks import add
from tasks.workflows import chain, group
from tests.browser import axe, fits, log_in, looks

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@looks
def test_everybody_can_use_the_pages_of_runs(page: Page, site: str) -> None:
    user = make_user(is_staff=True, is_superuser=True)
    log_in(page, site, user)
    worker, now = make_worker(), timezone.now()
    failed = make_failed_run(
        name=ADD,
        arguments='{"args":[1,2],"kwargs":{}}',
        fingerprint="0123456789abcdef",
        finished_at=now,
        attempted_at=now,
        attempt=2,
        errors=failure("out of paper", errors=failure("paper jam"), attempt=2),
        worker_id=worker.pk,
        unique_key="order:4711",
    )
    LogLine.objects.create(
        run_id=failed.pk,
        attempt=2,
        position=0,
        logged_at=now,
        level=30,
        logger="shop",
        message="The tray is empty",
    )
    running = make_run(
        RunStatus.RUNNING,
        name=ADD,
        attempt=1,
        spent=1,
        attempted_at=now - timedelta(seconds=5),
        worker_id=worker.pk,
        progress='{"done":30,"total":120,"message":"third shelf"}',
    )
    chain(add.s(1, 2), group([add.s(n) for n in range(4)], then=add.si(5, 6))).enqueue()
    last = TaskRun.objects.get(after_group_id__isnull=False)
    LogEntry.objects.log_actions(user.pk, [failed], CHANGE, change_message="Retried.")
    for path, part in (
        ("", "#changelist"),
        ("?status__exact=FAILED", "#changelist"),
        ("all/retry/?q=paper", ".tasks-dialog"),
        ("failures/", ".tasks-page"),
        ("../../admin/logentry/", "#changelist"),
        (f"{failed.pk}/change/", ".tasks-page"),
        (f"{running.pk}/change/", ".tasks-page"),
        (f"{last.pk}/change/", ".tasks-page"),
    ):
        page.goto(f"{site}/admin/tasks/taskrun/{path}")
        expect(page.locator(part)).to_be_visible()
        axe(page, within=part)
        fits(page)
