"""Every setting that the environment can change is explained, and shown in the example file."""

import re
from pathlib import Path

from django.conf import settings

from tasks.management.console import PARTS
from tests.variables import variables

ROOT = Path(settings.BASE_DIR)


def test_every_variable_is_explained() -> None:
    pages = (ROOT / "docs" / name for name in ("settings.md", "engine.md"))
    explained = [
        name
        for page in pages
        for name in re.findall(r"^\| `([A-Z_]+)`", page.read_text(), re.MULTILINE)
    ]

    assert sorted(explained) == sorted(variables())


def test_every_variable_is_in_the_example_file() -> None:
    shown = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert shown == variables()


def test_every_part_of_the_tasks_command_is_shown() -> None:
    shown = set(re.findall(r"manage\.py tasks (\w+)", (ROOT / "docs/operations.md").read_text()))

    assert shown == set(PARTS) - {"prune"}


def test_every_check_is_explained() -> None:
    ids = set(re.findall(r'id="(config\.[EW]\d+)"', (ROOT / "config/checks.py").read_text()))

    assert ids == set(re.findall(r"config\.[EW]\d+", (ROOT / "docs/settings.md").read_text()))


def test_the_pages_lead_to_files_that_exist() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} leads to {link}"
