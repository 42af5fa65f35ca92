"""Doorbells that were fetched while the last were answered are answered together."""

import uuid
from collections.abc import Sequence
from unittest.mock import Mock

import pytest

from tasks import ledger
from tasks.worker.answering import Answering
from tasks.worker.claimant import Claimant
from tasks.worker.claiming import Catch
from tasks.worker.knocks import Knock, Knocks


def test_all_knocks_that_wait_are_one_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Sequence[uuid.UUID]] = []

    def claim_these(_worker: uuid.UUID, ids: Sequence[uuid.UUID], *, is_async: bool) -> list[Mock]:
        assert not is_async
        asked.append(ids)
        return [Mock(id=id_) for id_ in ids]

    monkeypatch.setattr(ledger, "claim_these", claim_these)
    monkeypatch.setattr(Claimant, "claim", Mock(return_value=Catch(0, False)))
    worker = object.__new__(Answering)
    vars(worker).update(
        id=uuid.uuid4(), _knocks=Knocks(Mock()), _demand=Mock(), _actors=Mock(), _strays=Mock()
    )
    knocks = [Knock("default", uuid.uuid4()) for _ in range(50)]

    for knock in knocks:
        worker._knocks.ask([knock])

    assert worker.claim(is_idle=False).count == 50
    assert asked == [[knock.run_id for knock in knocks]]
    assert all(knock.take() is not None for knock in knocks)
