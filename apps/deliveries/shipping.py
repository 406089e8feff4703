"""Goods that leave: which printers go, stock out, what the lines of the order are told."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.builds.models import Printer
from apps.deliveries.models.delivery_line import DeliveryLine, DeliveryPrinter
from apps.parts.models import Reference
from gmtc import figures
from gmtc.errors import Refused


def key_of(each) -> str:
    """Records may be named by themselves or by their key, as forms send it."""
    return str(getattr(each, "pk", each))


def locked_printers(delivery, lines: list[DeliveryLine], wanted: dict) -> dict:
    """The printers that go with each line, locked in the order of their keys: {line: [printer, ...]}.

    Raises Refused where a serialised line has more or fewer than its quantity, or one that cannot go.
    """
    keys = {key_of(line): list(dict.fromkeys(map(key_of, found))) for line, found in wanted.items()}
    if unknown := keys.keys() - {str(line.pk) for line in lines}:
        raise Refused(_("%(count)s lines do not belong to the delivery.") % {"count": len(unknown)})
    rows = Printer.everything.filter(pk__in={key for each in keys.values() for key in each})
    known = {str(each.pk): each for each in rows.order_by("pk").select_for_update(of=("self",), no_key=True)}
    chosen, used = {}, set()
    for line in lines:
        mine = [known[key] for key in keys.get(str(line.pk), ()) if key in known]
        if not line.has_serials:
            if mine:
                raise Refused(_("%(part)s has no serial numbers.") % {"part": line.part})
            continue
        field = f"printers-{line.pk}"
        if len(mine) != line.quantity:
            raise Refused(
                _("%(part)s: choose exactly %(quantity)s serial numbers, %(chosen)s are chosen.")
                % {"part": line.part, "quantity": figures.quantity(line.quantity), "chosen": len(mine)},
                field=field,
            )
        for printer in mine:
            refuse_printer(printer, line, used, field)
            used.add(printer.pk)
        chosen[line] = mine
    return chosen


def refuse_printer(printer: Printer, line: DeliveryLine, used: set, field: str) -> None:
    if printer.pk in used:
        raise Refused(_("%(printer)s is chosen twice.") % {"printer": printer}, field=field)
    if printer.part_id != line.order_line.part_id:
        raise Refused(_("%(printer)s is not a %(part)s.") % {"printer": printer, "part": line.part}, field=field)
    if printer.deleted_at or not printer.is_in_stock:
        raise Refused(_("%(printer)s is not in stock.") % {"printer": printer}, field=field)


def move_out(delivery, lines: list[DeliveryLine], *, by) -> None:
    """Stock out at average cost, which each line remembers for the day when goods come back."""
    reference = Reference.to(delivery)
    for line in lines:
        if line.order_line.is_stocked:
            line.unit_cost = line.order_line.part.average_cost  # issuing does not change it
            line.order_line.issue(line.quantity, location=line.location, reference=reference, by=by)
            # Past the history: the ledger tells it, and for those who ship the line has not changed.
            DeliveryLine.everything.filter(pk=line.pk).update(unit_cost=line.unit_cost)
    record("record_shipped", [(line, line.quantity) for line in lines], by=by)


def hand_over(delivery, chosen: dict, *, by) -> None:
    for line, printers in chosen.items():
        for printer in printers:
            DeliveryPrinter.objects.create(line=line, printer=printer)
            printer.hand_over(delivery.order.customer, on=delivery.shipped_on, order_line=line.order_line, by=by)


def record(verb: str, quantities: Iterable[tuple[DeliveryLine, Decimal]], *, by) -> None:
    """Report to each line of the order, once, what became of it."""
    totals: dict = {}
    for line, quantity in quantities:
        totals[line.order_line] = totals.get(line.order_line, Decimal(0)) + quantity
    for order_line, quantity in totals.items():
        if quantity:
            getattr(order_line, verb)(quantity, by=by)
