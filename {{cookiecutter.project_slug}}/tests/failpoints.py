"""The places of `tasks.failpoints`, found by their names in the source."""

import ast
from pathlib import Path

from django.conf import settings

BASE = Path(settings.BASE_DIR)


def failpoints() -> list[str]:
    """The name in each `failpoint("…")` of the project, in the order of files and lines."""
    return [name for module in sorted(BASE.glob("[a-z]*/**/*.py")) for name in _in(module)]


def _in(module: Path) -> list[str]:
    if module.relative_to(BASE).parts[0] in ("build", "tests"):
        return []
    text = module.read_text("utf-8")
    if "failpoint(" not in text:
        return []
    return [
        node.args[0].value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "failpoint"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]
