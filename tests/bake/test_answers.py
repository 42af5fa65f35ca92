"""A hostile or odd answer is refused in a sentence, or is plain text wherever it is written."""

import json
import tomllib
from pathlib import Path

import pytest
from cookiecutter.exceptions import CookiecutterException

from tests.template import RAW, bake, documents, text_files

REFUSED_NAMES = {
    "double quotes": 'The "best" shop',
    "a backslash": "back\\slash",
    "a newline": "two\nlines",
    "a carriage return": "two\rlines",
    "a NUL": "nul\0",
    "an escape sequence": "\x1b[31mred",
    "a line separator": "two\u2028lines",
    "a right-to-left override": "shop\u202etxt",
    "a lone surrogate": "\ud800",
    "an expression": "{{ 7 * 7 }}",
    "code": "{{ cycler.__init__.__globals__.os.getcwd() }}",
    "a statement": "{% raw %}",
    "a comment": "{# x #}",
    "a closing script": "</script><script>alert(1)</script>",
    "a shell substitution": "$(id)",
    "a shell quotation": "`id`",
    "300 characters": "x" * 300,
    "nothing": "",
    "blanks": "   ",
}
REFUSED_SLUGS = [
    "../evil",
    "../evil/deep",
    "a/b",
    "/tmp/tasks-template-evil",
    "Shop",
    "sh op",
    "shop_1",
    "-shop",
    "shop-",
    "größe",
    "shop\n",
    "x" * 120,
    "{{ 7 * 7 }}",
    "$HOME",
    "django",
]


def everything_under(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("name", REFUSED_NAMES.values(), ids=REFUSED_NAMES.keys())
def test_a_name_that_could_break_a_file_is_refused(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CookiecutterException):
        bake(tmp_path / "out", project_name=name)

    sentence = capfd.readouterr().err.splitlines()[0]
    assert "project name" in sentence or "project_name" in sentence
    assert everything_under(tmp_path / "out") == set()


@pytest.mark.parametrize("slug", REFUSED_SLUGS, ids=repr)
def test_a_folder_that_is_none_is_refused_and_nothing_is_left(
    slug: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # A folder that the hook has removed already, cookiecutter cannot remove again.
    with pytest.raises((CookiecutterException, FileNotFoundError)):
        bake(tmp_path / "out", project_slug=slug)

    assert "folder" in capfd.readouterr().err or slug.startswith("{{")
    assert everything_under(tmp_path / "out") == set()
    assert not (tmp_path / "evil").exists()
    assert not Path("/tmp/tasks-template-evil").exists()


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path) -> None:
    kept = tmp_path / "out" / "a" / "kept.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine", "utf-8")

    with pytest.raises((CookiecutterException, FileNotFoundError)):
        bake(tmp_path / "out", project_slug="a/b")

    assert everything_under(tmp_path / "out") == {"a", "a/kept.txt"}


def test_an_engine_that_is_not_offered_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="task_engine"):
        bake(tmp_path / "out", task_engine="../../etc")

    assert everything_under(tmp_path / "out") == set()


@pytest.mark.parametrize(
    "name",
    ["O'Brien & Söhne", "C#: 100% [x](y) | *z* # !", "- a: [b, c]", "%s %(x)s", "= 1 ; # no", "🎉"],
)
def test_what_is_accepted_is_text_in_every_file(name: str, tmp_path: Path) -> None:
    project = bake(tmp_path / "out", project_name=name)

    rendered = [file for file, text in text_files(RAW) if "{{ cookiecutter." in text]
    assert rendered
    for file, text in text_files(project):
        if file.endswith(".toml"):
            tomllib.loads(text)
        elif file.endswith((".yaml", ".yml")):
            assert documents(text)
        elif file.endswith(".json"):
            json.loads(text)
