"""The list of workers: how each one is, and what it holds."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tasks.models import RunStatus, Wish, Worker, WorkerStatus
from tasks.tests.admin_factories import make_run, make_worker, staff

pytestmark = pytest.mark.django_db

LIST = reverse("admin:tasks_worker_changelist")


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
