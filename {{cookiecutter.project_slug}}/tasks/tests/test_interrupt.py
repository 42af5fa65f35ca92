"""A time limit raises inside the body, and nowhere else."""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

import pytest

from tasks.errors import TimeLimitExceeded
from tasks.worker.interrupt import Interrupt

GRACE = 60.0


def spin(seconds: float) -> str:
    """Compute in Python for so long."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return "done"


class Watch:
    """Fires interrupts when they are due, as a worker's heart does, but without a pause."""

    def __init__(self) -> None:
        self._interrupts: SimpleQueue[Interrupt | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Callable[[Interrupt], None]:
        self._thread.start()
        return self._interrupts.put

    def __exit__(self, *_exception: object) -> None:
        self._interrupts.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (interrupt := self._interrupts.get()) is not None:
            while not interrupt.is_due():
                pass
            interrupt.fire()


def test_a_body_within_its_limit_returns() -> None:
    interrupt = Interrupt(60, GRACE)

    assert interrupt.guard(lambda: "done") == "done"
    assert not interrupt.is_due()


def test_a_body_past_its_limit_is_interrupted() -> None:
    with Watch() as watch:
        interrupt = Interrupt(0.05, GRACE)
        watch(interrupt)

        with pytest.raises(TimeLimitExceeded):
            interrupt.guard(spin, 60)


def test_an_error_of_the_body_comes_out_as_it_is() -> None:
    interrupt = Interrupt(60, GRACE)

    with pytest.raises(ZeroDivisionError):
        interrupt.guard(lambda: 1 // 0)


def test_firing_after_the_body_has_ended_does_nothing() -> None:
    interrupt = Interrupt(0.001, GRACE)
    interrupt.guard(lambda: None)

    interrupt.fire()

    spin(0.01)


def test_a_body_that_goes_on_is_hopeless_only_after_the_grace() -> None:
    patient, impatient = Interrupt(0.001, GRACE), Interrupt(0.001, 0.001)
    spin(0.01)

    assert patient.is_due()
    assert not patient.is_hopeless()
    assert impatient.is_hopeless()


def test_an_interrupt_never_lands_outside_the_body() -> None:
    """Bodies end right at their limit: each is either interrupted or done, and then left alone."""
    ends = {"done": 0, "interrupted": 0}
    with Watch() as watch:
        for number in range(4000):
            interrupt = Interrupt(0.0005, GRACE)
            watch(interrupt)
            try:
                ends[interrupt.guard(spin, 0.0004 + (number % 40) * 0.000005)] += 1
            except TimeLimitExceeded:
                ends["interrupted"] += 1
            # What was on its way would land here, and fail the test.
            spin(0.00002)

    assert min(ends.values()) > 100, f"the race was not run: {ends}"
