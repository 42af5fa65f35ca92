"""Background tasks: carried by the database that holds everything else."""

TASKS = {
    "default": {
        "BACKEND": "tasks.backend.LedgerBackend",
        # Any queue name is welcome: a listed set makes a third party's `@task(queue_name=…)` fail
        # when its module is imported.
        "QUEUES": [],
    }
}
