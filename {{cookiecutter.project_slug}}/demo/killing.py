"""Kills the worker that is at a task: for real, and only where the demo may run."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable

from django.utils.translation import gettext as _

from demo.guard import refusal
from tasks.models import RunStatus, TaskRun, Worker, WorkerStatus

PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.01


class CannotKill(Exception):
    """No worker was killed; the message says why."""


def kill_the_worker_of(run_id: str, *, once: Callable[[], object]) -> int:
    """Kill the process that works on a run, once something is so; return its number.

    Raises `CannotKill` where the demo must not run, when the run ended first or nobody began it,
    and when its worker is not a process of this machine.
    """
    if reason := refusal():
        raise CannotKill(reason)
    run = _wait_for(run_id, once)
    alive = Worker.objects.filter(status=WorkerStatus.ALIVE)
    worker = alive.filter(pk=run.worker_id).first() if run.worker_id else None
    if worker is None or worker.host != socket.gethostname() or not _is_a_worker(worker.pid):
        raise CannotKill(
            _("The worker runs on another machine: nothing is killed there from here.")
        )
    os.kill(worker.pid, signal.SIGKILL)
    return worker.pid


def _wait_for(run_id: str, once: Callable[[], object]) -> TaskRun:
    """Wait until somebody works on the run and it has come so far."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        run = TaskRun.objects.get(pk=run_id)
        if run.finished_at is not None:
            raise CannotKill(_("The worker was faster: its work was done before it was killed."))
        if run.status == RunStatus.RUNNING and once():
            return run
        time.sleep(LOOK_SECONDS)
    raise CannotKill(_("No worker has begun. Is one running?"))


def _is_a_worker(pid: int) -> bool:
    """Whether a process is one of ours: the number of one that died may be another's by now."""
    listed = subprocess.run(
        ["ps", "-p", str(pid), "-o", "args="], capture_output=True, text=True, check=False
    )
    return "worker" in listed.stdout
