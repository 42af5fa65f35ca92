"""django-ox, as its documentation sets it up."""

from benchmarks.engines.rivals import *
from benchmarks.engines.rivals import INSTALLED_APPS

INSTALLED_APPS += ["django_ox"]
TASKS = {"default": {"BACKEND": "django_ox.backend.OxBackend"}}
