"""How Celery's worker is started: with one process for the work, not with one for every core."""

from benchmarks.engines.engine import Engine, Store

WORKER = ("-m", "celery", "-A", "benchmarks.engines.celery.tasks", "worker", "--concurrency", "1")
QUIET = ("--loglevel", "WARNING", "--without-gossip", "--without-mingle")

ENGINES = tuple(
    Engine(
        name=name,
        package="celery",
        store=Store.POSTGRESQL,
        worker=WORKER + QUIET,
        variables={"CELERY_RESULTS": results},
    )
    for name, results in (
        ("Celery, database results", "django-db"),
        ("Celery, no results", "disabled://"),
    )
)
