"""`manage.py timer`: do what time brings."""

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from tasks.timer import Timer


class Command(BaseCommand):
    help = "Sweeps once a second until it is told to stop (SIGTERM or Ctrl-C). Several may run."

    def handle(self, *_args: Any, **_options: Any) -> None:
        timer = Timer()

        def stop(_number: int, _frame: FrameType | None) -> None:
            timer.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        timer.run()
