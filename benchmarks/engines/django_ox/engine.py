"""How django-ox's worker is started."""

from benchmarks.engines.engine import Engine, Store

ENGINES = (
    Engine(
        name="django-ox",
        package="django_ox",
        store=Store.POSTGRESQL,
        in_bulk=True,
        worker=("-m", "django", "ox_worker"),
    ),
)
