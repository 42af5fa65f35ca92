"""Named places, before and after each commit and each call to the outside, for tests to die at.

    failpoint("order: paid, not committed")

Nobody is there outside of tests, and a place then costs one comparison. Tests find all places by
their names in the source, so that none can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable

_visitor: Callable[[str], None] | None = None


def failpoint(name: str) -> None:
    """Come by a place."""
    if _visitor is not None:
        _visitor(name)


def visit(visitor: Callable[[str], None] | None) -> None:
    """Have a test's function called with the name of every place; `None` sends it away."""
    global _visitor
    _visitor = visitor
