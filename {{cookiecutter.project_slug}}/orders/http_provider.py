"""A payment provider that is spoken to over HTTP.

What can go wrong between two machines is told apart by what it means for the money: a connection
that was never made has charged nobody; one that broke, timed out or was answered with an error may
have.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

import httpx
from django.conf import settings

from orders.payments import (
    Card,
    ChargeRequest,
    Declined,
    Outcome,
    OutcomeUnknown,
    ProviderUnavailable,
    RefundRequest,
    RequestRefused,
    Succeeded,
)

LATER = {
    httpx.codes.CONFLICT,
    httpx.codes.MISDIRECTED_REQUEST,
    httpx.codes.TOO_EARLY,
    httpx.codes.TOO_MANY_REQUESTS,
    httpx.codes.SERVICE_UNAVAILABLE,
}
"""Answers that say: not done, ask again. A conflict is another call with the key, under way."""

NO_ANSWER = {httpx.codes.REQUEST_TIMEOUT}
"""Whoever waited no longer, a proxy perhaps, does not know what came of the request."""


class HttpProvider:
    """Follows `orders.payments.PaymentProvider`; `PAYMENT_URL` says where the provider is."""

    def charge(self, request: ChargeRequest) -> Outcome:
        """Charge a card, once per key."""
        body = {
            "amount": request.money.amount,
            "currency": request.money.currency,
            "source": request.token,
        }
        return _outcome(self._call("POST", "/v1/charges", key=request.key, body=body))

    def find(self, key: str) -> Outcome | None:
        """Ask what became of a charge's key."""
        return self._find(f"/v1/charges/{quote(key, safe='')}")

    def refund(self, request: RefundRequest) -> Outcome:
        """Give a charge back, once per key."""
        body = {"amount": request.money.amount, "charge": request.charge_id}
        return _outcome(self._call("POST", "/v1/refunds", key=request.key, body=body))

    def find_refund(self, key: str) -> Outcome | None:
        """Ask what became of a refund's key."""
        return self._find(f"/v1/refunds/{quote(key, safe='')}")

    def cards(self) -> Sequence[Card]:
        """Return none: the provider's own script in the page asks for the card."""
        return ()

    def _find(self, path: str) -> Outcome | None:
        answer = self._call("GET", path)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _outcome(answer)

    def _call(
        self, method: str, path: str, *, key: str = "", body: dict[str, Any] | None = None
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        try:
            return _client(settings.PAYMENT_API_KEY).request(
                method,
                settings.PAYMENT_URL + path,
                json=body,
                headers=headers,
                timeout=settings.PAYMENT_TIMEOUT_SECONDS,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ProviderUnavailable(f"{method} {path}: not connected: {error}") from error
        except httpx.TransportError as error:
            reason = f"{type(error).__name__} {error}".strip()
            raise OutcomeUnknown(f"{method} {path}: no answer: {reason}") from error


@cache
def _client(api_key: str) -> httpx.Client:
    """One for the process, whose connections are used again: many threads may call at once."""
    return httpx.Client(headers={"Authorization": f"Bearer {api_key}"} if api_key else {})


def close() -> None:
    """Close the connections of this process. The next call makes new ones."""
    _client(settings.PAYMENT_API_KEY).close()
    _client.cache_clear()


def _outcome(answer: httpx.Response) -> Outcome:
    """Return what an answer says about the money, or raise what it leaves open."""
    what = f"{answer.request.method} {answer.request.url.path}: {answer.status_code}"
    if answer.status_code in LATER:
        raise ProviderUnavailable(f"{what}, to be asked again later")
    if answer.status_code in NO_ANSWER:
        raise OutcomeUnknown(f"{what}, which leaves open what was done")
    if answer.is_client_error and answer.status_code != httpx.codes.PAYMENT_REQUIRED:
        raise RequestRefused(f"{what}: {answer.text[:200]}")
    try:
        match answer.json():
            case {"status": "succeeded", "id": str(provider_id)}:
                return Succeeded(provider_id=provider_id)
            case {"status": "declined", "reason": str(reason)}:
                return Declined(reason=reason)
    except ValueError as error:
        raise OutcomeUnknown(f"{what}, with no JSON") from error
    raise OutcomeUnknown(f"{what}, which says nothing about the money")
