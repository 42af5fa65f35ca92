"""The part of a run's page that is read again while somebody looks: story, progress, workflow."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from tasks.admin.graph import MOST_BOXES, Graph, graph_of
from tasks.admin.payloads import Attempts, HowFar
from tasks.admin.story import story_of
from tasks.ids import uuid7
from tasks.masks import MASK
from tasks.models import LogLine, RunStatus, ScheduleTick, TaskRun, TickStatus
from tasks.testing import run_due
from tasks.tests.admin_factories import (
    CANARY,
    VIEW,
    failure,
    make_failed_run,
    make_run,
    make_worker,
    staff,
)
from tasks.tests.factories import ADD, make_schedule
from tasks.tests.flows import row_of
from tasks.tests.sample.tasks import add
from tasks.workflows import chain, group

pytestmark = pytest.mark.django_db

READ = "view_arguments"


def live(client: Client, run: TaskRun) -> str:
    response = client.get(reverse("admin:tasks_taskrun_live", args=[run.pk]))
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    return response.content.decode()


def whole(client: Client, run: TaskRun) -> str:
    return client.get(reverse("admin:tasks_taskrun_change", args=[run.pk])).content.decode()


def drawn(run: TaskRun) -> Graph:
    graph = graph_of(run)
    assert graph is not None
    return graph


def say(run: TaskRun, attempt: int, message: str) -> None:
    LogLine.objects.create(
        run_id=run.pk,
        attempt=attempt,
        position=0,
        logged_at=timezone.now(),
        level=20,
        logger="shop",
        message=message,
    )


def test_the_part_says_how_far_it_is_and_is_read_again_until_the_end(admin_client: Client) -> None:
    far = '{"done":30,"total":120,"message":"third shelf"}'
    run = make_run(RunStatus.RUNNING, attempted_at=timezone.now(), attempt=1, progress=far)

    content = live(admin_client, run)

    assert 'value="25"' in content
    assert "30 / 120" in content
    assert "third shelf" in content
    assert 'data-live="yes"' in content
    assert 'data-version="RUNNING-1-False"' in content
    TaskRun.objects.update(status=RunStatus.SUCCESSFUL, finished_at=timezone.now())
    assert 'data-live="no"' in live(admin_client, run)


@pytest.mark.parametrize(
    "broken", ["", "nonsense", "7", "{}", '{"done":"x"}', '{"done":-1,"total":2}', "[" * 10_000]
)
def test_progress_that_cannot_be_read_is_left_out(broken: str) -> None:
    assert HowFar.of(broken) is None


def test_the_bar_is_never_longer_than_its_bed() -> None:
    for raw, percent in (
        ('{"done":9,"total":3}', 100),
        ('{"done":9,"total":0}', None),
        ('{"done":9,"total":null,"message":null}', None),
        ('{"done":9,"total":-3}', 0),
    ):
        far = HowFar.of(raw)
        assert far is not None
        assert far.percent == percent


def test_the_story_is_told_in_order() -> None:
    now = timezone.now()
    errors = failure("jam", attempt=1, started_at=(now - timedelta(minutes=9)).isoformat())
    run = make_run(
        RunStatus.SUCCESSFUL,
        enqueued_at=now - timedelta(minutes=10),
        errors=errors,
        attempt=2,
        run_at=now - timedelta(seconds=90),
        attempted_at=now - timedelta(minutes=1),
        finished_at=now,
    )

    story = story_of(run, Attempts.of(errors))

    assert [step.title for step in story] == [
        "Enqueued",
        "Attempt 1 failed",
        "Attempt 2 started",
        "Successful",
    ]
    assert [step.at for step in story] == sorted(step.at for step in story if step.at)
    assert story[2].note == "waited 30 s"
    assert story[1].note == "PrinterJam after 1.5 s"


def test_the_newest_attempt_has_its_lines_and_its_worker(admin_client: Client) -> None:
    worker = make_worker(host="attic", pid=9)
    run = make_run(
        RunStatus.SUCCESSFUL,
        attempt=2,
        errors=failure("jam", attempt=1),
        worker_id=worker.pk,
        attempted_at=timezone.now(),
        finished_at=timezone.now(),
    )
    say(run, 1, "looking for paper")
    say(run, 2, "printed it all")

    content = whole(admin_client, run)

    assert content.index("printed it all") < content.index("looking for paper")
    assert "attic:9" in content


def test_a_running_attempt_is_heard(admin_client: Client) -> None:
    run = make_run(RunStatus.RUNNING, attempt=1, attempted_at=timezone.now())
    say(run, 1, "second shelf")

    assert "second shelf" in live(admin_client, run)


def test_who_may_not_see_arguments_sees_nothing_that_tells_them() -> None:
    looker, reader = staff(VIEW), staff(VIEW, READ)
    run = make_failed_run(
        name=ADD,
        arguments='{"args":["secret-1"],"kwargs":{}}',
        return_value='"secret-2"',
        state='"secret-3"',
        errors=failure("secret-4", traceback="secret-5"),
        progress='{"done":1,"total":2,"message":"secret-6"}',
    )
    say(run, 1, "secret-7")
    broken = make_failed_run(errors="secret-8")

    seen = whole(reader, run) + whole(reader, broken)
    assert [number for number in range(1, 9) if f"secret-{number}" in seen] == list(range(1, 9))
    pages = [whole(looker, run), whole(looker, broken), live(looker, run)]
    pages.append(looker.get(reverse("admin:tasks_taskrun_changelist")).content.decode())
    assert not any("secret-" in page for page in pages)
    assert MASK in pages[0]
    assert "PrinterJam" in pages[0]
    assert "PrinterJam" in pages[3]


def test_a_chain_is_drawn_in_its_order(admin_client: Client) -> None:
    result = chain(add.s(1, 2), add.s(3), add.s(4)).enqueue()
    runs = [row_of(step) for step in result.steps]

    graph = drawn(runs[1])

    assert [box.id for box, _ in graph.places] == [run.pk for run in runs]
    xs = [place.x for _, place in graph.places]
    assert xs == sorted(set(xs))
    assert len(graph.wires) == 2
    assert graph.own == runs[1].pk
    assert graph.is_live
    run_due()
    assert not drawn(runs[1]).is_live
    assert [box.look for box, _ in drawn(runs[1]).places] == ["done"] * 3
    content = live(admin_client, runs[1])
    assert all(reverse("admin:tasks_taskrun_change", args=[run.pk]) in content for run in runs)


def test_a_group_fans_out_and_its_callback_waits_for_all(admin_client: Client) -> None:
    result = chain(add.s(1, 2), group([add.s(number) for number in range(3)], then=add.si(5, 6)))
    result.enqueue()
    then = TaskRun.objects.get(after_group_id__isnull=False)

    graph = drawn(then)

    columns: dict[int, list[uuid.UUID]] = {}
    for box, place in graph.places:
        columns.setdefault(place.x, []).append(box.id)
    assert [len(column) for _, column in sorted(columns.items())] == [1, 3, 1]
    assert len(graph.wires) == 6


def test_groups_within_groups_are_waited_for(admin_client: Client) -> None:
    inner = group([add.si(1, 1), add.si(2, 2)])
    group([inner, add.si(3, 3)], then=add.si(5, 6)).enqueue()

    graph = drawn(TaskRun.objects.get(after_group_id__isnull=False))

    assert len(graph.places) == 4
    assert len(graph.wires) == 3


def test_a_large_group_is_one_box_with_its_numbers(admin_client: Client) -> None:
    result = group([add.si(1, number) for number in range(MOST_BOXES * 2)], then=add.si(5, 6))
    members = result.enqueue()
    TaskRun.objects.filter(pk__in=TaskRun.objects.filter(position__lt=5).values("pk")).update(
        status=RunStatus.SUCCESSFUL
    )
    then = TaskRun.objects.get(after_group_id__isnull=False)

    graph = drawn(then)

    assert graph.total == MOST_BOXES * 2 + 1
    assert [(box.count, box.done) for box, _ in graph.places] == [(MOST_BOXES * 2, 5), (1, 0)]
    assert len(graph.wires) == 1
    content = live(admin_client, then)
    assert f"group={members.id}" in content
    assert f"5 + 0 failed of {MOST_BOXES * 2}" in content


def test_what_is_too_large_for_boxes_is_summed_up_by_task(admin_client: Client) -> None:
    workflow = uuid7()
    TaskRun.objects.bulk_create(
        TaskRun(name=f"shop.tasks.t{number % 30}", workflow_id=workflow, after_run_id=uuid7())
        for number in range(60)
    )
    run = TaskRun.objects.all()[0]

    graph = drawn(run)

    assert graph.is_summary
    assert len(graph.places) == MOST_BOXES
    assert not graph.wires
    assert "each box is a task" in live(admin_client, run)


def test_runs_that_wait_for_each_other_in_a_circle_are_drawn() -> None:
    workflow, one, two = uuid7(), uuid7(), uuid7()
    make_run(pk=one, workflow_id=workflow, after_run_id=two)
    run = make_run(pk=two, workflow_id=workflow, after_run_id=one)

    assert len(drawn(run).wires) == 2


def test_the_page_leads_to_its_schedule_and_to_the_run_that_enqueued_it(
    admin_client: Client,
) -> None:
    parent = make_run(name="shop.tasks.plan")
    schedule = make_schedule()
    run = make_run(headers=json.dumps({"parent": str(parent.pk)}))
    ScheduleTick.objects.create(
        schedule=schedule, tick=timezone.now(), status=TickStatus.ENQUEUED, run_id=run.pk
    )

    content = live(admin_client, run)

    assert reverse("admin:tasks_taskrun_change", args=[parent.pk]) in content
    assert reverse("admin:tasks_schedule_change", args=[schedule.pk]) in content
    assert escape(schedule.name) in content


@pytest.mark.parametrize("headers", ["", "nonsense", "[]", '{"parent":"no-id"}'])
def test_headers_that_somebody_broke_lead_nowhere(admin_client: Client, headers: str) -> None:
    assert "Enqueued by" not in live(admin_client, make_run(headers=headers))


def test_the_part_is_for_those_who_may_view_runs(client: Client) -> None:
    run = make_run()
    address = reverse("admin:tasks_taskrun_live", args=[run.pk])

    assert client.get(address).status_code == 302
    assert staff().get(address).status_code == 403
    assert staff(VIEW).get(reverse("admin:tasks_taskrun_live", args=[uuid7()])).status_code == 404


def test_the_page_and_its_part_take_few_queries(admin_client: Client) -> None:
    chain(add.s(1, 2), group([add.s(number) for number in range(20)], then=add.si(5, 6))).enqueue()
    run = TaskRun.objects.filter(group_id__isnull=False)[0]
    live(admin_client, run)

    for look, most in ((live, 13), (whole, 16)):
        with CaptureQueriesContext(connection) as queries:
            look(admin_client, run)
        assert len(queries) <= most, look.__name__


def test_nothing_that_others_wrote_is_markup(admin_client: Client) -> None:
    errors: Any = failure(CANARY, traceback=CANARY, exception_class_path=CANARY)
    workflow = uuid7()
    run = make_failed_run(
        name=CANARY,
        queue=CANARY[:64],
        errors=errors,
        reason=CANARY,
        unique_key=CANARY,
        fingerprint=CANARY[:16],
        progress=json.dumps({"done": 1, "total": 2, "message": CANARY}),
        state=json.dumps(CANARY),
        workflow_id=workflow,
    )
    make_run(name=CANARY, workflow_id=workflow, after_run_id=run.pk)
    say(run, 1, CANARY)

    for content in (live(admin_client, run), whole(admin_client, run)):
        assert "<script>canary" not in content
        assert escape("<script>canary") in content
