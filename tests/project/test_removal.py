"""Without the shop it is still a project: it starts, its style holds, its tests pass."""

import shutil
from pathlib import Path

import pytest

from tests.project.test_checks import NO_SERVICE, make
from tests.template import ROOT, bake, run


@pytest.fixture(scope="module")
def emptied() -> Path:
    """A project of the database engine without the shop, its dependencies installed."""
    folder = ROOT / "build" / "test" / "removed"
    shutil.rmtree(folder, ignore_errors=True)
    project = bake(folder, task_engine="database")
    run("git", "init", "--quiet", cwd=project)
    run("uv", "sync", "--frozen", "--quiet", cwd=project)
    run(".venv/bin/python", "manage.py", "demo", "--remove", "--yes", cwd=project, env=NO_SERVICE)
    return project


def test_nothing_of_the_shop_is_left(emptied: Path) -> None:
    assert not any((emptied / name).exists() for name in ("orders", "exports", "demo"))
    for kept in ("tasks", "accounts", "emails", "cleanup", "reports"):
        assert (emptied / kept / "tests").is_dir()


def test_its_style_types_and_layers_hold_without_it(emptied: Path) -> None:
    make(emptied, "lint")


def test_it_starts_without_it(emptied: Path) -> None:
    make(emptied, "check", **NO_SERVICE)


def test_its_tests_pass_without_it(emptied: Path) -> None:
    # Those of the task system know nothing of the shop, and take minutes.
    others = "accounts api cleanup config emails newsletters reports tests"
    picked = f"-m 'not once' --ignore=tests/conformance {others}"

    said = make(emptied, "sqlite", ARGS=picked, **NO_SERVICE)
    collected = make(emptied, "sqlite", ARGS="--collect-only -q", **NO_SERVICE)

    assert " passed" in said
    assert "tasks/tests/test_service.py" in collected
    assert "tests/conformance/test_killed.py" in collected
