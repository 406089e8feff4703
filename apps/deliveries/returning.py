"""Goods that come back: what is checked, how they go into stock, whose the printers are."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.deliveries.models.delivery_line import DeliveryLine, DeliveryPrinter
from apps.deliveries.models.delivery_return import Condition, DeliveryReturn, DeliveryReturnLine, Returned
from apps.parts.models import MovementKind, Reference
from gmtc import figures
from gmtc.errors import Refused


def checked(row: Returned, lines: dict) -> Returned:
    """The row with the locked line of `lines`; raises Refused where it does not say how, where or why."""
    line = lines.get(row.line.pk)
    if line is None:
        raise Refused(_("This line does not belong to the delivery."))
    quantity, condition = line.part.checked_quantity(row.quantity), Condition(row.condition)
    is_stored = line.order_line.is_stocked and condition != Condition.SCRAP
    if is_stored and row.location is None:
        raise Refused(_("%(part)s: say where it is put.") % {"part": line.part}, field="location")
    if not row.reason.strip():
        raise Refused(_("%(part)s: say why it came back.") % {"part": line.part}, field="reason")
    location = row.location if is_stored else None
    return Returned(line, quantity, condition, location, row.reason.strip(), tuple(row.printers))


def refuse_too_much(line: DeliveryLine, rows: list[Returned]) -> None:
    total = sum((row.quantity for row in rows), Decimal(0))
    if total > line.kept_quantity:
        raise Refused(
            _("%(part)s: %(total)s would come back, %(out)s are out.")
            % {"part": line.part, "total": figures.quantity(total), "out": figures.quantity(line.kept_quantity)},
            field="quantity",
        )


def locked_printers(row: Returned) -> list[DeliveryPrinter]:
    """The printers that came back, exactly as many as the quantity says, locked in the order of their keys."""
    if not row.line.has_serials:
        return []
    keys = {getattr(each, "pk", each) for each in row.printers}
    found = list(
        row.line.printers.filter(printer__in=keys, return_line=None)
        .order_by("printer")
        .select_for_update(of=("self", "printer"), no_key=True)
        .select_related("printer")
    )
    if len(found) != row.quantity:
        raise Refused(
            _("%(part)s: choose exactly %(quantity)s serial numbers, %(chosen)s are chosen.")
            % {"part": row.line.part, "quantity": figures.quantity(row.quantity), "chosen": len(found)},
            field="printers",
        )
    return found


def put_back(paper: DeliveryReturn, row: Returned, printers: list[DeliveryPrinter], *, by) -> None:
    """Write the line of the return, and the counter-movement at the cost at which the goods left."""
    stored = DeliveryReturnLine.objects.create(
        delivery_return=paper,
        line=row.line,
        quantity=row.quantity,
        condition=row.condition,
        location=row.location,
        reason=row.reason,
    )
    if row.location:
        row.line.part.receive(
            row.quantity,
            location=row.location,
            unit_cost=row.line.unit_cost,
            kind=MovementKind.SALE,
            reference=Reference.to(paper),
            note=row.reason,
            by=by,
        )
        if row.condition == Condition.DAMAGED and not printers:
            # Nobody may be promised it before it is repaired; whoever has repaired it frees it on the page of the part.
            note = _("%(paper)s: damaged, to be repaired") % {"paper": paper}
            row.line.part.reserve(row.quantity, note=note, by=by)
    for each in printers:
        each.return_line = stored
        each.save(update_fields=["return_line"])
        each.printer.take_back(by=by)
        if row.condition == Condition.GOOD:
            each.printer.restock(by=by)
        elif row.location:
            each.printer.hold_damaged(by=by)
