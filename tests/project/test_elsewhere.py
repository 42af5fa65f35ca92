"""What the page for those who come from elsewhere shows, works."""

import re
from pathlib import Path
from textwrap import indent

from tests.template import ROOT, run

PAGE = ROOT / "docs" / "reference" / "what-you-may-know.md"
HEAD = '''"""The examples of a page, as tests."""

import pytest
from asgiref.sync import async_to_sync

pytestmark = pytest.mark.django_db
'''
DECLARES = re.compile(r"^(@|def |async def |class )", re.MULTILINE)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def as_module() -> str:
    """Return what declares at the top, and each example that calls as a test of its own."""
    declaring = [block for block in blocks("python") if DECLARES.search(block)]
    calling = [block for block in blocks("python") if not DECLARES.search(block)]
    tests = [as_test(number, block) for number, block in enumerate(calling, 1)]
    return "\n\n".join([HEAD, *declaring, *tests])


def as_test(number: int, block: str) -> str:
    if "await " not in block:
        return f"def test_{number}():\n{indent(block, '    ')}"
    example = f"    async def example():\n{indent(block, ' ' * 8)}"
    return f"def test_{number}():\n{example}\n    async_to_sync(example)()\n"


def test_every_example_for_those_from_elsewhere_runs(project: Path) -> None:
    module = project / "accounts" / "tests" / "test_from_elsewhere.py"
    module.write_text(as_module(), "utf-8")
    try:
        said = run(".venv/bin/pytest", "-q", "-p", "no:cacheprovider", module, cwd=project)
    finally:
        module.unlink()

    assert re.search(r"^1[0-9] passed", said, re.MULTILINE), said


def test_every_command_for_those_from_elsewhere_is_understood(project: Path) -> None:
    commands = [
        line.removeprefix("$ python manage.py ").split()
        for block in blocks("console")
        for line in block.splitlines()
    ]
    assert len(commands) > 5
    understand = f"""
from django.core.management import get_commands, load_command_class
for name, *arguments in {commands!r}:
    command = load_command_class(get_commands()[name], name)
    command.create_parser("manage.py", name).parse_args(arguments)
print("understood")
"""

    said = run(
        *(".venv/bin/python", "manage.py", "shell", "--no-imports", "--command", understand),
        cwd=project,
        env={"DATABASE_URL": ""},
    )

    assert said.endswith("understood\n")
