"""The documentation: it builds without a broken link, and leaves nothing out."""

import ast
import re
from pathlib import Path

import pytest

from tests.template import ANSWERS, RAW, ROOT, run

REFERENCE = ROOT / "docs" / "reference"
SETTING = re.compile(r"""env\.(?:flag|number|parsed|text|words)\(\s*"([A-Z_]+)\"""")
TARGET = re.compile(r"^([a-z-]+):.*# ", re.MULTILINE)
OPTION = re.compile(r'"(--[a-z]+)"')


def page(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


def fields(module: str, cls: str) -> set[str]:
    """The annotated fields of a class, read without importing it."""
    tree = ast.parse((RAW / module).read_text("utf-8"))
    [found] = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == cls]
    return {
        node.target.id
        for node in found.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def sources(*patterns: str) -> str:
    return "\n".join(
        path.read_text("utf-8") for pattern in patterns for path in sorted(RAW.glob(pattern))
    )


def missing(names: set[str], text: str) -> set[str]:
    """Those of the names that the text does not show as code."""
    assert names
    return {name for name in names if not re.search(rf"`(make )?{name}\b", text)}


def test_it_builds_without_a_broken_link() -> None:
    run("zensical", "build", "--strict", cwd=ROOT)


def test_links_of_the_front_pages_lead_somewhere() -> None:
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "UPGRADING.md"):
        for target in re.findall(r"\]\(([^)#]+)", (ROOT / name).read_text("utf-8")):
            assert target.startswith("https://") or (ROOT / target).exists(), f"{name}: {target}"


def test_every_page_is_in_the_navigation() -> None:
    listed = (ROOT / "zensical.toml").read_text("utf-8")
    for path in (ROOT / "docs").rglob("*.md"):
        assert f'"{path.relative_to(ROOT / "docs").as_posix()}"' in listed


def test_every_environment_variable_is_documented() -> None:
    read = set(SETTING.findall(sources("config/settings/*.py", "_engines/*/config/settings/*.py")))
    assert missing(read, page("settings.md")) == set()


def test_every_number_of_the_task_system_is_documented() -> None:
    assert missing(fields("tasks/conf.py", "Options"), page("settings.md")) == set()


def test_every_task_option_is_documented() -> None:
    assert missing(fields("tasks/task.py", "Task"), page("task-options.md")) == set()


def test_every_question_and_its_answers_are_documented() -> None:
    questions = {name for name in ANSWERS if not name.startswith("_")}
    answers = set(ANSWERS["task_engine"])
    assert missing(questions | answers, page("template-questions.md")) == set()


@pytest.mark.parametrize("makefile", [ROOT / "Makefile", RAW / "Makefile"], ids=["own", "project"])
def test_every_make_target_is_documented(makefile: Path) -> None:
    targets = set(TARGET.findall(makefile.read_text("utf-8")))
    assert missing(targets, page("make-targets.md")) == set()


def test_every_option_of_a_command_is_documented() -> None:
    source = sources("*/management/**/*.py")
    hidden = set(re.findall(r'"(--[a-z-]+)"[^\n]*SUPPRESS', source))
    assert missing(set(OPTION.findall(source)) - hidden, page("commands.md")) == set()


def test_the_example_environment_names_known_variables() -> None:
    named = set(re.findall(r"^#?([A-Z_]+)=", (RAW / ".env.example").read_text("utf-8"), re.M))
    assert missing(named, page("settings.md")) == set()


def test_python_in_the_documentation_is_python() -> None:
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for block in re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            ast.parse(block, filename=str(path))
