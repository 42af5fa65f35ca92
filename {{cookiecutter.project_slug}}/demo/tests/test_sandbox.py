"""The sandbox keeps its promise: one key is one movement of money, whatever the caller does."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
from pytest_django import Settings

from demo import sandbox
from demo.sandbox import Sandbox
from demo.sandbox.cards import BEHAVIOURS
from demo.sandbox.journal import Asked, Journal, Kind, State
from demo.sandbox.server import Refused
from demo.tests.witness import SLOW_SECONDS, Witness, serving
from orders.money import Money
from orders.payments import (
    ChargeRequest,
    Declined,
    OutcomeUnknown,
    ProviderUnavailable,
    RefundRequest,
    RequestRefused,
    Succeeded,
)

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def witness(tmp_path: Path, settings: Settings) -> Iterator[Witness]:
    """A sandbox of the test's own, with empty books."""
    with serving(Journal(tmp_path / "own")) as own:
        settings.PAYMENT_URL = own.url
        yield own


def request(token: str = sandbox.OK, *, key: str = "charge:1", amount: int = 100) -> ChargeRequest:
    return ChargeRequest(key=key, money=Money(amount=amount, currency="EUR"), token=token)


def refund(charge_id: str, *, key: str = "refund:1", amount: int = 100) -> RefundRequest:
    return RefundRequest(key=key, money=Money(amount=amount, currency="EUR"), charge_id=charge_id)


def charge(token: str = sandbox.OK) -> str:
    """Charge a card, whatever trouble it makes; the charge's id."""
    for _ in range(2):
        try:
            outcome = Sandbox().charge(request(token))
        except (OutcomeUnknown, ProviderUnavailable):
            continue
        assert isinstance(outcome, Succeeded)
        return outcome.provider_id
    raise AssertionError(f"{token} makes trouble twice")


def test_a_key_sent_twice_is_one_charge_and_one_answer(witness: Witness) -> None:
    first = Sandbox().charge(request())
    second = Sandbox().charge(request())

    assert first == second == Succeeded(provider_id=witness.charge().id)


def test_a_key_cannot_become_another_charge(witness: Witness) -> None:
    Sandbox().charge(request())

    with pytest.raises(RequestRefused, match=r"422.*charge:1"):
        Sandbox().charge(request(amount=200))

    assert witness.charge().amount == 100


def test_a_declined_card_stays_declined() -> None:
    declined = Declined(reason="The card has insufficient funds.")

    assert Sandbox().charge(request(sandbox.DECLINED)) == declined
    assert Sandbox().charge(request(sandbox.DECLINED)) == declined
    assert Sandbox().find("charge:1") == declined


def test_an_unknown_card_is_declined() -> None:
    assert Sandbox().charge(request("4111111111111111")) == Declined(reason="No such card.")


@pytest.mark.parametrize("token", [sandbox.TIMEOUT_AFTER, sandbox.ERROR_AFTER, sandbox.RESET_AFTER])
def test_a_charge_that_was_made_and_not_answered_can_be_asked_for(
    token: str, settings: Settings
) -> None:
    settings.PAYMENT_TIMEOUT_SECONDS = 0.3
    with pytest.raises(OutcomeUnknown):
        Sandbox().charge(request(token))

    assert isinstance(Sandbox().find("charge:1"), Succeeded)


@pytest.mark.parametrize(
    ("token", "error"),
    [
        (sandbox.TIMEOUT_BEFORE, OutcomeUnknown),
        (sandbox.ERROR_BEFORE, OutcomeUnknown),
        (sandbox.RESET_BEFORE, OutcomeUnknown),
        (sandbox.BUSY, ProviderUnavailable),
        (sandbox.CONFLICT, ProviderUnavailable),
    ],
)
def test_a_call_that_was_lost_has_not_charged_and_the_next_one_does(
    token: str, error: type[Exception], settings: Settings
) -> None:
    settings.PAYMENT_TIMEOUT_SECONDS = 0.3
    with pytest.raises(error):
        Sandbox().charge(request(token))
    assert Sandbox().find("charge:1") is None

    assert isinstance(Sandbox().charge(request(token)), Succeeded)


def test_a_slow_bank_takes_its_time_and_answers_others_meanwhile() -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(1) as other:
        slow = other.submit(Sandbox().charge, request(sandbox.SLOW))
        Sandbox().charge(request(key="charge:2"))
        assert time.monotonic() - began < SLOW_SECONDS

    assert isinstance(slow.result(), Succeeded)
    assert time.monotonic() - began >= SLOW_SECONDS


def test_a_key_that_is_being_answered_is_not_answered_twice(witness: Witness) -> None:
    with ThreadPoolExecutor(1) as other:
        slow = other.submit(Sandbox().charge, request(sandbox.SLOW))
        while not witness.charges():
            time.sleep(0.01)
        with pytest.raises(ProviderUnavailable):
            Sandbox().find("charge:1")
        with pytest.raises(ProviderUnavailable):
            Sandbox().charge(request(sandbox.SLOW))

    assert Sandbox().find("charge:1") == slow.result()


def test_an_unknown_key_was_never_charged() -> None:
    assert Sandbox().find("charge:404") is None
    assert Sandbox().find_refund("refund:404") is None


