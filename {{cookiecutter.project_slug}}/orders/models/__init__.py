"""The shop's tables."""

from orders.models.answer import StoredAnswer
from orders.models.order import Order, OrderLine
from orders.models.payment import Payment
from orders.models.product import Product, StockMove

__all__ = ["Order", "OrderLine", "Payment", "Product", "StockMove", "StoredAnswer"]
