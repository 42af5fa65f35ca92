"""`manage.py tasks` does what it says, says what it did, and answers nonsense with a sentence."""

import json
import logging
import os
import subprocess
import sys
import uuid
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db.models.functions import Now

from tasks.ledger.clock import now
from tasks.management.console import PARTS
from tasks.management.console.output import Output
from tasks.models import Gate, RunStatus, TaskRun, Watermark, Worker, WorkerStatus
from tasks.testing import run_due
from tasks.tests.ended_factories import make_ended
from tasks.tests.factories import (
    ADD,
    make_held_run,
    make_run,
    make_schedule,
    make_worker,
    status_of,
)

pytestmark = pytest.mark.django_db

FAILURE = (
    '[{"attempt":1,"exception_class_path":"shop.Jam","message":"out of\\u001b[31m paper",'
    '"traceback":"File x","worker_id":"","started_at":"","seconds":1.0}]'
)
WORKER = "11111111-1111-1111-1111-111111111111"


def failed(**fields: Any) -> TaskRun:
    return make_run(
        **{"status": RunStatus.FAILED, "finished_at": Now(), "errors": FAILURE, **fields}
    )


def tasks(*arguments: object, code: int = 0) -> str:
    """Return what `manage.py tasks …` prints."""
    out = StringIO()
    if code:
        with pytest.raises(SystemExit) as left:
            call_command("tasks", *map(str, arguments), stdout=out)
        assert left.value.code == code
    else:
        call_command("tasks", *map(str, arguments), stdout=out)
    return out.getvalue()


def tasks_json(*arguments: object, code: int = 0) -> Any:
    return json.loads(tasks(*arguments, "--json", code=code))


# Looking.


def test_runs_are_listed_newest_first() -> None:
    old, new = make_run(), failed()

    lines = tasks("list").splitlines()

    assert lines[0].split() == ["id", "task", "queue", "status", "attempts", "enqueued", "error"]
    assert [str(new.pk) in lines[1], str(old.pk) in lines[2], len(lines)] == [True, True, 3]
    assert ADD in lines[1]
    assert "shop.Jam: out of\\x1b[31m paper" in lines[1], "what moves the cursor is escaped"


def test_what_the_list_has_no_room_for_ends_in_dots() -> None:
    make_run(status=RunStatus.CANCELLED, finished_at=Now(), reason="a long story " * 9)

    assert tasks("list").splitlines()[1].endswith(" a long story a long…")


@pytest.mark.parametrize(
    "options",
    [
        ["--status", "failed"],
        ["--queue", "mail"],
        ["--task", "a.b"],
        ["--text", "KEY"],
        ["--since", "30m"],
        ["--priority", "-7"],
        ["--worker", WORKER],
    ],
)
def test_the_list_shows_what_matches(options: list[str]) -> None:
    make_run(enqueued_at=now() - timedelta(hours=1))
    run = failed(
        name="a.b",
        queue="mail",
        priority=-7,
        unique_key="a key",
        worker_id=WORKER,
    )

    assert [found["id"] for found in tasks_json("list", *options)] == [str(run.pk)]
    assert len(tasks_json("list")) == 2
    assert len(tasks_json("list", "--limit", 1)) == 1


def test_json_has_the_fields_by_name_and_times_in_iso_8601() -> None:
    run = failed()

    (found,) = tasks_json("list")

    assert (found["id"], found["status"], found["task"]) == (str(run.pk), "FAILED", ADD)
    assert datetime.fromisoformat(found["finished_at"]) == run.finished_at
    assert found["started_at"] is None


def test_a_run_is_shown_with_its_failures() -> None:
    run = failed()

    text, found = tasks("show", run.pk), tasks_json("show", run.pk)

    assert "File x" in text
    assert found["args"] == [1, 2]
    assert found["failures"][0]["error"] == "shop.Jam"


# Acting.


