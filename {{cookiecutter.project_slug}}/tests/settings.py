"""The project's settings under test: nothing is read from `.env` or from the developer's shell.

`TEST_DATABASE_URL` names the server to test on (the tests make a database of their own there, whose
name begins with `test_`); unset, they run on SQLite, in a file of its own. Processes that a test
starts inherit this environment, and so work on the same database.
"""

import json
import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from tests.engine import environment as engine

# `conftest.py` makes it and clears it away; a process that a test starts finds its name here.
folder = Path(os.environ.setdefault("TEST_FOLDER", f"{tempfile.gettempdir()}/shop-{uuid4()}"))


def test_database(url: str) -> str:
    """`url`, its database renamed to one that only tests use."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite" or parts.path.startswith("/test_"):
        return url
    return parts._replace(path=f"/test_{parts.path.removeprefix('/')}").geturl()


url = test_database(os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{folder / 'db.sqlite3'}")
os.environ |= {
    "DATABASE_URL": url,
    "TEST_DATABASE_URL": url,
    "DATABASE_PASSWORD": "",
    "DATABASE_POOL_SIZE": "",
    "SHOP_NAME": "",
    "DEBUG": "true",
    "DEMO": "true",
    "SECRET_KEY": "only-for-tests",
    "SECRET_KEY_FALLBACKS": "",
    "ALLOWED_HOSTS": "testserver,localhost",
    "SITE_URL": "http://testserver",
    "TRUST_PROXY": "",
    "HSTS_SECONDS": "",
    "EMAIL_URL": os.environ.get("TEST_EMAIL_URL") or (folder / "mail").as_uri(),
    "EMAIL_WHEN_UNSURE": "",
    "NEWSLETTER_RATE": os.environ.get("TEST_NEWSLETTER_RATE", ""),
    "DEFAULT_FROM_EMAIL": "",
    "PAYMENT_PROVIDER": "",
    # Where the tests' own provider listens is known once it does: see demo/tests/plugin.py.
    "PAYMENT_URL": os.environ.get("TEST_PAYMENT_URL", ""),
    "PAYMENT_API_KEY": "",
    "PAYMENT_TIMEOUT_SECONDS": "5",
    "STORED_ANSWER_DAYS": "",
    "EXPORT_HISTORY_DAYS": "",
    "SENT_MAIL_DAYS": "",
    "REPORT_RECIPIENTS": os.environ.get("TEST_REPORT_RECIPIENTS", ""),
    "BACKUPS": "",
    "BACKUPS_FOLDER": str(folder / "backups"),
    "BACKUPS_DAILY": "",
    "BACKUPS_WEEKLY": "",
    "BACKUPS_MONTHLY": "",
    "WEB_BIND": "",
    "WEB_PROCESSES": "",
    "WEB_THREADS": "",
    "WORKER_QUEUES": "",
    "WORKER_PROCESSES": "",
    "WORKER_THREADS": "",
    "WORKER_COROUTINES": "",
    "WORKER_GRACE_SECONDS": "",
    "EXPORT_FOLDER": str(folder / "exports"),
    "EXPORT_BUCKET": os.environ.get("TEST_EXPORT_BUCKET", ""),
    # Small, so that few rows make many parts.
    "EXPORT_CHUNK_ROWS": "20",
    "EXPORT_KEEP_DAYS": "",
    "EXPORT_LINK_SECONDS": "",
    "EXPORT_MOST_AT_ONCE": "",
    "ALERT_URLS": "",
    "ALERT_COOLDOWN_SECONDS": "",
    "ALERT_WAITING_SECONDS": "",
    "ALERT_NO_WORKER_SECONDS": "",
    "ALERT_FAILURE_PERCENT": "",
    "ALERT_FAILURE_SAMPLE": "",
    "ALERT_FAILURE_MINUTES": "",
    "API_READS_A_MINUTE": "",
    "API_WRITES_A_MINUTE": "",
    "API_ENQUEUES_A_MINUTE": "",
    "CACHE_URL": "",
    "METRICS_TOKEN": "",
    "METRICS_ADDRESSES": "",
    "TRACES_EXPORTER": os.environ.get("TRACES_EXPORTER", ""),
    "SENTRY_DSN": os.environ.get("SENTRY_DSN", ""),
    "TIME_ZONE": "UTC",
    "LOG_LEVEL": "INFO",
    "LOG_FORMAT": os.environ.get("LOG_FORMAT", ""),
    "RUN_LOG_LEVEL": "INFO",
    "TASKS_LOG_LEVEL": "",
}

os.environ |= engine.environment()

from config.settings import *

DATABASES["default"]["TEST"] = {"NAME": DATABASES["default"]["NAME"]}

BACKUPS_SCRATCH = folder / "scratch"
DEMO_FOLDER = folder / "demo"

# Hashing a password is slow on purpose, and the tests log in often.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# As in development: no warning of the folder that only `collectstatic` makes.
WHITENOISE_AUTOREFRESH = True

# Tasks that misbehave. A worker that a test starts finds them here too, and there the numbers of
# the task system may be smaller, so that nothing takes long.
INSTALLED_APPS += ["tasks.tests.sample"]
TASKS["default"]["OPTIONS"] = json.loads(os.environ.get("TEST_TASK_OPTIONS", "{}"))
