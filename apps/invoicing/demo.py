"""Invoices of what was delivered so far, one in each state; an advance; and a repair without an order."""

import random
from datetime import date, timedelta
from decimal import Decimal

from apps.customers.models import Customer
from apps.invoicing.models import Invoice, Method
from apps.orders.models import OPEN, CustomerOrder
from apps.parts.models import Unit
from gmtc.demo import People

# What becomes of the orders that can be invoiced, the oldest first; the rest waits.
FATES = "paid overdue cancelled draft".split()
SERVICES = [
    ("Reparatur Extruder FP24, Düse und Heizpatrone getauscht", Decimal("2.5"), Unit.HOUR, Decimal(85)),
    ("Anfahrt", Decimal(1), Unit.PIECE, Decimal(45)),
]


def fill(rng: random.Random, today: date, people: People) -> None:
    """Write the room's demo data; nothing happens in the future."""
    rng = random.Random(rng.random())  # noqa: S311 - so that rooms above see the same numbers whatever is drawn here
    orders = CustomerOrder.objects.to_invoice().order_by("order_date", "number")
    for fate, order in zip(FATES, [each for each in orders if Invoice.uninvoiced(each)], strict=False):
        invoice = Invoice.from_order(order, by=people.staff[0])
        if fate == "overdue":
            values = {"payment_days": 0, "skonto_percent": Decimal(0), "skonto_days": 0}
            invoice.write(values, None, by=people.staff[0], version=invoice.version)
        last = (invoice.supply_end or invoice.supply_start) if invoice.supply_start else today
        if fate != "draft" and _issue(invoice, people, on=last):
            _settle(invoice, fate, today, people)
    _advance(today, people)
    _repair(rng, today, people)


def _issue(invoice: Invoice, people: People, *, on: date) -> bool:
    """Whether it could be issued; a customer without a VAT ID, say, keeps its draft."""
    if any(each.is_blocking for each in invoice.checks()):
        return False
    invoice.issue(by=people.staff[0], invoice_date=on)
    return True


def _settle(invoice: Invoice, fate: str, today: date, people: People) -> None:
    if fate == "paid":
        is_early = bool(invoice.skonto_until) and today <= invoice.skonto_until
        amount = invoice.total - (invoice.most_skonto if is_early else 0)
        invoice.record_payment(amount, by=people.staff[0], on=today, reference=invoice.number, skonto=is_early)
    elif fate == "overdue":
        part = (invoice.total / 4).quantize(Decimal(1))
        invoice.record_payment(part, by=people.staff[0], on=today, reference="Teilzahlung")
    elif fate == "cancelled":
        invoice.record_payment(invoice.total, by=people.staff[0], on=today, method=Method.CARD)
        invoice.cancel(by=people.manager, reason="Falsche Rechnungsanschrift")
        invoice.refund(invoice.total, by=people.manager, on=today)


def _advance(today: date, people: People) -> None:
    """For the dearest order that is still being made."""
    order = CustomerOrder.objects.filter(status__in=OPEN).order_by("-net").first()
    if order:
        draft = Invoice.advance_for(order, by=people.manager, percent=Decimal(30))
        _issue(draft, people, on=today)


def _repair(rng, today: date, people: People) -> None:
    customers = list(Customer.objects.filter(country="DE", is_blocked=False).order_by("number")[:10])
    if not customers:
        return
    invoice = Invoice(responsible=people.staff[0], supply_start=today - timedelta(days=21))
    invoice.take_terms_of(rng.choice(customers))
    rows = [
        {
            "description": text,
            "quantity": quantity,
            "unit": unit,
            "unit_price": price,
            "vat_rate": Decimal(0) if invoice.tax.is_untaxed else Decimal(19),
        }
        for text, quantity, unit, price in SERVICES
    ]
    invoice.write({}, rows, by=people.staff[0])
    _issue(invoice, people, on=today - timedelta(days=20))
