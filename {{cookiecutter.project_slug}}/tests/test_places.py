"""The places to die: each has a name of its own, and every commit has one before and after it."""

import ast
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

from emails.tests.witness import Witness as MailServer
from tasks.testing import run_due
from tests.failpoints import BASE, dying_at, failpoints, modules, names_in
from tests.scenario import Stage, come_by_requests, come_by_runs, forget, request_by

pytestmark = pytest.mark.once

PLACES = failpoints()
BEFORE = ", not committed"
PATTERNS = {"accounts", "cleanup", "emails", "exports", "newsletters", "orders", "reports"}
# What stores the forms of the admin, for all of them.
STORING = BASE / "tasks" / "admin" / "storing.py"

# These are part of a greater transaction, or around one, and the places are there.
PARTS = {
    "emails/outbox.py": {"queue_mail"},
    "newsletters/sending.py": {"start"},
    "orders/keys.py": {"answering"},
    "orders/stock.py": {"reserve", "release", "receive"},
}


def test_no_two_places_have_one_name() -> None:
    assert [name for name, many in Counter(PLACES).items() if many > 1] == []


def test_somebody_comes_by_every_place() -> None:
    runs = come_by_runs(PLACES)
    requests = {place for place, _ in come_by_requests(PLACES)}

    assert sorted([*runs, *requests]) == sorted(PLACES), "write a scenario for what is missing"


def test_every_transaction_of_a_pattern_has_a_place_before_and_after_its_commit() -> None:
    found = [module for module in modules() if module.relative_to(BASE).parts[0] in PATTERNS]
    found.append(STORING)
    bare = [f"{module.relative_to(BASE)}: {one}" for module in found for one in bare_in(module)]

    assert bare == []


def bare_in(module: Path) -> list[str]:
    name = module.relative_to(BASE).as_posix()
    parts = PARTS.get(name, set())
    return [
        f"{function.name}, line {block.lineno}"
        for function, block in transactions(module)
        if function.name not in parts and not has_places(function, block)
    ]


def transactions(module: Path) -> Iterator[tuple[ast.FunctionDef, ast.With]]:
    """Every `with transaction.atomic(…)`, and the function that it is in."""
    for function in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(function, ast.FunctionDef):
            for block in ast.walk(function):
                if isinstance(block, ast.With) and any(
                    "transaction.atomic(" in ast.unparse(item) for item in block.items
                ):
                    yield function, block


def has_places(function: ast.FunctionDef, block: ast.With) -> bool:
    """Whether the last thing in the block is a place, and there is one of its name after it."""
    last = [name for name in names_in(block) if name.endswith(BEFORE)]
    end = block.end_lineno or 0
    after = [
        names_in(node)
        for node in ast.walk(function)
        if isinstance(node, ast.Expr) and node.lineno > end
    ]
    return bool(last) and last[-1].removesuffix(BEFORE) in chain.from_iterable(after)


@pytest.mark.django_db
@pytest.mark.parametrize(("place", "number"), come_by_requests(PLACES))
def test_whoever_gets_no_answer_asks_again_and_the_end_is_the_same(
    place: str, number: int, mail_server: MailServer, settings: Settings
) -> None:
    here = transaction.savepoint_create()
    undisturbed = request_by(place, number, Stage(server=mail_server, settings=settings))
    undisturbed.send()
    run_due()
    expected = undisturbed.end()
    transaction.savepoint_rollback(here)
    mail_server.forget()
    forget()

    disturbed = request_by(place, number, Stage(server=mail_server, settings=settings))
    with dying_at(place):
        disturbed.send()
    disturbed.send()
    run_due()

    assert disturbed.end() == expected
