"""What customers owe for what was invoiced."""

from decimal import Decimal

from django.db.models import F, Sum

from apps.invoicing.models import Invoice
from apps.orders.models import CustomerOrder
from gmtc.money import ZERO


def owed_beside_open_orders(customer) -> Decimal:
    """What is open of invoices, less what was invoiced of orders that are still open, since these count in whole.

    What was cancelled is nothing together with its cancellation, so both stay in.
    """
    invoices = Invoice.objects.issued().filter(customer=customer).order_by()
    left = invoices.open().aggregate(sum=Sum(F("total") - F("paid_amount") - F("reduction")))["sum"] or ZERO
    counted = invoices.filter(order__in=CustomerOrder.objects.open()).aggregate(sum=Sum("total"))["sum"] or ZERO
    return left - counted
