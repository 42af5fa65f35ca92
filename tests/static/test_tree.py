"""The rules of the raw template directory: an ordinary project, with a few names to fill in."""

import ast
import fnmatch
import re
import socket
from collections import Counter
from pathlib import PurePosixPath

import pytest

from tests.template import ANSWERS, OFFERED, RAW, ROOT, TREES, brought, files, text_files, tracked

# The only files in which cookiecutter fills something in.
RENDERED = {"README.md", "pyproject.toml", "uv.lock", ".env.example", "compose.yaml"}
SUBSTITUTION = re.compile(r"\{\{ ?cookiecutter\.(project_name|project_slug|task_engine) ?\}\}")
SOURCES = list(text_files(RAW))
SECRET = re.compile(
    r"""(AKIA[0-9A-Z]{16}|gh[pousr]_\w{30,}|xox[abpr]-\d|-----BEGIN [A-Z ]{3,}PRIVATE|sk_live_\w"""
    # A key that counts up is nobody's.
    r"""|(?i:secret_key|password|token)['"]?\s*[:=]\s*['"]?(?!0123456789)[\w+/=-]{40,})"""
)


def is_copied(name: str) -> bool:
    """Whether cookiecutter copies this file as it is."""
    patterns: list[str] = ANSWERS["_copy_without_render"]
    folders = [str(folder) for folder in PurePosixPath(name).parents]
    return any(fnmatch.fnmatch(path, each) for path in (name, *folders) for each in patterns)


def own_name(name: str) -> str:
    """The file's name in a bake, where an engine's tree lies over the project's."""
    return re.sub(r"^_engines/\w+/", "", name)


def test_every_file_is_either_copied_as_it_is_or_on_the_short_list() -> None:
    rendered = {own_name(name) for name, _ in SOURCES if not is_copied(name)}
    assert rendered <= RENDERED


def test_what_is_on_the_short_list_is_rendered() -> None:
    for name, text in SOURCES:
        assert not (SUBSTITUTION.search(text) and is_copied(name)), name


def test_jinja_is_substitution_only() -> None:
    for name, text in SOURCES:
        if not is_copied(name):
            rest = SUBSTITUTION.sub("", text)
            assert not re.search(r"\{\{|\{%|\{#", rest), name


def test_no_copied_file_names_cookiecutter() -> None:
    assert [name for name, text in SOURCES if is_copied(name) and "cookiecutter" in text] == []


def test_every_python_file_is_python() -> None:
    for name, text in SOURCES:
        if name.endswith(".py"):
            ast.parse(text, filename=name)


@pytest.mark.parametrize("name", OFFERED)
def test_an_offered_engine_brings_its_files(name: str) -> None:
    needed = {"compose.yaml", "pyproject.toml", "uv.lock", "config/settings/tasks.py"}
    assert {*needed, "tasks/engine.py"} <= brought(name).keys()
    assert name in ANSWERS["__prompts__"]["task_engine"]


def test_an_engines_file_replaces_none_of_the_projects() -> None:
    for name, _ in SOURCES:
        assert own_name(name) == name or not (RAW / own_name(name)).exists(), name


@pytest.mark.parametrize("name", OFFERED)
def test_an_engines_file_replaces_none_that_it_shares(name: str) -> None:
    laid = [path.relative_to(tree) for tree in TREES[name] for path in files(tree)]
    assert len(laid) == len(set(laid))


def test_every_tree_is_laid_for_some_engine() -> None:
    laid = {tree for trees in TREES.values() for tree in trees}
    assert laid == {path for path in (RAW / "_engines").iterdir() if path.is_dir()}


def test_no_two_engines_have_a_copy_of_the_same() -> None:
    copies = Counter(
        (own_name(name), text) for name, text in SOURCES if name.startswith("_engines/") and text
    )
    assert [name for (name, _), count in copies.items() if count > 1] == []


@pytest.mark.parametrize("hook", ["pre_gen_project.py", "post_gen_project.py"])
def test_hooks_are_short_and_need_only_python(hook: str) -> None:
    source = (ROOT / "hooks" / hook).read_text("utf-8")
    imported = set(re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE))
    assert len(source.splitlines()) <= 70
    assert imported <= {
        "json",
        "os",
        "pathlib",
        "re",
        "secrets",
        "shutil",
        "subprocess",
        "sys",
        "unicodedata",
    }
    for filled_in in re.findall(r"\{\{(.*?)\}\}", source):
        assert filled_in.endswith("| tojson | tojson")


def test_no_file_names_this_machine_or_holds_a_secret() -> None:
    machine = re.compile(rf"\b{re.escape(socket.gethostname())}\b|/(?:home|Users)/\w+/|/root/")
    for name in tracked():
        content = (ROOT / name).read_bytes()
        if b"\0" in content or name.endswith("uv.lock"):
            continue
        text = content.decode("utf-8")
        assert not SECRET.search(text), name
        if name != "tests/static/test_tree.py":
            assert not machine.search(text), name


def test_every_text_file_ends_its_lines_with_lf() -> None:
    for name in tracked():
        content = (ROOT / name).read_bytes()
        assert b"\0" in content or b"\r\n" not in content, name


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120
