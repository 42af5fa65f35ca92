"""The pages of the patterns: their code is the tree's, and their tests are run.

A block of code begins with the file that it is from, and shows lines of that file as they stand
there; a line of `…` alone stands for lines that are left out.
"""

import re
import textwrap
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

pytestmark = pytest.mark.once

ROOT = Path(settings.BASE_DIR)
FOLDER = ROOT / "docs" / "patterns"
PAGES = sorted(FOLDER.glob("[a-z]*.md"))
PARTS = [
    "## The naive version",
    "## How it fails",
    "## The version here",
    "## When the worker dies at the worst moment",
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"^(?:# |<!-- )([\w/.-]+)(?: -->)?$")
LEFT_OUT = re.compile(r"^\s*(?:# )?…\s*$", re.MULTILINE)


def blocks(page: Path, *languages: str) -> list[str]:
    return [text for language, text in BLOCK.findall(page.read_text()) if language in languages]


def source_of(block: str) -> tuple[Path, list[str]]:
    """The file that a block names, and what it shows of it, piece by piece."""
    first, _, rest = block.partition("\n")
    named = NAMED.match(first)
    assert named, f"a block of code begins with the file that it is from, not with {first!r}"
    pieces = [piece.strip("\n") for piece in LEFT_OUT.split(rest)]
    return ROOT / named[1], [piece for piece in pieces if piece.strip()]


def position(piece: str, text: str, *, after: int) -> int:
    """Where the lines stand in a file, however far they are indented; -1 if nowhere."""
    for depth in range(0, 16, 4):
        lines = textwrap.indent(textwrap.dedent(piece), " " * depth)
        found = re.compile(rf"^{re.escape(lines)}$", re.MULTILINE).search(text, after)
        if found:
            return found.end()
    return -1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_every_part_in_order(page: Path) -> None:
    headings = re.findall(r"^## .*$", page.read_text(), re.MULTILINE)

    assert [heading for heading in headings if heading in PARTS] == PARTS


@pytest.mark.parametrize("page", [*PAGES, FOLDER / "README.md"], ids=lambda page: page.stem)
def test_every_block_of_code_is_from_the_tree(page: Path) -> None:
    for block in blocks(page, "python", "html"):
        path, pieces = source_of(block)
        text, after = path.read_text(), 0
        for piece in pieces:
            after = position(piece, text, after=after)
            assert after >= 0, f"{page.name} shows of {path.name} what is not there:\n{piece}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_naive_version_is_from_the_tests_and_the_other_one_is_not(page: Path) -> None:
    _, naive, _, ours, _ = re.split("|".join(PARTS), page.read_text())

    assert all("tests" in source_of(text)[0].parts for _, text in BLOCK.findall(naive))
    assert BLOCK.search(naive)
    named = [source_of(text)[0] for kind, text in BLOCK.findall(ours) if kind == "python"]
    assert any("tests" not in path.parts for path in named)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_how_it_fails_is_shown_by_tests_that_there_are(page: Path) -> None:
    tests = {
        name
        for path in ROOT.rglob("test_*.py")
        if ".venv" not in path.parts
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    fails = page.read_text().split(PARTS[1])[1].split("## ")[0]

    assert re.findall(r"`(test_\w+)`", fails)
    assert set(re.findall(r"`(test_\w+)`", page.read_text())) <= tests


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_worst_moments_are_a_table(page: Path) -> None:
    moments = page.read_text().split(PARTS[3])[1].split("## ")[0]

    assert len(re.findall(r"^\| (?!---)", moments, re.MULTILINE)) >= 4


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_that_is_shown_is_there(page: Path) -> None:
    shown = re.findall(r"manage\.py (\w+)", "\n".join(blocks(page, "console")))

    assert set(shown) <= set(get_commands())


def test_every_page_is_in_the_index() -> None:
    listed = re.findall(r"\]\(([\w-]+\.md)\)", (FOLDER / "README.md").read_text())

    assert sorted(listed) == [page.name for page in PAGES]