def test_named_runs_are_retried_and_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    broken, ready = failed(), make_run()

    with caplog.at_level(logging.INFO, "tasks.audit"):
        assert tasks("retry", broken.pk) == "1 run retried.\n"
        assert tasks_json("cancel", ready.pk) == {"applied": 1, "left": 0, "clashing": []}

    assert (status_of(broken), status_of(ready)) == (RunStatus.READY, RunStatus.CANCELLED)
    assert [message.split(": ")[-1] for message in caplog.messages] == [
        "Retried.",
        "Cancelled, or asked to stop.",
    ]


def test_a_scheduled_run_is_run_now() -> None:
    run = make_run(status=RunStatus.SCHEDULED, run_at=now() + timedelta(days=1))

    assert tasks("promote", run.pk) == "1 run promoted.\n"
    run_due()

    assert status_of(run) == RunStatus.SUCCESSFUL


def test_the_exit_code_tells_of_runs_that_were_left() -> None:
    broken, done = failed(), make_run(status=RunStatus.SUCCESSFUL)
    make_run(unique_key="taken")
    clashing = failed(unique_key="taken")

    said = tasks("retry", broken.pk, done.pk, clashing.pk, uuid.uuid4(), code=1)

    assert "1 run retried." in said
    assert "2 runs left" in said
    assert "unique key taken" in said
    assert status_of(broken) == RunStatus.READY


def test_all_that_match_are_acted_on_in_the_background() -> None:
    meant, other = failed(queue="mail"), failed()

    found = tasks_json("retry", "--all", "--queue", "mail", "--yes")
    run_due()

    assert found["count"] == 1
    assert tasks_json("show", found["run_id"])["status"] == "SUCCESSFUL"
    assert (status_of(meant), status_of(other)) == (RunStatus.SUCCESSFUL, RunStatus.FAILED)


def test_all_are_not_acted_on_unasked() -> None:
    run = failed()

    with pytest.raises(CommandError, match=r"1 run match.* Add --yes to delete them"):
        tasks("delete", "--all")
    with pytest.raises(CommandError, match="either their ids, or --all"):
        tasks("delete")
    with pytest.raises(CommandError, match="either their ids, or --all"):
        tasks("delete", run.pk, "--all")
    with pytest.raises(CommandError, match="No run matches"):
        tasks("cancel", "--all", "--queue", "mail")
    assert list(TaskRun.objects.all()) == [run]


def test_a_queue_or_a_task_is_paused_and_resumed() -> None:
    assert tasks("pause", "default") == "Queue default is paused.\n"
    assert tasks("pause", "default") == "Queue default is paused already.\n"
    assert tasks("pause", ADD, "--task") == f"Task {ADD} is paused.\n"
    assert Gate.objects.filter(paused_at__isnull=False).count() == 2

    assert tasks_json("resume", "default") == {
        "kind": "queue",
        "name": "default",
        "changed": True,
        "limit": None,
    }
    tasks("resume", ADD, "--task")
    assert not Gate.objects.filter(paused_at__isnull=False).exists()


def test_a_queue_is_limited() -> None:
    assert tasks("limit", "mail", 3) == "Queue mail runs at most 3 at once.\n"
    assert Gate.objects.get().max_running == 3
    assert tasks("limit", "mail", "none") == "Queue mail has no limit.\n"
    assert Gate.objects.get().max_running is None


# Watching.


def test_workers_are_asked_by_their_process_or_id(caplog: pytest.LogCaptureFixture) -> None:
    id_ = make_worker()
    caplog.set_level("INFO", "tasks.audit")

    assert tasks("quiet", "test:1") == "Worker test:1 is asked to be quiet.\n"
    assert tasks("quiet", "test:1").startswith("Worker test:1 was asked already")
    assert tasks_json("workers")[0]["wish"] == "QUIET"
    assert tasks("wake", str(id_)) == "Worker test:1 is asked to work.\n"
    assert tasks("stop", "test:1") == "Worker test:1 is asked to stop.\n"
    assert tasks("wake", "test:1").startswith("Worker test:1 was asked already, or is stopping")

    assert Worker.objects.get().wish == "STOP"
    assert [record.message.rpartition(": ")[2] for record in caplog.records] == [
        "Asked to be quiet.",
        "Asked to work again.",
        "Asked to stop.",
    ]


