"""Spans and errors that a real worker tells of, tied to what was enqueued here, without secrets."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from config.telemetry.spans import Spans, start
from tasks import around
from tasks.control.reading import WholeRun
from tasks.models import RunStatus, TaskRun
from tasks.origin import Origin, origin
from tasks.testing import run_due
from tasks.tests.sample.tasks import add, hand_on, sign_in, stumble
from tasks.workflows import chain
from tests.conformance.harness import Programs, wait_for_status, wait_until
from tests.sentry import Sentry

pytestmark = pytest.mark.once

SECRET = "sesame-4711"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """The spans of this process."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    surroundings = Spans(provider)
    around.surround(surroundings)
    yield exporter
    around.remove(surroundings)


def named(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


def ids(span: ReadableSpan) -> tuple[str, str, str]:
    """Return the ids of its trace, of itself and of its parent."""
    context, parent = span.get_span_context(), span.parent
    assert context is not None
    return (
        f"{context.trace_id:032x}",
        f"{context.span_id:016x}",
        f"{parent.span_id:016x}" if parent else "",
    )


@pytest.mark.django_db
def test_a_run_belongs_to_the_trace_of_who_enqueued_it(spans: InMemorySpanExporter) -> None:
    add.enqueue(1, 2)
    (run,) = run_due()

    found = named(spans)
    trace, send, _ = ids(found[f"send {add.module_path}"])
    assert WholeRun.of(run).traceparent.startswith(f"00-{trace}-{send}-")
    process = found[f"process {add.module_path}"]
    assert ids(process)[0] == trace
    assert ids(process)[2] == send
    assert process.attributes is not None
    assert process.attributes["messaging.message.id"] == str(run.pk)


@pytest.mark.django_db
def test_the_trace_of_a_request_goes_on(spans: InMemorySpanExporter) -> None:
    token = origin.set(Origin(request_id="request-1", traceparent=TRACE))
    chain(add.si(1, 2), add.s(3)).enqueue()
    origin.reset(token)
    run_due()

    (send,) = [span for span in spans.get_finished_spans() if span.name == "send chain"]
    assert ids(send)[0] == TRACE[3:35]
    assert ids(send)[2] == TRACE[36:52]
    assert len(spans.get_finished_spans()) == 3
    assert {ids(span)[0] for span in spans.get_finished_spans()} == {TRACE[3:35]}
    assert {WholeRun.of(run).request_id for run in TaskRun.objects.all()} == {"request-1"}


@pytest.mark.django_db
def test_a_failed_attempt_is_an_error_without_secrets(spans: InMemorySpanExporter) -> None:
    sign_in.enqueue("Ann", SECRET, token=SECRET)
    run_due()

    process = named(spans)[f"process {sign_in.module_path}"]
    assert process.status.description == "builtins.PermissionError"
    (event,) = process.events
    assert event.attributes is not None
    assert "Ann" in str(event.attributes["exception.stacktrace"])
    assert SECRET not in process.to_json()


@pytest.mark.django_db
def test_without_a_setting_there_is_no_span() -> None:
    stumble.enqueue()
    (run,) = run_due()

    assert "traceparent" not in (run.headers or "")


def told(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_trace_leads_through_real_workers(
    programs: Programs, spans: InMemorySpanExporter, tmp_path: Path
) -> None:
    file = tmp_path / "spans"
    program = programs.worker(
        environment={"TRACES_EXPORTER": "tests.spans.FileExporter", "SPANS": str(file)}
    )
    hand_on.enqueue(1)
    wait_until(lambda: TaskRun.objects.count() == 2, "the second was enqueued")
    wait_for_status(RunStatus.SUCCESSFUL, *map(str, TaskRun.objects.values_list("pk", flat=True)))
    # It ends without `atexit`: what waits for its batch must not be lost.
    program.send(signal.SIGTERM)
    assert program.wait() == 0

    (enqueued,) = spans.get_finished_spans()
    trace, above, _ = ids(enqueued)
    first, again, second = sorted(told(file), key=lambda span: span["start_time"])
    assert [first["name"].split()[0], again["name"].split()[0]] == ["process", "send"]
    for span in (first, again, second):
        assert span["context"]["trace_id"] == f"0x{trace}"
        assert span["parent_id"] == f"0x{above}"
        above = span["context"]["span_id"][2:]


def test_an_exporter_that_is_none_is_told_in_a_sentence() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^TRACES_EXPORTER names 'OTLP', which cannot"):
        start("OTLP")


def test_an_error_is_reported_with_its_run_and_without_secrets(programs: Programs) -> None:
    with Sentry() as sentry:
        program = programs.worker(environment={"SENTRY_DSN": sentry.dsn})
        id_ = sign_in.enqueue("Ann", SECRET, token=SECRET).id
        other = stumble.using(max_attempts=1).enqueue("not secret").id
        wait_for_status(RunStatus.FAILED, id_, other)
        program.send(signal.SIGTERM)
        assert program.wait() == 0

        events = {event["tags"].get("run_id"): event for event in sentry.events()}
        assert events.keys() == {id_, other}
        assert len(sentry.events()) == 2
        assert events[other]["tags"]["task"] == stumble.module_path
        assert events[other]["exception"]["values"][-1]["value"] == "not secret"
        assert SECRET not in sentry.text
        assert '"vars"' not in sentry.text
