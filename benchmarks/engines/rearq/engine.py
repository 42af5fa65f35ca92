"""How ReArq's worker is started: one process, with the ten jobs at once that it has by itself."""

from benchmarks.engines.engine import Engine, Store

ENGINES = (
    Engine(
        name="ReArq, PostgreSQL",
        package="rearq",
        store=Store.POSTGRESQL,
        worker=("-m", "benchmarks.engines.rearq.work"),
    ),
)
