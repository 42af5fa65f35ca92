"""How this project's worker is started."""

from benchmarks.engines.engine import Engine, Store

ENGINES = tuple(
    Engine(
        name=f"this project, {store}",
        package="ours",
        store=store,
        worker=("-m", "django", "worker"),
        variables={
            "DEBUG": "false",
            "SITE_URL": "http://localhost",
            "ALLOWED_HOSTS": "localhost",
            "LOG_LEVEL": "WARNING",
            "DEMO": "true",
        },
        rows=20_000,
        in_bulk=True,
        ours=True,
    )
    for store in Store
)
