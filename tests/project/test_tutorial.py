"""What the tutorial tells to write works when one writes it."""

import re
from pathlib import Path

import pytest

from tests.template import ROOT, bake, run

TUTORIAL = ROOT / "docs" / "tutorials" / "add-your-own-task.md"


@pytest.fixture
def fresh(tmp_path: Path, engine: str) -> Path:
    """A project of its own, to write into."""
    project = bake(tmp_path / "out", task_engine=engine)
    run("uv", "sync", "--frozen", "--quiet", cwd=project)
    return project


def test_the_task_of_the_tutorial_passes_its_test_and_the_projects_lint(fresh: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", TUTORIAL.read_text("utf-8"), re.DOTALL)
    [declared] = [block for block in blocks if "@task(" in block]
    [tested] = [block for block in blocks if "import pytest" in block]
    module, test = fresh / "accounts" / "tasks.py", fresh / "accounts" / "tests" / "test_greet.py"
    assert not module.exists()
    module.write_text(declared, "utf-8")
    test.write_text('"""Greeting."""\n\n' + tested, "utf-8")

    said = run(".venv/bin/pytest", "-q", test, cwd=fresh)
    run(".venv/bin/ruff", "check", "--no-cache", module, test, cwd=fresh)
    run(".venv/bin/ruff", "format", "--check", "--no-cache", module, test, cwd=fresh)

    assert "1 passed" in said
