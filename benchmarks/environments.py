"""Each engine's own environment: made once, and again only when what it is made of has changed."""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines.engine import Engine
from tests.template import bake

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "benchmarks"


@dataclass(frozen=True, slots=True)
class Environment:
    """Where an engine runs."""

    python: Path
    folder: Path
    """The working directory of its processes."""


def environment(engine: Engine, *, project: Path | None) -> Environment:
    """The environment of an engine; `project` stands in for a fresh bake of ours."""
    if engine.baked:
        folder = project or _baked(engine.baked)
        return Environment(folder / ".venv/bin/python", folder)
    folder = BUILD / engine.package
    _install(folder, HERE / "requirements" / f"{engine.package}.txt")
    return Environment(folder / ".venv/bin/python", folder)


def _baked(task_engine: str) -> Path:
    place = BUILD / "ours" / task_engine
    shutil.rmtree(place, ignore_errors=True)
    folder = bake(place, task_engine=task_engine)
    _run("uv", "sync", "--frozen", "--no-dev", "--quiet", cwd=folder)
    return folder


def _install(folder: Path, requirements: Path) -> None:
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    mark = folder / "installed"
    if mark.exists() and mark.read_text("ascii") == wanted:
        return
    folder.mkdir(parents=True, exist_ok=True)
    _run("uv", "venv", "--quiet", "--clear", ".venv", cwd=folder)
    pip = ("uv", "pip", "install", "--quiet", "--python", ".venv/bin/python")
    _run(*pip, "--no-deps", "--requirements", str(requirements), cwd=folder)
    mark.write_text(wanted, "ascii")


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, env=dict(os.environ), check=True)
