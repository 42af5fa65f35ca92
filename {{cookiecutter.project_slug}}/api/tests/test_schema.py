"""The description of the API: whole, valid, and shown on a page of the site's own."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

type Described = dict[str, Any]


@pytest.fixture
def described() -> Described:
    out = StringIO()
    call_command("spectacular", "--format=openapi-json", "--fail-on-warn", "--validate", stdout=out)
    document: Described = json.loads(out.getvalue())
    return document


def test_it_is_openapi_3_1_without_a_warning(described: Described) -> None:
    assert str(described["openapi"]).startswith("3.1.")


def test_the_shops_own_addresses_are_in_it(described: Described) -> None:
    assert {
        "/api/products/",
        "/api/products/{slug}/",
        "/api/orders/",
        "/api/orders/{public_id}/",
        "/api/exports/",
        "/api/exports/{export_id}/",
    } <= set(described["paths"])


def test_every_error_is_a_problem(
    described: Described,
) -> None:
    for path, operations in described["paths"].items():
        for operation in operations.values():
            errors = {status for status in operation["responses"] if status >= "400"}
            assert {"400", "429", "500"} <= errors, path
            for status in errors:
                assert set(operation["responses"][status]["content"]) == {
                    "application/problem+json"
                }


def test_what_is_sent_has_no_other_fields_than_are_described(described: Described) -> None:
    shapes = described["components"]["schemas"]
    bodies = {
        content["schema"]["$ref"].rpartition("/")[2]
        for operations in described["paths"].values()
        for operation in operations.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    }

    assert bodies
    assert [body for body in bodies if shapes[body].get("additionalProperties", True)] == []


@pytest.mark.django_db
def test_it_and_its_page_are_served(client: Client) -> None:
    described = client.get("/api/schema/", headers={"Accept": "application/json"})
    page = client.get("/api/docs/")

    assert described.json()["openapi"].startswith("3.1.")
    assert page.status_code == 200
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "csrftoken" in page.cookies
    assert "http://" not in page.text
    assert "https://" not in page.text
