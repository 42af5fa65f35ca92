"""A baked project passes its own checks, on each database, by the commands its owner types."""

from pathlib import Path

import pytest

from tests.conftest import UNTESTED
from tests.template import ROOT, bake, bake_and_install, run

CACHES = {"MYPY_CACHE_DIR": str(ROOT / "build" / "cache" / "project")}
# As in a shell that knows nothing of this machine's databases.
NO_SERVICE = {"DATABASE_URL": "", "TEST_DATABASE_URL": "", "TEST_REDIS_URL": ""}
# What goes the same way on every engine is shown for all by the suite of the database's own. The
# others show what workers have a part in, beside what the engine brings itself, in `tests/engine`.
WITH_WORKERS = "tests cleanup emails exports newsletters orders reports"
NOT_ALIKE = f'{WITH_WORKERS} -m "not once and not alike"'
# What the project's own tests say when they skip those that want one.
NO_BROWSER = "no browser: install Chromium"


def make(project: Path, target: str, **variables: str) -> str:
    """Run one of the project's own make targets."""
    return run("make", target, cwd=project, env={**CACHES, **variables})


def test_its_style_types_and_layers_hold(project: Path) -> None:
    make(project, "lint")


def test_its_settings_and_migrations_hold(project: Path) -> None:
    make(project, "check", **NO_SERVICE)


def test_production_refuses_the_key_of_the_example(project: Path) -> None:
    env = {"DEBUG": "false", "SECRET_KEY": "change-me", "ALLOWED_HOSTS": "shop.example.com"}

    said = run(".venv/bin/python", "manage.py", "check", cwd=project, env=env, expect=None)

    assert "SECRET_KEY" in said
    assert "no issues" not in said


@pytest.mark.parametrize("name", ["O'Brien & Söhne", "C#: 100% %(x)s # !", "🎉 Shop"])
def test_the_site_is_called_by_the_projects_name(name: str, project: Path, tmp_path: Path) -> None:
    other = bake(tmp_path / "out", project_name=name)
    show = "from django.conf import settings; print(settings.SHOP_NAME)"

    said = run(
        *(project / ".venv/bin/python", "-c", show),
        cwd=other,
        env={**NO_SERVICE, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUTF8": "1"},
    )

    assert said == f"{name}\n"


# What differs by engine is how a run reaches a worker, and that PostgreSQL's run shows for each.
def test_its_own_tests_pass_on_sqlite(request: pytest.FixtureRequest) -> None:
    # In a folder of its own, at the same time as the suite on PostgreSQL.
    project = bake_and_install(ROOT / "build" / "test" / "sqlite", task_engine="database")

    said = make(project, "sqlite", **NO_SERVICE)

    if NO_BROWSER in said:
        request.config.stash[UNTESTED].append(f"the pages in a browser ({NO_BROWSER})")


def test_its_demo_runs_on_sqlite(project: Path) -> None:
    said = make(project, "demo", CHECK="1", **NO_SERVICE)

    assert "confirmed" in said


def test_its_own_tests_pass_on_postgresql(project: Path, engine: str, database_url: str) -> None:
    named = {**NO_SERVICE, "TEST_DATABASE_URL": database_url}

    said = make(project, "postgres", **named, ARGS="" if engine == "database" else NOT_ALIKE)

    assert " passed" in said
