"""How a worker process begins.

Nothing here needs settings: a process that is no fork begins here, with none.
"""

import os
import signal
import sys
from multiprocessing import get_context

import django
from django.apps import apps

from tasks.worker.options import WorkerOptions

SUSPECTS_SIGNAL = signal.SIGUSR1
"""A worker process tells its supervisor so that a run on its last life is ready."""
SIGNALS = (signal.SIGTERM, signal.SIGINT, SUSPECTS_SIGNAL)
"""What a supervisor listens for, and has blocked while a process of its own is born."""

# macOS's own libraries end a process that is a fork and uses them.
BIRTHS = get_context("fork") if sys.platform == "linux" else get_context("spawn")


def begin(options: WorkerOptions) -> None:
    """Be a worker process of the supervisor that calls this in a process of its own."""
    # Ctrl-C reaches the supervisor, which tells each process once.
    os.setpgid(0, 0)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    if not apps.ready:
        django.setup()
    from tasks.engine import engine

    engine.work(options)
