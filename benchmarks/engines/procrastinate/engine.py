"""How Procrastinate's worker is started."""

from benchmarks.engines.engine import Engine, Store

ENGINES = (
    Engine(
        name="procrastinate",
        package="procrastinate",
        store=Store.POSTGRESQL,
        in_bulk=True,
        worker=("-m", "django", "procrastinate", "worker"),
    ),
)
