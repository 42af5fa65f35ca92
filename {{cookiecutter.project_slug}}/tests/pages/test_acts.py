"""What people do to runs in a real browser has its effect in a real worker, and is seen at once."""

import json
import uuid
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.tests.factories import make_user
from tasks.models import RunStatus, TaskRun
from tasks.tests.admin_factories import make_failed_run
from tasks.tests.factories import ADD
from tasks.tests.sample.tasks import add, hold, work_until_cancelled
from tasks.workflows import group
from tests.browser import axe, log_in, looks
from tests.conformance.harness import Program, wait_for_status

pytestmark = pytest.mark.once

MEMBERS = 26
"""More than are drawn one by one."""


def operator() -> User:
    return make_user(is_staff=True, is_superuser=True)


def failed_sum(**fields: str) -> TaskRun:
    arguments = json.dumps({"args": [1, 2], "kwargs": {}})
    return make_failed_run(name=ADD, arguments=arguments, **fields)


def open_run(page: Page, site: str, id_: uuid.UUID | str) -> None:
    page.goto(f"{site}/admin/tasks/taskrun/{id_}/change/")


def confirm(page: Page, act: str, submitted_by: str) -> None:
    """Open a dialog and go on in it, both by the keyboard."""
    button = page.locator(f"a[href$='/{act}/']").first
    if not button.is_visible():
        # On a phone they are in a menu.
        page.get_by_text("more_horiz").locator("visible=true").first.click()
    button.press("Enter")
    page.get_by_role("button", name=submitted_by).press("Enter")


@looks
def test_acts_have_their_effect_and_the_page_tells(
    crew: Program, page: Page, site: str, gate: Path
) -> None:
    log_in(page, site, operator())
    status = page.locator(".tasks-head")

    retried = failed_sum()
    open_run(page, site, retried.pk)
    confirm(page, "retry", "Yes, retry it")
    expect(status).to_contain_text("Successful")
    assert TaskRun.objects.get(pk=retried.pk).result == 3

    works = work_until_cancelled.enqueue("in the browser")
    wait_for_status(RunStatus.RUNNING, works.id)
    open_run(page, site, works.id)
    expect(status).to_contain_text("Running")
    confirm(page, "cancel", "Yes, cancel it")
    expect(status).to_contain_text("Cancelled")
    assert TaskRun.objects.get(pk=works.id).status == RunStatus.CANCELLED

    queue = f"mail-{uuid.uuid4().hex[:8]}"
    meant, other = [failed_sum(queue=queue) for _ in range(3)], failed_sum()
    # No worker takes from that queue before it is enqueued to again: all take from all.
    page.goto(f"{site}/admin/tasks/taskrun/?queue={queue}")
    page.get_by_role("link", name="Retry all").press("Enter")
    expect(page.get_by_role("heading", name="Retry 3 runs?")).to_be_visible()
    axe(page, within=".tasks-dialog")
    page.get_by_role("button", name="Retry").press("Enter")
    expect(status).to_contain_text("Successful")
    expect(status.locator("xpath=..")).to_contain_text("3 / 3")
    wait_for_status(RunStatus.SUCCESSFUL, *(str(run.pk) for run in meant))
    assert TaskRun.objects.get(pk=other.pk).status == RunStatus.FAILED

    members = [add.si(1, number) for number in range(MEMBERS)]
    result = group([*members, hold.si("graph", str(gate))], then=add.si(5, 6)).enqueue()
    assert result.then is not None
    open_run(page, site, result.then.id)
    box = page.locator(".tasks-graph")
    expect(box).to_contain_text(f"{MEMBERS} + 0 failed of {MEMBERS}")
    expect(box.locator(".tasks-own")).to_contain_text("Waiting")
    axe(page, within=".tasks-page")
    gate.touch()
    expect(box.locator(".tasks-own")).to_contain_text("Successful")


def test_who_was_logged_out_is_led_to_the_login(crew: Program, page: Page, site: str) -> None:
    log_in(page, site, operator())
    works = work_until_cancelled.enqueue("logged out")
    wait_for_status(RunStatus.RUNNING, works.id)
    open_run(page, site, works.id)
    expect(page.locator(".tasks-head")).to_contain_text("Running")

    Session.objects.all().delete()

    expect(page).to_have_url(f"{site}/admin/login/?next=/admin/tasks/taskrun/{works.id}/change/")
    TaskRun.objects.filter(pk=works.id).update(cancel_requested=True)
    wait_for_status(RunStatus.CANCELLED, works.id)
