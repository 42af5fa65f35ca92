"""What people do in the control room has its effect in a real worker, and is seen at once.

Each act in light, in dark, on a phone, and by the keyboard alone: all with the same two workers.
"""

import json
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.db.models.functions import Now
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.tests.factories import make_user
from tasks.models import Gate, RunStatus, Schedule, TaskRun
from tasks.schedules import tick_due_schedules
from tasks.tests.admin_factories import make_failed_run
from tasks.tests.factories import ADD, make_schedule
from tasks.tests.sample.tasks import add, hold, leave_mark, work_until_cancelled
from tasks.workflows import group
from tests.browser import fits, log_in, ways
from tests.conformance.harness import Program, wait_for_status
from tests.pages.hands import Hands

pytestmark = pytest.mark.once

MEMBERS = 26
"""More than are drawn one by one, and more than there are threads."""
QUEUE = "brief"


def operator() -> User:
    return make_user(is_staff=True, is_superuser=True)


def failed_sum(**fields: str) -> TaskRun:
    arguments = json.dumps({"args": [1, 2], "kwargs": {}})
    return make_failed_run(name=ADD, arguments=arguments, **fields)


@pytest.fixture
def inside(crew: Program, page: Page, site: str) -> Page:
    """The tab of somebody who may do all, while two workers work."""
    log_in(page, site, operator())
    return page


@pytest.fixture
def open_queues(crew: Program) -> Iterator[None]:
    """Leaves no queue paused to the tests that come."""
    yield
    Gate.objects.all().delete()


def open_run(page: Page, site: str, id_: uuid.UUID | str) -> None:
    page.goto(f"{site}/admin/tasks/taskrun/{id_}/change/")


@ways
def test_a_failed_run_is_retried_and_succeeds(inside: Page, site: str, hands: Hands) -> None:
    failed = failed_sum()
    open_run(inside, site, failed.pk)
    fits(inside)

    hands.open_act("Retry")
    hands.confirm("Yes, retry it")

    expect(inside.locator(".tasks-head")).to_contain_text("Successful")
    assert TaskRun.objects.get(pk=failed.pk).result == 3


@ways
def test_a_scheduled_run_is_run_now_and_cancelled_while_it_runs(
    inside: Page, site: str, hands: Hands
) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    works = work_until_cancelled.using(run_after=tomorrow).enqueue("in the browser")
    open_run(inside, site, works.id)
    expect(inside.locator(".tasks-head")).to_contain_text("Scheduled")

    hands.open_act("Run now")
    hands.confirm("Yes, run it now")

    expect(inside.locator(".tasks-head")).to_contain_text("Running")
    wait_for_status(RunStatus.RUNNING, works.id)
    fits(inside)

    hands.open_act("Cancel")
    hands.confirm("Yes, cancel it")

    expect(inside.locator(".tasks-head")).to_contain_text("Cancelled")
    wait_for_status(RunStatus.CANCELLED, works.id)


@ways
def test_a_paused_queue_holds_its_runs_until_it_is_resumed(
    inside: Page, site: str, hands: Hands, open_queues: None
) -> None:
    inside.goto(f"{site}/admin/tasks/queues/?every=2")
    hands.press(inside.get_by_role("button", name=f"Pause: {QUEUE}"))
    hands.confirm("Yes, pause it")
    expect(inside.get_by_text(f"Queue {QUEUE} is paused.")).to_be_visible()
    fits(inside)

    held = leave_mark.enqueue("held")
    # Workers have looked at the queues since.
    wait_for_status(RunStatus.SUCCESSFUL, *(add.enqueue(1, 2).id for _ in range(20)))
    assert TaskRun.objects.get(pk=held.id).status == RunStatus.READY
    row = inside.get_by_role("row").filter(has_text=QUEUE)
    expect(row.get_by_role("cell").nth(1)).to_have_text("1")

    hands.press(inside.get_by_role("button", name=f"Resume: {QUEUE}"))
    hands.confirm("Yes, resume it")
    expect(inside.get_by_text(f"Queue {QUEUE} flows again.")).to_be_visible()
    wait_for_status(RunStatus.SUCCESSFUL, held.id)


@ways
def test_a_schedule_is_switched_off_and_on(inside: Page, site: str, hands: Hands) -> None:
    Schedule.objects.all().delete()
    schedule = make_schedule(due_for=-3600)

    def is_due() -> int:
        Schedule.objects.update(next_at=Now() - timedelta(seconds=1))
        return tick_due_schedules()

    inside.goto(f"{site}/admin/tasks/schedule/{schedule.pk}/change/")
    hands.open_act("Switch off")
    hands.confirm("Yes, switch it off")
    expect(inside.get_by_text("It is switched off")).to_be_visible()
    fits(inside)
    assert is_due() == 0
    assert not TaskRun.objects.exists()

    hands.open_act("Switch on")
    hands.confirm("Yes, switch it on")
    expect(inside.get_by_text("It is switched off")).to_be_hidden()
    assert is_due() == 1
    wait_for_status(RunStatus.SUCCESSFUL, str(TaskRun.objects.get().pk))
    schedule.delete()


