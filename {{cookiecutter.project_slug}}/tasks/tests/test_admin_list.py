"""The list of runs: what it finds, in which order, and at what cost."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tasks import registry
from tasks.admin.listing import MAX_ROWS
from tasks.models import RunStatus, TaskRun
from tasks.tests.admin_factories import VIEW, failure, make_failed_run, make_run, staff

pytestmark = pytest.mark.django_db

LIST = reverse("admin:tasks_taskrun_changelist")


def listed(client: Client, **query: Any) -> list[TaskRun]:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


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

    assert len(queries) <= 4
    runs = [query["sql"].upper() for query in queries if "tasks_taskrun" in query["sql"]]
    assert len(runs) == 1
    assert not any(word in sql for sql in runs for word in ("COUNT(", "DISTINCT"))
    assert '"ARGUMENTS"' not in runs[0]
    assert f"{MAX_ROWS} results" not in content, "a limit is not shown as a count"
    assert "_facets" not in content


def test_the_list_is_for_those_who_may_view_runs() -> None:
    assert staff().get(LIST).status_code == 403
    assert staff(VIEW).get(LIST).status_code == 200


def test_the_sidebar_leads_only_where_one_may_go(admin_client: Client) -> None:
    workers = reverse("admin:tasks_worker_changelist")

    assert workers in admin_client.get(LIST).content.decode()
    assert workers not in staff(VIEW).get(LIST).content.decode()


def test_all_runs_and_failed_runs_do_not_light_up_together(admin_client: Client) -> None:
    for query, title in (({}, "Runs"), ({"status__exact": "FAILED"}, "Failed")):
        groups = admin_client.get(LIST, query).context["sidebar_navigation"]
        lit = [str(item["title"]) for group in groups for item in group["items"] if item["active"]]
        assert lit == [title]