def test_nobody_listening_is_no_charge(settings: Settings) -> None:
    settings.PAYMENT_URL = "http://127.0.0.1:9"

    with pytest.raises(ProviderUnavailable, match="not connected"):
        Sandbox().charge(request())


@pytest.mark.parametrize("token", sorted(BEHAVIOURS))
def test_every_card_on_offer_ends_a_charge(token: str, settings: Settings) -> None:
    settings.PAYMENT_TIMEOUT_SECONDS = 0.3 if "timeout" in token else 5
    assert token in {card.token for card in Sandbox().cards()}

    if token == sandbox.DECLINED:
        assert isinstance(Sandbox().charge(request(token)), Declined)
    else:
        assert charge(token)


def test_a_refund_gives_back_once_under_its_key(witness: Witness) -> None:
    charged = charge()

    first = Sandbox().refund(refund(charged))
    second = Sandbox().refund(refund(charged))

    assert first == second == Sandbox().find_refund("refund:1")
    [entry] = witness.refunds()
    assert (entry.state, entry.amount, entry.charge) == (State.SUCCEEDED, 100, charged)


def test_a_refund_whose_answer_is_lost_was_made() -> None:
    charged = charge(sandbox.REFUND_LOST)

    with pytest.raises(OutcomeUnknown):
        Sandbox().refund(refund(charged))

    assert isinstance(Sandbox().find_refund("refund:1"), Succeeded)


def test_a_refund_may_be_refused() -> None:
    charged = charge(sandbox.REFUND_REFUSED)

    assert isinstance(Sandbox().refund(refund(charged)), Declined)


def test_no_more_is_given_back_than_was_taken(witness: Witness) -> None:
    charged = charge()
    Sandbox().refund(refund(charged, amount=60))

    refused = Sandbox().refund(refund(charged, key="refund:2", amount=60))

    assert refused == Declined(reason="No more than was charged can be given back.")
    assert sum(entry.amount for entry in witness.refunds(State.SUCCEEDED)) == 60


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (HTTPStatus.REQUEST_TIMEOUT, OutcomeUnknown),
        (HTTPStatus.CONFLICT, ProviderUnavailable),
        (HTTPStatus.MISDIRECTED_REQUEST, ProviderUnavailable),
        (HTTPStatus.TOO_EARLY, ProviderUnavailable),
        (HTTPStatus.TOO_MANY_REQUESTS, ProviderUnavailable),
        (HTTPStatus.SERVICE_UNAVAILABLE, ProviderUnavailable),
        (HTTPStatus.INTERNAL_SERVER_ERROR, OutcomeUnknown),
        (HTTPStatus.BAD_GATEWAY, OutcomeUnknown),
        (HTTPStatus.BAD_REQUEST, RequestRefused),
        (HTTPStatus.UNAUTHORIZED, RequestRefused),
    ],
)
def test_an_answer_is_told_by_what_it_means_for_the_money(
    witness: Witness, monkeypatch: pytest.MonkeyPatch, status: HTTPStatus, error: type[Exception]
) -> None:
    def refuse(key: str) -> NoReturn:
        raise Refused(status, "Not now.")

    monkeypatch.setattr(witness, "answering", refuse)

    with pytest.raises(error):
        Sandbox().charge(request())
    with pytest.raises(error):
        Sandbox().find("charge:1")


def test_what_was_never_charged_cannot_be_given_back() -> None:
    with pytest.raises(RequestRefused, match="404"):
        Sandbox().refund(refund("sandbox_charge_404"))


@pytest.mark.parametrize(
    ("path", "headers", "body", "status"),
    [
        ("/v1/charges", {"Idempotency-Key": "k"}, "{", 400),
        ("/v1/charges", {"Idempotency-Key": "k"}, "[]", 400),
        ("/v1/charges", {"Idempotency-Key": "k"}, '{"amount": -1}', 400),
        ("/v1/charges", {}, '{"amount": 1, "currency": "EUR", "source": "tok_ok"}', 400),
        ("/v1/refunds", {"Idempotency-Key": "k"}, '{"amount": 1}', 400),
        ("/elsewhere", {"Idempotency-Key": "k"}, "{}", 404),
    ],
)
def test_a_request_that_makes_no_sense_moves_nothing(
    witness: Witness, path: str, headers: dict[str, str], body: str, status: int
) -> None:
    answer = httpx.post(witness.url + path, headers=headers, content=body)

    assert answer.status_code == status
    assert not witness.charges() + witness.refunds()


def test_the_books_are_shown_newest_first() -> None:
    Sandbox().charge(request(key="charge:1"))
    Sandbox().charge(request(sandbox.DECLINED, key="charge:2"))

    shown = [(entry.key, entry.status, entry.calls) for entry in Sandbox().charges()]

    assert shown == [("charge:2", "declined", 1), ("charge:1", "succeeded", 1)]
    assert Sandbox().refunds() == []


def test_the_books_outlive_the_server(tmp_path: Path) -> None:
    asked = Asked(kind=Kind.CHARGE, token=sandbox.OK, amount=5, currency="EUR")
    Journal(tmp_path / "books").receive("charge:1", asked)
    Journal(tmp_path / "books").decide("charge:1", declines="")

    found = Journal(tmp_path / "books").find("charge:1")

    assert found is not None
    assert (found.state, found.calls) == (State.SUCCEEDED, 1)