def test_a_worker_that_is_not_there_cannot_be_asked() -> None:
    lost = make_worker(status=WorkerStatus.LOST)

    with pytest.raises(CommandError, match="There is no worker 'attic:7'"):
        tasks("stop", "attic:7")
    with pytest.raises(CommandError, match=f"No worker {lost} is alive"):
        tasks("stop", "test:1")


def test_two_workers_of_one_name_are_told_apart_by_their_ids() -> None:
    first, second = make_worker(), make_worker()

    with pytest.raises(CommandError, match=f"test:1 is more than one worker.*{second}"):
        tasks("stop", "test:1")
    assert tasks("stop", str(first)) == "Worker test:1 is asked to stop.\n"


def test_statistics_are_of_queues_or_of_tasks() -> None:
    make_ended(now() - timedelta(minutes=3), name=ADD)
    make_run()

    found = tasks_json("stats", "--window", "30m")
    by_task = tasks_json("stats", "--tasks")

    (default,) = [part for part in found["parts"] if part["name"] == "default"]
    assert (default["depth"]["ready"], default["flow"]["successful"]) == (1, 1)
    assert set(default["flow"]["wait"]) == {"p50", "p95", "p99"}
    assert ADD in {part["name"] for part in by_task["parts"]}
    assert tasks("stats").splitlines()[-1].split()[:5] == ["all", "1", "0", "0", "1"]


def test_queues_and_workers_are_listed() -> None:
    worker = make_worker()
    run, _ = make_held_run(worker)
    tasks("limit", "default", 4)

    (default,) = [queue for queue in tasks_json("queues") if queue["name"] == "default"]
    (found,) = tasks_json("workers")

    assert (default["limit"], default["paused_at"], default["depth"]["running"]) == (4, None, 1)
    assert (found["health"], found["runs"][0]["id"]) == ("ok", str(run.pk))
    assert "test:1" in tasks("workers")
    assert "default" in tasks("queues")


def test_health_says_why_not() -> None:
    make_run(queue="mail")

    said = tasks("health", code=1)
    found = tasks_json("health", code=1)

    assert "No live worker takes from mail" in said
    assert "No timer was ever seen" in said
    assert [problem["code"] for problem in found["problems"]] == ["workers", "timer"]

    make_worker()
    Watermark.objects.create(name="rollups", reached_at=now())
    assert tasks("health") == "All is well.\n"


def test_schedules_are_listed_paused_resumed_and_run() -> None:
    make_schedule(name="nightly", task=ADD, arguments='{"args":[1,2],"kwargs":{}}')

    found = tasks_json("schedules", "nightly", "--run")

    (run,) = run_due()
    assert (found["run_id"], run.result) == (str(run.pk), 3)
    assert tasks("schedules", "nightly", "--pause") == "Schedule nightly is paused.\n"
    assert tasks("schedules", "nightly", "--pause") == "Schedule nightly is paused already.\n"
    (shown,) = tasks_json("schedules")
    assert (shown["name"], shown["enabled"]) == ("nightly", False)
    assert "paused" in tasks("schedules")
    assert tasks_json("schedules", "nightly", "--resume")["changed"]


# Running.


def test_a_task_is_run_by_its_name() -> None:
    found = tasks_json("run", ADD, "--args", "[1]", "--kwargs", '{"right": 2}')

    (run,) = run_due()
    assert (found["id"], found["status"]) == (str(run.pk), "READY")
    assert run.result == 3


def test_what_is_old_is_pruned() -> None:
    failed(finished_at=now() - timedelta(days=400))
    make_run()

    assert tasks_json("prune", "--dry-run") == {"rows": 1, "deleted": False}
    assert TaskRun.objects.count() == 2

    assert tasks_json("prune") == {"rows": 1, "deleted": True}
    assert TaskRun.objects.count() == 1


