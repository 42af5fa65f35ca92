"""The witness of what happened to the money: the books of the provider that the tests charge."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.sandbox.journal import Entry, Journal, Kind, State
from demo.sandbox.server import SandboxServer

SLOW_SECONDS = 1.0


def books() -> Journal:
    """Open the witness's books, also where no fixture leads."""
    return Journal(Path(os.environ["TEST_FOLDER"]) / "sandbox" / "journal.sqlite3")


def moved() -> list[Entry]:
    """Return every movement of money that the witness heard in this test, under whatever key."""
    return [
        entry
        for witness in _present
        if witness.heard_something
        for entry in (*witness.charges(State.SUCCEEDED), *witness.refunds(State.SUCCEEDED))
    ]


def begin_anew() -> None:
    """Speak no more of what was heard until now."""
    for witness in _present:
        witness.begin()


_present: list["Witness"] = []
"""The one that the tests of the session charge."""


class Witness(SandboxServer):
    """The sandbox, served from a thread of the tests, which read its books."""

    heard_something = False
    known: frozenset[str] = frozenset()

    @contextmanager
    def present(self) -> Iterator[None]:
        """Be the one that is asked what was `moved`."""
        _present.append(self)
        yield
        _present.remove(self)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    @contextmanager
    def answering(self, key: str) -> Iterator[None]:
        self.heard_something = True
        with super().answering(key):
            yield

    def begin(self) -> None:
        """Begin a test: what was heard before stays in the books and is not spoken of."""
        if self.heard_something:
            entries = [entry for kind in Kind for entry in self.journal.entries(kind)]
            self.known = frozenset(entry.key for entry in entries)
            self.heard_something = False

    def charges(self, *states: State) -> list[Entry]:
        """Return the keys of charges that were heard, of these states only if any are named."""
        return self._entries(Kind.CHARGE, states)

    def refunds(self, *states: State) -> list[Entry]:
        """Return the keys of refunds that were heard, as `charges` does."""
        return self._entries(Kind.REFUND, states)

    def charge(self) -> Entry:
        """Return the only charge."""
        [entry] = self.charges()
        return entry

    def _entries(self, kind: Kind, states: tuple[State, ...]) -> list[Entry]:
        return [
            entry
            for entry in self.journal.entries(kind)
            if entry.key not in self.known and (not states or entry.state in states)
        ]


@contextmanager
def serving(journal: Journal) -> Iterator[Witness]:
    """Run it on a free port."""
    with Witness(("127.0.0.1", 0), journal, slow=SLOW_SECONDS, quiet=True) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
