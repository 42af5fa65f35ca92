"""What a bake leaves: the same files each time, its own secrets, nothing of the template's."""

import re
import stat
from pathlib import Path

import pytest

from tests.template import ENGINES, bake, files, run, text_files


@pytest.fixture(scope="module")
def baked(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bake(tmp_path_factory.mktemp("bake") / "out", task_engine=engine)


def test_a_second_bake_differs_in_its_secrets_only(
    baked: Path, engine: str, tmp_path: Path
) -> None:
    second = bake(tmp_path / "out", task_engine=engine)

    assert [path.relative_to(baked) for path in files(baked)] == [
        path.relative_to(second) for path in files(second)
    ]
    different = {
        path.relative_to(baked).as_posix()
        for path in files(baked)
        if path.read_bytes() != (second / path.relative_to(baked)).read_bytes()
    }
    assert different == {".env"}


def test_a_bake_over_a_bake_keeps_its_secrets(baked: Path) -> None:
    before = (baked / ".env").read_text("utf-8")

    run(
        *("cookiecutter", Path(__file__).parents[2], "--no-input", "--overwrite-if-exists"),
        *("--output-dir", baked.parent),
        cwd=baked.parent,
    )

    assert (baked / ".env").read_text("utf-8") == before


def test_nothing_of_the_template_is_left(baked: Path) -> None:
    assert not (baked / "_engines").exists()
    assert [name for name, text in text_files(baked) if "cookiecutter" in text] == [".cruft.json"]


def test_nothing_of_the_other_engines_is_there(baked: Path, engine: str) -> None:
    others = [word for name, words in ENGINES.items() if name != engine for word in words]
    for name, text in text_files(baked):
        found = re.search("|".join(others), text, re.IGNORECASE)
        assert found is None, f"{name}: {found}"


def test_the_environment_file_holds_a_fresh_key_for_its_owner_alone(baked: Path) -> None:
    env = baked / ".env"
    settings = dict(re.findall(r"^(\w+)=(.*)$", env.read_text("utf-8"), re.MULTILINE))

    assert settings["DEBUG"] == "true"
    assert len(settings["SECRET_KEY"]) >= 50
    assert len(set(settings["SECRET_KEY"])) >= 20
    assert stat.S_IMODE(env.stat().st_mode) == 0o600


def test_git_ignores_secrets_and_what_the_project_writes(baked: Path) -> None:
    run("git", "init", "--quiet", cwd=baked)

    ignored = run("git", "check-ignore", ".env", "db.sqlite3", ".venv/x", "var/x", cwd=baked)

    assert ignored.split() == [".env", "db.sqlite3", ".venv/x", "var/x"]
    assert ".cruft.json" in run("git", "status", "--porcelain", cwd=baked)
