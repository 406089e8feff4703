"""Carriers, orders in stock and deliveries for tests; each valid as it comes, any field may be given."""

import itertools
from decimal import Decimal

from apps.builds.models import Printer, ProductionJob
from apps.customers.tests.factories import make_customer
from apps.deliveries.models import Carrier, Delivery, Returned
from apps.deliveries.verify import RULES
from apps.orders.models import CustomerOrder
from apps.parts.tests.factories import make_location, make_part, make_stock

numbers = itertools.count(1)
DHL = "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode={number}"


def make_carrier(*, by=None, **fields) -> Carrier:
    carrier = Carrier(**{"name": f"Carrier {next(numbers)}", "tracking_url": DHL} | fields)
    carrier.save(by=by, reason="create")
    return carrier


def make_sold(*, stock=100, location=None, **fields):
    """A part that is sold, and where `stock` of it lies."""
    part = make_part(**{"is_sellable": True, "unit_price": Decimal("12.50")} | fields)
    if stock:
        make_stock(part, stock, location=location, unit_cost=Decimal("4.2"))
    return part


def make_order(*lines, by=None, confirmed=True, ordered_on=None, **fields) -> CustomerOrder:
    """`lines` are (part, quantity); one line of 10 pieces without any. Confirmed, so that stock is held for it."""
    order = CustomerOrder()
    order.take_terms_of(fields.pop("customer", None) or make_customer())
    for name, value in fields.items():
        setattr(order, name, value)
    lines = lines or [(make_sold(), 10)]
    rows = [
        {"part": part, "quantity": Decimal(quantity), "unit_price": Decimal("12.50"), "vat_rate": Decimal(19)}
        for part, quantity in lines
    ]
    order.write({}, rows, by=by)
    if confirmed:
        order.confirm(by=by, order_date=ordered_on)
    return order


def make_delivery(order=None, *, quantity=None, by=None, **fields) -> Delivery:
    """To be packed: what can be shipped of the order, or `quantity` of each line."""
    order = order or make_order(by=by)
    delivery = Delivery.begin(order)
    rows = [
        {"order_line": row.order_line, "quantity": Decimal(quantity or row.quantity), "location": row.location}
        for row in Delivery.propose(order)
    ]
    delivery.write(fields, rows, by=by)
    return delivery


def make_shipped(order=None, *, quantity=None, by=None, **shipment) -> Delivery:
    order = order or make_order(by=by, ordered_on=shipment.get("shipped_on"))
    delivery = make_delivery(order, quantity=quantity, by=by)
    delivery.ship(by=by, **shipment)
    return delivery


def make_printers(part, number=1, *, order_line=None, location=None, by=None) -> list[Printer]:
    """Printers as a job makes them; their stock is in."""
    job = ProductionJob(part=part, quantity=number, order_line=order_line)
    job.save(by=by, reason="create")
    job.release(by=by)
    job.start(by=by)
    job.complete(location=location or make_location(), by=by)
    return list(Printer.objects.filter(job=job).order_by("serial"))


def make_printer_order(pieces=2, *, by=None, **fields):
    """An order of printers that are built for it, and these."""
    product = make_sold(stock=0, procurement="make", is_serialised=True)
    order = make_order((product, pieces), by=by, **fields)
    return order, make_printers(product, pieces, order_line=order.lines.get(), by=by)


def returned(line, quantity, **fields) -> Returned:
    fields = {"location": make_location(), "reason": "Falsch bestellt"} | fields
    return Returned(line, Decimal(quantity), **fields)


def faults() -> list:
    """What `manage.py verify` finds wrong in this room."""
    return [fault for rule in RULES for fault in rule.find()]
