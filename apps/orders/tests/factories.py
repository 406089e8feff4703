"""Orders for tests; each valid as it comes, any field may be given."""

from decimal import Decimal

from apps.customers.tests.factories import make_customer
from apps.orders.models import CustomerOrder, OrderLine
from apps.orders.verify import RULES
from apps.parts.models import Part, Reference
from apps.parts.tests.factories import make_location, make_part, make_stock


def make_sold_part(*, stock=0, by=None, **fields) -> Part:
    """A part that is sold, `stock` of it on the shelf."""
    part = make_part(**{"is_sellable": True, "unit_price": Decimal("100")} | fields, by=by)
    if stock:
        make_stock(part, stock)
        part.refresh_from_db()
    return part


def make_order(*lines, by=None, **fields) -> CustomerOrder:
    """A draft; `lines` are (part, quantity), (part, quantity, price) or dicts of columns; one line without any."""
    order = CustomerOrder()
    order.take_terms_of(fields.pop("customer", None) or make_customer())
    for name, value in fields.items():
        setattr(order, name, value)
    names = ("part", "quantity", "unit_price")
    rows = [line if isinstance(line, dict) else dict(zip(names, line, strict=False)) for line in lines]
    rows = rows or [{"part": make_sold_part(), "quantity": 2}]
    for row in rows:
        for name in names[1:]:
            if name in row:
                row[name] = Decimal(row[name])
    order.write({}, rows, by=by)
    return order


def make_quoted(*lines, by=None, **fields) -> CustomerOrder:
    order = make_order(*lines, by=by, **fields)
    order.quote(by=by)
    return order


def make_confirmed(*lines, by=None, **fields) -> CustomerOrder:
    order = make_order(*lines, by=by, **fields)
    order.confirm(by=by)
    return order


def ship(line: OrderLine, quantity, *, by=None) -> None:
    """As a delivery does it: out of stock, and told to the line."""
    level = line.part.levels.filter(quantity__gt=0).first()
    line.issue(quantity, location=level.location, reference=Reference.to(line), by=by)
    line.record_shipped(quantity, by=by)


def make_delivered(*lines, by=None, **fields) -> CustomerOrder:
    """Everything in stock, shipped and arrived."""
    order = make_order(*lines, by=by, **fields)
    for line in order.lines.select_related("part"):
        make_stock(line.part, line.quantity, location=make_location())
    order.confirm(by=by)
    for line in order.lines.all():
        ship(line, line.quantity, by=by)
        line.record_delivered(line.quantity, by=by)
    order.refresh_from_db()
    return order


def faults() -> list:
    """What `manage.py verify` finds wrong in this room."""
    return [fault for rule in RULES for fault in rule.find()]
