"""What the shop picks and packs: each line with its shelf, what lies there, and the printers."""

from django.db.models import Prefetch

from apps.deliveries.models import Delivery, DeliveryPrinter
from apps.deliveries.proposal import printers_for
from apps.parts.models import StockLevel


def packing_rows(delivery: Delivery) -> list[dict]:
    """The lines in their order. Before it is shipped, the printers that are proposed; afterwards those that went."""
    went = Prefetch("printers", DeliveryPrinter.objects.select_related("printer"))
    found = delivery.lines.select_related("order_line__part", "location").prefetch_related(went)
    lines = list(found.order_by("position"))
    there = levels_of(lines) if delivery.is_pending else {}
    offered = printers_for([line.order_line for line in lines]) if delivery.is_pending else {}
    rows = []
    for line in lines:
        order_line, at_hand = line.order_line, there.get((line.order_line.part_id, line.location_id))
        rows.append(
            {
                "line": line,
                "part": order_line.part,
                "description": order_line.description,
                "customizations": [f"{name}: {value}" for name, value in order_line.customizations.items()],
                "location": line.location,
                "quantity": line.quantity,
                "unit": order_line.part.get_unit_display(),
                "at_hand": at_hand,
                "is_short": order_line.is_stocked and delivery.is_pending and (at_hand or 0) < line.quantity,
                "serials": serials_of(line, offered),
                "shipped": list(line.printers.all()),
            }
        )
    return rows


def levels_of(lines) -> dict:
    """{(part key, place key): what lies there}"""
    levels = StockLevel.objects.filter(
        part__in={line.order_line.part_id for line in lines}, location__in={line.location_id for line in lines}
    )
    return {(level.part_id, level.location_id): level.quantity for level in levels}


def serials_of(line, offered: dict) -> list[str]:
    """The serial numbers that went; of a line that waits, the next ones in turn, each proposed once."""
    if line.order_line_id not in offered:
        return [each.printer.serial for each in line.printers.all()]
    count = int(line.quantity)
    mine, offered[line.order_line_id] = offered[line.order_line_id][:count], offered[line.order_line_id][count:]
    return [each.serial for each in mine]
