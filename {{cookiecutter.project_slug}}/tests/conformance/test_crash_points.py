"""A worker dies at every place, once: another one goes on, and the end is as if nobody had died."""

from collections import Counter
from pathlib import Path

import pytest
from pytest_django import Settings

from emails.tests.invariants import assert_every_sent_mail_went_out_once
from emails.tests.witness import witness as mail_server
from exports.tests.reference import assert_exports_add_up
from orders.tests.invariants import assert_all_ended
from tasks.models import LIVE, TaskRun
from tasks.testing import run_due
from tasks.tests.sample import failpoints as accidents
from tests.conformance.engine import under_test
from tests.conformance.harness import Programs, wait_until
from tests.conformance.scenarios import scenario
from tests.failpoints import failpoints

pytestmark = pytest.mark.guarantee(
    "A run whose worker was killed starts again elsewhere within seconds"
)

# The site's, where somebody orders; `orders/tests/test_crashes.py` dies there.
PLACES = [place for place in failpoints() if not place.startswith("checkout:")]
if under_test.has_carrier or not under_test.has_connections:
    # The places are in the patterns, and not in the engine or the database: one in three will do.
    PLACES = PLACES[::3]


COMES_TWICE = "mail: taken, not written down"


def test_no_two_places_have_one_name() -> None:
    assert [name for name, many in Counter(failpoints()).items() if many > 1] == []
    assert len(failpoints()) > 30


@pytest.mark.timeout(500)
def test_whoever_dies_wherever_the_end_is_the_same(
    programs: Programs, tmp_path: Path, settings: Settings
) -> None:
    with mail_server() as server:
        settings.MAILERS = server.mailers
        undisturbed = {place: scenario(place, server) for place in PLACES}
        run_due()
        expected = {place: one.end() for place, one in undisturbed.items()}
        disturbed = {place: scenario(place, server) for place in PLACES}
        runs = {one.run_id: place for place, one in disturbed.items()}
        environment = accidents.plan(runs, tmp_path)

        programs.worker(
            "--threads=1",
            processes=3,
            environment={**environment, "TEST_EMAIL_URL": server.url},
            signs_on=False,
        )

        wait_until(nothing_is_left, "all runs have ended", seconds=450)
        assert {place: one.end() for place, one in disturbed.items()} == expected
        taken = Counter(mail.id for mail in server.taken)
    for place, one in disturbed.items():
        run = TaskRun.objects.get(pk=one.run_id)
        assert accidents.died(one.run_id, tmp_path), f"nobody came by {place!r}"
        assert run.status == one.status, place
        # Twice, or more often: a worker may die with another run that it was about to begin.
        assert run.attempt >= 2, place
    # Between the server's acceptance and our commit nobody can know: the one window there is.
    twice = [id_ for id_, copies in taken.items() if copies > 1]
    assert len(twice) == PLACES.count(COMES_TWICE)
    taken.subtract(twice)
    assert_every_sent_mail_went_out_once(taken.elements())
    assert_all_ended()
    assert_exports_add_up()


def nothing_is_left() -> bool:
    return not TaskRun.objects.filter(status__in=LIVE).exists()
