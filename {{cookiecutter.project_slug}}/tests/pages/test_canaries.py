"""What others wrote into the tables is text in the admin, never markup: seen by a real browser."""

import csv
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from playwright.sync_api import Dialog, Page, expect

from accounts.tests.factories import make_user
from tasks.formulas import DANGEROUS
from tasks.ids import uuid7
from tasks.models import Alert, Gate, GateKind, LogLine, RunStatus, Schedule
from tasks.tests.admin_factories import failure, make_failed_run, make_run, make_worker
from tests.browser import log_in
from tests.pages.hands import Hands
from tests.pages.showrooms import addresses
from tests.pages.showrooms import fill as show_all

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


@pytest.fixture
def dialogs(page: Page) -> Iterator[list[str]]:
    """What was shown by a script that should never have run: nothing, at the end."""
    shown: list[str] = []

    def on_dialog(dialog: Dialog) -> None:
        shown.append(f"{page.url}: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", on_dialog)
    yield shown
    assert shown == []


def is_harmless(page: Page) -> None:
    assert page.locator("img[src=x]").count() == 0, page.url
    assert page.locator(f"a[href^='{LINK[:11]}']").count() == 0, page.url


@pytest.mark.usefixtures("dialogs")
def test_no_page_of_the_admin_runs_what_others_wrote(page: Page, site: str) -> None:
    user = make_user(is_staff=True, is_superuser=True)
    show_all(user)
    about = fill()
    log_in(page, site, user)
    runs = reverse("admin:tasks_taskrun_changelist")
    for address in (
        *addresses(user, queue=CANARY[:64]),
        f"{runs}?{urlencode({'q': CANARY})}",
        f"{runs}?{urlencode({'queue': CANARY})}",
        f"{runs}?{urlencode({'name': CANARY})}",
        f"{runs}all/retry/?{urlencode({'queue': CANARY})}",
        *(f"{runs}{about[which]}/change/" for which in ("failed", "running")),
    ):
        response = page.goto(site + address)
        assert response is not None
        assert response.ok, address
        expect(page.locator("body")).to_be_visible()
        is_harmless(page)


@pytest.mark.usefixtures("dialogs")
def test_nothing_that_comes_later_to_a_page_runs_it(page: Page, site: str, hands: Hands) -> None:
    about = fill()
    log_in(page, site, make_user(is_staff=True, is_superuser=True))
    runs = f"{site}/admin/tasks/taskrun"
    # The part that is read again, by htmx.
    page.goto(f"{runs}/{about['running']}/change/")
    with page.expect_response("**/live/"):
        pass
    is_harmless(page)
    # The dashboard and what it reads again.
    page.goto(f"{site}/admin/?every=2")
    with page.expect_response("**/dashboard/**"):
        pass
    is_harmless(page)
    # Dialogs.
    page.goto(f"{runs}/{about['failed']}/change/")
    hands.open_act("Retry")
    expect(page.get_by_role("dialog")).to_contain_text(CANARY)
    is_harmless(page)
    page.goto(f"{site}/admin/tasks/queues/?every=0")
    page.get_by_role("button", name=f"Resume: {CANARY[:64]}").click()
    expect(page.get_by_role("dialog")).to_contain_text(CANARY[:64])
    is_harmless(page)
    # The question about a selection.
    page.goto(f"{runs}/?status__exact=FAILED")
    page.locator("input.action-select").first.click()
    page.locator("select[name=action]").select_option("retry_selected")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("heading", name="Retry 1 run?")).to_be_visible()
    expect(page.locator(".tasks-named")).to_contain_text(CANARY)
    is_harmless(page)
    # The palette.
    page.keyboard.press("Control+k")
    asked = page.locator("#search-input-command")
    # It takes the keyboard when it is there: what is typed before goes elsewhere.
    expect(asked).to_be_focused()
    asked.press_sequentially(about["failed"])
    expect(page.locator("#command-results-list")).to_contain_text(about["failed"])
    page.wait_for_load_state("networkidle")
    is_harmless(page)


@pytest.mark.usefixtures("dialogs")
def test_the_file_for_spreadsheets_is_a_file_and_holds_text(page: Page, site: str) -> None:
    fill()
    make_failed_run(name="=HYPERLINK(1)", queue="@SUM(1)")
    log_in(page, site, make_user(is_staff=True, is_superuser=True))
    page.goto(f"{site}/admin/tasks/taskrun/?status__exact=FAILED")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download as CSV").click()

    text = started.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))

    assert started.value.suggested_filename.endswith(".csv")
    formula, canary = rows
    assert (formula["task"], formula["queue"]) == ("'=HYPERLINK(1)", "'@SUM(1)")
    assert (canary["task"], canary["message"], canary["reason"]) == (CANARY, CANARY, CANARY)
    assert all(not cell.startswith(DANGEROUS) for row in rows for cell in row.values())
    is_harmless(page)
