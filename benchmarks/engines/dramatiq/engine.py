"""How Dramatiq's worker is started: one process, with the eight threads that it has by itself."""

from benchmarks.engines.engine import Engine, Store

PROCESS = ("--processes", "1", "--threads", "8")

ENGINES = (
    Engine(
        name="Dramatiq, no results",
        package="dramatiq",
        store=Store.POSTGRESQL,
        worker=("-m", "dramatiq", "benchmarks.engines.dramatiq.tasks", *PROCESS),
        rows=8_000,
    ),
)
