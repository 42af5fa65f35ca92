"""How this project's worker is started, on each of its engines."""

from benchmarks.engines.engine import Engine, Store

WORKER = ("-m", "django", "worker")
VARIABLES = {
    "DEBUG": "false",
    "SITE_URL": "http://localhost",
    "ALLOWED_HOSTS": "localhost",
    "LOG_LEVEL": "WARNING",
    "DEMO": "true",
}
ROWS = 20_000

ENGINES = (
    *(
        Engine(
            name=f"this project, {store}",
            package="ours",
            baked="database",
            store=store,
            worker=WORKER,
            variables=VARIABLES,
            rows=ROWS,
            in_bulk=True,
        )
        for store in Store
    ),
    Engine(
        name="this project, Dramatiq",
        package="ours",
        baked="dramatiq",
        store=Store.POSTGRESQL,
        worker=WORKER,
        variables=VARIABLES,
        rows=ROWS,
        in_bulk=True,
    ),
    Engine(
        name="this project, ReArq",
        package="ours",
        baked="rearq",
        store=Store.POSTGRESQL,
        worker=(*WORKER, "--coroutines", "1000"),
        # ReArq runs nothing but coroutines: so that both do the same, ours are coroutines here.
        variables=VARIABLES | {"BENCHMARK_COROUTINES": "true"},
        rows=ROWS,
        in_bulk=True,
        naps=True,
    ),
)
