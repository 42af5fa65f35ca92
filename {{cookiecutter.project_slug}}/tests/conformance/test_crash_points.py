"""A worker dies at every place, once: another one goes on, and the end is as if nobody had died."""

import os
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from emails.tests.witness import Witness as MailServer
from tasks import ledger
from tasks.models import LIVE, TaskRun
from tasks.testing import run_due
from tasks.tests.sample import failpoints as accidents
from tests.conformance.engine import under_test
from tests.conformance.harness import Programs, wait_until
from tests.failpoints import failpoints
from tests.scenario import Run, Stage, come_by_runs, outside, possible, run_by
from tests.trace import Step, traced

pytestmark = pytest.mark.guarantee(
    "A run whose worker was killed starts again elsewhere within seconds"
)

# Whoever dies on purpose, and some of them often, is neither given up nor waited for.
HASTE = {"max_crashes": 100, "max_backoff": 0.5, "lease": 5.0, "sweep": 0.5}
# As `make sweep` has it: every place, also where one in three is enough for every day.
IS_WHOLE = bool(os.environ.get("TEST_EVERY_PLACE"))
DEADLINE = 1400 if IS_WHOLE else 450


def places() -> list[str]:
    """Where workers die."""
    found = possible(come_by_runs(failpoints()))
    # The places are in the patterns, and not in the engine or the database: one in three will do.
    is_thin = under_test.has_carrier or not under_test.has_connections
    return found[::3] if is_thin and not IS_WHOLE else found


@pytest.mark.timeout(DEADLINE + 50)
def test_whoever_dies_wherever_the_end_is_the_same(
    programs: Programs, mail_server: MailServer, tmp_path: Path, settings: Settings
) -> None:
    stage = Stage(server=mail_server, settings=settings)
    with stage.on_exit:
        undisturbed = play(stage, places())
        run_all_here()
        expected = {place: one.end() for place, one in undisturbed.items()}
    stage = Stage(server=mail_server, settings=settings)
    with stage.on_exit:
        disturbed = play(stage, places())
        environment = accidents.plan({place: one.who for place, one in disturbed.items()}, tmp_path)

        programs.worker(
            "--threads=1",
            processes=3,
            options=HASTE,
            environment={**environment, **stage.environment, "TEST_EMAIL_URL": mail_server.url},
            signs_on=False,
        )

        wait_until(nothing_is_left, "all runs have ended", seconds=DEADLINE, instead=what_is_left)
        assert {place: one.end() for place, one in disturbed.items()} == expected
    for place, one in disturbed.items():
        assert accidents.died(place, tmp_path), f"nobody came by {place!r}"
        run = run_of(one)
        assert run.status == one.status, place
        # So often, or more often: a worker may die with another run that it was about to begin.
        assert run.attempt >= one.attempts, place
    # Those of which nobody could know whether the server had them.
    copies = Counter(mail.id for mail in mail_server.taken)
    twice = [id_ for id_ in mail_server.in_the_window if copies[id_] == 2]
    assert len(twice) == sum(place == "mail: taken, not written down" for place in disturbed)


@pytest.mark.skipif(under_test.has_carrier, reason="is the same for each engine")
def test_there_is_a_place_before_and_after_all_that_outlives_a_worker(
    transactional_db: None,
    mail_server: MailServer,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(server=mail_server, settings=settings)
    with stage.on_exit, monkeypatch.context() as patch:
        play(stage, possible(come_by_runs(failpoints())))
        with traced(patch, outside()) as trace:
            run_all_here()

    gaps = [
        f"{attempt}: from {before.what} to {after.what}"
        for attempt, steps in trace.items()
        for before, after in pairwise([Step("its beginning"), *steps, Step("its end")])
        if not before.is_place and not after.is_place
    ]
    assert not gaps, "nobody can die here:\n" + "\n".join(gaps)
    done = [step.what for steps in trace.values() for step in steps if not step.is_place]
    assert len(done) > len(trace)


def play(stage: Stage, at: list[str]) -> dict[str, Run]:
    return {place: run_by(place, stage) for place in at}


def run_all_here() -> None:
    """Run all, and what has failed as often as it takes."""
    while TaskRun.objects.filter(status__in=LIVE).exists():
        run_due()
        time.sleep(0.05)


def run_of(one: Run) -> TaskRun:
    by_task = TaskRun.objects.filter(name=one.who).order_by("-pk").first()
    return by_task or TaskRun.objects.get(pk=one.who)


def what_is_left() -> list[Any]:
    return list(TaskRun.objects.filter(status__in=LIVE).values())


def nothing_is_left() -> bool:
    # As the timer does, none of which runs here, for its schedules would bring runs of their own: a
    # worker that dies in one run may just have written the end of another, the last of its group.
    ledger.sweep_workflows()
    return not TaskRun.objects.filter(status__in=LIVE).exists()
