"""What is true of the shop's books whatever was killed, repeated or run at once.

Each question is answered with the rows that break a promise, and the answer must be none. Whether
money was moved is not for the shop to say: the books of the provider are the witness.
"""

from collections import defaultdict

from django.db import connection
from django.db.models import QuerySet

from demo.sandbox.journal import Kind, State
from demo.tests.witness import books, moved
from orders.models import Order, Payment, Refund
from orders.states import OPEN_ORDERS, OrderState, RefundState

WAS_PAID = {
    OrderState.PAID,
    OrderState.CONFIRMED,
    OrderState.REFUNDING,
    OrderState.REFUNDED,
}
ENDED_UNPAID = {OrderState.SOLD_OUT, OrderState.DECLINED, OrderState.RELEASED}
WAS_REFUNDED = {OrderState.REFUNDING, OrderState.REFUNDED}

QUESTIONS = {
    "a product whose stock is not what was moved, or below zero": """
        SELECT p.id, p.stock FROM orders_product p
        LEFT JOIN orders_stockmove m ON m.product_id = p.id
        GROUP BY p.id, p.stock
        HAVING p.stock < 0 OR p.stock <> COALESCE(SUM(m.quantity), 0)
    """,
    "an order that holds other goods than its state says": """
        SELECT o.id, o.state FROM orders_order o
        WHERE COALESCE((SELECT -SUM(quantity) FROM orders_stockmove WHERE order_id = o.id), 0) <>
            CASE WHEN o.state IN ('reserved', 'charging', 'paid', 'confirmed')
            THEN (SELECT SUM(quantity) FROM orders_orderline WHERE order_id = o.id) ELSE 0 END
    """,
    "an order that was paid, and not by one charge of its sum": """
        SELECT o.id, o.state FROM orders_order o
        WHERE o.state IN ('paid', 'confirmed', 'refunding', 'refunded') AND 1 <> (
            SELECT COUNT(*) FROM orders_payment p
            WHERE p.order_id = o.id AND p.state = 'succeeded' AND p.amount = o.total)
    """,
    "an order that ended unpaid, with a charge that was made or may be": """
        SELECT o.id, o.state FROM orders_order o
        WHERE o.state IN ('sold_out', 'declined', 'released') AND EXISTS (
            SELECT 1 FROM orders_payment p WHERE p.order_id = o.id AND p.state <> 'declined')
    """,
    "an order that has not the refunds that its state says": """
        SELECT o.id, o.state FROM orders_order o
        WHERE (SELECT COUNT(*) FROM orders_refund r JOIN orders_payment p ON p.id = r.payment_id
            WHERE p.order_id = o.id)
            <> CASE WHEN o.state IN ('refunding', 'refunded') THEN 1 ELSE 0 END
    """,
    "a refund of more than was charged": """
        SELECT p.id FROM orders_payment p JOIN orders_refund r ON r.payment_id = p.id
        GROUP BY p.id, p.amount HAVING SUM(r.amount) > p.amount
    """,
    "an order whose refund and state contradict each other": """
        SELECT o.id, o.state, r.state FROM orders_refund r
        JOIN orders_payment p ON p.id = r.payment_id JOIN orders_order o ON o.id = p.order_id
        WHERE (o.state = 'refunded') <> (r.state IN ('succeeded', 'by_hand'))
    """,
    "a confirmed order without its one mail": """
        SELECT o.id FROM orders_order o WHERE o.state = 'confirmed' AND NOT EXISTS (
            SELECT 1 FROM emails_email e WHERE e.key = 'order-confirmation:' || o.id)
    """,
    "a mail that confirms what is not confirmed": """
        SELECT o.id, o.state FROM orders_order o JOIN emails_email e
            ON e.key = 'order-confirmation:' || o.id
        WHERE o.state <> 'confirmed' AND o.state NOT IN ('refunding', 'refunded')
    """,
    "an order that was refunded, or not, with the wrong mail": """
        SELECT o.id, o.state FROM orders_order o
        WHERE (o.state = 'refunded') <> EXISTS (
            SELECT 1 FROM emails_email e WHERE e.key = 'order-refunded:' || o.id)
    """,
}


def assert_books_balance() -> None:
    """Check goods, money and mails of all orders against each other, and against the witness."""
    for question, query in QUESTIONS.items():
        with connection.cursor() as cursor:
            cursor.execute(query)
            rows = cursor.fetchall()
        assert rows == [], f"{question}: {rows}"
    _check_witness()


def assert_all_ended() -> None:
    """Check that every order that was acknowledged has come to an end, and that all is right."""
    assert list(orders_on_their_way().values_list("id", "state")) == []
    assert_books_balance()


def orders_on_their_way() -> QuerySet[Order]:
    """Return the orders that have not come to an end."""
    # A refund that the provider refused waits for a person, who was told.
    return Order.objects.filter(state__in=OPEN_ORDERS).exclude(
        payments__refunds__state=RefundState.REFUSED
    )


def assert_no_money_moved_unseen() -> None:
    """Check that all the money the witness has moved in this test was asked for under a key that
    stands in a payment or a refund."""
    # The books of the witness first: a key is in the shop's before it is sent.
    keys = {entry.key for entry in moved()}
    for model in (Payment, Refund):
        keys -= {*model.objects.values_list("provider_key", flat=True)}
    assert not keys, f"money was moved under keys that the shop does not know: {sorted(keys)}"


def _check_witness() -> None:
    """Check that what the provider did is what the orders say, by its own books."""
    assert_no_money_moved_unseen()
    charged, refunded = defaultdict[str, int](int), defaultdict[str, int](int)
    ids = {}
    for entry in books().entries(Kind.CHARGE):
        if entry.state is State.SUCCEEDED:
            charged[entry.key] += entry.amount
            ids[entry.id] = entry.key
    for entry in books().entries(Kind.REFUND):
        if entry.state is State.SUCCEEDED:
            refunded[ids[entry.charge]] += entry.amount
    for order in Order.objects.prefetch_related("payments__refunds"):
        key = f"charge:{order.public_id}"
        assert refunded[key] <= charged[key], order.state
        if order.status in WAS_PAID:
            assert charged[key] == order.total, order.state
        elif order.status in ENDED_UNPAID:
            assert charged[key] == 0, order.state
        refunds = [refund for payment in order.payments.all() for refund in payment.refunds.all()]
        if order.status is OrderState.REFUNDED and refunds[0].state == RefundState.SUCCEEDED:
            assert refunded[key] == order.total
        elif order.status not in WAS_REFUNDED:
            assert refunded[key] == 0, order.state
