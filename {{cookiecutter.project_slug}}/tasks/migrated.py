"""Which migrations the database still lacks: asked by every probe, and so answered quickly."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations import Migration


def missing(connection: BaseDatabaseWrapper) -> list[Migration]:
    """Return the steps that are to be applied, in their order."""
    if _on_disk() <= MigrationRecorder(connection).applied_migrations().keys():
        return []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [step for step, _is_backwards in plan]


@cache
def _on_disk() -> frozenset[tuple[str, str]]:
    # Read once a process. The graph of them all, which tells what is missing, takes far longer to
    # make than everything else that a probe looks at.
    return frozenset(MigrationLoader(None).disk_migrations)
