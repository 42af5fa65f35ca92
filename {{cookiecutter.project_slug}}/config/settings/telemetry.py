"""Where spans and errors are sent to; both are off unless they are set."""

from config.settings.env import env

# `otlp`, or the dotted path of an exporter's class.
TRACES_EXPORTER = env.text("TRACES_EXPORTER")

SENTRY_DSN = env.text("SENTRY_DSN")
