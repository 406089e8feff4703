"""What of an order can be shipped now: stock that is held for it, where it lies, the printers built for it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Sum

from apps.builds.models import Printer
from apps.builds.models.job_stock import picked_elsewhere
from apps.deliveries.promises import pending_lines, promised_of
from apps.orders.models import OrderLine
from apps.parts.models import StockLevel, StorageLocation

ZERO = Decimal(0)


class Row(NamedTuple):
    """So much of a line of the order, from this shelf, these printers; work in hours lies on no shelf."""

    order_line: OrderLine
    quantity: Decimal
    location: StorageLocation | None
    printers: list


def rows_for(order) -> list[Row]:
    """Lines in the order of their positions; what other deliveries that are still to be packed promise is left out."""
    lines = list(order.lines.select_related("part").order_by("position"))
    promised = promised_of([line.pk for line in lines])
    shelves = Shelves({line.part_id for line in lines if line.is_stocked})
    printers = printers_for(lines)
    rows = []
    for line in lines:
        line.order = order
        wanted = line.shippable_quantity - promised.get(line.pk, ZERO)
        if wanted <= 0:
            continue
        if not line.is_stocked:
            rows.append(Row(line, wanted, None, []))
            continue
        serials = iter(printers.get(line.pk, ()))
        for location, quantity in shelves.take(line.part, wanted).items():
            mine = [next(serials, None) for _n in range(int(quantity))] if line.pk in printers else []
            rows.append(Row(line, quantity, location, [each for each in mine if each]))
    return rows


class Shelves:
    """Where parts lie. What other deliveries are going to take from there, or what was picked for a job, comes last."""

    def __init__(self, parts: set):
        planned = Counter()
        rows = pending_lines().filter(order_line__part__in=parts).values_list("order_line__part", "location")
        for part, location, quantity in rows.annotate(total=Sum("quantity")).order_by():
            planned[part, location] = quantity
        found = StockLevel.objects.filter(part__in=parts, quantity__gt=0).select_related("location")
        levels = list(found.order_by("location__code"))
        planned.update(picked_elsewhere(None, parts, {level.location_id for level in levels}))
        self.free, self.planned = defaultdict(dict), defaultdict(dict)
        for level in levels:
            taken = min(level.quantity, planned[level.part_id, level.location_id])
            self.free[level.part_id][level.location] = level.quantity - taken
            self.planned[level.part_id][level.location] = taken

    def take(self, part, wanted: Decimal) -> dict[StorageLocation, Decimal]:
        """From the usual place first, then from where most lies: {place: quantity}."""
        taken: dict = {}
        for shelves in (self.free[part.pk], self.planned[part.pk]):
            for place in sorted(shelves, key=lambda each: (each.pk != part.default_location_id, -shelves[each])):
                if quantity := min(wanted, shelves[place]):
                    taken[place] = taken.get(place, ZERO) + quantity
                    shelves[place] -= quantity
                    wanted -= quantity
        return taken


def printers_for(lines: Iterable[OrderLine]) -> dict:
    """The printers in stock that may go with each serialised line: first those built for it, then those built for
    stock, last those built for other orders.

    {line key: [printer, ...]}; a line without serial numbers is not in it.
    """
    lines = [line for line in lines if line.part.is_serialised and line.is_made]
    if not lines:
        return {}
    found = list(
        Printer.objects.in_stock()
        .filter(part__in={line.part_id for line in lines})
        .select_related("order_line__order")
        .order_by("serial")
    )
    return {
        line.pk: sorted(
            (each for each in found if each.part_id == line.part_id),
            key=lambda each: (each.order_line_id != line.pk, each.order_line_id is not None),
        )
        for line in lines
    }
