"""Background tasks: stored in the database, carried by Dramatiq through Redis."""

from config.settings.redis import REDIS_PREFIX as REDIS_PREFIX
from config.settings.redis import REDIS_URL as REDIS_URL
from config.settings.redis import REDIS_URL_IS_GIVEN as REDIS_URL_IS_GIVEN

TASKS = {
    "default": {
        "BACKEND": "tasks.backend.LedgerBackend",
        # Any queue name is welcome: a listed set makes a third party's `@task(queue_name=…)` fail
        # when its module is imported.
        "QUEUES": [],
    }
}
