"""Orders that were shipped, and invoices of them, for tests; each valid as it comes, any field may be given."""

from decimal import Decimal

from django.utils import timezone

from apps.customers.tests.factories import make_customer
from apps.deliveries.models import Delivery
from apps.deliveries.tests.factories import make_sold
from apps.invoicing.models import Invoice
from apps.invoicing.verify import RULES
from apps.orders.models import CustomerOrder


def make_order(*lines, by=None, customer=None, **fields) -> CustomerOrder:
    """A confirmed order; `lines` are (quantity, price) or (quantity, price, VAT rate) of parts that are in stock."""
    order = CustomerOrder()
    order.take_terms_of(customer or make_customer(email="rechnung@example.com"))
    for name, value in fields.items():
        setattr(order, name, value)
    rows = []
    for quantity, price, *rate in lines or [(3, "10.01")]:
        rows.append(
            {
                "part": make_sold(stock=Decimal(quantity)),
                "quantity": Decimal(quantity),
                "unit_price": Decimal(price),
                "vat_rate": Decimal(rate[0] if rate else 19),
            }
        )
    order.write({}, rows, by=by)
    order.confirm(by=by)
    return order


def ship(order, *, quantity=None, by=None) -> Delivery:
    """A delivery of all that can be shipped, or of `quantity` of each line."""
    delivery = Delivery.begin(order)
    rows = [
        {"order_line": row.order_line, "quantity": Decimal(quantity or row.quantity), "location": row.location}
        for row in Delivery.propose(order)
    ]
    delivery.write({}, rows, by=by)
    delivery.ship(by=by)
    order.refresh_from_db()
    return delivery


def make_shipped(*lines, by=None, **fields) -> CustomerOrder:
    order = make_order(*lines, by=by, **fields)
    ship(order, by=by)
    return order


def make_draft(*lines, by=None, **fields) -> Invoice:
    """A draft of an order that was shipped."""
    return Invoice.from_order(make_shipped(*lines, by=by, **fields), by=by)


def make_issued(*lines, by=None, **fields) -> Invoice:
    invoice = make_draft(*lines, by=by, **fields)
    invoice.issue(by=by)
    return invoice


def make_free(*lines, by=None, customer=None, **fields) -> Invoice:
    """A draft without an order; `lines` are (quantity, price) or with discount and VAT rate: (q, p, discount, rate)."""
    invoice = Invoice()
    invoice.take_terms_of(customer or make_customer(email="rechnung@example.com"))
    for name, value in ({"supply_start": timezone.localdate()} | fields).items():
        setattr(invoice, name, value)
    rows = []
    for quantity, price, *rest in lines or [(3, "10.01")]:
        discount, rate = (*rest, *(0, 19)[len(rest) :])
        rows.append(
            {
                "description": "Beratung",
                "quantity": Decimal(quantity),
                "unit_price": Decimal(price),
                "discount": Decimal(discount),
                "vat_rate": Decimal(rate),
            }
        )
    invoice.write({}, rows, by=by)
    return invoice


def faults() -> list:
    """What `manage.py verify` finds wrong in this room."""
    return [fault for rule in RULES for fault in rule.find()]
