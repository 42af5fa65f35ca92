"""Makes newsletters, and people who want them."""

from typing import Any

from accounts.models import User
from newsletters.models import Newsletter


def make_newsletter(**fields: Any) -> Newsletter:
    """Make a draft."""
    defaults = {"subject": "News of the week", "body": "There is <news>.\n\nAnd more of it."}
    return Newsletter.objects.create(**{**defaults, **fields})


def make_subscribers(count: int) -> list[User]:
    """Make so many users who want newsletters, with addresses that sort by number."""
    return User.objects.bulk_create(
        User(email=f"reader{number:05}@example.com", wants_newsletter=True, password="!")
        for number in range(count)
    )
