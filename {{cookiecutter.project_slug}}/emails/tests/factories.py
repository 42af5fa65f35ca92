"""Makes mails for tests."""

from itertools import count
from typing import Any

from emails.models import Email

_numbers = count(1)


def make_email(**fields: Any) -> Email:
    """Make a row of the outbox, without a task to send it."""
    number = next(_numbers)
    defaults = {
        "key": f"test:{number}",
        "to": f"reader{number}@example.com",
        "subject": "Greetings",
        "text": "Hello there.",
        "html": "<p>Hello there.</p>",
    }
    return Email.objects.create(**{**defaults, **fields})
