"""Another machine, as far as its name goes."""

from pathlib import Path

NAMED = """
import socket

socket.gethostname = lambda: {name!r}
"""


def named(name: str, folder: Path) -> dict[str, str]:
    """The environment of a program that takes this machine for one of that name."""
    # A folder of its own: every program that a test starts looks into that of its logs.
    own = folder / name
    own.mkdir()
    (own / "sitecustomize.py").write_text(NAMED.format(name=name))
    return {"PYTHONPATH": str(own)}
