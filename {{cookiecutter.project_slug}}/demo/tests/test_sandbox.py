"""The sandbox keeps its promise: one key is one charge, whatever the caller does."""

import time

import pytest
from django.db import transaction

from demo import sandbox
from demo.models import SandboxCharge, SandboxState
from demo.sandbox import KeyReused, Sandbox
from orders.money import Money
from orders.payments import (
    ChargeRequest,
    Declined,
    OutcomeUnknown,
    ProviderUnavailable,
    Succeeded,
)

pytestmark = pytest.mark.django_db


def request(token: str = sandbox.OK, *, key: str = "charge:1", amount: int = 100) -> ChargeRequest:
    return ChargeRequest(key=key, money=Money(amount=amount, currency="EUR"), token=token)


def test_a_key_sent_twice_is_one_charge_and_one_answer() -> None:
    first = Sandbox().charge(request())
    second = Sandbox().charge(request())

    assert first == second == Succeeded(provider_id=SandboxCharge.objects.get().provider_id)


def test_a_key_cannot_become_another_charge() -> None:
    Sandbox().charge(request())

    with pytest.raises(KeyReused, match="charge:1"):
        Sandbox().charge(request(amount=200))

    assert SandboxCharge.objects.get().amount == 100


def test_a_declined_card_stays_declined() -> None:
    declined = Declined(reason="The card has insufficient funds.")

    assert Sandbox().charge(request(sandbox.DECLINED)) == declined
    assert Sandbox().charge(request(sandbox.DECLINED)) == declined
    assert Sandbox().find("charge:1") == declined


def test_an_unknown_card_is_declined() -> None:
    assert Sandbox().charge(request("4111111111111111")) == Declined(reason="No such card.")


def test_a_time_out_after_the_charge_has_charged() -> None:
    with pytest.raises(OutcomeUnknown):
        Sandbox().charge(request(sandbox.TIMEOUT_AFTER))

    assert isinstance(Sandbox().find("charge:1"), Succeeded)


@pytest.mark.parametrize(
    ("token", "error"),
    [(sandbox.TIMEOUT_BEFORE, OutcomeUnknown), (sandbox.UNAVAILABLE, ProviderUnavailable)],
)
def test_a_call_that_was_lost_has_not_charged_and_the_next_one_does(
    token: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        Sandbox().charge(request(token))
    assert Sandbox().find("charge:1") is None

    assert isinstance(Sandbox().charge(request(token)), Succeeded)


def test_a_slow_bank_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "SLOW_SECONDS", 0.05)
    began = time.monotonic()

    assert isinstance(Sandbox().charge(request(sandbox.SLOW)), Succeeded)
    assert time.monotonic() - began >= 0.05


def test_an_unknown_key_was_never_charged() -> None:
    assert Sandbox().find("charge:404") is None


def test_every_card_on_offer_ends_a_charge() -> None:
    for card in Sandbox().cards():
        assert card.token in sandbox.TAKING | sandbox.REASONS.keys()


@pytest.mark.django_db(transaction=True)
def test_the_books_are_not_part_of_the_callers_transaction() -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        Sandbox().charge(request())

    assert not SandboxCharge.objects.filter(state=SandboxState.SUCCEEDED).exists()
