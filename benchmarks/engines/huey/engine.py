"""How huey's worker is started: with a record of each run, as the others have, and without."""

from benchmarks.engines.engine import Engine, Store

ENGINES = tuple(
    Engine(
        name=name,
        package="huey",
        store=Store.SQLITE,
        worker=("-m", "django", "run_huey", "--quiet"),
        variables={"HUEY_RECORDS": records},
        rows=4_000,
    )
    for name, records in (("huey", "yes"), ("huey, no records", "no"))
)
