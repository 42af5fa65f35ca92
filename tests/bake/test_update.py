"""A project takes a later template through cruft, and keeps what its owner changed."""

import json
import shutil
from pathlib import Path

import pytest

from tests.template import ROOT, run, tracked

IDENTITY = ("-c", "user.name=Someone", "-c", "user.email=someone@example.com")


def commit(folder: Path, message: str) -> None:
    run("git", "add", "--all", cwd=folder)
    run("git", *IDENTITY, "commit", "--quiet", "--message", message, cwd=folder)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A copy of this template as a repository of its own."""
    copy = tmp_path / "tasks-template.git"
    for name in tracked():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    run("git", "init", "--quiet", "--initial-branch=main", cwd=copy)
    commit(copy, "First version")
    return copy


def bake_from(address: str, tmp_path: Path, **env: str) -> Path:
    """Bake from a repository's address the plain way, and put the project under version control."""
    config = tmp_path / "cookiecutter.yaml"
    config.write_text(
        f"replay_dir: {tmp_path}/replay\ncookiecutters_dir: {tmp_path}/clones\n", "utf-8"
    )
    command = ("cookiecutter", address, "--no-input", f"--config-file={config}")
    run(*command, "project_name=O'Brien's", cwd=tmp_path, env=env)
    baked = tmp_path / "o-brien-s"
    run("git", "init", "--quiet", cwd=baked)
    commit(baked, "Start")
    return baked


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return bake_from(f"file://{template}", tmp_path)


def test_the_record_names_the_template_and_its_commit(template: Path, project: Path) -> None:
    record = json.loads((project / ".cruft.json").read_text("utf-8"))

    assert record["template"] == f"file://{template}"
    assert record["commit"] == run("git", "rev-parse", "HEAD", cwd=template).strip()
    assert record["context"]["cookiecutter"] == {
        "project_name": "O'Brien's",
        "project_slug": "o-brien-s",
        "task_engine": "database",
    }


def test_an_update_brings_what_is_new_and_keeps_what_is_mine(template: Path, project: Path) -> None:
    run("cruft", "check", cwd=project)
    secrets = (project / ".env").read_text("utf-8")
    mine = project / "orders" / "mine.py"
    mine.write_text('"""Mine."""\n', "utf-8")
    urls = project / "config" / "urls.py"
    urls.write_text(urls.read_text("utf-8") + "# Mine, too.\n", "utf-8")
    commit(project, "Make it ours")
    raw = template / "{{cookiecutter.project_slug}}"
    (raw / "NEWS.txt").write_text("Something new\n", "utf-8")
    changed = raw / "_engines" / "database" / "config" / "settings" / "tasks.py"
    changed.write_text(changed.read_text("utf-8") + "# Newer.\n", "utf-8")
    commit(template, "Second version")

    run("cruft", "check", cwd=project, expect=1)
    run("cruft", "update", "--skip-apply-ask", cwd=project)

    assert (project / "NEWS.txt").read_text("utf-8") == "Something new\n"
    assert (project / "config/settings/tasks.py").read_text("utf-8").endswith("# Newer.\n")
    assert mine.exists()
    assert urls.read_text("utf-8").endswith("# Mine, too.\n")
    assert (project / ".env").read_text("utf-8") == secrets
    assert list(project.rglob("*.rej")) == []
    run("cruft", "check", cwd=project)


def test_an_address_is_recorded_without_its_password(template: Path, tmp_path: Path) -> None:
    forge = "https://someone:secret@forge.example.com/org/"
    stand_in = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{template.parent}/.insteadOf",
        "GIT_CONFIG_VALUE_0": forge,
    }

    project = bake_from(f"{forge}tasks-template.git", tmp_path, **stand_in)

    record = json.loads((project / ".cruft.json").read_text("utf-8"))
    assert record["template"] == "https://forge.example.com/org/tasks-template.git"
