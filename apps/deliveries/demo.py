"""The carriers, and what of the orders could be shipped so far: delivered, on its way, to be packed, come back."""

import random
from datetime import date, timedelta
from decimal import Decimal

from apps.deliveries.models import Carrier, Condition, Delivery, Returned
from apps.deliveries.proposal import printers_for
from apps.orders.models import CustomerOrder
from gmtc.demo import People

CARRIERS = [
    ("DHL", "Paket", "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode={number}"),
    ("UPS", "Standard", "https://www.ups.com/track?loc=de_DE&tracknum={number}"),
    ("DPD", "Classic", "https://tracking.dpd.de/status/de_DE/parcel/{number}"),
    ("GLS", "BusinessParcel", "https://gls-group.com/DE/de/paketverfolgung/?match={number}"),
    ("Spedition Hansa Nord", "Stückgut mit Hebebühne", ""),
]
COLLECTED = "Selbstabholung"

# What becomes of the orders that can be shipped, the oldest first; the rest waits.
FATES = "delivered returned delivered in_transit pending".split()
REASONS = ["Falsch bestellt, Kunde tauscht um", "Verpackung beim Transport beschädigt"]
SIGNED = ["Empfang", "Fr. Lindner, Wareneingang", "Hr. Özdemir"]


def fill(rng: random.Random, today: date, people: People) -> None:
    """Write the room's demo data; nothing happens in the future."""
    rng = random.Random(rng.random())  # noqa: S311 - so that rooms above see the same numbers whatever is drawn here
    carriers = [Carrier(name=name, service=service, tracking_url=url) for name, service, url in CARRIERS]
    carriers.append(Carrier(name=COLLECTED, is_pickup=True))
    for carrier in carriers:
        carrier.save(by=people.manager, reason="create")
    orders = CustomerOrder.objects.shippable().order_by("order_date", "number")
    for fate, order in zip(FATES, orders, strict=False):
        _deliver(rng, order, fate, carriers[:3], today, people)


def _deliver(rng, order, fate: str, carriers, today: date, people: People) -> None:
    by = rng.choice(people.staff)
    delivery = Delivery.begin(order)
    rows = [
        {"order_line": row.order_line, "quantity": row.quantity, "location": row.location}
        for row in Delivery.propose(order)
    ]
    delivery.write({"internal_notes": "Bitte vor 14 Uhr anliefern." if fate == "pending" else ""}, rows, by=by)
    if fate == "pending":
        return
    shipped_on = min(today, max(order.order_date, today - timedelta(days=rng.randrange(3, 9))))
    carrier = rng.choice(carriers)
    delivery.ship(
        by=by,
        printers=_printers(delivery),
        shipped_on=shipped_on,
        expected_on=shipped_on + timedelta(days=2),
        carrier=carrier,
        tracking_number="".join(rng.choice("0123456789") for _n in range(14)),
        package_count=rng.choice([1, 1, 2]),
        weight=Decimal(rng.randrange(12, 240)) / 10,
    )
    if fate == "in_transit":
        return
    arrived = min(today, shipped_on + timedelta(days=rng.choice([1, 2])))
    delivery.deliver(by=by, delivered_on=arrived, received_by=rng.choice(SIGNED))
    if fate == "returned":
        line = delivery.lines.first()
        printers = tuple(each.printer for each in line.printers.all()[:1])
        row = Returned(line, Decimal(1), Condition.GOOD, line.location, rng.choice(REASONS), printers)
        delivery.return_([row], by=people.manager, returned_on=today)


def _printers(delivery: Delivery) -> dict:
    """For each line with serial numbers the first ones that may go."""
    lines = [line for line in delivery.lines.select_related("order_line__part") if line.has_serials]
    offered = printers_for([line.order_line for line in lines])
    return {line.pk: offered[line.order_line_id][: int(line.quantity)] for line in lines}
