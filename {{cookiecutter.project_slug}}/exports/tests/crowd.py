"""Very many orders, made by the database itself: in a second, not in a minute."""

from django.db import connection

from accounts.models import User
from exports.tests.factories import make_orders

SERIES = {
    "postgresql": "generate_series(2, %s) AS number(value)",
    "sqlite": """(WITH RECURSIVE number(value) AS
        (VALUES (2) UNION ALL SELECT value + 1 FROM number WHERE value < %s)
        SELECT value FROM number)""",
}
NEW_ID = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}


COPY_ORDER = """
    INSERT INTO orders_order (public_id, user_id, state, total, currency, payment_token,
        idempotency_key, request_digest, created_at, updated_at)
    SELECT {new_id}, user_id, state, total, currency, payment_token,
        CAST(value AS text), request_digest, created_at, updated_at
    FROM orders_order, {series}"""
COPY_LINE = """
    INSERT INTO orders_orderline (order_id, product_id, name, quantity, price)
    SELECT new.id, line.product_id, line.name, line.quantity, line.price
    FROM orders_order AS new, orders_orderline AS line WHERE new.id <> line.order_id"""


def make_crowd(many: int) -> User:
    """Make so many orders, all alike, of one user; return that user. There are no others."""
    [order] = make_orders(1)
    with connection.cursor() as cursor:
        new_id, series = NEW_ID[connection.vendor], SERIES[connection.vendor]
        cursor.execute(COPY_ORDER.format(new_id=new_id, series=series), [many])
        cursor.execute(COPY_LINE)
    return order.user
