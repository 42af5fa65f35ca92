"""What every address of the API does with requests that make no sense, or are too many."""

from base64 import b64encode
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.tests.factories import make_user
from orders.models import Order
from orders.tests.factories import make_order, make_product

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/products/"


@pytest.fixture
def api(client: Client) -> Client:
    client.force_login(make_user("ada@example.com"))
    return client


def assert_problem(answer: Any, status: int, *fields: str) -> None:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["type"] == "about:blank"
    assert document["detail"]
    assert set(document.get("errors", {})) == set(fields)


@pytest.mark.parametrize("method", ["get", "post", "delete", "options"])
def test_an_address_that_is_none_is_a_problem_and_no_page(client: Client, method: str) -> None:
    assert_problem(getattr(client, method)("/api/nothing"), 404)
    assert_problem(getattr(client, method)("/api/%0Anothing/"), 404)


def test_a_method_that_is_none_is_a_problem(api: Client) -> None:
    assert_problem(api.delete(PRODUCTS), 405)
    assert_problem(api.options(PRODUCTS), 405)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("format=yaml", "format"),
        ("page_size=0", "page_size"),
        ("page_size=201", "page_size"),
        ("page_size=99999999999999999999", "page_size"),
        ("page_size=²", "page_size"),
        ("page_size=", "page_size"),
        ("cursor=nonsense", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=ä", "cursor"),
        # p=abc, p=1e9, o=-1
        ("cursor=cD1hYmM%3D", "cursor"),
        ("cursor=cD0xZTk%3D", "cursor"),
        ("cursor=bz0tMQ%3D%3D", "cursor"),
        ("search=%00", "search"),
        ("in_stock=perhaps", "in_stock"),
    ],
)
def test_a_wrong_parameter_is_named(client: Client, query: str, field: str) -> None:
    assert_problem(client.get(f"{PRODUCTS}?{query}"), 400, field)


def test_a_cursor_beyond_the_largest_number_is_an_empty_page(client: Client) -> None:
    make_product()
    cursor = b64encode(b"p=-99999999999999999999").decode()
    answer = client.get(PRODUCTS, {"cursor": cursor})

    assert answer.status_code == 200
    assert answer.json()["results"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"[" * 70 + b"]" * 70,
        b'{"a":' * 70 + b"1" + b"}" * 70,
        b"\xff",
        b"NaN",
        b"1" * 5000,
        b"{",
        b"",
    ],
    ids=["open", "list", "dictionary", "bytes", "nan", "digits", "cut", "empty"],
)
def test_a_body_that_is_no_json_or_has_no_bottom_is_a_problem(api: Client, body: bytes) -> None:
    answer = api.post("/api/exports/", body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_body_without_end_is_not_read(api: Client) -> None:
    body = b'"' + b"x" * 1024 * 1024 + b'"'

    assert_problem(api.post("/api/exports/", body, content_type="application/json"), 413)


def test_pages_neither_shift_nor_count_when_rows_are_added(
    api: Client, django_assert_max_num_queries: Any
) -> None:
    user = make_user()
    api.force_login(user)
    made = [make_order(user=user) for _ in range(5)]
    seen, address = [], "/api/orders/?page_size=2"
    while address:
        # The session, the user, the page, its lines and their products.
        with django_assert_max_num_queries(5) as queries:
            page = api.get(address).json()
        assert not [each for each in queries.captured_queries if "COUNT(" in each["sql"]]
        seen += [each["id"] for each in page["results"]]
        address = page["next"]
        make_order(user=user)

    assert seen == [str(order.public_id) for order in reversed(made)]
    assert Order.objects.count() == 8


def test_the_next_page_leads_back(client: Client) -> None:
    for _ in range(3):
        make_product()
    first = client.get(f"{PRODUCTS}?page_size=2").json()
    second = client.get(first["next"]).json()

    assert client.get(second["previous"]).json()["results"] == first["results"]


def test_products_are_found(client: Client) -> None:
    make_product(slug="red-mug", name="Red mug", stock_=0)
    make_product(slug="blue-mug", name="Blue mug", stock_=3)

    def found(query: str) -> list[str]:
        return [each["slug"] for each in client.get(f"{PRODUCTS}?{query}").json()["results"]]

    assert found("search=RED") == ["red-mug"]
    assert found("in_stock=true") == ["blue-mug"]
    assert found("in_stock=false&search=mug") == ["red-mug"]
    assert client.get(f"{PRODUCTS}red-mug/").json()["stock"] == 0
    assert_problem(client.get(f"{PRODUCTS}green-mug/"), 404)


def test_who_asks_too_often_waits_and_nobody_else(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_RATES = {**settings.API_RATES, "read": 2}
    monkeypatch.setattr("api.throttles.time", SimpleNamespace(time=lambda: 1_000_000_020.0))

    answers = [client.get(PRODUCTS) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert_problem(answers[2], 429)
    assert answers[2].headers["Retry-After"] == "60"
    assert client.get(PRODUCTS, REMOTE_ADDR="192.0.2.7").status_code == 200
    # An address that the client makes up is no other address.
    assert client.get(PRODUCTS, headers={"X-Forwarded-For": "192.0.2.8"}).status_code == 429
    monkeypatch.setattr("api.throttles.time", SimpleNamespace(time=lambda: 1_000_000_080.0))
    assert client.get(PRODUCTS).status_code == 200


def test_to_read_to_write_and_to_enqueue_are_counted_apart(api: Client, settings: Settings) -> None:
    settings.API_RATES = {"read": 10, "write": 10, "enqueue": 1}

    statuses = [
        api.post("/api/exports/", {}, content_type="application/json").status_code for _ in "12"
    ]

    assert statuses == [400, 429]
    assert api.get("/api/exports/").status_code == 200


def test_a_cache_that_is_away_refuses_nobody(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr("api.throttles.cache.add", fail)

    assert client.get(PRODUCTS).status_code == 200
    assert "does not count" in caplog.text
