"""Many requests with one key at once: one order, and one answer for all that get one."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import make_user
from api import tokens
from demo import sandbox
from orders import keys
from orders.models import Order
from orders.tests.factories import make_product
from tasks.engine import engine
from tasks.models import TaskRun

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = reverse("orders:api:orders")
# On SQLite, where all who write wait for each other, fewer show as much.
KEYS, AT_ONCE = 20 if connection.vendor == "postgresql" else 5, 50
NO_KEEPALIVE = httpx.Limits(max_keepalive_connections=0)
BODY = {"lines": [{"product": "mug", "quantity": 1}], "payment_token": sandbox.OK}


@contextmanager
def held(user: User, key: str) -> Iterator[None]:
    """Another request is being answered under the key meanwhile."""
    is_held, is_over = Event(), Event()

    def hold() -> None:
        try:
            with keys.answering(user_id=user.pk, key=key):
                is_held.set()
                is_over.wait(20)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        holding = other.submit(hold)
        assert is_held.wait(20)
        try:
            yield
        finally:
            is_over.set()
            holding.result()


def post(client: Client, key: str) -> Any:
    return client.post(
        ORDERS, BODY, content_type="application/json", headers={"Idempotency-Key": key}
    )


def test_a_request_that_comes_while_its_key_is_answered_is_told_to_come_back(
    client: Client,
) -> None:
    make_product(slug="mug")
    user = make_user()
    client.force_login(user)

    with held(user, "key-1"):
        answer = post(client, "key-1")
    later = post(client, "key-1")

    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "1")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert later.status_code == 201
    assert Order.objects.count() == 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="there all who write wait for each other")
def test_a_key_is_taken_for_its_customer_and_for_no_other_key(client: Client) -> None:
    make_product(slug="mug")
    user = make_user()
    client.force_login(user)

    with held(user, "key-1"):
        other_key = post(client, "key-2")
    with held(make_user(), "key-1"):
        of_another_customer = post(client, "key-1")

    assert other_key.status_code == of_another_customer.status_code == 201
    assert Order.objects.count() == 2


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its locks to itself")
def test_a_process_that_died_holding_a_key_has_left_it_to_others(client: Client) -> None:
    make_product(slug="mug")
    user = make_user()
    client.force_login(user)
    folder = keys.folder()
    with held(user, "key-1"):
        [file] = folder.iterdir()
    file.touch()

    answer = post(client, "key-1")

    assert answer.status_code == 201
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(
    engine.needs_second_ring, reason="says nothing about an engine with a server of its own"
)
def test_fifty_requests_at_once_with_each_of_many_keys_are_one_order_each(site: str) -> None:
    make_product(slug="mug", stock_=KEYS)
    start = Barrier(AT_ONCE)

    def ask(headers: dict[str, str]) -> httpx.Response:
        start.wait(30)
        while True:
            try:
                return browser.post(site + ORDERS, json=BODY, headers=headers, timeout=60)
            except httpx.TransportError:
                # More than the server lets in at once. Whoever got no answer asks again.
                time.sleep(0.1)

    answers: dict[str, list[httpx.Response]] = {}
    with httpx.Client(limits=NO_KEEPALIVE) as browser, ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(KEYS):
            key = f"key-{number}"
            _, token = tokens.issue(user=make_user(), name="races")
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
            answers[key] = list(pool.map(ask, [headers] * AT_ONCE))

    for key, given in answers.items():
        codes = Counter(answer.status_code for answer in given)
        assert set(codes) <= {201, 409}, (key, codes)
        bodies = {answer.content for answer in given if answer.status_code == 201}
        new = [answer for answer in given if "Idempotent-Replayed" not in answer.headers]
        assert len(bodies) == 1
        assert [answer.status_code for answer in new].count(201) == 1
        assert {answer.headers["Retry-After"] for answer in given if answer.status_code == 409} <= {
            "1"
        }
    assert Order.objects.count() == TaskRun.objects.count() == KEYS
