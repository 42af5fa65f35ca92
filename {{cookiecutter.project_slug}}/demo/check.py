"""Whether all that the demo seeded ends as it should."""

import time
from collections import Counter
from dataclasses import dataclass, field

from django.core.management.base import CommandError

from demo import seed
from demo.processes import Event, Processes
from emails.models import Email, EmailState
from orders.states import OrderState
from tasks.models import LIVE, RunStatus, TaskRun

LOOK_EVERY = 0.1
"""Seconds between two looks at the database."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far everything has come."""

    live_runs: int
    orders: Counter[OrderState]
    mails: Counter[EmailState]

    @classmethod
    def now(cls) -> "Standing":
        """Look at the database."""
        # Counted first: if nothing was live before the orders were read, nothing can move them.
        live_runs = TaskRun.objects.filter(status__in=LIVE).count()
        orders = seed.seeded_orders().values_list("state", flat=True)
        mails = Email.objects.values_list("state", flat=True)
        return cls(
            live_runs=live_runs,
            orders=Counter(map(OrderState, orders)),
            mails=Counter(map(EmailState, mails)),
        )

    @property
    def open_orders(self) -> int:
        """How many seeded orders have not ended."""
        return sum(number for state, number in self.orders.items() if not state.is_final)

    @property
    def unsent_mails(self) -> int:
        """How many mails are not sent."""
        return self.mails.total() - self.mails[EmailState.SENT]

    @property
    def is_settled(self) -> bool:
        """Whether every seeded order has ended and every mail is sent."""
        return not (self.open_orders or self.unsent_mails)

    def table(self) -> str:
        """What has ended how, a line each."""
        rows = [("order", str(state), number) for state, number in sorted(self.orders.items())]
        rows += [("mail", str(state), number) for state, number in sorted(self.mails.items())]
        lines = [f"  {what:<7}{state:<11}{number:>6}\n" for what, state, number in rows]
        return "".join(["\n", f"  {'what':<7}{'state':<11}{'number':>6}\n", *lines, "\n"])


@dataclass(kw_only=True)
class Check:
    """Waits for the seeded orders and the mails."""

    within: float
    """Seconds until it gives up."""
    standing: Standing = field(default_factory=Standing.now)

    def run(self, processes: Processes) -> Event | None:
        """Wait until all is settled; what ended the wait before, if anything did.

        Raises `CommandError` when the time is over, when no task is left that could settle the
        rest, or when the orders have ended otherwise than they were seeded to.
        """
        ends_at = time.monotonic() + self.within
        while not self.standing.is_settled:
            if not self.standing.live_runs:
                raise CommandError(f"No task is left to run, but {self._rest()}")
            if time.monotonic() > ends_at:
                raise CommandError(f"{self.within:g} seconds are over, but {self._rest()}")
            ended_by = processes.wait(timeout=LOOK_EVERY)
            if ended_by:
                return ended_by
            self.standing = Standing.now()
        if self.standing.orders != seed.EXPECTED:
            raise CommandError(f"The orders should have ended otherwise: {_listed(seed.EXPECTED)}.")
        return None

    def _rest(self) -> str:
        rest = (
            f"{self.standing.open_orders} orders have not ended and "
            f"{self.standing.unsent_mails} mails are not sent."
        )
        unsuccessful = TaskRun.objects.exclude(status=RunStatus.SUCCESSFUL)
        troubled = unsuccessful.exclude(errors="[]").order_by("-id").first()
        if troubled is None:
            return f"{rest} No attempt has failed; is the worker too slow for the time given?"
        last = troubled.failures[-1]
        return (
            f"{rest} The newest failed attempt, of {troubled.name}: "
            f"{last['exception_class_path']}: {last['message']}"
        )


def _listed(states: Counter[OrderState]) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
