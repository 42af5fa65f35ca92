"""`/api/exports/`: the same for programs; errors are problem documents."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import make_user
from exports import files
from exports.models import Export
from exports.states import ExportState
from exports.tests.factories import make_export, make_orders
from tasks.testing import run_due

pytestmark = pytest.mark.django_db

EXPORTS = reverse("exports:api:exports")


@pytest.fixture
def owner() -> User:
    return make_user()


@pytest.fixture
def api(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def post(api: Client, **data: Any) -> Any:
    return api.post(EXPORTS, data, content_type="application/json")


def test_an_export_is_asked_for_watched_and_downloaded(api: Client, owner: User) -> None:
    make_orders(30, user=owner)

    answer = post(api, kind="orders_csv")

    assert answer.status_code == 201
    created = answer.json()
    assert (created["state"], created["percent"], created["download"]) == ("waiting", 0, None)
    run_due()
    seen = api.get(answer.headers["Location"]).json()
    assert (seen["state"], seen["percent"], seen["rows"], seen["total"]) == ("ready", 100, 30, 30)
    file = api.get(seen["download"])
    assert b"".join(file.streaming_content) == files.read(Export.objects.get().file)  # type: ignore[attr-defined]
    file.close()


def test_to_ask_again_is_answered_with_the_one_on_its_way(api: Client) -> None:
    first = post(api, kind="orders_csv")
    second = post(api, kind="orders_csv")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.headers["Location"] == second.headers["Location"]


@pytest.mark.parametrize(
    ("data", "status"),
    [({"kind": "passwords"}, 400), ({}, 400), ({"kind": "orders_csv", "everyones": True}, 403)],
)
def test_what_cannot_be_is_a_problem(api: Client, data: dict[str, Any], status: int) -> None:
    answer = post(api, **data)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Export.objects.exists()


def test_a_third_at_once_is_a_conflict(api: Client) -> None:
    for kind in ("orders_csv", "orders_xlsx"):
        post(api, kind=kind)

    assert post(api, kind="my_data").status_code == 409


def test_deleting_cancels_what_is_on_its_way(api: Client) -> None:
    address = post(api, kind="orders_csv").headers["Location"]

    assert api.delete(address).status_code == 204
    assert api.get(address).json()["state"] == ExportState.CANCELLED
    assert api.delete(address).status_code == 409


def test_everybody_sees_their_own_only(api: Client, client: Client) -> None:
    other = make_export()
    address = reverse("exports:api:export", args=[other.id])
    mine = post(api, kind="orders_csv").json()

    assert [each["id"] for each in api.get(EXPORTS).json()["results"]] == [mine["id"]]
    assert api.get(address).status_code == 404
    assert api.delete(address).status_code == 404
    client.logout()
    assert client.get(EXPORTS).status_code == 401
