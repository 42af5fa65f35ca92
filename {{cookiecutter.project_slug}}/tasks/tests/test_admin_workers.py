"""The list of workers: how each one is, and what it holds."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tasks.models import RunStatus, Wish, Worker, WorkerStatus
from tasks.tests.admin_factories import make_run, make_worker, staff

pytestmark = pytest.mark.django_db

LIST = reverse("admin:tasks_worker_changelist")
LIVE = {"HX-Request": "true", "HX-Target": "tasks-live"}


def row(client: Client, worker: Worker) -> str:
    content: str = client.get(LIST, {"q": worker.host}).content.decode()
    return content.partition('id="result_list"')[2]


@pytest.mark.parametrize(
    ("silent", "status", "health"),
    [
        (0, WorkerStatus.ALIVE, "OK"),
        (8, WorkerStatus.ALIVE, "OK"),
        (12, WorkerStatus.ALIVE, "Late"),
        (25, WorkerStatus.ALIVE, "Lost"),
        (1, WorkerStatus.LOST, "Lost"),
        (9999, WorkerStatus.STOPPED, "Stopped"),
    ],
)
def test_health_has_three_steps_by_the_age_of_the_beat(
    admin_client: Client, silent: float, status: str, health: str
) -> None:
    worker = make_worker(silent=silent, status=status)

    content = row(admin_client, worker)

    steps = [step for step in ("OK", "Late", "Lost", "Stopped") if f"\n{step}\n" in content]
    assert steps == [health]


def test_a_row_tells_the_worker_at_a_glance(admin_client: Client) -> None:
    worker = make_worker(host="attic", pid=4711, queues="mail,orders", threads=12, silent=3)

    content = row(admin_client, worker)

    for text in ("attic", "process 4711", "mail,orders", "12", "database", "s ago"):
        assert text in content


def test_what_a_worker_is_not_at_and_not_asked_is_the_same_dash(admin_client: Client) -> None:
    content = row(admin_client, make_worker())

    assert [*re.findall(r">\s*([–-])\s*</td>", content)] == ["–", "–"]


def test_a_worker_without_named_queues_takes_from_all(admin_client: Client) -> None:
    assert ">all<" in row(admin_client, make_worker())


def test_only_the_runs_that_it_holds_now_are_counted(admin_client: Client) -> None:
    worker, idle = make_worker(host="attic"), make_worker(host="cellar")
    for status in (RunStatus.RUNNING, RunStatus.RUNNING, RunStatus.SUCCESSFUL):
        make_run(status, worker_id=worker.pk)

    held = {
        listed.host: listed.holding for listed in admin_client.get(LIST).context["cl"].result_list
    }

    assert held == {worker.host: 2, idle.host: 0}


def test_the_living_come_first(admin_client: Client) -> None:
    stopped, alive = make_worker(status=WorkerStatus.STOPPED), make_worker()

    assert list(admin_client.get(LIST).context["cl"].result_list) == [alive, stopped]


def test_a_worker_has_a_page_that_changes_nothing(admin_client: Client) -> None:
    worker = make_worker(host="attic")
    address = reverse("admin:tasks_worker_change", args=[worker.pk])

    content = admin_client.get(address).content.decode()
    assert "attic" in content
    assert "OK" in content
    assert "(&#x27;" not in content, "no value is shown as Python writes it"
    assert admin_client.post(address, {"host": "cellar"}).status_code == 403
    assert admin_client.get(reverse("admin:tasks_worker_add")).status_code == 403


@pytest.mark.parametrize("number", [1, 20])
def test_the_list_takes_few_queries(
    admin_client: Client, django_assert_max_num_queries: object, number: int
) -> None:
    for _ in range(number):
        make_run(RunStatus.RUNNING, worker_id=make_worker().pk)
    admin_client.get(LIST)

    with django_assert_max_num_queries(6):  # type: ignore[operator]
        admin_client.get(LIST)


def refresh(client: Client, **query: str) -> str:
    """Return what the page asks for while somebody looks."""
    answer = client.get(LIST, query, headers=LIVE)
    assert answer.status_code == 200
    content: str = answer.content.decode()
    return content


def test_the_list_refreshes_its_rows_alone(admin_client: Client) -> None:
    worker = make_worker(host="attic")
    assert f'id="tasks-live" data-url="{LIST}"' in admin_client.get(LIST).content.decode()
    assert "tasks/live.js" in admin_client.get(LIST).content.decode()

    before = refresh(admin_client, every="2")
    Worker.objects.filter(pk=worker.pk).update(status=WorkerStatus.LOST)
    make_worker(host="cellar")
    after = refresh(admin_client, every="2")

    assert "<html" not in before
    assert "attic" in before
    assert "cellar" not in before
    assert "cellar" in after
    assert "\nLost\n" in after


def test_a_refresh_keeps_what_is_asked_for(admin_client: Client) -> None:
    make_worker(host="attic")
    make_worker(host="cellar")
    make_worker(host="attic-of-old", status=WorkerStatus.STOPPED)

    content = refresh(admin_client, every="15", q="attic", status__exact="ALIVE")

    assert "attic" in content
    assert "cellar" not in content
    assert "attic-of-old" not in content
    whole = admin_client.get(LIST, {"every": "15", "q": "attic"}).content.decode()
    assert '<input type="hidden" name="every" value="15">' in whole, "a search keeps it"
    assert '<option value="15" selected>' in whole


@pytest.mark.parametrize("every", ["1", "-5", "x", ""])
def test_an_interval_that_makes_no_sense_is_the_usual(admin_client: Client, every: str) -> None:
    answer = admin_client.get(LIST, {"every": every})

    assert answer.context["live"].every == 5


@pytest.mark.parametrize("number", [1, 20])
def test_a_refresh_takes_at_most_ten_queries(
    admin_client: Client, django_assert_max_num_queries: object, number: int
) -> None:
    for _ in range(number):
        make_run(RunStatus.RUNNING, worker_id=make_worker().pk)

    with django_assert_max_num_queries(10):  # type: ignore[operator]
        refresh(admin_client, every="5")


def test_nobody_else_is_sent_the_rows(client: Client) -> None:
    assert client.get(LIST, headers=LIVE).status_code == 302
    assert staff("view_taskrun").get(LIST, headers=LIVE).status_code == 403


def test_the_list_is_for_those_who_may_view_workers() -> None:
    assert staff("view_taskrun").get(LIST).status_code == 403
    assert staff("view_worker").get(LIST).status_code == 200


def ask(client: Client, worker: Worker, deed: str) -> int:
    address = reverse(f"admin:tasks_worker_{deed}", args=[worker.pk])
    return client.post(address, {"_form_submitted": "on"}).status_code


def test_a_worker_is_asked_to_be_quiet_to_work_and_to_stop(admin_client: Client) -> None:
    worker = make_worker()
    page = reverse("admin:tasks_worker_change", args=[worker.pk])
    for deed in ("quiet", "wake", "stop"):
        admin_client.get(reverse(f"admin:tasks_worker_{deed}", args=[worker.pk]))
    assert Worker.objects.get().wish == Wish.WORK, "a question changes nothing"

    offered = {}
    for deed, wish in (("quiet", Wish.QUIET), ("wake", Wish.WORK), ("stop", Wish.STOP)):
        assert ask(admin_client, worker, deed) == 302
        assert Worker.objects.get().wish == wish
        content = admin_client.get(page).content.decode()
        offered[deed] = [each for each in ("quiet", "wake", "stop") if f"/{each}/" in content]

    assert offered == {"quiet": ["wake", "stop"], "wake": ["quiet", "stop"], "stop": []}
    texts = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(texts) == ["Asked to be quiet.", "Asked to work again.", "Asked to stop."]


def test_asking_needs_its_permission() -> None:
    worker = make_worker()

    for client in (staff("view_worker"), staff("control_worker")):
        for deed in ("quiet", "wake", "stop"):
            assert ask(client, worker, deed) == 403
    assert Worker.objects.get().wish == Wish.WORK
    assert ask(staff("view_worker", "control_worker"), worker, "stop") == 302
    assert Worker.objects.get().wish == Wish.STOP


def test_one_that_is_lost_is_asked_nothing(admin_client: Client) -> None:
    worker = make_worker(status=WorkerStatus.LOST)

    assert ask(admin_client, worker, "stop") == 302
    assert Worker.objects.get().wish == Wish.WORK
    assert (
        "/stop/"
        not in admin_client.get(
            reverse("admin:tasks_worker_change", args=[worker.pk])
        ).content.decode()
    )


def test_the_page_of_a_worker_names_the_runs_that_it_is_at(admin_client: Client) -> None:
    worker = make_worker()
    run = make_run(RunStatus.RUNNING, worker_id=worker.pk, attempted_at=timezone.now())

    content = admin_client.get(reverse("admin:tasks_worker_change", args=[worker.pk])).content

    assert reverse("admin:tasks_taskrun_change", args=[run.pk]) in content.decode()
