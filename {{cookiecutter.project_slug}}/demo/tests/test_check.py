"""The check ends with a reason whenever not all has ended as it should."""

from collections import Counter
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from demo import seed
from demo.check import Check, Standing
from demo.console import Console
from demo.processes import Asked, Processes
from emails.models import Email, EmailState
from orders.states import OrderState
from tasks.models import TaskRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    with (tmp_path / "log").open("w") as log:
        return Processes(Console(log, names=["demo"], colour=False), directory=tmp_path)


def settle(*, orders: Counter[OrderState], mails: EmailState = EmailState.SENT) -> None:
    """Bring everything to an end by hand."""
    states = list(orders.elements())
    for order, state in zip(seed.seeded_orders().order_by("id"), states, strict=True):
        type(order).objects.filter(pk=order.pk).update(state=state)
    Email.objects.update(state=mails)
    TaskRun.objects.update(status="SUCCESSFUL")


def test_it_is_content_when_all_has_ended_as_seeded(processes: Processes) -> None:
    seed.plant()
    settle(orders=seed.EXPECTED)

    assert Check(within=0).run(processes) is None


def test_it_tells_what_is_not_done_in_time(processes: Processes) -> None:
    seed.plant()

    with pytest.raises(CommandError) as caught:
        Check(within=0).run(processes)

    assert str(caught.value) == (
        "0 seconds are over, but 29 orders have not ended and 8 mails are not sent. "
        "No attempt has failed; is the worker too slow for the time given?"
    )


def test_it_does_not_wait_when_nothing_is_left_to_run(processes: Processes) -> None:
    seed.plant()
    TaskRun.objects.update(
        status="FAILED",
        errors='[{"exception_class_path": "builtins.OSError", "message": "disk full"}]',
    )

    with pytest.raises(CommandError, match=r"No task is left to run.*builtins.OSError: disk full"):
        Check(within=60).run(processes)


def test_a_mail_that_was_refused_is_no_success(processes: Processes) -> None:
    seed.plant()
    settle(orders=seed.EXPECTED, mails=EmailState.FAILED)

    with pytest.raises(CommandError, match=r"0 orders have not ended and 8 mails are not sent"):
        Check(within=60).run(processes)


def test_an_order_that_ended_otherwise_is_no_success(processes: Processes) -> None:
    seed.plant()
    settle(orders=Counter({OrderState.DECLINED: 29}))

    with pytest.raises(CommandError, match="23 confirmed, 4 declined, 2 sold_out"):
        Check(within=60).run(processes)


def test_it_ends_when_somebody_stops_it(processes: Processes) -> None:
    import signal

    seed.plant()
    asked = Asked(signal.SIGINT)
    processes._events.put(asked)

    assert Check(within=60).run(processes) == asked


def test_the_table_counts_the_states() -> None:
    standing = Standing(
        live_runs=0,
        orders=Counter({OrderState.CONFIRMED: 23, OrderState.DECLINED: 4}),
        mails=Counter({EmailState.SENT: 31}),
    )

    assert [line.split() for line in standing.table().splitlines() if line] == [
        ["what", "state", "number"],
        ["order", "confirmed", "23"],
        ["order", "declined", "4"],
        ["mail", "sent", "31"],
    ]
