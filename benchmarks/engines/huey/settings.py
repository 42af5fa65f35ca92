"""huey in Django with its tasks in a file of SQLite's."""

from benchmarks.engines.rivals import *
from benchmarks.engines.rivals import DATABASES, INSTALLED_APPS

INSTALLED_APPS += ["huey.contrib.djhuey", "benchmarks.engines.huey"]
HUEY = {
    "huey_class": "huey.SqliteHuey",
    "name": "benchmark",
    "immediate": False,
    "connection": {"filename": f"{DATABASES['default']['NAME']}-huey"},
}
TASKS = {"default": {"BACKEND": "huey.contrib.djhuey.tasks_backend.HueyBackend"}}
