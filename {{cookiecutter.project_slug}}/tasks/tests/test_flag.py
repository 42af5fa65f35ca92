"""What a signal handler sets does not stop the thread that waits for it."""

import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from tasks import flag
from tasks.flag import Flag

FILES = (flag.__file__, threading.__file__)


@pytest.mark.once
@pytest.mark.parametrize("act", [lambda flag: flag.wait(0.01), Flag.set, Flag.clear, Flag.is_set])
def test_a_handler_may_set_it_at_any_moment(act: Callable[[Flag], object]) -> None:
    flag = Flag()
    moments = []

    def handle(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename not in FILES:
            return None
        sys.settrace(None)
        flag.set()
        sys.settrace(handle)
        moments.append(event)
        return handle

    def work() -> None:
        sys.settrace(handle)
        act(flag)
        sys.settrace(None)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(5)

    assert not thread.is_alive()
    assert moments


@pytest.mark.once
def test_who_waits_is_woken() -> None:
    flag = Flag()
    threading.Timer(0.01, flag.set).start()

    assert flag.wait(10)
    assert flag.is_set()
    flag.clear()
    assert not flag.wait(0.01)