# Nonsense.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "x"], "is no id of a run"),
        (["show", str(uuid.uuid4())], "There is no run"),
        (["retry", "x"], "is no id of a run"),
        (["list", "--status", "done"], "takes one of scheduled, waiting"),
        (["list", "--since", "yesterday"], "takes a time such as"),
        (["list", "--priority", "101"], "takes a whole number from -100 to 100"),
        (["list", "--limit", "0"], "takes a whole number"),
        (["stats", "--window", "1"], "takes a span such as"),
        (["pause", "nowhere"], "There is no queue 'nowhere'. There are: "),
        (["pause", "shop.add", "--task"], f"Did you mean {ADD}?"),
        (["limit", "default", "-1"], "`none` takes the limit away"),
        (["run", "shop.add"], f"Did you mean {ADD}?"),
        (["run", ADD, "--args", "[1"], "takes a JSON list"),
        (["run", ADD, "--args", "{}"], "takes a JSON list"),
        (["run", ADD, "--kwargs", "[]"], "takes a JSON object"),
        (["run", ADD, "--args", "[1]"], "missing a required argument"),
        (["run", ADD, "--args", json.dumps(["x" * 70_000, 1])], "at most 65536 are allowed"),
        (["schedules", "nightly", "--run"], "There is no schedule 'nightly'"),
        (["schedules", "nightly"], "Say both which schedule and what to do"),
        (["schedules", "--pause"], "Say both which schedule and what to do"),
        (["health", "--oldest", "soon"], "takes seconds above 0"),
        ([], "required"),
    ],
)
def test_nonsense_is_answered_with_a_sentence(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError) as error:
        tasks(*arguments)

    assert said in str(error.value)
    assert not TaskRun.objects.exists()
    assert not Gate.objects.exists()


# Terminals.


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("width", "is_table"), [(120, True), (40, False)])
def test_a_narrow_terminal_gets_blocks_of_lines(*, width: int, is_table: bool) -> None:
    terminal = Terminal()
    out = Output(OutputWrapper(terminal), colour=True, width=width)

    out.table(("one", "two"), [(1, "a"), (2, "b")], none="")

    lines = terminal.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert ("one  1" in lines) is not is_table
    assert ("──" in terminal.getvalue()) is is_table


def test_an_id_stays_in_one_piece() -> None:
    terminal, id_ = Terminal(), str(uuid.uuid4())

    Output(OutputWrapper(terminal), colour=False, width=90).table(
        ("id", "text"), [(id_, "word " * 40)], none=""
    )

    assert id_ in terminal.getvalue()


# As the shell sees it.


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "tasks", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_part_explains_itself() -> None:
    said = manage("--help")

    assert said.returncode == 0
    assert {name for name in PARTS if name in said.stdout} == set(PARTS)


@pytest.mark.alike
@pytest.mark.parametrize(
    "url", ["postgres://nobody@127.0.0.1:1/nothing", "sqlite:////nowhere/at/all.sqlite3"]
)
def test_health_is_quick_and_plain_when_the_database_is_away(url: str) -> None:
    began = now()
    manage("run", "shop.tasks.nothing")
    # As long as any command takes on a machine as busy as this one.
    usual = now() - began
    began = now()

    said = manage("health", TEST_DATABASE_URL=url)

    assert said.returncode == 1
    assert said.stdout.startswith("The database does not answer: ")
    assert "Traceback" not in said.stderr
    assert now() - began < 2 * usual + timedelta(seconds=5)
    assert "Traceback" not in manage("list", TEST_DATABASE_URL=url).stderr


def test_a_mistake_is_a_line_on_standard_error_and_not_success() -> None:
    said = manage("run", "shop.tasks.nothing")

    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("CommandError: No installed app declares a task")
    assert len(said.stderr.splitlines()) == 1
