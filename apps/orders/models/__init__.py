"""Sales: what a customer was offered, what they ordered, and how far it is."""

from apps.orders.models.order import CONFIRMED, OPEN, CustomerOrder, Status
from apps.orders.models.order_line import OrderLine
from apps.orders.models.tax import OrderTax

__all__ = ["CONFIRMED", "OPEN", "CustomerOrder", "OrderLine", "OrderTax", "Status"]
