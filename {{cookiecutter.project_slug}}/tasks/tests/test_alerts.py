"""What goes wrong is told once, and then again with how often; never what is secret."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tasks.alerts.checks import check_percent, check_urls
from tasks.alerts.findings import SENDER, Rule
from tasks.alerts.record import CONFIRMED_SECONDS, forget
from tasks.alerts.watch import OVERLAP_SECONDS, watch
from tasks.models import (
    Alert,
    Rollup,
    RunStatus,
    Schedule,
    ScheduleTick,
    TaskRun,
    TickStatus,
    Watermark,
    Worker,
    WorkerStatus,
)
from tasks.reasons import HELD_KEY
from tasks.tasks import send_alert
from tasks.testing import run_due
from tasks.tests.admin_factories import failure, staff
from tasks.tests.factories import ADD, make_run, make_worker
from tasks.tests.receiver import Receiver
from tasks.tests.sample.tasks import fail_as, give_up, leave, sign_in
from tasks.timer import Timer

pytestmark = [pytest.mark.alike, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def first_look() -> None:
    """What happened before the first look is nobody's news."""
    assert watch() == 0


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A place that alerts are sent to."""
    with Receiver() as receiver:
        settings.ALERT_URLS = [receiver.url]
        yield receiver


def fail(times: int = 1) -> None:
    """Let runs fail for good, in one way."""
    for _ in range(times):
        fail_as.enqueue("value")
    run_due()


def cool_down() -> None:
    """Let the cooldown of every alert pass."""
    Alert.objects.update(told_at=F("told_at") - timedelta(seconds=1000))


def hold() -> int:
    """Look twice, with the time between in which a condition is confirmed."""
    watch()
    Alert.objects.update(first_at=F("first_at") - timedelta(seconds=CONFIRMED_SECONDS))
    return watch()


def age(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_a_run_that_failed_for_good_is_told(receiver: Receiver) -> None:
    fail()

    assert watch() == 1
    run_due()

    (message,) = receiver.messages
    assert message["title"] == "tasks.tests.sample.tasks.fail_as failed: ValueError"
    assert message["type"] == "failure"
    run = TaskRun.objects.get(name=fail_as.module_path)
    assert f"http://testserver/admin/tasks/taskrun/{run.pk}/change/" in message["message"]


def test_many_failures_of_one_kind_are_one_message(receiver: Receiver) -> None:
    fail(3)

    assert watch() == 1
    run_due()

    assert receiver.titles == ["tasks.tests.sample.tasks.fail_as failed: ValueError (3 times)"]


def test_kinds_are_told_apart(receiver: Receiver) -> None:
    fail(2)
    give_up.enqueue("hopeless")
    leave.enqueue(1)
    run_due()

    assert watch() == 3
    run_due()

    assert len(receiver.messages) == 3


def test_the_same_kind_is_told_again_only_after_the_cooldown_and_with_how_often(
    receiver: Receiver,
) -> None:
    fail()
    watch()
    for _ in range(4):
        fail()
        assert watch() == 0

    cool_down()
    assert watch() == 1
    run_due()
    cool_down()

    assert watch() == 0, "nothing happened since"
    assert receiver.titles[1:] == ["tasks.tests.sample.tasks.fail_as failed: ValueError (4 times)"]
    alert = Alert.objects.get()
    assert (alert.count, alert.total) == (0, 5)


def test_a_failure_is_counted_once_however_often_one_looks() -> None:
    fail(2)
    for _ in range(3):
        watch()

    assert Alert.objects.get().total == 2


def test_a_failure_that_was_committed_late_is_told() -> None:
    fail()
    late = age(OVERLAP_SECONDS - 5)
    TaskRun.objects.update(finished_at=Now() - late)

    assert watch() == 1


def test_what_failed_before_the_first_look_is_not_told() -> None:
    Watermark.objects.all().delete()
    fail()
    TaskRun.objects.update(finished_at=Now() - age(OVERLAP_SECONDS + 1))

    assert watch() == 0
    assert not Alert.objects.exists()


def test_what_one_look_leaves_is_found_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.alerts.events.MOST", 2)
    monkeypatch.setattr("tasks.alerts.watch.MOST", 2)
    kinds = [f"{number:016}" for number in range(5)]
    for kind in kinds:
        make_run(status=RunStatus.FAILED, finished_at=Now(), fingerprint=kind)
    Watermark.objects.update(reached_at=Now() - age(300))
    TaskRun.objects.update(finished_at=Now() - age(200))

    assert [watch() for _ in range(4)] == [2, 2, 1, 0]

    assert set(Alert.objects.values_list("key", flat=True)) == set(kinds)
    assert Watermark.objects.filter(reached_at__gt=Now() - age(100)).exists()


def test_attempts_that_are_left_are_no_alert() -> None:
    give_up.enqueue("stumble")
    run_due()

    assert watch() == 0
    assert not Alert.objects.exists()


def test_without_an_address_alerts_are_kept_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    fail()

    assert watch() == 1

    assert "fail_as failed: ValueError" in caplog.text
    assert Alert.objects.get().told_at is not None
    assert not TaskRun.objects.filter(name=SENDER).exists()


def test_every_address_gets_a_run_of_its_own(settings: Any, receiver: Receiver) -> None:
    with Receiver() as other:
        other.broken = True
        settings.ALERT_URLS = [receiver.url, other.url]
        fail()
        watch()
        run_due()

    assert len(receiver.messages) == 1
    ended = TaskRun.objects.filter(name=SENDER).values_list("status", flat=True)
    assert sorted(ended) == [RunStatus.SCHEDULED, RunStatus.SUCCESSFUL]


def test_an_alert_that_cannot_be_sent_is_no_alert(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.broken = True
    fail()
    watch()
    for _ in range(send_alert.max_attempts or 0):
        TaskRun.objects.filter(status=RunStatus.SCHEDULED).update(run_at=Now())
        run_due()
        cool_down()
        assert watch() == 0

    sending = TaskRun.objects.get(name=SENDER)
    assert sending.status == RunStatus.FAILED
    assert "NotDelivered" in sending.errors
    assert f"{SENDER} failed for good" in caplog.text
    assert not Alert.objects.filter(title__contains="send_alert").exists()
    assert TaskRun.objects.filter(name=SENDER).count() == 1


def test_alerts_that_wait_or_fail_raise_no_alert() -> None:
    make_run(name=SENDER, run_at=Now() - age(9999))
    Rollup.objects.create(
        size=60,
        starts_at=Now(),
        name=SENDER,
        queue="default",
        failed=100,
        waits="[]",
        durations="[]",
    )

    assert hold() == 0
    assert not Alert.objects.exists()


def test_addresses_are_found_nowhere(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, admin_client: Client
) -> None:
    with caplog.at_level(logging.DEBUG):
        fail()
        watch()
        run_due()
        receiver.broken = True
        cool_down()
        fail()
        watch()
        run_due()

    assert len(receiver.messages) == 1
    sent, failed = TaskRun.objects.filter(name=SENDER).order_by("id")
    pages = [
        admin_client.get(reverse("admin:tasks_taskrun_change", args=[run.pk])).content.decode()
        for run in (sent, failed)
    ]
    assert "did not take the message" in failed.errors
    rows = [*TaskRun.objects.values(), *Alert.objects.values()]
    for text in (caplog.text, *map(str, rows), *pages):
        assert "canary" not in text


def test_an_address_that_was_taken_out_gets_nothing(receiver: Receiver, settings: Any) -> None:
    fail()
    watch()
    settings.ALERT_URLS = []
    run_due()

    assert receiver.messages == []
    assert TaskRun.objects.get(name=SENDER).status == RunStatus.SUCCESSFUL


def test_secrets_of_a_run_are_in_no_alert(receiver: Receiver) -> None:
    sign_in.enqueue("Ann", "canary-secret")
    for _ in range(2):
        TaskRun.objects.update(run_at=Now())
        run_due()

    assert watch() == 1
    run_due()

    assert "canary" not in str(receiver.messages)


def test_a_run_that_waits_too_long_is_told() -> None:
    make_worker()
    make_run(queue="mail", run_at=Now() - age(301))
    make_run(queue="brief", run_at=Now() - age(299))

    assert watch() == 0, "not before it is confirmed"
    assert hold() == 1

    alert = Alert.objects.get()
    assert (alert.rule, alert.key) == (Rule.WAITING, "mail")
    assert alert.title == "Runs in queue mail wait for longer than 300 s"
    assert hold() == 0


def test_a_run_behind_a_gate_waits_on_purpose() -> None:
    make_worker()
    make_run(gated=True, run_at=Now() - age(9999))

    assert hold() == 0


def test_a_queue_without_a_worker_is_told() -> None:
    Worker.objects.filter(pk=make_worker()).update(queues="brief,mail")
    make_run(queue="mail", run_at=Now() - age(61))
    make_run(queue="other", run_at=Now() - age(61))

    assert hold() == 1

    assert Alert.objects.get().title == "No worker takes from queue other"


def test_a_worker_of_all_queues_serves_every_queue() -> None:
    make_worker()
    make_run(queue="other", run_at=Now() - age(61))

    assert hold() == 0


def test_a_worker_that_is_being_restarted_is_not_missed() -> None:
    make_worker(status=WorkerStatus.STOPPED, silent_for=30)
    make_run(run_at=Now() - age(200))

    assert hold() == 0

    Worker.objects.update(beat_at=Now() - age(61))
    assert hold() == 1


def test_the_timer_itself_tells_that_there_is_no_worker(
    receiver: Receiver,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]],
) -> None:
    make_run(run_at=Now() - age(61))

    with django_capture_on_commit_callbacks(execute=True):
        hold()

    assert receiver.titles == ["No worker takes from queue default"]
    assert not TaskRun.objects.filter(name=SENDER).exists()


def test_a_timer_that_cannot_tell_goes_on(
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]],
) -> None:
    receiver.broken = True
    make_run(run_at=Now() - age(61))

    with django_capture_on_commit_callbacks(execute=True):
        hold()

    assert "An alert was not sent" in caplog.text
    assert "canary" not in caplog.text


def test_what_is_over_is_told_once_and_as_a_success(receiver: Receiver) -> None:
    waiting = make_run(run_at=Now() - age(61))
    hold()
    make_worker()

    assert watch() == 1
    assert watch() == 0
    waiting.delete()
    run_due()

    (message,) = receiver.messages
    assert message["title"] == "Over: No worker takes from queue default"
    assert message["type"] == "success"
    assert Alert.objects.get().over_at is not None


def test_what_was_not_told_is_not_told_to_be_over() -> None:
    run = make_run(run_at=Now() - age(61))
    watch()
    run.delete()

    assert watch() == 0
    assert Alert.objects.get().over_at is not None


def test_what_lasts_is_told_again_after_the_cooldown(caplog: pytest.LogCaptureFixture) -> None:
    make_run(run_at=Now() - age(61))
    hold()
    assert watch() == 0

    Alert.objects.update(told_at=F("told_at") - age(1000), first_at=F("first_at") - age(1000))
    assert watch() == 1

    assert "Still: No worker takes from queue default" in caplog.text


def test_what_begins_again_is_counted() -> None:
    worker = make_worker(silent_for=100)
    make_run(run_at=Now() - age(61))
    hold()
    for silence in (0, 100):
        Worker.objects.filter(pk=worker).update(beat_at=Now() - age(silence))
        watch()

    alert = Alert.objects.get()
    assert (alert.total, alert.over_at) == (2, None)


def make_tick(
    status: TickStatus = TickStatus.MISSED,
    count: int = 1,
    *,
    ago: float = 0,
    reason: str = "No timer was running.",
) -> ScheduleTick:
    schedule, _ = Schedule.objects.get_or_create(
        name="nightly", defaults={"task": ADD, "every_seconds": 60}
    )
    return ScheduleTick.objects.create(
        schedule=schedule,
        tick=Now() - age(ago or ScheduleTick.objects.count()),
        status=status,
        count=count,
        reason=reason,
    )


def test_a_missed_schedule_is_told() -> None:
    make_tick(count=3)
    make_tick(TickStatus.ENQUEUED)

    assert watch() == 1
    assert watch() == 0

    alert = Alert.objects.get()
    assert (alert.key, alert.title, alert.total) == ("nightly", "Schedule nightly was missed", 3)
    assert alert.body == "No timer was running."


@pytest.mark.parametrize(
    ("ago", "told"), [(290, 0), (310, 1)], ids=["a short while", "a long while"]
)
def test_a_tick_that_meets_the_run_of_one_before_it_is_told_when_that_lasts(
    ago: float, told: int
) -> None:
    make_tick(TickStatus.ENQUEUED, ago=ago, reason="")
    make_tick(reason=HELD_KEY)

    assert watch() == told


def make_rollup(*, successful: int, failed: int, minutes_ago: int = 1, name: str = ADD) -> None:
    Rollup.objects.create(
        size=60,
        starts_at=Now() - timedelta(minutes=minutes_ago),
        name=name,
        queue="default",
        successful=successful,
        failed=failed,
        waits="[]",
        durations="[]",
    )


def test_a_task_that_mostly_fails_is_told() -> None:
    make_rollup(successful=5, failed=5, minutes_ago=1)
    make_rollup(successful=4, failed=6, minutes_ago=9)

    assert hold() == 1

    alert = Alert.objects.get()
    assert alert.title == f"55 % of the runs of {ADD} fail"
    assert alert.body == "11 of 20 in the last 10 minutes."


@pytest.mark.parametrize(
    "rollup",
    [
        {"successful": 0, "failed": 19},
        {"successful": 11, "failed": 10},
        {"successful": 0, "failed": 100, "minutes_ago": 11},
    ],
    ids=["too few", "too rare", "too old"],
)
def test_a_task_that_fails_now_and_then_is_not_told(rollup: dict[str, Any]) -> None:
    make_rollup(**rollup)

    assert hold() == 0


def test_a_rule_is_turned_off_by_0(settings: Any) -> None:
    settings.ALERT_WAITING_SECONDS = 0
    settings.ALERT_NO_WORKER_SECONDS = 0
    settings.ALERT_FAILURE_PERCENT = 0
    make_run(run_at=Now() - age(9999))
    make_rollup(successful=0, failed=100)

    assert hold() == 0


def test_a_look_asks_little_of_the_database(django_assert_max_num_queries: Any) -> None:
    make_worker()
    with django_assert_max_num_queries(12):
        watch()
    fail(20)
    leave.enqueue(1)
    run_due()
    with django_assert_max_num_queries(20):
        watch()


def test_the_timer_looks() -> None:
    fail()

    Timer().turn()

    assert Alert.objects.get().total == 1


@pytest.mark.django_db(transaction=True)
def test_however_many_timers_look_a_failure_is_told_once() -> None:
    fail(3)

    def look(_: int) -> int:
        try:
            return watch()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = sum(pool.map(look, range(12)))

    assert told == 1
    assert Alert.objects.get().total == 3


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has another plan")
def test_a_look_reads_what_failed_lately_by_an_index() -> None:
    long_ago = timezone.now() - timedelta(days=1)
    TaskRun.objects.bulk_create(
        TaskRun(name=ADD, status=status, finished_at=long_ago, fingerprint="f" * 16)
        for status in (RunStatus.SUCCESSFUL, RunStatus.FAILED)
        for _ in range(2000)
    )
    fail()
    with CaptureQueriesContext(connection) as queries, connection.cursor() as cursor:
        watch()
        cursor.execute("ANALYZE tasks_taskrun")
        sql = next(query["sql"] for query in queries if 'MAX("tasks_taskrun' in query["sql"])
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "tasks_run_failed_at" in plan
    assert "Seq Scan on tasks_taskrun" not in plan


def test_web_processes_do_not_load_apprise() -> None:
    program = """
