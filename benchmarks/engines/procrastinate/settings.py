"""Procrastinate in Django, as its documentation sets it up."""

from benchmarks.engines.rivals import *
from benchmarks.engines.rivals import INSTALLED_APPS

INSTALLED_APPS += ["procrastinate.contrib.django"]
PROCRASTINATE_IMPORT_PATHS = ["benchmarks.engines.procrastinate.tasks"]
