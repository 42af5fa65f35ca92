"""The sandbox's books: one SQLite file of its own. The shop never reads it, its tests do."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    charge TEXT NOT NULL DEFAULT '',
    token TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'received',
    reason TEXT NOT NULL DEFAULT '',
    calls INTEGER NOT NULL DEFAULT 0
);
"""


class Kind(StrEnum):
    """Which way the money goes."""

    CHARGE = "charge"
    REFUND = "refund"


class State(StrEnum):
    """What the sandbox did with a key."""

    RECEIVED = "received"
    """The request was heard; no money was moved yet."""
    SUCCEEDED = "succeeded"
    """The money was moved, once."""
    DECLINED = "declined"
    """It was refused, for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for under a key. The same key cannot ask for anything else."""

    kind: Kind
    token: str
    amount: int
    currency: str
    charge: str = ""
    """Of a refund: the id of the charge that is given back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Asked):
    """One key that the sandbox was given, and what it did. One succeeded entry is one movement."""

    id: str
    key: str
    state: State
    reason: str
    calls: int
    """How often it was asked for under the key."""


class KeyReused(ValueError):
    """One key was sent with two different requests."""


class Journal:
    """The books in a file. Several threads and processes may use it at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as books:
            books.executescript(SCHEMA)

    def receive(self, key: str, asked: Asked) -> Entry:
        """Write down that a call came. Raises `KeyReused` when the key asked for something else."""
        with self._open() as books:
            books.execute(
                "INSERT INTO entry (key, kind, charge, token, amount, currency)"
                " VALUES (:key, :kind, :charge, :token, :amount, :currency)"
                " ON CONFLICT (key) DO NOTHING",
                {"key": key, **asdict(asked)},
            )
            books.execute("UPDATE entry SET calls = calls + 1 WHERE key = ?", [key])
            entry = _one(books, key)
        if entry is None or any(getattr(entry, name) != was for name, was in asdict(asked).items()):
            raise KeyReused(f"The key {key} was used for another request.")
        return entry

    def decide(self, key: str, *, declines: str) -> Entry:
        """Move the money, or refuse to, unless that was done; return what became of the key.

        A refund of more than is left of its charge is refused.
        """
        with self._open() as books:
            entry = _one(books, key)
            if entry is None:
                raise LookupError(key)
            if entry.kind is Kind.REFUND and not declines and _left(books, entry) < entry.amount:
                declines = "No more than was charged can be given back."
            books.execute(
                "UPDATE entry SET state = ?, reason = ? WHERE key = ? AND state = ?",
                [State.DECLINED if declines else State.SUCCEEDED, declines, key, State.RECEIVED],
            )
            decided = _one(books, key)
        return decided or entry

    def find(self, key: str) -> Entry | None:
        """Return what the books say of a key."""
        with self._open() as books:
            return _one(books, key)

    def charge(self, charge_id: str) -> Entry | None:
        """Return the charge of an id."""
        with self._open() as books:
            row = books.execute(
                "SELECT * FROM entry WHERE kind = ? AND id = ?", [Kind.CHARGE, _number(charge_id)]
            ).fetchone()
        return None if row is None else _entry(row)

    def entries(self, kind: Kind, *, most: int = -1) -> list[Entry]:
        """Return the entries of a kind, newest first; below zero, however many there are."""
        with self._open() as books:
            rows = books.execute(
                "SELECT * FROM entry WHERE kind = ? ORDER BY id DESC LIMIT ?", [kind, most]
            ).fetchall()
        return [_entry(row) for row in rows]

    def clear(self) -> None:
        """Forget everything."""
        with self._open() as books:
            books.execute("DELETE FROM entry")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction, which nobody else writes in between."""
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as books:
            books.row_factory = sqlite3.Row
            # What a killed process has committed stays; only a power cut could take it back.
            books.execute("PRAGMA synchronous = NORMAL")
            books.execute("BEGIN IMMEDIATE")
            yield books
            if books.in_transaction:
                books.execute("COMMIT")


def _one(books: sqlite3.Connection, key: str) -> Entry | None:
    row = books.execute("SELECT * FROM entry WHERE key = ?", [key]).fetchone()
    return None if row is None else _entry(row)


def _left(books: sqlite3.Connection, refund: Entry) -> int:
    """Return how much of a refund's charge was not given back yet."""
    left: int = books.execute(
        "SELECT coalesce(sum(CASE kind WHEN 'charge' THEN amount ELSE -amount END), 0)"
        " FROM entry WHERE state = ? AND ((kind = 'charge' AND id = ?) OR charge = ?)",
        [State.SUCCEEDED, _number(refund.charge), refund.charge],
    ).fetchone()[0]
    return left


def _number(charge_id: str) -> str:
    return charge_id.rpartition("_")[2]


def _entry(row: sqlite3.Row) -> Entry:
    fields: dict[str, Any] = dict(row)
    kind = Kind(fields.pop("kind"))
    return Entry(
        **fields
        | {
            "kind": kind,
            "id": f"sandbox_{kind}_{fields['id']}",
            "state": State(fields["state"]),
        }
    )