import sys
from config.wsgi import application
from django.urls import reverse
reverse("admin:tasks_alert_changelist")
print("apprise" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "ALERT_URLS": "json://127.0.0.1"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == "False\n"


def test_old_alerts_are_forgotten() -> None:
    fail()
    watch()
    assert forget() == 0

    Alert.objects.update(last_at=Now() - timedelta(days=91))

    assert forget() == 1
    assert not Alert.objects.exists()


def test_a_bad_address_is_an_error_that_does_not_show_it(settings: Any) -> None:
    settings.ALERT_URLS = ["json://127.0.0.1:1", "nonsense://canary", "mailto://canary"]

    errors = check_urls(None)

    assert [error.id for error in errors] == ["tasks.E101", "tasks.E101"]
    assert str(errors[0].msg).startswith("Address 2 in ALERT_URLS")
    assert "canary" not in str(errors)


def test_more_than_all_is_an_error(settings: Any) -> None:
    assert check_percent(None) == []
    settings.ALERT_FAILURE_PERCENT = 101
    assert [error.id for error in check_percent(None)] == ["tasks.E102"]


def test_people_see_the_list(admin_client: Client) -> None:
    fail(2)
    Worker.objects.all().delete()
    make_run(run_at=Now() - age(61))
    hold()
    Alert.objects.filter(rule=Rule.NO_WORKER).update(over_at=Now())

    listed = admin_client.get(reverse("admin:tasks_alert_changelist")).content.decode()
    alert = Alert.objects.get(rule=Rule.FAILED)
    page = admin_client.get(reverse("admin:tasks_alert_change", args=[alert.pk]))

    for text in ("fail_as failed: ValueError", "Happened", "Over"):
        assert text in listed
    assert alert.key in page.content.decode()
    assert admin_client.get(reverse("admin:tasks_alert_add")).status_code == 403


def test_what_an_exception_says_is_for_those_who_may_see_arguments() -> None:
    run = make_run(status=RunStatus.FAILED, errors=failure("no paper for ada@example.com"))
    TaskRun.objects.filter(pk=run.pk).update(fingerprint="paper", finished_at=Now())
    watch()
    page = reverse("admin:tasks_alert_change", args=[Alert.objects.get(rule=Rule.FAILED).pk])

    seen = staff("view_alert").get(page).content.decode()

    assert str(run.pk) in seen
    assert "ada@" not in seen
    assert "ada@" in staff("view_alert", "view_arguments").get(page).content.decode()
