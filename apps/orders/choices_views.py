"""What the form of an order asks while it is filled in."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from apps.customers.models import Address, Contact, Customer
from apps.orders.forms import ADDRESSES, defaults_of
from apps.orders.forms import line_values as values_of
from apps.orders.models import CustomerOrder, OrderTax
from apps.parts.models import Part
from gmtc.figures import unit_price
from gmtc.lines import plain
from gmtc.views import permission_required


@permission_required("orders.view_customerorder")
def part_choices(request):
    """Only what is sold."""
    parts = Part.objects.sellable().search(request.GET.get("q", "").replace("\x00", "")).order_by("sku")[:50]
    return JsonResponse({"results": [{"id": part.pk, "text": part.sku, "hint": _hint(part)} for part in parts]})


def _hint(part: Part) -> str:
    return " · ".join([part.name, unit_price(part.unit_price), _stock(part)])


def _stock(part: Part) -> str:
    free = _("%(quantity)s free in stock") % {"quantity": plain(part.free_stock)}
    return f"{free}, {_('discontinued')}" if part.is_discontinued else free


@permission_required("orders.view_customerorder")
def line_values(request):
    """What a line takes over when a part is chosen: `?part=&customer=&tax_case=&shipping_address=`."""
    asked = request.GET
    try:
        part = Part.objects.sellable().filter(pk=asked.get("part") or None).first()
        customer = Customer.objects.filter(pk=asked.get("customer") or None).first()
        ship_to = Address.objects.filter(pk=asked.get("shipping_address") or None, customer=customer).first()
    except ValidationError:  # nonsense from outside
        part = customer = ship_to = None
    if not part:
        return JsonResponse({"values": {}, "hint": ""})
    order = None
    if customer:
        order = CustomerOrder(shipping_address=ship_to)
        order.take_terms_of(customer)
        if asked.get("tax_case") in OrderTax.values:
            order.tax_case = asked["tax_case"]
    values = {
        name: plain(value) if isinstance(value, Decimal) else value or ""
        for name, value in values_of(part, order).items()
    }
    if not asked.get("quantity"):
        values["quantity"] = "1"
    return JsonResponse({"values": values, "hint": _stock(part)})


@permission_required("orders.view_customerorder")
def customer_defaults(request, pk):
    """Terms, contacts and addresses of a customer who was chosen."""
    customer = get_object_or_404(Customer, pk=pk)
    values = {name: plain(each) if isinstance(each, Decimal) else each for name, each in defaults_of(customer).items()}
    addresses = [_choice(each) for each in Address.objects.filter(customer=customer).select_related("customer")]
    contacts = [_choice(each) for each in Contact.objects.filter(customer=customer)]
    warning = ""
    if customer.is_blocked:
        warning = _("%(customer)s is blocked: %(reason)s") % {"customer": customer, "reason": customer.blocked_reason}
    elif customer.needs_vat_check:
        warning = _("The tax office has not confirmed the customer's VAT ID.")
    if first := customer.primary_contact:
        values["contact"] = first.pk
    choices = {"contact": contacts} | dict.fromkeys(ADDRESSES, addresses)
    return JsonResponse({"values": values, "choices": choices, "warning": warning})


def _choice(record) -> dict:
    return {"id": record.pk, "text": str(record)}
