"""The places of `tasks.failpoints`, found by their names in the source; and to die at one."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from tasks.failpoints import visit

BASE = Path(settings.BASE_DIR)


class Killed(BaseException):
    """As sudden as SIGKILL: no handler of the program sees it."""


@contextmanager
def dying_at(place: str) -> Iterator[None]:
    """Have what is called meanwhile come by that place, and no further."""

    def die_there(name: str) -> None:
        if name == place:
            raise Killed

    visit(die_there)
    try:
        with pytest.raises(Killed):
            yield
    finally:
        visit(None)


def modules() -> Iterator[Path]:
    """Yield the modules of all apps, without their tests and migrations."""
    for module in sorted(BASE.glob("[a-z]*/**/*.py")):
        parts = module.relative_to(BASE).parts
        if parts[0] not in ("build", "tests") and not {"tests", "migrations"} & {*parts}:
            yield module


def failpoints() -> list[str]:
    """The name in each `failpoint("…")` of the project, in the order of files and lines."""
    return [name for module in modules() for name in _in(module)]


def _in(module: Path) -> list[str]:
    text = module.read_text("utf-8")
    return names_in(ast.parse(text)) if "failpoint(" in text else []


def names_in(tree: ast.AST) -> list[str]:
    """The names of the places in some code."""
    return [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "failpoint"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]
