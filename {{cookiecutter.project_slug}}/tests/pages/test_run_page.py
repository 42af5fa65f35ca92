"""The page of a run as one reads it: its drawing follows what runs, and a copy is whole."""

import pytest
from playwright.sync_api import Page, expect

from accounts.tests.factories import make_user
from tasks.ids import uuid7
from tasks.models import RunStatus, TaskRun
from tasks.tests.admin_factories import failure, make_failed_run, make_run
from tests.browser import PHONE, log_in

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

STEPS = 8
"""More than a phone is wide."""
on_a_phone = pytest.mark.parametrize("look", [PHONE], ids=["phone"], indirect=True)


def open_run(page: Page, site: str, run: TaskRun) -> None:
    log_in(page, site, make_user(is_staff=True, is_superuser=True))
    page.goto(f"{site}/admin/tasks/taskrun/{run.pk}/change/")


def scrolled(page: Page) -> float:
    left: float = page.locator(".tasks-graph").evaluate("graph => graph.scrollLeft")
    return left


def read_again(page: Page) -> None:
    """Wait until the page has read its upper part once more."""
    with page.expect_response(lambda answer: answer.url.endswith("/live/")):
        pass
    page.wait_for_function(
        "!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"
    )


@on_a_phone
def test_the_drawing_follows_what_runs_until_the_reader_scrolls_it(page: Page, site: str) -> None:
    workflow = uuid7()
    steps: list[TaskRun] = []
    for _ in range(STEPS):
        before = steps[-1].pk if steps else None
        steps.append(make_run(RunStatus.WAITING, workflow_id=workflow, after_run_id=before))

    def goes_on(place: int) -> None:
        TaskRun.objects.filter(pk__in=[run.pk for run in steps[:place]]).update(
            status=RunStatus.SUCCESSFUL
        )
        TaskRun.objects.filter(pk=steps[place].pk).update(status=RunStatus.RUNNING)

    def runs(place: int) -> None:
        box = page.locator(f".tasks-running[href*='{steps[place].pk}']")
        expect(box).to_have_count(1)

    goes_on(0)
    open_run(page, site, steps[-1])
    runs(0)
    assert scrolled(page) == 0

    goes_on(4)
    runs(4)
    page.wait_for_function("document.querySelector('.tasks-graph').scrollLeft > 0")

    page.locator(".tasks-graph").evaluate("graph => { graph.scrollLeft = 40; }")
    read_again(page)
    assert scrolled(page) == 40, "of the same box"

    goes_on(5)
    runs(5)
    assert scrolled(page) == 40, "of another"


def test_a_traceback_is_copied_whole(page: Page, site: str) -> None:
    traceback = 'Traceback (most recent call last):\n  File "x.py", line 1\nJam: <b>&amp; out</b>'
    run = make_failed_run(errors=failure(traceback=traceback))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_run(page, site, run)

    button = page.locator("[data-tasks-copy^=traceback]")
    page.locator("details:has([data-tasks-copy^=traceback])").evaluate_all(
        "each => each.forEach(one => { one.open = true; })"
    )
    button.click()

    expect(button).to_have_class("tasks-button tasks-is-copied")
    assert page.evaluate("navigator.clipboard.readText()") == traceback
