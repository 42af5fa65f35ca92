"""Any name of a project gives a folder, a distribution and a Compose project of valid names."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.template import bake, run

# PEP 508's rule in its normal form, which is also a valid name for Compose and for a folder.
VALID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NAMES = [
    "Task Shop",
    "  Spaces   everywhere ",
    "v1.2.dots...",
    "Ünïcode Größe Łódź",
    "北京小店",
    "متجر",
    "3D printing",
    "2026",
    "🎉🎉",
    "👩\u200d💻 Shop",
    "O'Brien & Söhne",
    "---",
    "C#: 100% [x](y) | *z* # !",
    "..",
    "~/shop",
    "../../etc/passwd",
    "x" * 100,
    "㎯" * 60,
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_gives_a_valid_folder_and_distribution(name: str, tmp_path: Path) -> None:
    project = bake(tmp_path / "out", project_name=name)

    assert project.parent == tmp_path / "out"
    assert VALID.fullmatch(project.name)
    assert len(project.name) <= 60
    metadata = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    assert metadata["name"] == project.name


@pytest.mark.parametrize("slug", ["a", "zzz-shop", "0-to-1"])
def test_the_lock_holds_for_any_slug(slug: str, tmp_path: Path, engine: str) -> None:
    project = bake(tmp_path / "out", project_slug=slug, task_engine=engine)

    run("uv", "lock", "--check", "--quiet", cwd=project)
    run("uv", "sync", "--frozen", "--dry-run", "--quiet", cwd=project)


@pytest.mark.parametrize("typed", ["shop", "shop-2", "2-shops"])
def test_a_folder_may_be_named_apart_from_the_project(typed: str, tmp_path: Path) -> None:
    assert bake(tmp_path / "out", project_slug=typed).name == typed
