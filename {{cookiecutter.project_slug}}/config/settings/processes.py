"""What `manage.py prodserver web|worker|timer` starts, and how large.

A number that is not given is not passed on: the program's own default holds.
"""

from typing import Any

from config.settings.env import env


def given(**arguments: str) -> dict[str, str]:
    """The arguments that are not blank, as options of a command."""
    return {name.replace("_", "-"): value for name, value in arguments.items() if value}


PRODUCTION_PROCESSES: dict[str, dict[str, Any]] = {
    "web": {
        "BACKEND": "django_prodserver.backends.servers.gunicorn.GunicornServer",
        "ARGS": {
            "bind": env.text("WEB_BIND", default="127.0.0.1:8000"),
            "workers": str(env.number("WEB_PROCESSES", default=2, at_least=1)),
            "threads": str(env.number("WEB_THREADS", default=4, at_least=1)),
            # Seconds that requests get to end when the server is told to stop.
            "graceful-timeout": "20",
            # It would be a file in the home directory, which a container's user lacks.
            "no-control-socket": None,
        },
    },
    "worker": {
        "BACKEND": "config.processes.Worker",
        "ARGS": given(
            queues=env.text("WORKER_QUEUES"),
            processes=env.text("WORKER_PROCESSES"),
            threads=env.text("WORKER_THREADS"),
            coroutines=env.text("WORKER_COROUTINES"),
            grace=env.text("WORKER_GRACE_SECONDS"),
        ),
    },
    "timer": {"BACKEND": "config.processes.Timer"},
}
