"""Style, types and workflows: of the template's own code, and of the project's as it lies here."""

from pathlib import Path

import pytest

from tests.template import RAW, ROOT, run

CACHE = ROOT / "build" / "cache"
CONFIG = "--config={}/_engines/{}/pyproject.toml"


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_the_templates_own_code_has_one_style(command: list[str]) -> None:
    run("ruff", *command, "--quiet", cwd=ROOT)


def test_the_templates_own_code_is_typed() -> None:
    run("mypy", f"--cache-dir={CACHE}/mypy", cwd=ROOT)


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_the_raw_project_has_one_style(command: list[str], engine: str) -> None:
    run("ruff", *command, "--quiet", "--no-cache", CONFIG.format(RAW, engine), ".", cwd=RAW)


def test_the_raw_project_is_typed(project: Path, engine: str) -> None:
    script = ROOT / "tests" / "static" / "raw_types.py"
    run(project / ".venv/bin/python", script, engine, CACHE / f"raw-{engine}", cwd=RAW)


@pytest.mark.parametrize("home", [ROOT, RAW], ids=["template", "project"])
def test_workflows_hold_no_known_weakness(home: Path) -> None:
    run("zizmor", "--offline", "--no-progress", home / ".github", cwd=ROOT)


@pytest.mark.parametrize("script", ["scripts/bootstrap", "scripts/relock", ".ci/run"])
def test_scripts_parse(script: str) -> None:
    shell = (ROOT / script).read_text("utf-8").splitlines()[0].split("/")[-1].split()[-1]
    run(shell, "-n", script, cwd=ROOT)
