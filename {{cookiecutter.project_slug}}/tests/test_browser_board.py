"""The control room in a real browser: what people see there, and what their buttons do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session

from tasks.ledger.clock import now
from tasks.models import RunStatus, TaskRun, Worker, WorkerStatus
from tasks.tests.admin_factories import failure, make_worker
from tasks.tests.ended_factories import make_ended
from tasks.tests.sample.tasks import add, print_labels
from tests.browser import axe, log_in
from tests.conformance.harness import wait_for_status

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from accounts.models import User
    from tests.conformance.harness import Programs

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

TASK = f"/admin/tasks/tasks/{print_labels.module_path}/"


@pytest.fixture
def admin() -> User:
    """Somebody who may do everything."""
    user: User = get_user_model().objects.create_superuser("root@example.com")
    return user


@pytest.fixture
def inside(page: Page, site: str, admin: User) -> Page:
    """A tab of that somebody."""
    log_in(page, site, admin)
    return page


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


def confirm(page: Page, name: str) -> None:
    """Answer the dialog."""
    dialog = page.locator("#dialog")
    dialog.wait_for()
    axe(page, within="#dialog")
    dialog.get_by_role("button", name=name).click()


def test_the_dashboard_shows_a_failure_while_one_looks(inside: Page, site: str) -> None:
    inside.goto(f"{site}/admin/?every=2")
    inside.get_by_text("Nothing has failed in this window.").wait_for()

    make_ended(
        now(), name=add.module_path, status=RunStatus.FAILED, errors=failure(), fingerprint="k"
    )

    inside.get_by_role("cell", name="PrinterJam").wait_for()
    drawn = inside.evaluate("Chart.getChart('tasks-ended').data.datasets[1].data.at(-1)")
    assert drawn == 1
    before = inside.evaluate("Chart.getChart('tasks-ended').data.datasets[1].backgroundColor")
    inside.evaluate("document.documentElement.classList.toggle('dark')")
    inside.wait_for_function(
        "colour => Chart.getChart('tasks-ended').data.datasets[1].backgroundColor !== colour",
        arg=before,
    )


def test_the_legend_tells_dashed_lines_from_the_others(inside: Page, site: str) -> None:
    inside.goto(f"{site}/admin/")

    marks = "Chart.getChart('tasks-took').legend.legendItems.map(each => each.lineDash.length > 0)"
    inside.wait_for_function("window.Chart?.getChart('tasks-took')")

    assert inside.evaluate(marks) == [False, True, False, True]


def test_the_interval_is_kept_in_the_address(inside: Page, site: str) -> None:
    inside.goto(f"{site}/admin/")
    inside.get_by_label("Refresh").select_option("60")
    inside.get_by_role("link", name="Day").click()

    inside.wait_for_url("**/admin/?window=day&every=60")
    assert inside.get_by_label("Refresh").input_value() == "60"
    assert inside.locator("#tasks-state").inner_text() == "Live"
    inside.get_by_label("Refresh").select_option("0")
    assert inside.locator("#tasks-state").inner_text() == "Off"


def test_the_list_of_workers_shows_one_that_is_lost_while_one_looks(
    inside: Page, site: str
) -> None:
    worker = make_worker(host="attic.example.com")
    inside.goto(f"{site}/admin/")
    inside.get_by_label("Refresh").select_option("2")
    inside.goto(f"{site}/admin/tasks/worker/")
    inside.wait_for_url("**/admin/tasks/worker/?every=2")
    rows = inside.locator("#result_list")
    rows.get_by_text("OK").wait_for()

    Worker.objects.filter(pk=worker.pk).update(status=WorkerStatus.LOST)

    rows.get_by_text("Lost").wait_for()
    assert inside.locator("#tasks-state").inner_text() == "Live"
    rows.get_by_text("attic.example.com").click()
    inside.wait_for_url(f"**/admin/tasks/worker/{worker.pk}/change/**")


def test_a_session_that_ends_leads_to_the_login(
    inside: Page, site: str, complaints: list[str]
) -> None:
    inside.goto(f"{site}/admin/?every=2")
    inside.locator("#tasks-live").wait_for()

    Session.objects.all().delete()

    inside.wait_for_url("**/admin/login/?next=**")
    assert inside.locator("#tasks-live").count() == 0


def test_nothing_is_asked_for_in_a_hidden_tab(inside: Page, site: str) -> None:
    asked: list[str] = []
    inside.goto(f"{site}/admin/?every=2")
    inside.on("request", lambda request: asked.append(request.url))
    with inside.expect_response("**/admin/tasks/dashboard/**"):
        pass
    inside.evaluate(
        "Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})"
    )
    asked.clear()
    inside.wait_for_timeout(2_500)
    assert asked == []

    with inside.expect_response("**/admin/tasks/dashboard/**"):
        inside.evaluate(
            "delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))"
        )


def test_a_task_is_run_through_its_form_and_a_worker_is_stopped(
    inside: Page, site: str, programs: Programs
) -> None:
    program = programs.worker("--threads=2")
    (worker,) = program.workers()
    inside.goto(f"{site}{TASK}?every=0")
    for chart in ("tasks-ended", "tasks-took"):
        assert inside.evaluate(f"Chart.getChart('{chart}').data.labels.length") == 60
    button(inside, "Run now").click()
    dialog = inside.locator("#dialog")
    dialog.get_by_label("options").fill("no json")
    confirm(inside, "Yes, run it now")
    dialog.get_by_text("Enter a valid JSON.").wait_for()
    assert not TaskRun.objects.exists()

    dialog.get_by_label("options").fill('{"colour": "red"}')
    dialog.get_by_label("copies").fill("3")
    dialog.get_by_label("day").fill("2026-12-31")
    confirm(inside, "Yes, run it now")

    inside.wait_for_url("**/admin/tasks/taskrun/*/change/")
    run = TaskRun.objects.get()
    wait_for_status(RunStatus.SUCCESSFUL, str(run.pk))
    run.refresh_from_db()
    assert run.result == "3 small 2026-12-31 False {'colour': 'red'}"

    inside.goto(f"{site}/admin/tasks/worker/{worker.pk}/change/")
    inside.get_by_role("link", name="Stop").or_(
        inside.get_by_text("Stop", exact=True)
    ).first.click()
    confirm(inside, "Yes, ask it to stop")
    inside.get_by_text("It is asked to stop.").wait_for()
    assert program.wait() == 0
    worker.refresh_from_db()
    assert worker.status == WorkerStatus.STOPPED
