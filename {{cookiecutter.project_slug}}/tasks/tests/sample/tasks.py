"""Tasks that succeed, fail, hang, crash and hold, for tests in one process and in many."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any, Literal

from asgiref.sync import sync_to_async
from django.db.models.functions import Now

from tasks.context import RunContext
from tasks.task import task
from tasks.tests.sample.models import Mark, Visit

logger = logging.getLogger("sample")

LOOK_SECONDS = 0.02


class Stumble(Exception):
    """Worth another attempt."""


class Hopeless(Exception):
    """Not worth another attempt."""


def mark(label: str, attempt: int = 0) -> None:
    """Leave an effect."""
    Mark.objects.create(label=label, pid=os.getpid(), attempt=attempt)


def wait_for(gate: str) -> None:
    """Wait until a file exists."""
    while not Path(gate).exists():
        time.sleep(LOOK_SECONDS)


@task
def add(left: int, right: int) -> int:
    """The simplest task."""
    return left + right


@task
def echo(value: Any) -> Any:
    """Return what came."""
    return value


@task
async def add_async(left: int, right: int) -> int:
    """The simplest coroutine."""
    await asyncio.sleep(0)
    return left + right


@task(max_attempts=3, backoff=2.0, max_backoff=60.0)
def stumble(message: str = "over a stone") -> None:
    """Fail every time."""
    raise Stumble(message)


@task(max_attempts=5, retry_on=(Stumble,))
def fail_as(kind: str) -> None:
    """Fail in a way that is worth another attempt, or not."""
    raise {"stumble": Stumble, "hopeless": Hopeless, "value": ValueError}[kind](kind)


@task(max_attempts=5, give_up_on=(Hopeless,))
def give_up(kind: str) -> None:
    """Fail in a way that ends the run, or not."""
    raise {"stumble": Stumble, "hopeless": Hopeless}[kind](kind)


@task(max_attempts=1)
def leave(code: int) -> None:
    """Try to end the process."""
    sys.exit(code)


@task(max_attempts=5)
def return_object() -> object:
    """Return what JSON cannot hold."""
    return object()


@task(max_attempts=1)
async def cancel_itself() -> None:
    """Raise what asyncio raises in a coroutine that is cancelled, though nobody cancelled it."""
    raise asyncio.CancelledError


@task(unique="{order_id}")
def once_per_order(order_id: int, note: str = "") -> int:
    """One live run for each order."""
    return order_id


@task(unique=True)
def once_per_arguments(*args: Any, **kwargs: Any) -> None:
    """One live run for the same arguments."""


@task(takes_context=True)
def tell_attempt(context: RunContext) -> int:
    """Return which attempt this is, unless the run should end."""
    context.raise_if_cancelled()
    return context.attempt


@task(atomic=True, max_attempts=3)
def mark_atomically(label: str, *, fails: bool = False) -> None:
    """Leave an effect that stands or falls with the outcome."""
    mark(label)
    if fails:
        raise Stumble(label)


@task(queue_name="brief")
def leave_mark(label: str) -> None:
    """Leave an effect and be done."""
    mark(label)


@task(durable=False, queue_name="brief")
def glance(label: str, *, gate: str | None = None, fails: bool = False, load: str = "") -> None:
    """Leave an effect that nobody would miss."""
    mark(label)
    if gate is not None:
        wait_for(gate)
    if fails:
        raise Stumble(label)


@task(durable=False)
async def glance_async(label: str) -> None:
    """Do the same on the event loop."""
    await Mark.objects.acreate(label=label, pid=os.getpid())


@task(takes_context=True, max_attempts=5)
def hold(context: RunContext, label: str, gate: str) -> int:
    """Leave an effect, then go on until the gate opens; return the process that did."""
    mark(label, context.attempt)
    wait_for(gate)
    return os.getpid()


@task(takes_context=True, atomic=True, max_attempts=5)
def hold_atomically(context: RunContext, label: str, gate: str, began: str) -> int:
    """Leave an effect, show a file, and go on until the gate opens, all in one transaction."""
    mark(label, context.attempt)
    Path(f"{began}-{context.attempt}").touch()
    wait_for(gate)
    return os.getpid()


@task(takes_context=True, max_attempts=5)
def die_first(context: RunContext, label: str) -> int:
    """Kill the worker process the first time."""
    mark(label, context.attempt)
    if context.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


@task(queue_name="brief", priority=50, max_attempts=8)
def die(label: str) -> None:
    """Kill the worker process every time."""
    mark(label)
    os.kill(os.getpid(), signal.SIGKILL)


@task(queue_name="brief", priority=50, max_attempts=2)
def die_twice(label: str) -> None:
    """Kill the worker process every time, with two attempts in all."""
    mark(label)
    os.kill(os.getpid(), signal.SIGKILL)


@task(time_limit=0.3, max_attempts=1)
def spin(label: str) -> None:
    """Compute in Python, past the limit."""
    mark(label)
    while True:
        sum(range(100))


@task(time_limit=0.3, max_attempts=1)
async def spin_async() -> None:
    """Wait past the limit."""
    await asyncio.sleep(60)


@task(time_limit=0.3, max_attempts=1)
def sleep_in_c(label: str) -> None:
    """Be out of the interpreter's reach past the limit."""
    mark(label)
    time.sleep(60)


