"""What is wrong with REDIS_URL is said before anything starts."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as project

from tasks.engine import engine


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://localhost:6379/0",
        "redis://",
        "redis://localhost:port/0",
        "redis://localhost:6379/first",
        "redis://one,two/0",
        "redis+sentinel://one,two",
        "redis://h:99999/0",
        "redis://:pa#ss@h/0",
    ],
)
def test_a_wrong_address_is_one_sentence(url: str) -> None:
    refused = subprocess.run(
        [sys.executable, "manage.py", "worker"],
        cwd=project.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "REDIS_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 2
    assert refused.stdout == ""
    [line] = refused.stderr.splitlines()
    assert line.startswith("REDIS_URL ")
    assert "write, say, REDIS_URL=redis://" in line


def test_production_is_warned_of_a_redis_without_a_password(settings: Any) -> None:
    settings.DEBUG = False
    settings.REDIS_URL = "redis://redis.internal/0"
    assert [message.id for message in engine.check()] == ["tasks.W001"]

    settings.REDIS_URL = "redis://:secret@redis.internal/0"
    assert engine.check() == []
