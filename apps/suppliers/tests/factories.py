"""Suppliers, offers and purchase orders for tests; each valid as it comes, any field may be given."""

import itertools
from decimal import Decimal

from django.utils import timezone

from apps.parts.tests.factories import make_location, make_part
from apps.suppliers.models import PurchaseOrder, Supplier, SupplierPart
from apps.suppliers.verify import RULES

numbers = itertools.count(1)


def make_supplier(*, by=None, **fields) -> Supplier:
    supplier = Supplier(**{"name": f"Supplier {next(numbers)}", "city": "Musterstadt"} | fields)
    supplier.save(by=by, reason="create")
    return supplier


def make_offer(part=None, supplier=None, *, breaks=None, by=None, **fields) -> SupplierPart:
    """`breaks` is {quantity: price}."""
    item = SupplierPart(
        **{"part": part or make_part(), "supplier": supplier or make_supplier(), "price": Decimal("2.00")} | fields
    )
    rows = [{"quantity": Decimal(quantity), "price": Decimal(price)} for quantity, price in (breaks or {}).items()]
    item.write({}, rows, by=by)
    return item


def make_order(*lines, by=None, **fields) -> PurchaseOrder:
    """A draft; `lines` are (part, quantity, price) or dicts of the columns of a line; one line without any."""
    order = PurchaseOrder(**{"supplier": fields.pop("supplier", None) or make_supplier()} | fields)
    names = ("part", "quantity", "unit_price")
    rows = [line if isinstance(line, dict) else dict(zip(names, line, strict=True)) for line in lines]
    rows = rows or [{"part": make_part(), "quantity": 10, "unit_price": Decimal("2.00")}]
    for row in rows:
        row["quantity"], row["unit_price"] = Decimal(row["quantity"]), Decimal(row["unit_price"])
    order.write({}, rows, by=by)
    return order


def make_sent(*lines, by=None, **fields) -> PurchaseOrder:
    """Sent today, or on the day when the goods were expected if that is over."""
    order = make_order(*lines, by=by, **fields)
    expected = order.expected_delivery_date
    order.send(by=by, order_date=min(expected, timezone.localdate()) if expected else None)
    return order


def receive_all(order: PurchaseOrder, *, by=None, location=None):
    location = location or make_location()
    rows = [(line, line.open_quantity, 0, location) for line in order.lines.all() if line.is_open]
    return order.receive(rows, by=by)


def faults() -> list:
    """What `manage.py verify` finds wrong in this room."""
    return [fault for rule in RULES for fault in rule.find()]