@task(takes_context=True, max_attempts=5)
def work_until_cancelled(context: RunContext, label: str) -> None:
    """Look often whether to stop."""
    mark(label)
    while True:
        context.raise_if_cancelled()
        time.sleep(LOOK_SECONDS)


@task(max_attempts=5)
async def wait_until_cancelled(started: str, ended: str) -> None:
    """Show a file at the beginning, and another when cancelled."""
    Path(started).touch()
    try:
        await asyncio.sleep(60)
    finally:
        Path(ended).touch()


@task(queue_name="brief")
def take(label: str, seconds: float) -> None:
    """Leave an effect and be busy for a while."""
    mark(label)
    time.sleep(seconds)


@task
async def nap(seconds: float) -> None:
    """Leave the loop to others for a while."""
    await asyncio.sleep(seconds)


@task(max_running=1)
def one_at_a_time() -> None:
    """Never runs twice at once."""


@task(max_running=2)
def two_at_once() -> None:
    """Runs twice at once at most."""


@task(rate="3/m")
def three_a_minute() -> None:
    """Starts three times a minute at most."""


@task(sensitive=("password", "token"), max_attempts=2, backoff=0.001)
def sign_in(user: str, password: Any, *, token: str = "") -> None:
    """Say in an exception what nobody should read."""
    try:
        raise Stumble(f"{user} came with {password}")
    except Stumble as first:
        raise PermissionError({"password": password, "token": token}) from first


@task(sensitive=("parts", "fields"), max_attempts=1)
def take_all(first: str, *parts: str, **fields: str) -> None:
    """Take any number of secrets."""
    raise PermissionError(first, parts, fields)


@task(sensitive="token", unique="{user}:{token}")
def greet_once(user: str, token: str) -> str:
    """Have a secret in the unique key."""
    return user


@task(takes_context=True, max_attempts=3)
def resume_at(context: RunContext, rows: list[int], *, fails_at: int) -> dict[str, int]:
    """Go through rows from where the last attempt was; the first one stumbles."""
    began_at = context.state or 0
    for place in range(began_at, len(rows)):
        if rows[place] == fails_at and context.attempt == 1:
            raise Stumble(fails_at)
        context.checkpoint(place + 1)
    return {"began_at": began_at, "done": len(rows)}


@task(takes_context=True)
def count_to(context: RunContext, total: int) -> None:
    """Say at every row how far it is."""
    for number in range(1, total + 1):
        context.progress(number, total, f"row {number}")


@task(takes_context=True)
def tell_tick(context: RunContext) -> str | None:
    """Return the time for which it was scheduled."""
    return context.scheduled_at.isoformat() if context.scheduled_at else None


@task(takes_context=True, time_limit=0.3, max_attempts=1)
def note_for_ever(context: RunContext, label: str) -> None:
    """Write notes without end, past the limit."""
    mark(label)
    number = 0
    while True:
        number += 1
        context.checkpoint(number)


@task(takes_context=True, max_attempts=5)
def checkpoint_and_die(context: RunContext, label: str) -> int:
    """Store a state and kill the worker process; the next attempt returns what it finds."""
    mark(label, context.attempt)
    if context.attempt == 1:
        context.checkpoint({"page": 7})
        os.kill(os.getpid(), signal.SIGKILL)
    return int(context.state["page"])


