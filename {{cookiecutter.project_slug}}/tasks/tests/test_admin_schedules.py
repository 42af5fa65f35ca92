"""Schedules in the admin: what is shown, who may do what, and what it changes."""

import json
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from tasks.models import Schedule, ScheduleTick, TaskRun, TickStatus
from tasks.schedules import run_now
from tasks.tests.admin_factories import CANARY, staff
from tasks.tests.factories import ADD, make_schedule
from tasks.tests.sample.tasks import once_per_order

pytestmark = pytest.mark.django_db

LIST = reverse("admin:tasks_schedule_changelist")
ADD_PAGE = reverse("admin:tasks_schedule_add")
SUBMITTED = {"_form_submitted": "True"}
VIEW, CHANGE, RUN = "view_schedule", "change_schedule", "run_schedule"
SWITCH = "switch_schedule"


def page(schedule: Schedule, move: str = "change") -> str:
    return reverse(f"admin:tasks_schedule_{move}", args=[schedule.pk])


def filled_in(**fields: Any) -> dict[str, Any]:
    return {
        "name": "nightly",
        "task": ADD,
        "args": "[1]",
        "kwargs": '{"right": 2}',
        "cron": "30 2 * * *",
        "every_seconds": "",
        "timezone": "Europe/Berlin",
        "catch_up": "one",
        "grace_seconds": "3600",
        "enabled": "on",
        **fields,
    }


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def errors(response: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = response.context["adminform"].form.errors
    return found


def test_the_list_tells_what_is_next(admin_client: Client) -> None:
    make_schedule(name="mine", cron="30 2 * * *", timezone="Europe/Berlin")
    make_schedule(name=ADD, every_seconds=300, enabled=False, from_code=True)

    text = admin_client.get(LIST).content.decode()

    assert "30 2 * * * · Europe/Berlin" in text
    assert "every 5 min" in text
    assert "mine" in text


def test_a_schedule_is_made_and_runs_its_task(admin_client: Client) -> None:
    response = admin_client.post(ADD_PAGE, filled_in())

    assert response.status_code == 302, errors(response)
    schedule = Schedule.objects.get()
    assert (schedule.cron, schedule.timezone) == ("30 2 * * *", "Europe/Berlin")
    assert (schedule.args, schedule.kwargs) == ([1], {"right": 2})
    assert (schedule.enabled, schedule.from_code) == (True, False)
    assert Schedule.objects.filter(next_at__gt=Now()).exists()
    assert LogEntry.objects.get().object_id == str(schedule.pk)
    run_now(schedule)
    assert TaskRun.objects.get().kwargs == {"right": 2}


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"cron": "0 0 30 2 *"}, "cron", "is no cron expression"),
        ({"cron": "nonsense"}, "cron", "write five fields"),
        ({"timezone": "Mars/Olympus"}, "timezone", "is no time zone"),
        ({"task": "os.system"}, "task", "is not one of the available choices"),
        ({"args": "no json"}, "args", "valid JSON"),
        ({"args": "[" * 100_000}, "args", "valid JSON"),
        # Shown again, though no page can be encoded with it.
        ({"args": r'["\ud800"]', "cron": "nonsense"}, "cron", "write five fields"),
        ({"args": '{"left": 1}'}, "args", "Write a list in JSON"),
        ({"kwargs": "[1]"}, "kwargs", "Write an object in JSON"),
        ({"args": "[1, 2, 3]"}, "args", "cannot be called like this"),
        ({"cron": "", "every_seconds": ""}, "cron", "either a cron expression or an interval"),
        ({"every_seconds": "60"}, "cron", "either a cron expression or an interval"),
        ({"cron": "", "every_seconds": "99999999"}, "every_seconds", "1 second to 366 days"),
        ({"cron": "", "every_seconds": "0"}, "every_seconds", "1"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(
    admin_client: Client, fields: dict[str, str], field: str, reason: str
) -> None:
    response = admin_client.post(ADD_PAGE, filled_in(**fields))

    assert response.status_code == 200
    assert reason in " ".join(errors(response)[field])
    assert not Schedule.objects.exists()


def test_a_new_rule_counts_from_now(admin_client: Client) -> None:
    schedule = make_schedule(due_for=3600, name="nightly", cron="0 1 * * *")

    admin_client.post(page(schedule), filled_in(cron="0 4 * * *"))

    assert Schedule.objects.get().cron == "0 4 * * *"
    assert Schedule.objects.filter(next_at__gt=Now()).exists()


def test_a_new_name_leaves_what_is_next(admin_client: Client) -> None:
    fields = {"cron": "30 2 * * *", "timezone": "Europe/Berlin"}
    schedule = make_schedule(due_for=1, name="old", **fields)

    admin_client.post(page(schedule), filled_in(name="new"))

    assert (Schedule.objects.get().name, Schedule.objects.get().next_at) == (
        "new",
        schedule.next_at,
    )


def test_of_a_declared_one_only_the_switch_can_be_changed(admin_client: Client) -> None:
    schedule = make_schedule(name="declared", cron="0 1 * * *", from_code=True)

    admin_client.post(page(schedule), filled_in(enabled=""))

    after = Schedule.objects.get()
    assert (after.name, after.cron, after.enabled) == ("declared", "0 1 * * *", False)
    admin_client.post(page(schedule), {"enabled": "on"})
    assert Schedule.objects.get().enabled


def test_the_page_of_a_declared_one_does_not_offer_to_add_another(admin_client: Client) -> None:
    declared, mine = make_schedule(from_code=True), make_schedule()

    offered = [
        re.findall(r'name="(_\w+)"', admin_client.get(page(each)).content.decode())
        for each in (declared, mine)
    ]

    assert ["_addanother" in names for names in offered] == [False, True]
    assert all("_save" in names for names in offered)


def test_a_declared_one_cannot_be_deleted(admin_client: Client) -> None:
    declared = make_schedule(from_code=True)
    mine = make_schedule()

    assert admin_client.post(page(declared, "delete"), {"post": "yes"}).status_code == 403
    assert admin_client.post(page(mine, "delete"), {"post": "yes"}).status_code == 302

    assert list(Schedule.objects.all()) == [declared]
    selection = {"action": "delete_selected", "_selected_action": [declared.pk], "post": "yes"}
    admin_client.post(LIST, selection)
    assert Schedule.objects.exists()


def test_running_now_enqueues_one_run_and_writes_it_down(admin_client: Client) -> None:
    schedule = make_schedule(due_for=-60)

    response = admin_client.post(page(schedule, "run_now"), SUBMITTED)

    run = TaskRun.objects.get()
    assert (run.name, run.args) == (ADD, [1, 2])
    assert "tick" not in json.loads(run.headers or "{}")
    assert str(run.pk) in said(response)
    assert ScheduleTick.objects.get().run_id == run.pk
    assert LogEntry.objects.get().change_message == "Run by hand."
    assert Schedule.objects.get().next_at == schedule.next_at


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"task": "shop.tasks.gone"}, "No installed app declares"),
        ({"arguments": '{"args":[],"kwargs":{}}'}, "cannot be called like this"),
    ],
)
def test_what_cannot_run_is_said(admin_client: Client, fields: dict[str, Any], reason: str) -> None:
    schedule = make_schedule(**fields)

    response = admin_client.post(page(schedule, "run_now"), SUBMITTED)

    assert reason in said(response)
    assert not TaskRun.objects.exists()
    assert not LogEntry.objects.exists()


