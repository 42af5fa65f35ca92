"""The Redis on which the tests run.

`TEST_REDIS_URL` names it; unset, one is started for the tests, or else it is the one on this
machine. All keys begin with a prefix of this run's own.
"""

import atexit
import os
import sys
from uuid import uuid4

from tests.engine.server import RedisServer, program

LOCAL = "redis://127.0.0.1:6379/0"

PRODUCTION = {"REDIS_URL": "rediss://:password@redis.example.com:6379/0"}
"""What production is told besides."""


def environment() -> dict[str, str]:
    """The variables; processes that a test starts inherit them."""
    url = os.environ.get("TEST_REDIS_URL") or _found()
    prefix = os.environ.get("TEST_REDIS_PREFIX") or f"test-{uuid4().hex}"
    return {
        "TEST_REDIS_URL": url,
        "REDIS_URL": url,
        "TEST_REDIS_PREFIX": prefix,
        "REDIS_PREFIX": prefix,
    }


def _found() -> str:
    # The type checker reads these settings, too, and leaves without saying goodbye.
    if "pytest" in sys.modules and program():
        server = RedisServer()
        server.start()
        atexit.register(server.stop)
        return server.url
    return LOCAL
