"""`python -m demo.leash …` is `python manage.py …` that ends when its starter does.

The starter holds the other end of our standard input. When it is killed, so that it cannot stop us,
the system closes that end, and we stop as if somebody had asked us to.
"""

import os
import runpy
import signal
import threading

STDIN = 0


def follow_starter() -> None:
    """Wait until the starter is gone, then ask this process to stop."""
    # Not sys.stdin, whose lock would still be held when the interpreter shuts down.
    while os.read(STDIN, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=follow_starter, daemon=True).start()
    runpy.run_path("manage.py", run_name="__main__")
