"""Fifteen quotes and orders in every state that sales alone can bring about."""

import random
from datetime import date, timedelta
from decimal import Decimal

from apps.customers.models import Customer
from apps.orders.models import CustomerOrder
from apps.parts.models import Part
from gmtc.demo import People

# What becomes of them, the oldest first; numbers follow the dates.
FATES = (
    "declined confirmed cancelled confirmed quoted confirmed declined"
    " confirmed expired confirmed quoted confirmed draft quoted draft"
)
REASONS = {
    "declined": ["Zu teuer, hat sich für einen anderen Hersteller entschieden", "Projekt verschoben auf nächstes Jahr"],
    "cancelled": ["Kunde hat das Budget nicht bekommen"],
}
COLOURS = ["RAL 7016 anthrazit", "RAL 9005 tiefschwarz", "RAL 5010 enzianblau"]


def fill(rng: random.Random, today: date, people: People) -> None:
    """Write the room's demo data: the last weeks of sales."""
    rng = random.Random(rng.random())  # noqa: S311 - so that rooms above see the same numbers whatever is drawn here
    customers = list(Customer.objects.filter(is_blocked=False).order_by("number"))
    sold = list(Part.objects.sellable().active().order_by("sku"))
    printers = [part for part in sold if part.is_serialised]
    spares = [part for part in sold if not part.is_serialised]
    fates = FATES.split()
    for number, fate in enumerate(fates):
        day = today - timedelta(days=3 * (len(fates) - number) + rng.randrange(2))
        _order(rng, rng.choice(customers), fate, day, today, people, printers, spares)


def _order(rng, customer, fate, day, today, people, printers, spares) -> None:
    by = rng.choice([people.manager, *people.staff[:1]])
    order = CustomerOrder(
        contact=customer.primary_contact,
        responsible=by,
        customer_reference=f"{rng.randrange(4_500_000, 4_600_000)}" if rng.random() < 0.4 else "",
        requested_date=day + timedelta(days=rng.choice([14, 28, 42])),
        shipping_cost=Decimal(rng.choice([0, 49, 89])),
        discount_percent=Decimal(rng.choice([0, 0, 0, 2])),
    )
    order.take_terms_of(customer)
    rows = [_line(rng, part, 1, customer) for part in rng.sample(printers, min(1, len(printers))) if rng.random() < 0.7]
    rows += [_line(rng, part, rng.choice([1, 2, 5]), customer) for part in rng.sample(spares, min(len(spares), 2))]
    order.write({}, rows, by=by)
    if fate == "draft":
        return
    quote_day = day - timedelta(days=20 if fate == "expired" else 4)
    days = 14 if fate == "expired" else max(30, (today - quote_day).days + 10)
    order.quote(by=by, quote_date=quote_day, valid_until=quote_day + timedelta(days=days))
    if fate == "declined":
        order.decline(by=by, reason=rng.choice(REASONS["declined"]))
    elif fate == "cancelled":
        order.confirm(by=by, order_date=day)
        order.cancel(by=people.manager, reason=REASONS["cancelled"][0])
    elif fate == "confirmed":
        order.confirm(by=by, order_date=day, promised_date=order.requested_date)


def _line(rng, part: Part, quantity: int, customer: Customer) -> dict:
    return {
        "part": part,
        "quantity": Decimal(quantity),
        "discount": customer.discount_percent,
        "customizations": {"Farbe": rng.choice(COLOURS)} if part.is_serialised and rng.random() < 0.5 else {},
    }
