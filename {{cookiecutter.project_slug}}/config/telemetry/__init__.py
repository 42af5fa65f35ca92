"""What OpenTelemetry and Sentry are told, where a setting says so and the package is there."""

from importlib.util import find_spec

from django.conf import settings

# By the word of `TRACES_EXPORTER` that needs them; what names a class of its own needs the rest.
OPENTELEMETRY = ("opentelemetry.sdk",)
OTLP = (*OPENTELEMETRY, "opentelemetry.exporter.otlp.proto.http")
SENTRY = ("sentry_sdk",)


def start() -> None:
    """Begin to tell. The modules are imported only then: neither package has to be there."""
    if settings.TRACES_EXPORTER and can_trace():
        from config.telemetry import spans

        spans.start(settings.TRACES_EXPORTER)
    if settings.SENTRY_DSN and can_report():
        from config.telemetry import errors

        errors.start(settings.SENTRY_DSN)


def can_trace() -> bool:
    """Whether what `TRACES_EXPORTER` needs is installed."""
    return are_there(*(OTLP if settings.TRACES_EXPORTER == "otlp" else OPENTELEMETRY))


def can_report() -> bool:
    """Whether what `SENTRY_DSN` needs is installed."""
    return are_there(*SENTRY)


def are_there(*names: str) -> bool:
    """Whether these modules can be imported, without importing more than their packages."""
    try:
        return all(find_spec(name) is not None for name in names)
    except ModuleNotFoundError:
        # Of a module within a package that is not there.
        return False
