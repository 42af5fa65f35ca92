"""What a web process has of ReArq: nothing."""

import subprocess
import sys

from django.conf import settings

LOOK = """
import sys
import django
django.setup()
from django.test import Client
from django.urls import get_resolver
get_resolver().url_patterns
Client().get("/", headers={"host": "localhost"})
from django.db import transaction
from tasks.engine import engine
from tasks.tests.sample.tasks import add
import uuid
engine.send([(uuid.uuid4(), "nobody's", 0, False)])
engine.backlog()
heavy = {"rearq", "tortoise", "starlette", "pydantic", "loguru"}
print(sorted(heavy & set(sys.modules)))
"""


def test_a_web_process_never_imports_rearq(transactional_db: None) -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.strip().splitlines()[-1] == "[]"
