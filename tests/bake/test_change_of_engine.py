"""A project changes its engine by whole files, in the steps that the documentation shows."""

import os
import re
import shutil
from itertools import permutations
from pathlib import Path

import pytest

from tests.template import OFFERED, ROOT, bake, brought, files, run

PAGE = ROOT / "docs" / "how-to" / "change-the-engine.md"
IDENTITY = ("-c", "user.name=Someone", "-c", "user.email=someone@example.com")
OWN = "# What the shop itself has changed.\n"


@pytest.fixture(scope="module")
def bakes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A project of each engine, as the page's first step makes them."""
    return {name: bake(tmp_path_factory.mktemp(name), task_engine=name) for name in OFFERED}


def steps() -> str:
    """The page's commands that change a project, after those that bake."""
    [_, second, *_] = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(second)


def contents(project: Path) -> dict[str, bytes]:
    """All that a project holds, but for its secrets."""
    found = {path.relative_to(project).as_posix(): path.read_bytes() for path in files(project)}
    del found[".env"]
    return found


@pytest.mark.parametrize(("old", "new"), list(permutations(OFFERED, 2)))
def test_the_steps_of_the_page_lead_from_each_engine_to_each_other(
    bakes: dict[str, Path], tmp_path: Path, old: str, new: str
) -> None:
    beside, project = tmp_path / "beside", tmp_path / "shop"
    for name in (old, new):
        shutil.copytree(bakes[name], beside / name / "task-shop")
    shutil.copytree(bakes[old], project)
    readme, secrets = project / "README.md", (project / ".env").read_bytes()
    readme.write_text(readme.read_text("utf-8") + OWN, "utf-8")
    run("git", "init", "--quiet", cwd=project)
    run("git", "add", "--all", cwd=project)
    run("git", *IDENTITY, "commit", "--quiet", "--message", "The shop", cwd=project)

    places = {"old": old, "new": new, "beside": str(beside)}
    run("sh", "-euc", steps(), cwd=project, env={**os.environ, **places})

    expected = contents(bakes[new])
    expected["README.md"] += OWN.encode()
    assert contents(project) == expected
    assert (project / ".env").read_bytes() == secrets
    assert run("git", "diff", "--name-only", cwd=project) == "", "all of it is staged"


def test_the_page_lists_the_files_of_each_engine() -> None:
    listed = {
        (engine, f"{folder}{file}".removeprefix("./"))
        for folder, *cells in re.findall(
            r"^\| `(.*?)` \|(.*?)\|(.*?)\|(.*?)\|$", PAGE.read_text("utf-8"), re.MULTILINE
        )
        for engine, cell in zip(("database", "dramatiq", "rearq"), cells, strict=True)
        for file in re.findall(r"`(.*?)`", cell)
    }

    there = {(engine, name) for engine in OFFERED for name in brought(engine)}
    tests = {each for each in there if each[1].startswith("tests/engine/")}
    # Its lines are the end of `.env.example`.
    assert listed == {each for each in there - tests if each[1] != ".env.more"}
