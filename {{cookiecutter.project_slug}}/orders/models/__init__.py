"""The shop's tables."""

from orders.models.answer import StoredAnswer
from orders.models.order import Order, OrderLine
from orders.models.payment import Payment, Refund
from orders.models.product import Product, StockMove

__all__ = ["Order", "OrderLine", "Payment", "Product", "Refund", "StockMove", "StoredAnswer"]
