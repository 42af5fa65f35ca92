"""Type-check the raw template directory in place, one engine's trees lying over it as in a bake.

    python raw_types.py ENGINE CACHE_FOLDER        (in the environment of a baked project)

mypy is told of all trees; the settings, which its Django plugin imports, come from all, too.
"""

import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from mypy import api

RAW = Path(__file__).resolve().parents[2] / "{{cookiecutter.project_slug}}"


class Overlay(MetaPathFinder):
    """Finds a module in the engine's trees first, whatever package it belongs to."""

    def __init__(self, trees: Sequence[Path]) -> None:
        self.trees = trees

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Where the module lies, or None when the engine has none of this name."""
        for place in (tree.joinpath(*fullname.split(".")) for tree in self.trees):
            for file in (place.with_suffix(".py"), place / "__init__.py"):
                if file.exists():
                    return importlib.util.spec_from_file_location(fullname, file)
        return None


def main(engine: str, cache: str) -> int:
    """Run mypy; return its exit code."""
    answers = json.loads((RAW.parent / "cookiecutter.json").read_text("utf-8"))
    trees = [RAW / "_engines" / name for name in answers["_trees"][engine]]
    sys.meta_path.insert(0, Overlay(trees))
    sys.dont_write_bytecode = True
    os.environ["MYPYPATH"] = ":".join(map(str, [RAW, *trees]))
    os.chdir(RAW)
    own = [str(path) for path in RAW.iterdir() if path.name != "_engines" and is_code(path)]
    report, problem, code = api.run(
        [
            f"--config-file={RAW / '_engines' / engine / 'pyproject.toml'}",
            f"--cache-dir={cache}",
            *own,
            *map(str, trees),
        ]
    )
    print(report, problem, sep="\n")
    return code


def is_code(path: Path) -> bool:
    """Whether mypy has something to read here."""
    return path.suffix == ".py" or (path.is_dir() and any(path.rglob("*.py")))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
