"""Without the shop it is still a project: it starts, its style holds, its tests pass."""

from pathlib import Path

import pytest

from tests.project.test_checks import NO_SERVICE, make
from tests.template import ROOT, bake_and_install, run


@pytest.fixture(scope="module")
def emptied() -> Path:
    """A project of the database engine without the shop, its dependencies installed."""
    project = bake_and_install(ROOT / "build" / "test" / "removed", task_engine="database")
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
    # Those of the task system know nothing of the shop and take minutes, as do those of its pages.
    others = "accounts api cleanup config emails newsletters reports tests"
    slow = ("conformance", "pages", "test_newsletter.py", "test_sentinels.py", "test_kept_lines.py")
    picked = " ".join([*(f"--ignore=tests/{each}" for each in slow), others])

    said = make(emptied, "sqlite", ARGS=picked, **NO_SERVICE)
    collected = make(emptied, "sqlite", ARGS="--collect-only -q", **NO_SERVICE)

    assert " passed" in said
    assert "tasks/tests/test_service.py" in collected
    assert "tests/conformance/test_killed.py" in collected
