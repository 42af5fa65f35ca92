"""`scripts/bootstrap` finds what works, passes over what does not, and says what is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.template import ROOT

BASICS = ("sed", "sh", "env", "dirname", "ls", "mkdir", "mktemp", "mv", "rm", "git", "cat")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A folder that holds the script and nothing it could have fetched before."""
    copy = tmp_path / "a template"
    (copy / "scripts").mkdir(parents=True)
    for name in ("scripts/bootstrap", "pyproject.toml", "uv.lock"):
        (copy / name).write_bytes((ROOT / name).read_bytes())
    (copy / "scripts/bootstrap").chmod(0o755)
    return copy


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder to be the whole PATH: the basics of any system, no uv, no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in BASICS:
        for place in ("/bin", "/usr/bin"):
            if Path(place, name).exists():
                (folder / name).unlink(missing_ok=True)
                (folder / name).symlink_to(Path(place, name))
    return folder


def program(folder: Path, name: str, script: str) -> None:
    """Put a program on this machine."""
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    (folder / name).chmod(0o755)


def bootstrap(template: Path, *path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Ask which Python it found."""
    return subprocess.run(
        [template / "scripts/bootstrap", "sh", "-c", 'echo "$UV_PYTHON"'],
        env={"PATH": os.pathsep.join(map(str, path)), "HOME": str(template), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_shim_that_fails_is_passed_over(template: Path, machine: Path, tmp_path: Path) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    for name in ("python3.14", "python3.13", "python3.12", "python3", "python"):
        program(shims, name, f"echo 'pyenv: {name}: command not found' >&2; exit 127")
    program(machine, "uv", "exit 0")
    (machine / "python3").symlink_to(sys.executable)

    found = bootstrap(template, shims, machine)

    assert (found.returncode, found.stdout) == (0, f"{machine}/python3\n")


def test_a_python_of_pyenv_that_is_not_on_path_is_found(template: Path, machine: Path) -> None:
    program(machine, "uv", "exit 0")
    python = template / ".pyenv/versions/3.12.99/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)

    assert bootstrap(template, machine).stdout == f"{python}\n"


def test_a_python_that_is_named_is_believed(template: Path, machine: Path) -> None:
    program(machine, "uv", "exit 0")

    assert bootstrap(template, machine, UV_PYTHON="/my/python").stdout == "/my/python\n"


def test_without_any_python_it_says_so_in_one_sentence(template: Path, machine: Path) -> None:
    # uv works, but is offline.
    program(machine, "uv", '[ "$1" = python ] && exit 1; exit 0')

    refused = bootstrap(template, machine)

    assert refused.returncode == 1
    assert refused.stderr.startswith("No Python 3.12 or newer")
    assert len(refused.stderr.splitlines()) == 1


def test_a_python_that_is_too_old_does_not_do(template: Path, machine: Path) -> None:
    program(machine, "uv", '[ "$1" = python ] && exit 1; exit 0')
    program(machine, "python3", "exit 1")

    assert "No Python 3.12 or newer" in bootstrap(template, machine).stderr


def test_without_uv_and_pip_it_says_so_in_one_sentence(template: Path, machine: Path) -> None:
    refused = bootstrap(template, machine)

    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith("uv is missing and could not be fetched")


@pytest.mark.parametrize("has_pip", [True, False], ids=["pip", "no pip"])
def test_uv_is_fetched_once_with_or_without_pip(
    has_pip: bool, template: Path, machine: Path
) -> None:
    """Debian's python3 has no pip."""
    real = sys._base_executable  # type: ignore[attr-defined]
    refuse = 'case "$*" in *"import pip"*|*"-m pip"*) exit 1;; esac\n'
    program(machine, "python3", f'{"" if has_pip else refuse}exec {real} "$@"')

    first, second = bootstrap(template, machine), bootstrap(template, machine)

    assert first.returncode == second.returncode == 0, first.stderr
    assert "Fetching uv" in first.stderr
    assert second.stderr == ""
    assert os.access(template / ".tools/uv/bin/uv", os.X_OK)
