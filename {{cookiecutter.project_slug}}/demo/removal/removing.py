"""Does what the plan says, in the project's folder."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from demo.removal import plan
from demo.removal.pruning import Gone, prune

KEPT_OUT = {".git", ".venv", "node_modules", "staticfiles", "var"}


def remove_the_shop(root: Path) -> list[str]:
    """Take the shop out of the project in `root`; return what was done, a line each."""
    told = []
    for name in plan.GONE:
        path = root / name
        if path.exists():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            told.append(f"removed {name}")
    changed = {name for name in {*plan.LINES, *plan.BLOCKS} if _rewrite(root, name)}
    changed |= _prune_all(root)
    changed |= _drop_dead_links(root)
    return told + [f"changed {name}" for name in sorted(changed) if (root / name).exists()]


def _rewrite(root: Path, name: str) -> bool:
    """Take the shop's lines out of a file; say whether it held any."""
    path = root / name
    if not path.exists():
        return False
    before = text = path.read_text()
    for line in plan.LINES.get(name, ()):
        text = re.sub(rf"(?m)^{line}\n", "", text)
    for pattern, instead in plan.BLOCKS.get(name, ()):
        text = re.sub(pattern, instead, text)
    path.write_text(text)
    return text != before


def _prune_all(root: Path) -> set[str]:
    """Take out of every Python file what needs what is gone, until nothing does."""
    changed: set[str] = set()
    modules = set(plan.MODULES)
    while went := _prune_once(root, modules, changed):
        modules |= went
    return changed


def _prune_once(root: Path, modules: set[str], changed: set[str]) -> set[str]:
    lost: set[str] = set()
    for path in _files(root, "*.py"):
        name = path.relative_to(root).as_posix()
        texts = plan.NAMES if "tests" in path.parts else plan.SETTINGS
        before = path.read_text()
        after, went = prune(before, Gone(modules, texts))
        if after == before:
            continue
        changed.add(name)
        lost |= {f"{name.removesuffix('.py').replace('/', '.')}.{one}" for one in went}
        if path.name.startswith("test_") and not re.search(r"(?m)^(async )?def test_", after):
            path.unlink()
        else:
            path.write_text(after)
    return lost


def _drop_dead_links(root: Path) -> set[str]:
    """Take out entries of lists that lead to pages which are gone; other links become text."""
    changed = set()
    for path in _files(root, "*.md"):
        before = path.read_text()

        def dead(target: str, page: Path = path) -> bool:
            return "://" not in target and not (page.parent / target.partition("#")[0]).exists()

        lines = [
            line
            for line in before.splitlines(keepends=True)
            if not (entry := re.match(r"\* \[[^]]*\]\(([^)#][^)]*)\)", line)) or not dead(entry[1])
        ]
        text = re.sub(
            r"\[([^]]*)\]\(([^)#][^)]*)\)",
            lambda link: link[1] if dead(link[2]) else link[0],
            "".join(lines),
        )
        if text != before:
            path.write_text(text)
            changed.add(path.relative_to(root).as_posix())
    return changed


def _files(root: Path, pattern: str) -> Iterator[Path]:
    for path in sorted(root.rglob(pattern)):
        inside = path.relative_to(root).parts
        if not KEPT_OUT & set(inside) and "migrations" not in inside:
            yield path
