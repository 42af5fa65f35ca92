"""What grows old, said by the app whose rows they are: a query, a column, a retention.

An app registers its cleaners when it is ready:

    register(Cleaner(name="sent mail", rows=…, age="created_at", setting="SENT_MAIL_DAYS"))
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now


def delete(rows: QuerySet[Any]) -> int:
    """Delete the rows; return how many, without those that went with them."""
    return rows.delete()[1].get(rows.model._meta.label, 0)


@dataclass(frozen=True, kw_only=True)
class Cleaner:
    """One kind of row that is of no use once it is old."""

    name: str
    rows: Callable[[], QuerySet[Any]]
    """All that may be deleted one day, young or old."""
    age: str
    """The column that is compared with the clock. It needs an index: see `cleanup.checks`."""
    setting: str | None = None
    """The setting that says for how many days a row is kept; `None`: `age` is when it expires."""
    remove: Callable[[QuerySet[Any]], int] = delete
    """Deletes a batch, or brings it out of `rows`; returns how many rows. It is called in a
    transaction that holds their locks. What it deletes elsewhere, such as a file, may be gone
    already: a batch can be rolled back and be done again."""

    @property
    def kept(self) -> timedelta:
        """How long a row is kept."""
        return timedelta(days=getattr(settings, self.setting) if self.setting else 0)

    def old(self) -> QuerySet[Any]:
        """Return the rows that are of no use any more, by the database's clock."""
        return self.rows().filter(**{f"{self.age}__lt": Now() - self.kept})


class UnknownCleaner(LookupError):
    """No installed app has registered a cleaner of that name."""


_cleaners: dict[str, Cleaner] = {}


def register(cleaner: Cleaner) -> None:
    """Have a kind of row cleaned every night. Raises `ValueError` when the name is taken."""
    if cleaner.name in _cleaners:
        raise ValueError(f"There is a cleaner {cleaner.name!r} already: choose another name.")
    _cleaners[cleaner.name] = cleaner


def cleaners() -> list[Cleaner]:
    """Return what the installed apps have registered, by name."""
    return sorted(_cleaners.values(), key=lambda cleaner: cleaner.name)


def find(name: str) -> Cleaner:
    """Return a cleaner. Raises `UnknownCleaner`."""
    try:
        return _cleaners[name]
    except KeyError:
        known = ", ".join(sorted(_cleaners)) or "none"
        raise UnknownCleaner(f"There is no cleaner {name!r}. There are: {known}.") from None