def test_a_live_run_with_the_same_key_is_said(admin_client: Client) -> None:
    schedule = make_schedule(
        task=once_per_order.module_path, arguments=json.dumps({"args": [7], "kwargs": {}})
    )
    once_per_order.enqueue(7)

    response = admin_client.post(page(schedule, "run_now"), SUBMITTED)

    assert "holds the unique key" in said(response)
    assert TaskRun.objects.count() == 1


@pytest.mark.parametrize("on", [True, False])
def test_switching_on_a_page_and_in_the_list(admin_client: Client, on: bool) -> None:
    first, second = (make_schedule(due_for=3600, enabled=not on) for _ in range(2))
    side = "on" if on else "off"

    admin_client.post(page(first, f"switch_{side}"), SUBMITTED)
    selection = {"action": f"switch_selected_{side}", "_selected_action": [second.pk]}
    asked = admin_client.post(LIST, selection)
    assert f"Switch 1 schedule {side}?" in asked.content.decode()
    assert Schedule.objects.filter(pk=second.pk, enabled=not on).exists()
    admin_client.post(LIST, {**selection, "confirmed": "yes"})

    assert set(Schedule.objects.values_list("enabled", flat=True)) == {on}
    # Switched on, they wait for the next tick; what was due meanwhile is forgotten.
    assert Schedule.objects.filter(next_at__gt=Now()).count() == (2 if on else 0)
    written = {entry.change_message for entry in LogEntry.objects.all()}
    assert written == {"Resumed." if on else "Paused."}


@pytest.mark.parametrize("move", ["run_now", "switch_on", "switch_off"])
def test_nothing_happens_without_being_asked(admin_client: Client, move: str) -> None:
    schedule = make_schedule(enabled=move != "switch_on")

    assert admin_client.get(page(schedule, move)).status_code == 200

    assert Schedule.objects.get().enabled == schedule.enabled
    assert not TaskRun.objects.exists()


