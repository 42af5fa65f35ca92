"""Requests have ids, and what they enqueue and log bears them."""

import json
import logging

import pytest
from django.test import Client

from config.logs import JSONFormatter, LineFormatter
from tasks.control.reading import WholeRun
from tasks.masks import MASK
from tasks.models import RunStatus, TaskRun
from tasks.testing import run_due
from tasks.tests.sample.tasks import hand_on, say, sign_in
from tests.conformance.harness import Programs, wait_for_status, wait_until

pytestmark = pytest.mark.once

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Lines(logging.Handler):
    """Formats each record at once, as a stream handler does."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.json: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.json.append(JSONFormatter().format(record))
        self.text.append(LineFormatter().format(record))

    def __enter__(self) -> "Lines":
        logging.root.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.root.removeHandler(self)

    def records(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.json]


@pytest.mark.parametrize("id_", ["abcdefgh", "550e8400-e29b-41d4-a716-446655440000", "A.b_c-1" * 9])
def test_an_id_that_looks_like_one_is_kept(client: Client, id_: str) -> None:
    assert client.get("/shop/nowhere", headers={"X-Request-ID": id_})["X-Request-ID"] == id_


@pytest.mark.parametrize("id_", ["", "short", "x" * 129, "with space", "line\nbreak", "{{7*7}}<b>"])
def test_any_other_gives_way_to_a_new_one(client: Client, id_: str) -> None:
    given = {
        client.get("/shop/nowhere", headers={"X-Request-ID": id_})["X-Request-ID"] for _ in "ab"
    }

    assert len(given) == 2
    assert id_ not in given


@pytest.mark.django_db
def test_what_a_request_enqueues_bears_its_id_and_trace(client: Client) -> None:
    client.post(
        "/accounts/register/",
        {
            "email": "ann@example.com",
            "password1": "correct horse battery",
            "password2": "correct horse battery",
        },
        headers={"X-Request-ID": "from-the-proxy", "traceparent": TRACE},
    )

    run = TaskRun.objects.earliest("pk")
    assert WholeRun.of(run).request_id == "from-the-proxy"
    assert WholeRun.of(run).traceparent == TRACE


@pytest.mark.parametrize(
    "sent",
    [
        TRACE.upper(),
        TRACE.replace("00-", "ff-", 1),
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        TRACE + "-more",
    ],
)
@pytest.mark.django_db
def test_a_trace_that_is_none_is_left_out(client: Client, sent: str) -> None:
    with Lines() as lines:
        client.get("/shop/nowhere", headers={"traceparent": sent})

    (record,) = [each for each in lines.records() if each["logger"] == "django.request"]
    assert "trace_id" not in record


def test_a_record_of_a_request_bears_its_id(client: Client) -> None:
    with Lines() as lines:
        client.get("/nowhere/at/all/", headers={"X-Request-ID": "look-for-me"})

    (record,) = [each for each in lines.records() if each["logger"] == "django.request"]
    assert record["request_id"] == "look-for-me"
    assert record["status_code"] == 404
    assert record["level"] == "WARNING"


@pytest.mark.django_db
def test_a_record_of_a_run_says_which_in_one_line() -> None:
    say.enqueue("first\nsecond")
    with Lines() as lines:
        (run,) = run_due()

    (record,) = [each for each in lines.records() if each["logger"] == "sample"]
    assert record["message"] == "first\nsecond"
    assert record["run_id"] == str(run.pk)
    assert record["attempt"] == 1
    assert record["task"] == say.module_path
    assert record["queue"] == "default"
    assert record["worker"] == str(run.worker_id)
    assert all("\n" not in line for line in lines.json)


@pytest.mark.django_db
def test_neither_format_shows_what_is_sensitive() -> None:
    say.enqueue("came with sesame-4711", token="sesame-4711")
    sign_in.enqueue("Ann", "sesame-4712", token="sesame-4713")
    with Lines() as lines:
        run_due()

    everything = "\n".join([*lines.text, *lines.json])
    assert "sesame" not in everything
    assert f"came with {MASK}" in everything


def test_an_extra_is_part_of_the_object() -> None:
    record = logging.makeLogRecord({"msg": "paid", "order": 7, "what": object})

    assert json.loads(JSONFormatter().format(record))["order"] == 7


def test_a_traceback_is_part_of_the_object() -> None:
    try:
        raise ValueError("broken")
    except ValueError as error:
        record = logging.makeLogRecord({"exc_info": (type(error), error, error.__traceback__)})

    assert "ValueError: broken" in json.loads(JSONFormatter().format(record))["exception"]


def test_a_worker_writes_json_and_its_runs_go_on_with_the_request(programs: Programs) -> None:
    program = programs.worker(environment={"LOG_FORMAT": "json"})
    first = hand_on.enqueue(1)

    wait_until(lambda: TaskRun.objects.count() == 2, "the second was enqueued")
    wait_for_status(RunStatus.SUCCESSFUL, *map(str, TaskRun.objects.values_list("pk", flat=True)))

    records = [json.loads(line) for line in program.log.read_text().splitlines()]
    said = {each["run_id"]: each["message"] for each in records if each["logger"] == "sample"}
    assert said[first.id] == "1 to go"
    assert len(said) == 2
