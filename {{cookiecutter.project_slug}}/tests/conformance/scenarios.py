"""What the sweep over all places to die plays: for each place, a run that comes by, and its end.

A scenario is made, its run is carried out, and `end` says what came of it outside and inside: an
end without an accident and one with it must read the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models.functions import Now

from accounts.models import OneTimeCode
from accounts.tests.factories import make_user
from cleanup.tasks import clean
from demo import sandbox
from demo.tests.witness import books
from emails.models import Email
from emails.tasks import send
from emails.tests.factories import make_email
from emails.tests.witness import Witness as MailServer
from exports import files
from exports.models import Export
from exports.tests.factories import make_export, make_orders
from exports.tests.reference import orders_as_csv
from orders import saga
from orders.cancelling import cancel
from orders.models import Order, Refund
from orders.tasks import process_order, refund_order
from orders.tests.factories import make_order, make_product
from tasks.models import RunStatus
from tasks.testing import assert_enqueued

OLD = timedelta(days=3)
ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One run, and how to see what came of it."""

    run_id: str
    end: Callable[[], Any]
    status: RunStatus = RunStatus.SUCCESSFUL


def scenario(place: str, server: MailServer) -> Scenario:
    """Make a run that comes by the place."""
    kind, _, what = place.partition(": ")
    match kind:
        case "order":
            return _order(what)
        case "refund":
            return _refund(what)
        case "mail":
            return _mail(server)
        case "export":
            return _export()
        case "cleanup":
            return _cleanup(Session if "not committed" in what else OneTimeCode)
    raise AssertionError(f"Nobody plays what comes by {place!r}: write a scenario for it.")


def _order(what: str) -> Scenario:
    if "sold out" in what:
        return _ordered(make_order({make_product(stock_=1): 2}))
    return _ordered(make_order(token=sandbox.DECLINED if "declined" in what else sandbox.OK))


def _refund(what: str) -> Scenario:
    token = sandbox.REFUND_REFUSED if "refused" in what else sandbox.OK
    order = make_order(token=token)
    if "intended" in what:
        # Cancelled while it is charged: whoever charges it has to have it refunded.
        saga.reserve(Order.objects.get(pk=order.pk))
        saga.intend(Order.objects.get(pk=order.pk))
        cancel(order.pk)
        return _ordered(order)
    assert_enqueued(process_order, order.pk).delete()
    saga.process(order.pk)
    cancel(order.pk)
    refund = Refund.objects.get(payment__order=order)
    status = RunStatus.FAILED if "refused" in what else RunStatus.SUCCESSFUL
    run = assert_enqueued(refund_order, refund.pk)
    return Scenario(run_id=str(run.pk), end=lambda: _end_of(order), status=status)


def _ordered(order: Order) -> Scenario:
    run = assert_enqueued(process_order, order.pk)
    return Scenario(run_id=str(run.pk), end=lambda: _end_of(order))


def _end_of(order: Order) -> Any:
    """Say how the order ended, in the shop and at the provider."""
    stored = Order.objects.get(pk=order.pk)
    keys = {f"{kind}:{order.public_id}": kind for kind in ("charge", "refund")}
    entries = [books().find(key) for key in keys]
    return (
        stored.state,
        [(move.reason, move.quantity) for move in stored.moves.all()],
        [(payment.state, payment.amount) for payment in stored.payments.all()],
        [refund.state for refund in Refund.objects.filter(payment__order=order)],
        [(entry.kind, entry.state, entry.amount, entry.calls) for entry in entries if entry],
        sorted(
            email.key.partition(":")[0]
            for email in Email.objects.filter(key__endswith=f":{order.pk}", key__startswith="order")
        ),
    )


def _mail(server: MailServer) -> Scenario:
    email = make_email(to=f"{uuid.uuid4().hex}@example.com")

    def end() -> Any:
        copies = [mail.id for mail in server.taken if mail.to == email.to]
        return Email.objects.get(pk=email.pk).state, {one == email.message_id for one in copies}

    return Scenario(run_id=send.enqueue(str(email.pk)).id, end=end)


def _export() -> Scenario:
    user = make_orders(ROWS)[0].user
    export = make_export(user=user)

    def end() -> Any:
        made = Export.objects.get(pk=export.pk)
        is_whole = files.read(made.file) == orders_as_csv(user.orders.all())
        return made.state, made.rows, made.parts.count(), len(list(files.names(made))), is_whole

    return Scenario(run_id=str(export.run_id), end=end)


def _cleanup(model: type[Session] | type[OneTimeCode]) -> Scenario:
    model.objects.all().delete()
    for age in (OLD, OLD, -OLD):
        if issubclass(model, Session):
            Session.objects.create(session_key=uuid.uuid4().hex[:32], expire_date=Now() - age)
        else:
            OneTimeCode.objects.create(
                user=make_user(), purpose="password-reset", expires_at=Now() - age
            )
    name = "sessions" if issubclass(model, Session) else "one-time codes"
    return Scenario(run_id=clean.enqueue(name).id, end=model.objects.count)
