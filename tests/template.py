"""The template under test: where its parts lie, how one bakes it or runs a command in a bake."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from cookiecutter.main import cookiecutter

ROOT = Path(__file__).resolve().parents[1]
RAW = ROOT / "{{cookiecutter.project_slug}}"
ANSWERS = json.loads((ROOT / "cookiecutter.json").read_text("utf-8"))
OFFERED: list[str] = ANSWERS["task_engine"]
# What is laid over the project for each engine: its own files, and what several engines share.
TREES: dict[str, list[Path]] = {
    engine: [RAW / "_engines" / tree for tree in trees]
    for engine, trees in ANSWERS["_trees"].items()
}
# All that will ever be offered: a bake holds no word of those that were not chosen.
ENGINES = {"database": (), "dramatiq": ("dramatiq",), "rearq": ("rearq", "tortoise")}
# Our own environment is not the one of what we bake, nor is what `make` was told here said there.
OWN = {"VIRTUAL_ENV", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS"}
# A bake is ours to write into: without byte code, each process that a test starts compiles it anew.
OWN |= {"PYTHONDONTWRITEBYTECODE"}
OUTSIDE = {name: value for name, value in os.environ.items() if name not in OWN}
CACHES = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", "var"}


class Loader(yaml.SafeLoader):
    """Reads Compose's own tag, too: what it stands at is taken out."""


Loader.add_constructor("!reset", lambda *_: None)


def documents(text: str) -> list[Any]:
    """The YAML documents in a text."""
    return list(yaml.load_all(text, Loader))


def brought(engine: str) -> dict[str, Path]:
    """The files that an engine brings: each one's name in a bake, and where it lies here."""
    return {
        path.relative_to(tree).as_posix(): path for tree in TREES[engine] for path in files(tree)
    }


def bake(into: Path, **answers: str) -> Path:
    """Bake a project into a folder and return the project's own."""
    into.mkdir(parents=True, exist_ok=True)
    config = into.parent / f"{into.name}-cookiecutter.yaml"
    # Neither the person's own defaults nor their record of past answers takes part.
    config.write_text(f"replay_dir: {into.parent / 'replay'}\n", "utf-8")
    project = cookiecutter(
        str(ROOT),
        no_input=True,
        extra_context=answers,
        output_dir=str(into),
        config_file=str(config),
    )
    return Path(project)


def bake_and_install(into: Path, **answers: str) -> Path:
    """Bake a project into a folder that is emptied first, and install what its lock names."""
    shutil.rmtree(into, ignore_errors=True)
    project = bake(into, **answers)
    run("git", "init", "--quiet", cwd=project)
    run("uv", "sync", "--frozen", "--quiet", cwd=project)
    return project


def run(
    *command: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    expect: int | None = 0,
) -> str:
    """Run a command, with these variables added; return what it printed.

    Raises AssertionError, which shows the output, on another exit code than `expect`.
    """
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**OUTSIDE, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if expect is not None:
        assert ran.returncode == expect, f"{command} ended with {ran.returncode}:\n{ran.stdout}"
    return ran.stdout


def tracked() -> list[str]:
    """Every file that git knows of, or would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def files(tree: Path) -> Iterator[Path]:
    """Every file of a tree, tools' caches apart."""
    for path in sorted(tree.rglob("*")):
        if path.is_file() and not CACHES & set(path.relative_to(tree).parts):
            yield path


def text_files(tree: Path) -> Iterator[tuple[str, str]]:
    """The name within the tree, and the text, of every file that holds text."""
    for path in files(tree):
        content = path.read_bytes()
        if b"\0" not in content:
            yield path.relative_to(tree).as_posix(), content.decode("utf-8")
