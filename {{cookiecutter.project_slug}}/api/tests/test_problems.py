"""Whatever goes wrong under `/api/` is answered as a problem, whoever answers it."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.tests.factories import make_user
from orders.api.products import ProductList

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/products/"
EXPORTS = "/api/exports/"
JSON = "application/json"


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Client:
    """Who asks for what fails."""

    def fail(*_args: Any, **_options: Any) -> None:
        raise RuntimeError("sesame-4711")

    monkeypatch.setattr(ProductList, "get", fail)
    return Client(raise_request_exception=False)


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert (answer.status_code, document["status"], document["code"]) == (status, status, code)
    assert document["detail"]
    assert document["request_id"] == answer.headers["X-Request-ID"]
    return document


@pytest.mark.parametrize("debug", [True, False])
def test_a_fault_of_ours_tells_its_request_and_nothing_else(
    broken: Client, settings: Settings, debug: bool
) -> None:
    settings.DEBUG = debug

    answer = broken.get(PRODUCTS, headers={"X-Request-ID": "look-for-me"})

    assert assert_problem(answer, 500, "internal_server_error")["request_id"] == "look-for-me"
    assert "sesame" not in answer.text
    assert "Traceback" not in answer.text


def test_a_fault_of_ours_is_logged_once_with_what_it_was(
    broken: Client, caplog: pytest.LogCaptureFixture
) -> None:
    broken.get(PRODUCTS)

    [record] = [each for each in caplog.records if each.name == "django.request"]
    assert record.exc_info is not None
    assert "sesame-4711" in str(record.exc_info[1])


@pytest.mark.parametrize("debug", [True, False])
def test_an_address_that_is_none_is_a_problem_also_with_debug(
    client: Client, settings: Settings, debug: bool
) -> None:
    settings.DEBUG = debug

    assert_problem(client.get("/api/nothing/at/all"), 404, "not_found")
    assert_problem(client.get("/api/orders/nothing/"), 404, "not_found")
    assert_problem(client.get("/api/products/nothing/"), 404, "not_found")
    assert_problem(client.get("/api/tasks/runs/nothing/"), 404, "not_found")


@pytest.mark.parametrize("debug", [True, False])
def test_a_host_that_is_not_ours_is_a_problem(
    client: Client, settings: Settings, debug: bool
) -> None:
    settings.DEBUG = debug
    settings.ALLOWED_HOSTS = ["shop.example.com"]

    assert_problem(client.get(PRODUCTS, HTTP_HOST="evil.example"), 400, "bad_request")


def test_what_the_framework_refuses_is_told_by_its_code(client: Client) -> None:
    client.force_login(make_user())

    assert_problem(client.delete(PRODUCTS), 405, "method_not_allowed")
    assert_problem(client.get(PRODUCTS, headers={"Accept": "text/html"}), 406, "not_acceptable")
    plain = client.post(EXPORTS, "x", content_type="text/plain")
    assert_problem(plain, 415, "unsupported_media_type")
    assert_problem(client.post(EXPORTS, "{", content_type=JSON), 400, "parse_error")
    assert_problem(client.post(EXPORTS, "{}", content_type=JSON), 400, "invalid")
    assert_problem(Client().get(EXPORTS), 401, "not_authenticated")
    assert_problem(client.get("/api/tasks/runs/"), 403, "permission_denied")


def test_a_session_without_the_csrf_token_is_a_problem() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())

    answer = client.post(EXPORTS, {"kind": "orders-csv"}, content_type=JSON)

    assert "X-CSRFToken" in assert_problem(answer, 403, "csrf_failed")["detail"]


@pytest.mark.parametrize("checks", [True, False])
def test_what_is_no_view_of_the_framework_is_a_problem_too(checks: bool) -> None:
    answer = Client(enforce_csrf_checks=checks).post("/api/docs/")

    if checks:
        assert_problem(answer, 403, "forbidden")
    else:
        assert_problem(answer, 405, "method_not_allowed")
        assert answer.headers["Allow"] == "GET"


def test_pages_stay_pages(client: Client) -> None:
    for address in ("/nothing/at/all/", "/apis/"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")


def test_a_problem_is_told_in_the_readers_language(broken: Client) -> None:
    asked = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.1"}

    fault = broken.get(PRODUCTS, headers=asked)
    nothing = broken.get("/api/nothing/", headers=asked)
    after = broken.get("/api/nothing/")

    assert "Protokoll" in assert_problem(fault, 500, "internal_server_error")["detail"]
    assert assert_problem(nothing, 404, "not_found")["title"] == "Not Found"
    assert "Adresse" in nothing.json()["detail"]
    assert "nothing at this address" in after.json()["detail"]
