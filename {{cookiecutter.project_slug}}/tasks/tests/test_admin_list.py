"""The list of runs: what it finds, in which order, and at what cost."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tasks import registry
from tasks.admin.filters import FingerprintFilter
from tasks.admin.tabs import Tab
from tasks.control.matching import Matching
from tasks.control.newest import MOST_LISTED, newest
from tasks.ids import last_before
from tasks.ledger import now
from tasks.models import RunStatus, ScheduleTick, TaskRun, TickStatus
from tasks.tests.admin_factories import (
    VIEW,
    failure,
    make_failed_run,
    make_run,
    make_worker,
    staff,
)
from tasks.tests.factories import make_schedule

pytestmark = [pytest.mark.alike, pytest.mark.django_db]

LIST = reverse("admin:tasks_taskrun_changelist")
# In Berlin the clocks were put forward that night.
SPRING = datetime(2026, 3, 29, 12, 30, tzinfo=UTC)


def listed(client: Client, **query: Any) -> list[TaskRun]:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def tabs_of(client: Client, **query: Any) -> list[Tab]:
    found: list[Tab] = client.get(LIST, query).context["cl"].tabs
    return found


def test_kinds_of_failure_are_chosen_by_name_and_an_older_one_stays_chosen(
    admin_client: Client,
) -> None:
    for fingerprint, count in (("a" * 16, 1), ("b" * 16, 2)):
        for _ in range(count):
            make_failed_run(fingerprint=fingerprint, finished_at=now())

    def choices(**query: str) -> list[tuple[str, str]]:
        filters = admin_client.get(LIST, query).context["cl"].filter_specs
        [kinds] = [each for each in filters if isinstance(each, FingerprintFilter)]
        return [(value, str(label)) for value, label in kinds.lookup_choices]

    known = [("b" * 16, "PrinterJam, sell (2)"), ("a" * 16, "PrinterJam, sell (1)")]
    assert choices() == known
    assert choices(fingerprint="a" * 16) == known
    assert choices(fingerprint="c" * 16) == [*known, ("c" * 16, "c" * 16)]


def test_the_newest_come_first(admin_client: Client) -> None:
    runs = [make_run() for _ in range(3)]

    assert listed(admin_client) == runs[::-1]


def test_a_row_tells_the_run_at_a_glance(admin_client: Client) -> None:
    make_failed_run(name="shop.tasks.sell", queue="tills", spent=3, max_attempts=8)

    content = admin_client.get(LIST).content.decode()

    for text in ("shop.tasks.sell", "tills", "3 / 8", "PrinterJam", "out of paper", "1.5 s"):
        assert text in content


def test_only_the_last_failure_is_shown_and_cut_short(admin_client: Client) -> None:
    make_failed_run(errors=failure("y" * 2_000, errors=failure("the first")))

    content = admin_client.get(LIST).content.decode()

    assert "the first" not in content
    assert "y" * 90 + "…" in content


def test_the_status_filter_narrows(admin_client: Client) -> None:
    failed, _ready = make_failed_run(), make_run()

    assert listed(admin_client, status__exact="FAILED") == [failed]


def test_the_task_filter_offers_the_registered_tasks(admin_client: Client) -> None:
    name = registry.names()[0]
    run, _other = make_run(name=name), make_run()

    assert listed(admin_client, name=name) == [run]
    content = admin_client.get(LIST).content.decode()
    assert all(f'value="{name}"' in content for name in registry.names())


def test_filters_take_values_that_nobody_registered(admin_client: Client) -> None:
    run, _other = make_run(name="gone.tasks.old", queue="attic"), make_run()

    assert listed(admin_client, name="gone.tasks.old") == [run]
    assert listed(admin_client, queue="attic") == [run]
    assert listed(admin_client, queue="nowhere") == []


def test_the_search_finds_by_id_task_and_unique_key(admin_client: Client) -> None:
    order = make_run(name="orders.tasks.process_order", unique_key="order:4711")
    mail = make_run(name="emails.tasks.send")

    assert listed(admin_client, q=str(mail.pk)) == [mail]
    assert listed(admin_client, q=f" {mail.pk.hex} ") == [mail]
    assert listed(admin_client, q="orders.tasks") == [order]
    assert listed(admin_client, q="Process_Order") == [order]
    assert listed(admin_client, q="order:47") == [order]
    assert listed(admin_client, q=str(uuid.uuid4())) == []
    assert listed(admin_client, q="%") == []


@pytest.mark.parametrize(
    "query",
    [
        {"p": "0"},
        {"p": "x"},
        {"p": "99999999999"},
        {"q": "\x00"},
        {"status__exact": "NONE"},
        {"o": "1"},
        {"id__exact": "no-id"},
        {"priority": "5"},
        {"worker": "no-id"},
        {"group": "7"},
        {"schedule": "no-number"},
        {"schedule": "-1"},
        {"schedule": "99999999999999999999"},
        {"enqueued_at_from_0": "yesterday"},
        {"enqueued_at_from_0": "2026-01-01", "enqueued_at_from_1": "noon"},
        {"all": ""},
    ],
)
def test_a_strange_address_breaks_nothing(admin_client: Client, query: dict[str, str]) -> None:
    make_run()

    assert admin_client.get(LIST, query, follow=True).status_code == 200


def test_a_page_holds_fifty_and_leads_to_the_next(admin_client: Client) -> None:
    for _ in range(51):
        make_run()

    assert len(listed(admin_client)) == 50
    assert len(listed(admin_client, p=2)) == 1
    assert "p=2" in admin_client.get(LIST).content.decode()


@pytest.mark.parametrize("number", [3, 50])
def test_the_list_takes_few_queries_and_none_that_walks_the_table(
    admin_client: Client, number: int
) -> None:
    for _ in range(number):
        make_failed_run()
    admin_client.get(LIST)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        content = admin_client.get(LIST, {"status__exact": RunStatus.FAILED}).content.decode()

    assert len(queries) <= 9, (
        "two of who asks, two of the tabs, three of the filters, two of the runs"
    )
    runs = [query["sql"] for query in queries if "ORDER BY" in query["sql"]]
    assert not any("DISTINCT" in query["sql"] for query in queries)
    assert not any("COUNT(" in query["sql"] for query in queries if "LIMIT" not in query["sql"])
    assert not any('"arguments"' in sql for sql in runs)
    assert f"{MOST_LISTED} results" not in content, "a limit is not shown as a count"
    assert "_facets" not in content


def test_runs_are_found_by_what_went_wrong(admin_client: Client) -> None:
    jammed = make_failed_run(errors=failure("the Drucker is “hot”"))
    make_failed_run(errors=failure("out of paper"))

    for text in ("drucker", "is “hot”", "“HOT”"):
        assert listed(admin_client, q=text) == [jammed]


def test_who_may_not_read_messages_cannot_guess_them_by_searching() -> None:
    jammed = make_failed_run(errors=failure("the code is 4711"), unique_key="order:1")
    looker, reader = staff(VIEW), staff(VIEW, "view_arguments")

    assert listed(looker, q="4711") == []
    assert listed(looker, q="order:1") == [jammed]
    assert listed(reader, q="4711") == [jammed]


def test_every_filter_narrows(admin_client: Client) -> None:
    worker, group = make_worker(), uuid.uuid4()
    schedule = make_schedule()
    old = make_run(pk=last_before(SPRING), enqueued_at=SPRING)
    held = make_run(RunStatus.RUNNING, worker_id=worker.pk)
    failed = make_failed_run(fingerprint="0123456789abcdef")
    member = make_run(RunStatus.WAITING, group_id=group, position=0)
    urgent = make_run(priority=7)
    ticked = make_run()
    ScheduleTick.objects.create(
        schedule=schedule, tick=now(), status=TickStatus.ENQUEUED, run_id=ticked.pk
    )

    for query, run in (
        ({"worker": worker.pk}, held),
        ({"priority": "7"}, urgent),
        ({"fingerprint": "0123456789abcdef"}, failed),
        ({"group": group}, member),
        ({"schedule": schedule.pk}, ticked),
        ({"enqueued_at_to_0": "2026-03-30", "enqueued_at_to_1": ""}, old),
    ):
        assert listed(admin_client, **query) == [run], query


def test_times_are_of_the_sites_zone(admin_client: Client) -> None:
    run = make_run(pk=last_before(SPRING), enqueued_at=SPRING)
    span = {
        "enqueued_at_from_0": "2026-03-29",
        "enqueued_at_from_1": "14:29:00",
        "enqueued_at_to_0": "2026-03-29",
        "enqueued_at_to_1": "14:31:00",
    }

    assert listed(admin_client, **span) == []
    with override_settings(TIME_ZONE="Europe/Berlin"):
        assert listed(admin_client, **span) == [run]
        # In UTC this is before the first day of all, and so as wrong as what is no day.
        answer = admin_client.get(LIST, {"enqueued_at_from_0": "0001-01-01"})
        assert answer.headers["Location"] == f"{LIST}?e=1"


def test_what_no_index_finds_is_looked_for_among_the_newest(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.control.matching.MOST_READ", 2)
    failed = make_failed_run(queue="mail")
    make_run(queue="mail")
    new = [make_run(queue="mail") for _ in range(2)]

    assert listed(admin_client, queue="mail") == new[::-1]
    assert "the newest 100,000 runs" in admin_client.get(LIST, {"queue": "mail"}).content.decode()
    assert listed(admin_client, queue="mail", status__exact="FAILED") == [failed]
    assert listed(admin_client, priority="0") == new[::-1]
    assert listed(admin_client, priority="0", status__exact="FAILED") == [failed]
    assert len(listed(admin_client)) == 4


def test_since_a_time_one_looks_no_further_back_than_its_ids() -> None:
    old = make_run(pk=last_before(now() - timedelta(days=2)))
    new = make_run()
    since = now() - timedelta(hours=1)

    assert {old.enqueued_at > since, new.enqueued_at > since} == {True}
    assert list(newest(Matching(since=since)).rows) == [new]


@pytest.mark.parametrize("most", [0, 10_000])
@pytest.mark.parametrize("status", RunStatus)
def test_every_tab_is_in_the_order_of_the_ids_however_many_there_are(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, status: RunStatus, most: int
) -> None:
    monkeypatch.setattr("tasks.control.order.MOST_SORTED", most)
    runs = [make_run(status, gated=number % 2 == 0) for number in range(5)]
    make_run(RunStatus.RUNNING if status != RunStatus.RUNNING else RunStatus.READY)

    found = listed(admin_client, status__exact=status.value)

    assert found == sorted(runs, key=lambda run: run.pk, reverse=True)


def test_the_tabs_count_each_status_and_keep_the_filters(admin_client: Client) -> None:
    make_failed_run(), make_run(), make_run(gated=True), make_run(RunStatus.CANCELLED)

    counts = {tab.title: tab.count for tab in tabs_of(admin_client)}
    assert counts == {
        "All": "",
        "Scheduled": "0",
        "Waiting": "0",
        "Ready": "2",
        "Running": "0",
        "Successful": "0",
        "Failed": "1",
        "Cancelled": "1",
    }
    filtered = tabs_of(admin_client, queue="mail", status__exact="FAILED", p=2)
    assert {tab.count for tab in filtered} == {""}
    assert all("queue=mail" in tab.link and "p=" not in tab.link for tab in filtered)
    assert [tab.title for tab in filtered if tab.is_chosen] == ["Failed"]


def test_the_tabs_stop_counting(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.control.tallies.MOST_COUNTED", 2)
    for _ in range(3):
        make_failed_run()

    assert {"Failed": "2+"}.items() <= {t.title: t.count for t in tabs_of(admin_client)}.items()


def test_the_list_is_for_those_who_may_view_runs() -> None:
    assert staff().get(LIST).status_code == 403
    assert staff(VIEW).get(LIST).status_code == 200


def test_the_sidebar_leads_only_where_one_may_go(admin_client: Client) -> None:
    workers = reverse("admin:tasks_worker_changelist")

    assert workers in admin_client.get(LIST).content.decode()
    assert workers not in staff(VIEW).get(LIST).content.decode()


def test_the_list_lights_up_alone_whatever_is_filtered(admin_client: Client) -> None:
    for query in ({}, {"status__exact": "FAILED"}):
        groups = admin_client.get(LIST, query).context["sidebar_navigation"]
        lit = [str(item["title"]) for group in groups for item in group["items"] if item["active"]]
        assert lit == ["Runs"]
