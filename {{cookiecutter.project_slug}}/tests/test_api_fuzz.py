"""Requests that nobody would think of, made from the API's description: none is answered 5xx.

And each answer is as described: its status, its type, its headers, its shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import User
from accounts.tests.factories import make_user
from api import tokens
from orders.tests.factories import make_order, make_product
from tasks.models import RunStatus
from tasks.tests.factories import ADD, make_run, make_schedule, make_worker

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.timeout(180)]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SOME = settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def described() -> Iterator[Any]:
    """The API, as it describes itself, in this process and in the transaction of the test."""
    closing = (request_started, request_finished)
    for signal in closing:
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application())
    for signal in closing:
        signal.connect(close_old_connections)


@pytest.fixture
def known() -> dict[str, dict[str, Any]]:
    """Something of each kind, by where it lies: most ids that one makes up lead to nothing."""
    order = make_order({make_product(slug="blue-mug"): 1}, user=make_user("ada@example.com"))
    return {
        "/api/orders/": {"public_id": str(order.public_id)},
        "/api/products/": {"slug": "blue-mug"},
        "/api/tasks/runs/": {"id": str(make_run(status=RunStatus.FAILED).pk)},
        "/api/tasks/queues/": {"name": "default"},
        "/api/tasks/tasks/": {"name": ADD},
        "/api/tasks/workers/": {"id": str(make_worker())},
        "/api/tasks/schedules/": {"id": make_schedule().pk},
    }


@pytest.fixture
def token(known: dict[str, dict[str, Any]]) -> str:
    """The token of someone who may do everything."""
    user = User.objects.get(email="ada@example.com")
    User.objects.update(is_staff=True, is_superuser=True)
    return tokens.issue(user=user, name="fuzz")[1]


@pytest.mark.parametrize(
    ("who", "mode", "reaches"),
    [
        ("operator", GenerationMode.POSITIVE, True),
        ("operator", GenerationMode.NEGATIVE, False),
        ("stranger", GenerationMode.POSITIVE, True),
    ],
)
def test_every_answer_is_as_described(
    described: Any,
    known: dict[str, dict[str, Any]],
    token: str,
    who: str,
    mode: GenerationMode,
    reaches: bool,
) -> None:
    headers = {"Authorization": f"Bearer {token}"} if who == "operator" else {}
    asked = 0
    for found in described.get_all_operations():
        operation = found.ok()
        ids = next((ids for begin, ids in known.items() if operation.path.startswith(begin)), {})
        asked += ask(operation, mode, headers, ids if reaches else {})
    assert asked > 100


def ask(operation: Any, mode: GenerationMode, headers: dict[str, str], ids: dict[str, Any]) -> int:
    """Send some requests, every other to what is there; return how many."""
    asked = 0

    @SOME
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        nonlocal asked
        asked += 1
        cache.clear()
        if asked % 2:
            given_ids = case.path_parameters.items()
            case.path_parameters = {name: ids.get(name, value) for name, value in given_ids}
        case.call_and_validate(headers=headers, checks=CHECKS)

    with suppress(Unsatisfiable):
        # Nothing can be wrong with a request that has neither parameters nor a body.
        send()
    return asked
