"""Sales: what a customer was offered, what they ordered, and how far it is."""

from apps.orders.models.order import CustomerOrder
from apps.orders.models.order_line import OrderLine, Outlook
from apps.orders.models.status import CONFIRMED, OPEN, Status
from apps.orders.models.tax import OrderTax, tax_of

__all__ = ["CONFIRMED", "OPEN", "CustomerOrder", "OrderLine", "OrderTax", "Outlook", "Status", "tax_of"]