@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [
        ((VIEW,), set[str]()),
        ((VIEW, RUN), {"run_now"}),
        ((VIEW, SWITCH), {"switch_off"}),
        ((VIEW, CHANGE), set[str]()),
        ((SWITCH,), set[str]()),
        ((RUN,), set[str]()),
    ],
)
def test_who_may_do_what(permissions: tuple[str, ...], allowed: set[str]) -> None:
    schedule = make_schedule()
    client = staff(*permissions)

    for move in ("run_now", "switch_off"):
        status = client.post(page(schedule, move), SUBMITTED).status_code
        assert status == (302 if move in allowed else 403), move

    assert TaskRun.objects.exists() == ("run_now" in allowed)
    assert Schedule.objects.get().enabled == ("switch_off" not in allowed)


def test_who_may_only_look_is_offered_nothing() -> None:
    schedule = make_schedule()
    client = staff(VIEW)

    text = client.get(page(schedule)).content.decode()

    assert "Run now" not in text
    assert "Switch off" not in text
    client.post(page(schedule), filled_in(name="changed"))
    selection = {"action": "switch_selected_off", "_selected_action": [schedule.pk]}
    assert client.post(LIST, {**selection, "confirmed": "yes"}).status_code == 403
    assert Schedule.objects.get().name == schedule.name
    assert Schedule.objects.get().enabled


def test_the_last_ticks_are_shown_and_nothing_in_them_is_markup(admin_client: Client) -> None:
    schedule = make_schedule(name=CANARY, arguments=json.dumps({"args": [CANARY], "kwargs": {}}))
    run_now(make_schedule())
    run = TaskRun.objects.get()
    ScheduleTick.objects.create(
        schedule=schedule, tick="2026-11-21T02:00Z", status=TickStatus.ENQUEUED, run_id=run.pk
    )
    ScheduleTick.objects.create(
        schedule=schedule,
        tick="2026-11-20T02:00Z",
        status=TickStatus.MISSED,
        count=12,
        reason=CANARY,
    )

    for from_code in (False, True):
        Schedule.objects.update(from_code=from_code)
        text = admin_client.get(page(schedule)).content.decode()

        assert reverse("admin:tasks_taskrun_change", args=[run.pk]) in text
        assert "2026-11-21 02:00:00" in text
        assert "12 ticks." in text
        assert CANARY not in text
    assert CANARY not in admin_client.get(LIST).content.decode()


def test_an_address_of_nothing_is_not_found(admin_client: Client) -> None:
    for address in ("0", "nonsense", "9" * 30):
        path = reverse("admin:tasks_schedule_run_now", args=[address])
        assert admin_client.post(path, SUBMITTED).status_code == 404


def test_a_rule_is_told_in_words_with_its_next_five_times(admin_client: Client) -> None:
    schedule = make_schedule(name="mine", cron="30 2 * * 1-5", timezone="Europe/Berlin")

    answer = admin_client.get(page(schedule))

    content = answer.content.decode()
    assert "At 02:30, on Monday to Friday (Europe/Berlin)" in content
    assert len(answer.context["coming"]) == 5
    assert all(" 02:30:00 CE" in tick["own"] for tick in answer.context["coming"])
    assert "At 02:30, on Monday to Friday" in admin_client.get(LIST).content.decode()


def test_an_interval_has_next_times_too(admin_client: Client) -> None:
    schedule = make_schedule(name="mine", every_seconds=300, enabled=False)

    answer = admin_client.get(page(schedule))

    assert len(answer.context["coming"]) == 5
    assert "It is switched off" in answer.content.decode()


def test_a_rule_that_makes_no_sense_is_told_instead(admin_client: Client) -> None:
    schedule = make_schedule(name="mine", cron="0 1 * * *")
    Schedule.objects.update(cron="99 99 * * *")

    content = admin_client.get(page(schedule)).content.decode()

    assert "is no cron expression" in content
    assert "is no cron expression" in admin_client.get(LIST).content.decode()


def test_who_may_change_a_schedule_may_not_switch_it_for_that() -> None:
    schedule = make_schedule(name="mine", cron="0 1 * * *")
    client = staff(VIEW, CHANGE)

    client.post(page(schedule), filled_in(enabled=""))

    after = Schedule.objects.get()
    assert (after.name, after.enabled) == ("nightly", True)


def test_arguments_are_for_those_who_may_view_arguments() -> None:
    schedule = make_schedule(arguments='{"args":[4711,2],"kwargs":{}}')
    page = reverse("admin:tasks_schedule_change", args=[schedule.pk])

    assert "4711" not in staff("view_schedule").get(page).content.decode()
    shown = staff("view_schedule", "view_arguments").get(page).content.decode()
    assert '<pre class="tasks-indented">{\n  &quot;args&quot;: [\n    4711,\n' in shown
