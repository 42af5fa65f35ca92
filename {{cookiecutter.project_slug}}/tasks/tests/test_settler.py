"""Outcomes that come while others are written are written together."""

import threading
import uuid
from collections.abc import Sequence
from unittest.mock import Mock

import pytest

from tasks import ledger
from tasks.ledger import Outcome
from tasks.models import RunStatus
from tasks.worker.executing import Finished
from tasks.worker.settler import Settler

DEADLINE_SECONDS = 30.0

pytestmark = pytest.mark.once


def finished() -> Finished:
    outcome = Outcome(id=uuid.uuid4(), attempt=1, status=RunStatus.SUCCESSFUL)
    return Finished(Mock(has_row=True), None, outcome)


@pytest.mark.django_db
def test_what_comes_while_the_last_was_written_is_one_statement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_writing, may_go_on = threading.Event(), threading.Event()
    written: list[int] = []

    def settle(outcomes: Sequence[Outcome]) -> set[uuid.UUID]:
        written.append(len(outcomes))
        is_writing.set()
        assert may_go_on.wait(DEADLINE_SECONDS)
        return set()

    monkeypatch.setattr(ledger, "settle", settle)
    settler = Settler(lambda _: None)
    settler.start()

    settler.put(finished())
    assert is_writing.wait(DEADLINE_SECONDS)
    for _ in range(50):
        settler.put(finished())
    may_go_on.set()

    assert settler.close(DEADLINE_SECONDS)
    assert written == [1, 50]
