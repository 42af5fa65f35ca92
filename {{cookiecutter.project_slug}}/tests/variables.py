"""The environment variables that the settings read, found in their source."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

SETTINGS = Path(settings.BASE_DIR) / "config" / "settings"


def variables() -> set[str]:
    """The name in each `env.text("NAME", …)` and its like."""
    return {name for module in SETTINGS.glob("*.py") for name in _read_in(module)}


def _read_in(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="env")),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name