@task(max_running=3)
def occupy(seconds: float) -> None:
    """Be inside for a while, and say when."""
    visit = Visit.objects.create(pid=os.getpid())
    time.sleep(seconds)
    Visit.objects.filter(pk=visit.pk).update(left_at=Now())


@task(queue_name="brief")
def occupy_queue(seconds: float) -> None:
    """Do the same without a limit of its own."""
    occupy.func(seconds)


@task(max_running=2)
async def occupy_loop(seconds: float) -> None:
    """Do the same on the event loop."""
    visit = await Visit.objects.acreate(pid=os.getpid())
    await asyncio.sleep(seconds)
    await Visit.objects.filter(pk=visit.pk).aupdate(left_at=Now())


@task(rate="20/2s")
def twenty_in_two_seconds() -> None:
    """Start twenty times in two seconds at most."""


@task(time_limit=0.3, max_attempts=1)
def compute_in_c(label: str) -> None:
    """Keep the interpreter to itself past the limit: no other thread gets a turn."""
    mark(label)
    sum(range(10**13))


@task(max_attempts=1)
def join(*values: Any, sep: str = " ") -> str:
    """Return all that came as one text, and leave it as an effect."""
    text = sep.join(str(value) for value in values)
    mark(text)
    return text


@task(max_attempts=1)
def fail_while(path: str, *values: Any) -> str:
    """Fail as long as a file exists."""
    if Path(path).exists():
        raise Stumble(path)
    return "-".join(str(value) for value in values)


@task(max_attempts=1, atomic=True)
def join_atomically(*values: Any) -> str:
    """Do as `join` does, in one transaction with the outcome."""
    text = " ".join(str(value) for value in values)
    mark(text)
    return text


@task(max_attempts=1)
def tell_or_fail(*before: Any, label: str, fails: bool) -> list[Any]:
    """Return the label and what came before it, or fail."""
    if fails:
        raise Stumble(label)
    return [label, *before]


@task(max_attempts=1, sensitive="token")
def say(*texts: str, token: str = "", fails: bool = False) -> None:
    """Log each text, and perhaps fail."""
    for text in texts:
        logger.info("%s", text)
    if fails:
        raise Stumble(token)


@task(max_attempts=1)
async def say_async(*texts: str) -> None:
    """Log each text in a coroutine, and one more in a thread that it calls."""
    for text in texts:
        logger.info("%s", text)
        await asyncio.sleep(0)
    await sync_to_async(logger.warning)("from a thread")


@task(atomic=True, max_attempts=1)
def say_atomically(text: str, *, fails: bool = False) -> None:
    """Log within a transaction, and perhaps undo it."""
    mark(text)
    logger.info("%s", text)
    if fails:
        raise Stumble(text)


@task(max_attempts=1)
def say_and_hold(text: str, gate: str) -> None:
    """Log, then go on until the gate opens."""
    logger.info("%s", text)
    wait_for(gate)


@task(max_attempts=1)
def hand_on(steps: int) -> None:
    """Enqueue itself so many times, one after the other."""
    logger.info("%d to go", steps)
    if steps:
        hand_on.enqueue(steps - 1)


@task(manual=True, sensitive="pin", max_attempts=1)
def print_labels(
    copies: int,
    size: Literal["small", "large"] = "small",
    day: date | None = None,
    urgent: bool = False,
    options: dict[str, Any] | None = None,
    pin: str = "",
) -> str:
    """What people run by hand, with arguments of many types."""
    return f"{copies} {size} {day} {urgent} {options}"


@task(sensitive=("secret", "token"), max_attempts=2, backoff=0.001)
def blab(label: str, secret: Any, *, token: str = "") -> None:
    """Log and raise what nobody should read, in every way there is."""
    logger.info("%s: %s and %s", label, secret, token)
    logger.warning("%s", label, extra={"secret": secret, "token": token})
    try:
        raise Stumble(f"{label} came with {secret}")
    except Stumble as first:
        logger.exception("%s stumbled", label)
        raise PermissionError({"label": label, "secret": secret, "token": token}) from first
