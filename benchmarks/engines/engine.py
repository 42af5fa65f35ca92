"""The one interface of all engines that are measured.

An engine is a package with three modules:

engine.py    `ENGINES`: what this module describes. Read by the benchmark itself.
settings.py  the Django settings. Read in the engine's own environment.
tasks.py     the functions of `benchmarks.inside.subject.Subject`. Read there, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Store(StrEnum):
    """Where an engine keeps its tasks."""

    POSTGRESQL = "PostgreSQL"
    SQLITE = "SQLite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An engine with one worker process, each with the concurrency that it has by itself."""

    name: str
    """As the table shows it."""
    package: str
    """The package of the three modules, below `benchmarks.engines`."""
    store: Store
    worker: tuple[str, ...]
    """How a worker is started: what follows the environment's Python."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables, for the settings to read."""
    rows: int = 2_000
    """No-op tasks to enqueue and drain in a round."""
    in_bulk: bool = False
    """Whether it can enqueue many at once."""
    naps: bool = False
    """Whether it has coroutines to try, which wait together."""
    baked: str = ""
    """The task engine of this project with which it is baked; empty for all others."""

    @property
    def ours(self) -> bool:
        """Whether the targets are for this one."""
        return bool(self.baked)

    @property
    def slug(self) -> str:
        """The name, fit for a database, a file or the command line."""
        return "-".join(self.name.lower().replace(",", "").split())
