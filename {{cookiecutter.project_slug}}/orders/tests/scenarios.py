"""Who comes by the places of the orders, and how it ends."""

import uuid
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_user
from demo import sandbox
from demo.tests.witness import begin_anew, books
from emails.models import Email
from orders import cancelling, refunding, saga
from orders.http_provider import HttpProvider
from orders.models import Order, Product, Refund, StoredAnswer
from orders.refunding import RefundRefused
from orders.tasks import process_order, reconcile_orders, refund_order
from orders.tests.factories import make_order, make_product
from orders.tests.invariants import assert_no_money_moved_unseen
from tasks.models import RunStatus, TaskRun
from tasks.testing import assert_enqueued
from tests.failpoints import dying_at
from tests.forms import form_of
from tests.scenario import Request, Run, Stage, forgotten_by, has_effects_elsewhere, request, run

has_effects_elsewhere(HttpProvider, "charge", "refund")
forgotten_by(begin_anew)


@run("order")
def _order(stage: Stage, what: str) -> Run:
    if "sold out" in what:
        return _processed(make_order({make_product(stock_=1): 2}))
    order = make_order(token=sandbox.DECLINED if "declined" in what else sandbox.OK)
    if "asked after" in what:
        with dying_at("order: charged, not written down"):
            saga.process(order.pk)
    return _processed(order)


@run("refund")
def _refund(stage: Stage, what: str) -> Run:
    if "intended" in what:
        # Cancelled while it is charged: whoever charges it has to have it refunded.
        return _processed(_cancelled_while_charging())
    refund = _to_be_refunded(sandbox.REFUND_REFUSED if "refused" in what else sandbox.OK)
    if "asked after" in what:
        with dying_at("refund: made, not written down"):
            refunding.give_back(refund.pk)
    order = refund.payment.order
    return Run(
        who=str(assert_enqueued(refund_order, refund.pk).pk),
        end=lambda: end_of(order),
        status=RunStatus.FAILED if "refused" in what else RunStatus.SUCCESSFUL,
    )


@run("reconciler")
def _reconciler(stage: Stage, what: str) -> Run:
    return stage.once(_reconciled)


def _reconciled(stage: Stage) -> Run:
    order = make_order()
    assert_enqueued(process_order, order.pk).delete()
    Order.objects.filter(pk=order.pk).update(updated_at=Now() - timedelta(minutes=5))
    # At once: it is of no use when it comes late, and then it is not started.
    result = reconcile_orders.using(priority=100).enqueue()

    def end() -> Any:
        runs = TaskRun.objects.filter(name=process_order.module_path)
        return end_of(order), [run.status for run in runs if run.args == [order.pk]]

    return Run(who=result.id, end=end)


@request("checkout")
def _checkout(stage: Stage, what: str) -> Request:
    client, product = _customer(), make_product()
    client.post(reverse("orders:cart-add", args=[product.slug]), {"quantity": 1})
    form = form_of(client.get(reverse("orders:checkout"))) | {"payment_token": sandbox.OK}
    return Request(
        send=lambda: client.post(reverse("orders:checkout"), form),
        end=lambda: _ends_of_orders_for(product),
    )


@request("answer")
def _answer(stage: Stage, what: str) -> Request:
    client, product, key = _customer(), make_product(), str(uuid.uuid4())
    body = {"lines": [{"product": product.slug, "quantity": 1}], "payment_token": sandbox.OK}

    def send() -> None:
        answer = client.post(
            reverse("orders:api:orders"),
            body,
            content_type="application/json",
            headers={"Idempotency-Key": key},
        )
        assert answer.status_code == 201

    return Request(
        send=send, end=lambda: (_ends_of_orders_for(product), StoredAnswer.objects.count())
    )


@request("cancelling")
def _cancelling(stage: Stage, what: str) -> Request:
    order = make_order()
    if "wished for" in what:
        saga.reserve(Order.objects.get(pk=order.pk))
        saga.intend(Order.objects.get(pk=order.pk))
    return Request(send=lambda: cancelling.cancel(order.pk), end=lambda: end_of(order))


@request("form")
def _goods_received(stage: Stage, what: str) -> Request:
    client, product = _staff(), make_product(stock_=3)
    page = reverse("admin:orders_product_change", args=[product.pk])
    form = form_of(client.get(page)) | {"price": 1900, "received": 5}

    def end() -> Any:
        stored = Product.objects.get(pk=product.pk)
        return stored.price, stored.stock, [move.quantity for move in stored.moves.all()]

    return Request(send=lambda: client.post(page, form), end=end)


@request("form")
def _product_added(stage: Stage, what: str) -> Request:
    client, page = _staff(), reverse("admin:orders_product_add")
    form = form_of(client.get(page)) | {"name": "Jug", "slug": "jug", "price": 900, "received": 7}

    def end() -> Any:
        jugs = Product.objects.filter(slug="jug")
        return [(jug.stock, [move.quantity for move in jug.moves.all()]) for jug in jugs]

    return Request(send=lambda: client.post(page, form), end=end)


@request("by hand")
def _by_hand(stage: Stage, what: str) -> Request:
    refund = _to_be_refunded(sandbox.REFUND_REFUSED)
    assert_enqueued(refund_order, refund.pk).delete()
    try:
        refunding.give_back(refund.pk)
    except RefundRefused:
        refund.refresh_from_db()
    return Request(
        send=lambda: refunding.note_by_hand(refund), end=lambda: end_of(refund.payment.order)
    )


def _staff() -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def _customer() -> Client:
    client = Client()
    client.force_login(make_user())
    return client


def _processed(order: Order) -> Run:
    return Run(who=str(assert_enqueued(process_order, order.pk).pk), end=lambda: end_of(order))


def _cancelled_while_charging() -> Order:
    order = make_order()
    saga.reserve(Order.objects.get(pk=order.pk))
    saga.intend(Order.objects.get(pk=order.pk))
    cancelling.cancel(order.pk)
    return order


def _to_be_refunded(token: str) -> Refund:
    order = make_order(token=token)
    assert_enqueued(process_order, order.pk).delete()
    saga.process(order.pk)
    cancelling.cancel(order.pk)
    return Refund.objects.get(payment__order=order)


def _ends_of_orders_for(product: Product) -> list[Any]:
    return [end_of(order) for order in Order.objects.filter(lines__product=product)]


def end_of(order: Order) -> Any:
    """Say how the order ended, in the shop and at the provider."""
    assert_no_money_moved_unseen()
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
