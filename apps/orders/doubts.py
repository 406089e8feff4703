"""What somebody should look at before an order is quoted or confirmed; nothing of it forbids it."""

from collections.abc import Callable
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.customers.models.tax import why_not
from apps.orders.models import CustomerOrder, OrderTax, Status
from gmtc.figures import money
from gmtc.money import ZERO

# What a customer owes beside the open orders, in euros: the floors above add their functions, customer to Decimal.
OWED_BESIDE: list[Callable[..., Decimal]] = []


def doubts_about(order: CustomerOrder) -> list[str]:
    """Each doubt in a sentence."""
    if order.status not in (Status.DRAFT, Status.QUOTED):
        return []
    customer, found = order.customer, []
    if customer.is_blocked:
        found.append(
            _("%(customer)s is blocked: %(reason)s") % {"customer": customer, "reason": customer.blocked_reason}
        )
    if order.is_expired:
        found.append(_("The quote has expired."))
    found += _tax_doubts(order)
    if customer.credit_limit is not None:
        open_orders = CustomerOrder.objects.open().filter(customer=customer)
        owed = (open_orders.aggregate(sum=Sum("total"))["sum"] or ZERO) + order.total
        owed += sum((beside(customer) for beside in OWED_BESIDE), ZERO)
        if owed > customer.credit_limit:
            found.append(
                _("With this order %(owed)s would be open; the credit limit of the customer is %(limit)s.")
                % {"owed": money(owed), "limit": money(customer.credit_limit)}
            )
    return found


def _tax_doubts(order: CustomerOrder) -> list[str]:
    customer, ship_to = order.customer, order.ship_to
    found = []
    if order.tax in (OrderTax.INTRA_EU, OrderTax.REVERSE_CHARGE) and not customer.has_valid_vat_id:
        found.append(_("The order is untaxed because of a VAT ID that the tax office has not confirmed."))
    if order.tax in (OrderTax.INTRA_EU, OrderTax.EXPORT, OrderTax.EU_CONSUMER) and ship_to:
        problem = why_not(order.tax_case, country=ship_to.country, vat_id=customer.vat_id)
        if problem:
            found.append(_("The delivery address does not go with the tax case. %(why)s") % {"why": problem})
    return found
