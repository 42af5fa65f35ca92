"""`/api/orders/`: one key is one order and one answer; errors are problem documents."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import make_user
from demo import sandbox
from orders.models import Order, Product, StoredAnswer
from orders.tasks import process_order
from orders.tests.factories import make_order, make_product
from tasks.models import TaskRun
from tasks.testing import assert_enqueued, run_due

pytestmark = pytest.mark.django_db

ORDERS = reverse("orders:api:orders")


@pytest.fixture
def customer() -> User:
    return make_user()


@pytest.fixture
def api(client: Client, customer: User) -> Client:
    client.force_login(customer)
    make_product(name="Blue mug", slug="blue-mug", price=1250)
    return client


def body(quantity: int = 2, **changes: Any) -> dict[str, Any]:
    lines = [{"product": "blue-mug", "quantity": quantity}]
    return {"lines": lines, "payment_token": sandbox.OK, **changes}


def post(api: Client, data: object, key: str | None = "key-1") -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return api.post(ORDERS, data, content_type="application/json", headers=headers)


def test_posting_places_an_order_to_be_processed(api: Client, customer: User) -> None:
    answer = post(api, body())

    assert answer.status_code == 201
    order = Order.objects.get(user=customer)
    created = answer.json()
    assert created["id"] == str(order.public_id)
    assert created["state"] == "pending"
    assert (created["total"], created["currency"]) == (2500, "EUR")
    assert created["lines"] == [
        {"product": "blue-mug", "name": "Blue mug", "quantity": 2, "price": 1250}
    ]
    assert_enqueued(process_order, order.pk)

    run_due()

    seen = api.get(answer.headers["Location"])
    assert seen.json()["state"] == "confirmed"


def test_the_same_key_and_body_is_the_same_order_and_the_same_answer(api: Client) -> None:
    first = post(api, body())
    run_due()
    second = post(api, body())

    assert second.status_code == first.status_code == 201
    assert second.content == first.content
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert Order.objects.count() == 1
    assert TaskRun.objects.filter(name=process_order.module_path).count() == 1


def test_a_key_in_quotes_is_the_same_key(api: Client) -> None:
    post(api, body(), key="key-1")

    assert post(api, body(), key='"key-1"').headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("other", [body(quantity=3), body(payment_token=sandbox.DECLINED)])
def test_the_same_key_with_another_body_is_refused(api: Client, other: dict[str, Any]) -> None:
    post(api, body())

    answer = post(api, other)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        # "Unprocessable Content"; before Python 3.13, "Unprocessable Entity".
        "title": HTTPStatus(422).phrase,
        "status": 422,
        "code": "unprocessable",
        "detail": "The idempotency key key-1 was used for another order; choose a new one.",
        "request_id": answer.headers["X-Request-ID"],
    }
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "other", [{}, [], body(quantity=0), body(lines=[]), body(payment_token="")]
)
def test_a_used_key_with_a_body_that_makes_no_sense_is_not_told_to_be_a_bad_request(
    api: Client, other: object
) -> None:
    post(api, body())

    assert post(api, other).status_code == 422
    assert Order.objects.count() == 1


def test_an_order_is_answered_again_when_its_product_has_another_name_by_now(api: Client) -> None:
    first = post(api, body())
    Product.objects.update(slug="sky-mug")

    again = post(api, body())

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    # Whose answer was cleaned away by now cannot be told apart from another order's.
    StoredAnswer.objects.all().delete()
    assert post(api, body()).status_code == 422
    assert Order.objects.count() == 1


def test_the_same_order_in_other_words_is_the_same_order(api: Client) -> None:
    first = post(api, body())

    lines = [{"product": "blue-mug", "quantity": "2"}]
    again = post(api, body(lines=lines))

    assert (again.status_code, again.content) == (201, first.content)


def test_another_customers_key_is_another_order(api: Client, customer: User) -> None:
    post(api, body())

    api.force_login(make_user())
    answer = post(api, body())

    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers
    assert Order.objects.count() == 2


def test_a_new_key_is_a_new_order(api: Client) -> None:
    post(api, body(), key="key-1")
    post(api, body(), key="key-2")

    assert Order.objects.count() == 2


def test_a_request_that_was_refused_does_not_use_the_key_up(api: Client) -> None:
    assert post(api, body(quantity=0)).status_code == 400

    assert post(api, body()).status_code == 201


@pytest.mark.parametrize("key", [None, "", '""', "k" * 101, "schlüssel"])
def test_a_key_is_required_and_is_plain_text(api: Client, key: str | None) -> None:
    answer = post(api, body(), key=key)

    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["errors"]
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "lines"),
        (body(lines=[]), "lines"),
        (body(lines="a mug"), "lines"),
        (body(lines=[{"product": "no-such-mug", "quantity": 1}]), "lines"),
        (body(lines=[{"product": "blue-mug", "quantity": 100}]), "lines"),
        (body(lines=[{"product": "blue-mug", "quantity": 1}] * 2), "lines"),
        (body(lines=[{"product": {"slug": 1}, "quantity": 1}]), "lines"),
        (body(lines=[{"product": "blue\0mug", "quantity": 1}]), "lines"),
        (body(payment_token="tok\0"), "payment_token"),
        (body(payment_token=""), "payment_token"),
        (body(payment_token=None), "payment_token"),
        (["a list"], "non_field_errors"),
    ],
)
def test_a_body_that_makes_no_sense_is_a_problem_that_names_the_field(
    api: Client, data: object, field: str
) -> None:
    answer = post(api, data)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert field in answer.json()["errors"]
    assert not Order.objects.exists()


def test_two_currencies_are_a_problem(api: Client) -> None:
    make_product(slug="swiss-mug", currency="CHF")
    lines = [{"product": slug, "quantity": 1} for slug in ("blue-mug", "swiss-mug")]

    answer = post(api, body(lines=lines))

    assert answer.status_code == 400
    assert "in one currency" in answer.json()["errors"]["lines"][0]


def test_what_is_no_json_is_a_problem(api: Client) -> None:
    headers = {"Idempotency-Key": "key-1"}

    broken = api.post(ORDERS, "{", content_type="application/json", headers=headers)
    form = api.post(ORDERS, {"lines": "1"}, headers=headers)

    assert (broken.status_code, form.status_code) == (400, 415)
    assert broken.json()["title"] == "Bad Request"
    assert form.json()["title"] == "Unsupported Media Type"


def test_a_stranger_sees_and_places_nothing(client: Client) -> None:
    order = make_order()

    for answer in (
        client.get(ORDERS),
        post(client, body()),
        client.get(reverse("orders:api:order", args=[order.public_id])),
    ):
        assert answer.status_code == 401
        assert answer.json()["status"] == 401


def test_a_post_without_a_csrf_token_is_refused(customer: User) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(customer)

    assert post(careful, body()).status_code == 403


def test_customers_list_and_see_their_own_orders_only(api: Client, customer: User) -> None:
    mine, other = make_order(user=customer), make_order()

    listed = api.get(ORDERS).json()

    assert [order["id"] for order in listed["results"]] == [str(mine.public_id)]
    assert api.get(reverse("orders:api:order", args=[mine.public_id])).status_code == 200
    missing = api.get(reverse("orders:api:order", args=[other.public_id]))
    assert missing.status_code == 404
    assert missing.json()["title"] == "Not Found"


def test_an_order_page_placed_under_the_same_key_is_answered_too(
    api: Client, customer: User
) -> None:
    product = make_product(slug="red-mug")
    order = make_order({product: 1}, user=customer, key="key-1")
    lines = [{"product": "red-mug", "quantity": 1}]

    answers = [post(api, body(lines=lines)) for _ in range(2)]

    assert {answer.json()["id"] for answer in answers} == {str(order.public_id)}
