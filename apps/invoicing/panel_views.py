"""What the pages of orders and customers show of this room."""

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404, render

from apps.customers.models import Customer
from apps.invoicing.models import Invoice
from apps.invoicing.views import LEFT
from apps.orders.models import CustomerOrder
from gmtc.money import ZERO
from gmtc.views import permission_required


@permission_required("invoicing.view_invoice")
def for_order(request, pk):
    """Invoices, advances and cancellations of an order, and what is still to be invoiced."""
    order = get_object_or_404(CustomerOrder.everything, pk=pk)
    context = {
        "order": order,
        "invoices": Invoice.objects.filter(order=order).annotate(left=LEFT).order_by("id"),
        "unused_advance": Invoice.unused_advance(order),
        "is_to_invoice": bool(Invoice.uninvoiced(order)) if order.is_confirmed else False,
    }
    return render(request, "invoicing/for_order.html", context)


@permission_required("invoicing.view_invoice")
def for_customer(request, pk):
    """The newest invoices of a customer, and the balance that is open."""
    customer = get_object_or_404(Customer.everything, pk=pk)
    invoices = Invoice.objects.filter(customer=customer).annotate(left=LEFT)
    sums = invoices.aggregate(
        open=Coalesce(Sum("left"), ZERO),
        overdue=Coalesce(Sum("left", filter=Invoice.IS_OVERDUE), ZERO),
        net=Coalesce(Sum("net", filter=~Q(status="draft")), ZERO),
    )
    rows = list(invoices.order_by("-id")[:11])
    limit = customer.credit_limit
    context = {
        "customer": customer,
        "invoices": rows[:10],
        "has_more": len(rows) > 10,
        "sums": sums,
        "is_over_limit": limit is not None and sums["open"] > limit,
    }
    return render(request, "invoicing/for_customer.html", context)
