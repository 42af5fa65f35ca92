"""What others wrote into the tables is text in the admin, never markup: seen by a real browser."""

import json
from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.utils import timezone
from playwright.sync_api import Dialog, Page, expect

from accounts.tests.factories import make_user
from tasks.ids import uuid7
from tasks.models import Alert, Gate, GateKind, LogLine, RunStatus, Schedule
from tasks.tests.admin_factories import failure, make_failed_run, make_run, make_worker
from tests.browser import log_in

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

# Each of them would open a dialog, were it markup or an address.
CANARY = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>{{7*7}}"
LINK = "javascript:alert(3)"


def fill() -> dict[str, str]:
    """Write it wherever there is room for it; return what pages are about."""
    now = timezone.now()
    worker = make_worker(host=CANARY, queues=CANARY, engine=CANARY[:32])
    failed = make_failed_run(
        name=CANARY,
        queue=CANARY[:64],
        arguments=json.dumps({"args": [CANARY], "kwargs": {CANARY: CANARY}}),
        return_value=json.dumps(CANARY),
        errors=failure(CANARY, traceback=CANARY, exception_class_path=f"shop.{CANARY}"),
        fingerprint=CANARY[:16],
        reason=CANARY,
        unique_key=CANARY,
        state=json.dumps(CANARY),
        finished_at=now,
        attempted_at=now,
        worker_id=worker.pk,
        headers=json.dumps({"parent": LINK}),
    )
    running = make_run(
        RunStatus.RUNNING,
        name=CANARY,
        attempt=1,
        attempted_at=now - timedelta(seconds=3),
        progress=json.dumps({"done": 1, "total": 3, "message": CANARY}),
        workflow_id=(workflow := uuid7()),
        worker_id=worker.pk,
    )
    make_run(name=CANARY, workflow_id=workflow, after_run_id=running.pk)
    for run in (failed, running):
        LogLine.objects.create(
            run_id=run.pk,
            attempt=1,
            position=0,
            logged_at=now,
            level=40,
            logger=CANARY,
            message=CANARY,
        )
    schedule = Schedule.objects.create(
        name=CANARY, task=CANARY, arguments='{"args":[],"kwargs":{}}', every_seconds=60
    )
    Alert.objects.create(rule="failed", key=CANARY, title=CANARY, body=CANARY)
    Gate.objects.create(kind=GateKind.QUEUE, name=CANARY, paused_at=now)
    user = make_user(is_staff=True, is_superuser=True)
    LogEntry.objects.log_actions(user.pk, [failed], CHANGE, change_message=CANARY)
    return {"failed": str(failed.pk), "running": str(running.pk), "schedule": str(schedule.pk)}


def test_no_page_of_the_admin_runs_what_others_wrote(page: Page, site: str) -> None:
    dialogs: list[str] = []

    def on_dialog(dialog: Dialog) -> None:
        dialogs.append(f"{page.url}: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", on_dialog)
    about = fill()
    log_in(page, site, make_user(is_staff=True, is_superuser=True))
    run = "tasks/taskrun"
    for path in (
        "",
        f"{run}/",
        f"{run}/?q=alert",
        f"{run}/all/retry/?queue=%3Cimg+src%3Dx+onerror%3Dalert(4)%3E",
        f"{run}/failures/",
        f"{run}/{about['failed']}/change/",
        f"{run}/{about['running']}/change/",
        f"{run}/{about['failed']}/history/",
        "tasks/queues/",
        "tasks/tasks/",
        "tasks/worker/",
        "tasks/schedule/",
        f"tasks/schedule/{about['schedule']}/change/",
        "tasks/alert/",
        "admin/logentry/",
    ):
        page.goto(f"{site}/admin/{path}")
        expect(page.locator("body")).to_be_visible()
        assert page.locator("img[src=x]").count() == 0, path
        assert page.locator(f"a[href^='{LINK[:11]}']").count() == 0, path
    # The part that is read again, by htmx.
    page.goto(f"{site}/admin/{run}/{about['running']}/change/")
    with page.expect_response("**/live/"):
        pass
    # The palette.
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially(about["failed"])
    expect(page.locator("#command-results-list")).to_contain_text(about["failed"])
    page.wait_for_load_state("networkidle")
    assert page.locator("img[src=x]").count() == 0
    assert dialogs == []
