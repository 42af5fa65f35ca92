"""Whom alerts are sent to, and what is worth one. A number of 0 turns its rule off."""

import re

from config.settings.env import env

# Before the next address: one of them may hold commas of its own.
BETWEEN = re.compile(r"[\s,]+(?=[A-Za-z][\w+.-]*://)")


class SecretURL(str):
    """An address with a password or a token in it, which no page that lists settings shows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'••••••'"


def urls(text: str) -> list[SecretURL]:
    """The addresses in `text`, separated by commas or spaces."""
    given = [url for url in BETWEEN.split(text.strip()) if url]
    if any("://" not in url or len(url.split()) > 1 for url in given):
        raise ValueError("holds something that begins with no scheme")
    return [SecretURL(url) for url in given]


# What Apprise understands: mailto://, tgram://, slack://, json:// and a hundred more.
ALERT_URLS = env.parsed(
    "ALERT_URLS", urls, default="", example="mailto://user:password@smtp.example.com?to=me@x.org"
)

# The same thing is told again after so long, with how often it happened since.
ALERT_COOLDOWN_SECONDS = env.number("ALERT_COOLDOWN_SECONDS", default=900, at_least=1)

# A run that was ready for longer than this should have started.
ALERT_WAITING_SECONDS = env.number("ALERT_WAITING_SECONDS", default=300, at_least=0)

# Runs are ready, and for so long no worker of their queue gave a sign of life.
ALERT_NO_WORKER_SECONDS = env.number("ALERT_NO_WORKER_SECONDS", default=60, at_least=0)

# So many of a hundred runs of a task failed, of at least so many within so many minutes.
ALERT_FAILURE_PERCENT = env.number("ALERT_FAILURE_PERCENT", default=50, at_least=0)
ALERT_FAILURE_SAMPLE = env.number("ALERT_FAILURE_SAMPLE", default=20, at_least=1)
ALERT_FAILURE_MINUTES = env.number("ALERT_FAILURE_MINUTES", default=10, at_least=1)
