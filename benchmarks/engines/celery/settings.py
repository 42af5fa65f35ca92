"""Celery in Django: a Redis broker, and results where the engine's description says."""

import os

from benchmarks.engines.rivals import *
from benchmarks.engines.rivals import INSTALLED_APPS

INSTALLED_APPS += ["django_celery_results"]
CELERY_BROKER_URL = os.environ["REDIS_URL"]
CELERY_RESULT_BACKEND = os.environ["CELERY_RESULTS"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
