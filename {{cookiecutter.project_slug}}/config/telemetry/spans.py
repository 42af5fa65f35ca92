"""Spans of OpenTelemetry: one for each enqueueing and one for each attempt, in one trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, override

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tasks.around import Surroundings, surround
from tasks.origin import Origin, origin, origin_here

if TYPE_CHECKING:
    from tasks.failure import Failure
    from tasks.worker.executing import Execution

EXPORTERS = {"otlp": "opentelemetry.exporter.otlp.proto.http.trace_exporter.OTLPSpanExporter"}
CLOSE_MILLISECONDS = 2000
SYSTEM = "django.tasks"


def start(exporter: str) -> None:
    """Send spans to `otlp`, whose address `OTEL_EXPORTER_OTLP_ENDPOINT` names, or to a class.

    Raises `ImproperlyConfigured` when there is no such class.
    """
    try:
        sending = import_string(EXPORTERS.get(exporter, exporter))()
    except ImportError as error:
        raise ImproperlyConfigured(
            f"TRACES_EXPORTER names {exporter!r}, which cannot be imported ({error}); "
            "write, say, TRACES_EXPORTER=otlp"
        ) from error
    service = Resource.create({SERVICE_NAME: settings.SHOP_NAME})
    provider = TracerProvider(resource=service)
    provider.add_span_processor(BatchSpanProcessor(sending))
    trace.set_tracer_provider(provider)
    surround(Spans(provider))


class Spans(Surroundings):
    """Producer and consumer, tied by the `traceparent` in a run's headers."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("tasks")
        self._propagator = TraceContextTextMapPropagator()

    @override
    @contextmanager
    def enqueueing(self, name: str, queue: str, count: int) -> Iterator[None]:
        """What is enqueued within belongs to this span."""
        found = origin_here() or Origin()
        # A span of the request is at hand where its framework makes one; else its header leads on.
        is_within = trace.get_current_span().get_span_context().is_valid
        with self._tracer.start_as_current_span(
            f"send {name}",
            context=None if is_within else self._context(found.traceparent),
            kind=SpanKind.PRODUCER,
            attributes={
                "messaging.system": SYSTEM,
                "messaging.operation.type": "send",
                "messaging.destination.name": queue,
                "messaging.batch.message_count": count,
                "tasks.task": name,
            },
        ):
            token = origin.set(replace(found, traceparent=self._traceparent()))
            try:
                yield
            finally:
                origin.reset(token)

    @override
    @contextmanager
    def attempt(self, execution: Execution) -> Iterator[None]:
        """The body runs within this span, and what it enqueues belongs to it."""
        claimed = execution.claimed
        with self._tracer.start_as_current_span(
            f"process {claimed.name}",
            context=self._context(execution.origin().traceparent),
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.system": SYSTEM,
                "messaging.operation.type": "process",
                "messaging.destination.name": claimed.queue,
                "messaging.message.id": str(claimed.id),
                "tasks.task": claimed.name,
                "tasks.attempt": claimed.attempt,
                "tasks.worker": str(claimed.worker_id),
            },
        ):
            yield

    @override
    def failed(self, execution: Execution, failure: Failure) -> None:
        """The span of the attempt says why."""
        span = trace.get_current_span()
        span.add_event(
            "exception",
            {
                "exception.type": failure.exception_class_path,
                "exception.message": failure.message,
                "exception.stacktrace": failure.traceback,
            },
        )
        span.set_status(Status(StatusCode.ERROR, failure.exception_class_path))

    @override
    def close(self) -> None:
        """Send what waits for its batch."""
        self._provider.force_flush(CLOSE_MILLISECONDS)

    def _context(self, traceparent: str) -> Context:
        # Never that of the thread: a run belongs to who enqueued it.
        return self._propagator.extract({"traceparent": traceparent}, Context())

    def _traceparent(self) -> str:
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier.get("traceparent", "")