@ways
def test_all_that_match_are_retried_and_no_other(inside: Page, site: str, hands: Hands) -> None:
    queue = f"mail-{uuid.uuid4().hex[:8]}"
    meant, other = [failed_sum(queue=queue) for _ in range(3)], failed_sum()
    # No worker takes from that queue before it is enqueued to again: all take from all.
    inside.goto(f"{site}/admin/tasks/taskrun/?queue={queue}")
    fits(inside)

    hands.press(inside.get_by_role("link", name="Retry all"))
    expect(inside.get_by_role("heading", name="Retry 3 runs?")).to_be_visible()
    fits(inside)
    hands.press(inside.get_by_role("button", name="Retry", exact=True))

    head = inside.locator(".tasks-head")
    expect(head).to_contain_text("Successful")
    expect(head.locator("xpath=..")).to_contain_text("3 / 3")
    wait_for_status(RunStatus.SUCCESSFUL, *(str(run.pk) for run in meant))
    assert TaskRun.objects.get(pk=other.pk).status == RunStatus.FAILED


@ways
def test_what_is_selected_is_retried_and_no_other(inside: Page, site: str, hands: Hands) -> None:
    other, *meant = [failed_sum() for _ in range(3)]
    inside.goto(f"{site}/admin/tasks/taskrun/?status__exact=FAILED")

    # The newest come first.
    for place in range(len(meant)):
        hands.tick(inside.locator("input.action-select").nth(place))
    hands.choose(inside.locator("select[name=action]"), "Retry")
    hands.press(inside.get_by_role("button", name="Run", exact=True))
    expect(inside.get_by_role("heading", name="Retry 2 runs?")).to_be_visible()
    hands.press(inside.get_by_role("button", name="Retry", exact=True))

    expect(inside.get_by_text("2 runs are due again")).to_be_visible()
    wait_for_status(RunStatus.SUCCESSFUL, *(str(run.pk) for run in meant))
    assert TaskRun.objects.get(pk=other.pk).status == RunStatus.FAILED


@ways
def test_a_groups_bar_grows_while_one_looks(
    inside: Page, site: str, hands: Hands, tmp_path: Path
) -> None:
    gates = [tmp_path / "first", tmp_path / "second"]
    half = MEMBERS // 2
    members = [hold.si("bar", str(gate)) for gate in gates for _ in range(half)]
    result = group(members, then=add.si(5, 6)).enqueue()
    assert result.then is not None
    open_run(inside, site, result.then.id)
    graph = inside.locator(".tasks-graph")
    expect(graph).to_contain_text(f"0 + 0 failed of {MEMBERS}")
    expect(graph.locator(".tasks-own")).to_contain_text("Waiting")
    fits(inside)
    box = graph.locator("a").filter(has_text=f"of {MEMBERS}")
    if hands.look.keyboard:
        hands.go_to(box)

    gates[0].touch()
    expect(graph).to_contain_text(f"{half} + 0 failed of {MEMBERS}")
    expect(graph.locator(".tasks-bar").first).to_have_attribute("width", "50%")
    # What was read again has left the keyboard where it was.
    if hands.look.keyboard:
        assert hands.is_in(box)

    gates[1].touch()
    expect(graph.locator(".tasks-own")).to_contain_text("Successful")
    expect(graph.locator(".tasks-bar").first).to_have_attribute("width", "100%")

    # Its box leads to the members.
    hands.press(box)
    expect(inside).to_have_url(re.compile(r"/taskrun/\?name=.*hold&group="))
    expect(inside.locator("#result_list tbody tr")).to_have_count(MEMBERS)


def test_who_was_logged_out_is_led_to_the_login(inside: Page, site: str) -> None:
    works = work_until_cancelled.enqueue("logged out")
    wait_for_status(RunStatus.RUNNING, works.id)
    open_run(inside, site, works.id)
    expect(inside.locator(".tasks-head")).to_contain_text("Running")

    Session.objects.all().delete()

    expect(inside).to_have_url(f"{site}/admin/login/?next=/admin/tasks/taskrun/{works.id}/change/")
    TaskRun.objects.filter(pk=works.id).update(cancel_requested=True)
    wait_for_status(RunStatus.CANCELLED, works.id)
