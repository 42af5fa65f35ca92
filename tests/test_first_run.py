"""What a newcomer does: clone, and type what the README says, on a machine with next to nothing."""

import os
import re
import shutil
import sys
import time
from pathlib import Path

import pytest

from tests.template import ROOT, run

COLD_LIMIT = 60  # seconds, with the packages in uv's cache or a quick network
WARM_LIMIT = 15


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of what is committed: a file that nobody added is missing here, too."""
    folder = tmp_path_factory.mktemp("first run") / "tasks-template"
    run("git", "clone", "--quiet", "--no-hardlinks", ROOT, folder, cwd=ROOT)
    return folder


def commands(readme: str) -> list[str]:
    """What the README's first block of shell commands says to type."""
    block = re.search(r"```sh\n(.*?)```", readme, re.DOTALL)
    assert block, "the README has no block of shell commands"
    return [line.partition("#")[0].strip() for line in block[1].splitlines() if line.strip()]


def bare_environment() -> dict[str, str]:
    """A home and a PATH with make, git and a Python on it: no settings, no virtual environment."""
    programs = [shutil.which(name) for name in ("make", "git", "python3")]
    folders = [str(Path(program).parent) for program in programs if program]
    kept = {name: os.environ[name] for name in ("HOME", "UV_CACHE_DIR") if name in os.environ}
    path = [folder for folder in folders if not folder.startswith(sys.prefix)]
    return {**kept, "PATH": os.pathsep.join([*path, "/usr/bin", "/bin"])}


def test_the_readme_says_two_commands() -> None:
    assert commands((ROOT / "README.md").read_text("utf-8")) == ["make demo", "make test"]


def test_the_first_command_shows_a_shop_whose_orders_are_done(clone: Path) -> None:
    demo, _ = commands((clone / "README.md").read_text("utf-8"))
    for limit in (COLD_LIMIT, WARM_LIMIT):
        began = time.monotonic()
        said = run(
            *("env", "-i", *(f"{name}={value}" for name, value in bare_environment().items())),
            *(*demo.split(), "CHECK=1"),
            cwd=clone,
        )
        assert "confirmed" in said.lower()
        assert time.monotonic() - began < limit * patience(), said


def patience() -> float:
    """How much longer a busy machine may take: this is a test of the steps, not of the machine."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return max(2.0, 2 * busy)


def test_the_demo_leaves_the_clone_clean(clone: Path) -> None:
    assert run("git", "status", "--porcelain", cwd=clone) == ""
