"""How django-tasks-db's worker is started."""

from benchmarks.engines.engine import Engine, Store

ENGINES = (
    Engine(
        name="django-tasks-db",
        package="django_tasks_db",
        store=Store.POSTGRESQL,
        worker=("-m", "django", "db_worker", "--no-startup-delay"),
    ),
)
