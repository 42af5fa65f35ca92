"""What OpenTelemetry and Sentry are told, where a setting says so and the package is there."""

from importlib.util import find_spec

from django.conf import settings


def start() -> None:
    """Begin to tell. The modules are imported only then: neither package has to be there."""
    if settings.TRACES_EXPORTER and find_spec("opentelemetry.sdk") is not None:
        from config.telemetry import spans

        spans.start(settings.TRACES_EXPORTER)
    if settings.SENTRY_DSN and find_spec("sentry_sdk") is not None:
        from config.telemetry import errors

        errors.start(settings.SENTRY_DSN)
