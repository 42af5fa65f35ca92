"""Several timers at once, killed and frozen under way: every tick has its run, and only one."""

import signal
import time
from datetime import timedelta

import pytest

from tasks.models import Schedule, ScheduleTick, TaskRun, TickStatus
from tasks.schedules import switch
from tasks.tests.factories import make_schedule
from tests.conformance.engine import under_test
from tests.conformance.harness import Programs, cut_connections, freeze_timer, wait_until

pytestmark = pytest.mark.guarantee(
    "A tick of a schedule has exactly one run, however many timers there are, killed or frozen"
)

TICKS = 60


def wait_for_ticks(count: int) -> None:
    wait_until(
        lambda: ScheduleTick.objects.count() >= count, f"{count} ticks", seconds=count + 45.0
    )


def test_sixty_ticks_are_sixty_runs_whatever_becomes_of_the_timers(programs: Programs) -> None:
    schedules = [make_schedule(every_seconds=1) for _ in range(3)]
    killed, frozen, healthy = (programs.timer() for _ in range(3))

    wait_for_ticks(TICKS // 4)
    killed.kill()
    wait_for_ticks(TICKS // 2)
    freeze_timer(frozen)
    wait_for_ticks(TICKS - 12)
    frozen.send(signal.SIGCONT)
    wait_for_ticks(TICKS)
    for schedule in schedules:
        switch(schedule, on=False)
    told_at = time.monotonic()
    for timer in (frozen, healthy):
        timer.send(signal.SIGTERM)

    assert [timer.wait() for timer in (frozen, healthy)] == [0, 0]
    assert time.monotonic() - told_at < 3
    ticks = list(ScheduleTick.objects.order_by("tick"))
    assert len(ticks) >= TICKS
    assert {tick.status for tick in ticks} == {TickStatus.ENQUEUED}
    runs = dict(TaskRun.objects.values_list("pk", "headers"))
    assert len(runs) == len(ticks)
    assert set(runs) == {tick.run_id for tick in ticks}
    for schedule in schedules:
        own = [tick for tick in ticks if tick.schedule_id == schedule.pk]
        # The first is the moment at which the test began, the others are full seconds.
        begin = own[1].tick
        assert [tick.tick for tick in own[1:]] == [
            begin + timedelta(seconds=number) for number in range(len(own) - 1)
        ]
        assert len({runs[tick.run_id] for tick in own if tick.run_id}) == len(own)


@pytest.mark.guarantee("A worker finds its way back to a database that was away, and loses nothing")
@pytest.mark.skipif(not under_test.has_connections, reason="a file has no connections to cut")
def test_a_timer_whose_connection_is_cut_goes_on(programs: Programs) -> None:
    make_schedule(every_seconds=1)
    timer = programs.timer()
    wait_for_ticks(2)

    assert cut_connections() > 0

    wait_for_ticks(ScheduleTick.objects.count() + 3)
    Schedule.objects.update(enabled=False)
    assert timer.process.poll() is None
    assert ScheduleTick.objects.count() == TaskRun.objects.count()


def test_timers_that_start_together_run_once_what_runs_at_the_start(programs: Programs) -> None:
    make_schedule(due_for=-3600, run_at_start=True)
    timers = [programs.timer() for _ in range(2)]

    wait_until(
        lambda: all("Timer is ready" in timer.log.read_text() for timer in timers), "both are ready"
    )
    wait_for_ticks(1)
    for timer in timers:
        timer.send(signal.SIGTERM)
    assert [timer.wait() for timer in timers] == [0, 0]
    assert ScheduleTick.objects.count() == TaskRun.objects.count() == 1
