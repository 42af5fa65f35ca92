"""Takes out of a Python file what needs something that is gone.

A function, a class or an assignment of the module goes if it names what is gone, or what goes with
it; an import goes if nothing is left that uses it.
"""

import ast
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

WIDTH = 100
"""Characters in a line, as the formatter sets them."""

type Import = ast.Import | ast.ImportFrom
IMPORTS = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True, slots=True)
class Gone:
    """What is not there any more."""

    modules: Set[str]
    """Modules, and names in modules: `orders`, `reports.checks.check_recipients`."""
    texts: re.Pattern[str]
    """What a text names that is gone."""

    def has(self, path: str) -> bool:
        """Whether a module, or something in it, is gone."""
        parts = path.split(".")
        return any(".".join(parts[:end]) in self.modules for end in range(1, len(parts) + 1))


def prune(source: str, gone: Gone) -> tuple[str, set[str]]:
    """Return the source without what needs what is gone, and the names that went."""
    tree = ast.parse(source)
    lost = {name for name, path in _imported(tree) if gone.has(path)}
    went: set[str] = set()
    statements = [node for node in tree.body if not isinstance(node, IMPORTS)]
    removed: list[ast.stmt] = []
    while more := [
        node for node in statements if node not in removed and _needs(node, lost | went, gone)
    ]:
        removed += more
        went |= {name for node in more for name in _defines(node)}
    if not removed and not lost:
        return source, set()
    lines: list[str | None] = [*source.splitlines()]
    kept = [node for node in statements if node not in removed]
    used = {name for node in kept for name in _names(node)} | _exported(tree)
    for node in tree.body:
        if isinstance(node, IMPORTS):
            kept_names = _kept(node, used, lost)
            if len(kept_names) < len(node.names):
                _replace(lines, node, _written(node, kept_names))
        elif node in removed:
            _replace(lines, node, None)
    return _tidy("\n".join(line for line in lines if line is not None)), went


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Every name that the module imports at its top, and what it is."""
    for node in tree.body:
        match node:
            case ast.Import():
                for alias in node.names:
                    yield alias.asname or alias.name.partition(".")[0], alias.name
            case ast.ImportFrom():
                for alias in node.names:
                    yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _needs(node: ast.stmt, lost: set[str], gone: Gone) -> bool:
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name) if name in lost:
                return True
            case ast.arg(arg=name) if name in lost:
                return True
            case ast.ImportFrom(module=module) if gone.has(module or ""):
                return True
            case ast.Constant(value=str(text)) if gone.texts.search(text):
                return True
            case ast.Attribute(attr=name) if gone.texts.fullmatch(name):
                return True
    return False


def _defines(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (part.id for part in targets if isinstance(part, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.TypeAlias(name=ast.Name(id=name)):
            yield name


def _names(node: ast.stmt) -> Iterator[str]:
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name):
                yield name
            case ast.arg(arg=name, annotation=annotation):
                yield name
                yield from _quoted(annotation)
            case ast.FunctionDef(returns=annotation) | ast.AnnAssign(annotation=annotation):
                yield from _quoted(annotation)


def _quoted(annotation: ast.expr | None) -> list[str]:
    """The names in an annotation that stands in quotes."""
    texts = [
        part.value
        for part in (ast.walk(annotation) if annotation else ())
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    return re.findall(r"[A-Za-z_]\w*", " ".join(texts))


def _exported(tree: ast.Module) -> set[str]:
    """Names that are imported for others: `import x as x`."""
    aliases = [alias for node in tree.body if isinstance(node, IMPORTS) for alias in node.names]
    return {alias.name for alias in aliases if alias.asname == alias.name}


def _kept(node: Import, used: set[str], lost: set[str]) -> list[ast.alias]:
    """What an import still brings that is there, and used."""
    return [
        alias
        for alias in node.names
        if (name := alias.asname or alias.name.partition(".")[0]) not in lost
        and (name in used or alias.name in ("*", "annotations"))
    ]


def _written(node: Import, names: list[ast.alias]) -> str | None:
    """An import of these names, as the formatter sets it; `None` when there are none."""
    if not names:
        return None
    node.names = names
    line = ast.unparse(node)
    if len(line) <= WIDTH:
        return line
    listed = "".join(f"    {ast.unparse(alias)},\n" for alias in names)
    return f"{line.partition(' import ')[0]} import (\n{listed})"


def _replace(lines: list[str | None], node: ast.stmt, by: str | None) -> None:
    """Put something in the place of a statement, with its decorators and comments above."""
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))]) - 1
    last = node.end_lineno or node.lineno
    if by is None:
        while first and (lines[first - 1] or "").startswith("#"):
            first -= 1
        # The sentence below an assignment.
        if last < len(lines) and (lines[last] or "").startswith('"""'):
            while not (lines[last] or "").endswith('"""'):
                last += 1
            last += 1
    comment = re.search(r"  # (?:noqa|type: ignore).*", lines[node.lineno - 1] or "")
    lines[first:last] = [None] * (last - first)
    if by is not None:
        lines[first] = by + (comment[0] if comment else "")


def _tidy(source: str) -> str:
    """Leave as many empty lines as the formatter does."""
    source = re.sub(r"\n{4,}", "\n\n\n", source.strip("\n")) + "\n"
    source = re.sub(r"\n{3,}(?=(?:import|from) )", "\n\n", source)
    # Where the last block of imports went: two empty lines stand before functions and classes only.
    below = r"(?m)^((?:import|from) [^\n]+)\n{3,}(?![\n@]|def |class |async )"
    return re.sub(below, r"\1\n\n", source)
