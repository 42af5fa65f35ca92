"""The sandbox's server: a small HTTP API in the manner of real payment providers.

    POST /v1/charges            charge a card; the header Idempotency-Key says which charge it is
    GET  /v1/charges            the newest charges
    GET  /v1/charges/<key>      what became of a key; 404 as long as nothing did
    POST /v1/refunds            give a charge back, under a key of its own
    GET  /v1/refunds            the newest refunds
    GET  /v1/refunds/<key>

One key is one movement of money: the same key and body are given the first answer again, another
body is refused with 422, and a call that comes while another one with its key is answered, with
409.
"""

import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from demo.sandbox.cards import Behaviour, Trouble, behaviour
from demo.sandbox.journal import Asked, Entry, Journal, KeyReused, Kind, State

KINDS = {"charges": Kind.CHARGE, "refunds": Kind.REFUND}
MOST_LISTED = 100
MOST_BYTES = 65_536
LONGEST_SILENCE_SECONDS = 120.0


class Refused(Exception):
    """A request that no answer about money can be given to."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Troubled(Exception):
    """The caller is not to hear the truth."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.name)
        self.trouble = trouble


class SandboxServer(ThreadingHTTPServer):
    """Serves the sandbox's API, a thread a connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], journal: Journal, *, slow: float, quiet: bool = False
    ) -> None:
        """`slow`: seconds that a slow bank takes. `quiet`: write no line for a request."""
        self.journal = journal
        self.slow = slow
        self.quiet = quiet
        self._answering: set[str] = set()
        self._lock = threading.Lock()
        super().__init__(address, Handler)

    @contextmanager
    def answering(self, key: str) -> Iterator[None]:
        """Answer one call for a key at a time. Raises `Refused` when another one is answered."""
        with self._lock:
            if key in self._answering:
                raise Refused(HTTPStatus.CONFLICT, f"The key {key} is in use by another request.")
            self._answering.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._answering.discard(key)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has hung up is no news."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # An answer leaves in one piece.
    wbufsize = -1
    server: SandboxServer

    def do_GET(self) -> None:
        """Look something up."""
        self._answer(self._look_up)

    def do_POST(self) -> None:
        """Move money."""
        self._answer(self._move)

    def _answer(self, act: Any) -> None:
        try:
            status, body = act()
        except Refused as refused:
            status, body = refused.status, {"error": str(refused)}
        except Troubled as troubled:
            self._make_trouble(troubled.trouble)
            return
        self._send(status, body)

    def _look_up(self) -> tuple[HTTPStatus, Any]:
        kind, key = self._address()
        if not key:
            entries = self.server.journal.entries(kind, most=MOST_LISTED)
            return HTTPStatus.OK, {"data": [_shown(entry) for entry in entries]}
        with self.server.answering(key):
            entry = self.server.journal.find(key)
        if entry is None or entry.kind is not kind or entry.state is State.RECEIVED:
            raise Refused(HTTPStatus.NOT_FOUND, f"There is no {kind} of the key {key}.")
        return HTTPStatus.OK, _shown(entry)

    def _move(self) -> tuple[HTTPStatus, Any]:
        kind, _ = self._address()
        key = self.headers.get("Idempotency-Key", "")
        body = self._body()
        if not key:
            raise Refused(HTTPStatus.BAD_REQUEST, "The header Idempotency-Key is missing.")
        asked = self._charge(body) if kind is Kind.CHARGE else self._refund(body)
        with self.server.answering(key):
            decided = self._decide(key, asked, behaviour(asked.token))
        if decided.state is State.DECLINED:
            return HTTPStatus.PAYMENT_REQUIRED, _shown(decided)
        return HTTPStatus.CREATED, _shown(decided)

    def _decide(self, key: str, asked: Asked, card: Behaviour) -> Entry:
        try:
            entry = self.server.journal.receive(key, asked)
        except KeyReused as error:
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
        is_charge, is_first = asked.kind is Kind.CHARGE, entry.calls == 1
        if is_first and is_charge and card.before:
            raise Troubled(card.before)
        if card.slow and is_charge:
            time.sleep(self.server.slow)
        declines = card.declines if is_charge else card.refund_declines
        decided = self.server.journal.decide(key, declines=declines)
        after = card.after if is_charge else card.refund_after
        if is_first and after:
            raise Troubled(after)
        return decided

    def _charge(self, body: Mapping[str, Any]) -> Asked:
        match body:
            case {"amount": int(sum_), "currency": str(currency), "source": str(card)} if sum_ > 0:
                return Asked(kind=Kind.CHARGE, amount=sum_, currency=currency, token=card)
        raise Refused(HTTPStatus.BAD_REQUEST, "A charge has an amount, a currency and a source.")

    def _refund(self, body: Mapping[str, Any]) -> Asked:
        match body:
            case {"amount": int(amount), "charge": str(charge_id)} if amount > 0:
                charge = self.server.journal.charge(charge_id)
            case _:
                raise Refused(HTTPStatus.BAD_REQUEST, "A refund has an amount and a charge.")
        if charge is None or charge.state is not State.SUCCEEDED:
            raise Refused(HTTPStatus.NOT_FOUND, f"There is no charge {charge_id}.")
        return Asked(
            kind=Kind.REFUND,
            amount=amount,
            currency=charge.currency,
            token=charge.token,
            charge=charge_id,
        )

    def _address(self) -> tuple[Kind, str]:
        match urlsplit(self.path).path.split("/"):
            case ["", "v1", ("charges" | "refunds") as kind, *key]:
                return KINDS[kind], unquote("/".join(key))
        # Its body, if it has one, stays unread.
        self.close_connection = True
        raise Refused(HTTPStatus.NOT_FOUND, f"There is nothing at {self.path}.")

    def _body(self) -> Mapping[str, Any]:
        try:
            length = int(self.headers.get("Content-Length", ""))
            if not 0 <= length <= MOST_BYTES:
                raise ValueError(length)
            body = json.loads(self.rfile.read(length))
        except ValueError as error:
            self.close_connection = True
            raise Refused(HTTPStatus.BAD_REQUEST, "The body is no JSON.") from error
        return cast(Mapping[str, Any], body) if isinstance(body, dict) else {}

    def _make_trouble(self, trouble: Trouble) -> None:
        self.log_request(trouble.name.lower())
        match trouble:
            case Trouble.BUSY:
                self._send(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "Come back later."})
            case Trouble.CONFLICT:
                self._send(HTTPStatus.CONFLICT, {"error": "The key is in use."})
            case Trouble.ERROR:
                self._send(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "Something broke."})
            case Trouble.SILENCE:
                self.close_connection = True
                self.connection.settimeout(LONGEST_SILENCE_SECONDS)
                self.connection.recv(1)  # Returns when the caller has had enough.
            case Trouble.RESET:
                self.close_connection = True
                no_goodbye = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_goodbye)
                self.connection.close()

    def _send(self, status: HTTPStatus, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Write a line for a request."""
        if not self.server.quiet:
            print(f"{self.headers.get('Idempotency-Key', '')} {format % args}", flush=True)  # noqa: T201 (its log)


def _shown(entry: Entry) -> dict[str, str | int]:
    return {
        "id": entry.id,
        "key": entry.key,
        "status": entry.state.value,
        "reason": entry.reason,
        "amount": entry.amount,
        "currency": entry.currency,
        "charge": entry.charge,
        "calls": entry.calls,
    }
