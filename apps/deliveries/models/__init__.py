"""Shipping: what leaves the house for a customer order, with whom, and what comes back."""

from apps.deliveries.models.carrier import Carrier
from apps.deliveries.models.delivery import Delivery, Status
from apps.deliveries.models.delivery_line import DeliveryLine, DeliveryPrinter
from apps.deliveries.models.delivery_return import Condition, DeliveryReturn, DeliveryReturnLine, Returned

__all__ = [
    "Carrier",
    "Condition",
    "Delivery",
    "DeliveryLine",
    "DeliveryPrinter",
    "DeliveryReturn",
    "DeliveryReturnLine",
    "Returned",
    "Status",
]
