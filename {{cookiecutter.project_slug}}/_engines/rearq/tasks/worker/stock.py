"""ReArq's own worker, imported so that it leaves this process's signals alone."""

from __future__ import annotations

import signal
from signal import SIGINT, SIGTERM

# ReArq takes both signals when it is imported; one that comes meanwhile must not be lost.
signal.pthread_sigmask(signal.SIG_BLOCK, {SIGINT, SIGTERM})
_handlers = {number: signal.getsignal(number) for number in (SIGINT, SIGTERM)}

from rearq import ReArq as ReArq  # noqa: E402
from rearq.worker import Worker as Worker  # noqa: E402

for _number, _handler in _handlers.items():
    signal.signal(_number, _handler)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {SIGINT, SIGTERM})
