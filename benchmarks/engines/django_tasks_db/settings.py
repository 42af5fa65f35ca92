"""django-tasks-db, as its documentation sets it up."""

from benchmarks.engines.rivals import *
from benchmarks.engines.rivals import INSTALLED_APPS

INSTALLED_APPS += ["django_tasks_db"]
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
