"""A timer does each job in its turn, by the clock; one that fails holds up no other."""

import math
import threading

import pytest
from django.db import OperationalError

from tasks import timer
from tasks.tests.clock import Clock
from tasks.timer import Job, Timer, jobs


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timer, "time", clock)
    return clock


class Work:
    """Counts how often it is done; `left` says how many batches there are each time."""

    def __init__(self, batches: int = 1) -> None:
        self.batches = batches
        self.left = batches
        self.done = 0

    def __call__(self) -> int:
        self.done += 1
        self.left = self.left - 1 if self.left else self.batches - 1
        return self.left


def fail() -> None:
    """Raise what has nothing to do with the database."""
    raise RuntimeError("a bug")


def be_away() -> None:
    """Raise as if the database were away."""
    raise OperationalError("the database is away")


def test_every_job_has_its_own_rhythm(clock: Clock) -> None:
    often, rarely, once = Work(), Work(), Work()
    one = Timer([Job("often", often, 1), Job("rarely", rarely, 5), Job("once", once, math.inf)])

    for _ in range(11):
        one.turn()
        clock.time += 1

    assert (often.done, rarely.done, once.done) == (11, 3, 1)


def test_turns_that_were_missed_are_left_out_and_the_rhythm_stays(clock: Clock) -> None:
    work = Work()
    one = Timer([Job("work", work, 5)])
    one.turn()

    clock.time += 17
    one.turn()
    one.turn()
    assert work.done == 2

    clock.time += 2.5
    one.turn()
    assert work.done == 2
    clock.time += 0.5
    one.turn()
    assert work.done == 3


def test_a_job_is_repeated_while_there_is_more_to_do(clock: Clock) -> None:
    work = Work(batches=4)

    Timer([Job("work", work, 60)]).turn()

    assert work.done == 4


def test_a_job_that_fails_leaves_the_others_to_go_on(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work()

    Timer([Job("broken", fail, 1), Job("work", work, 1)]).turn()

    assert work.done == 1
    assert "tried again in its next turn: broken" in caplog.text


def test_a_job_for_which_the_database_is_away_gives_way_to_the_others(clock: Clock) -> None:
    work = Work()
    one = Timer([Job("away", be_away, 1), Job("work", work, 1)])

    for _ in range(2):
        with pytest.raises(OperationalError):
            one.turn()
        clock.time += 2

    assert work.done >= 1


def test_stopping_ends_a_job_after_its_batch() -> None:
    began = threading.Event()
    batches = 0

    def go_on() -> int:
        nonlocal batches
        batches += 1
        began.set()
        return 1

    one = Timer([Job("endless", go_on, 1)])
    thread = threading.Thread(target=one.run)
    thread.start()
    assert began.wait(5)

    one.stop()
    thread.join(5)

    assert not thread.is_alive()
    assert batches >= 1


def test_every_job_has_a_name_of_its_own() -> None:
    names = [job.name for job in jobs()]

    assert len(set(names)) == len(names)
