"""Deliveries that are still to be packed promise goods; nobody may promise more than is still to be shipped."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from apps.deliveries.models.delivery_line import DeliveryLine
from apps.orders.models import OrderLine
from gmtc import figures
from gmtc.errors import Refused


def pending_lines():
    return DeliveryLine.objects.filter(delivery__status="pending", delivery__deleted_at=None)


def promised_of(lines: Iterable, *, but=None) -> dict:
    """How much of each line of an order is promised: {line key: quantity}; `lines` are their keys.

    `but` is a delivery that does not count.
    """
    found = pending_lines().filter(order_line__in=lines)
    if but is not None:
        found = found.exclude(delivery=but)
    return dict(found.values_list("order_line").annotate(total=Sum("quantity")).order_by())


def checked(row: dict, order) -> dict:
    """A row as `Delivery.write` takes it; raises Refused where it is not of `order` or says no place."""
    line = row["order_line"]
    if line.order_id != order.pk or line.deleted_at:
        raise Refused(_("This line does not belong to %(order)s.") % {"order": order})
    quantity = line.part.checked_quantity(row["quantity"])
    if line.is_stocked and row.get("location") is None:
        raise Refused(_("%(part)s: say where it is taken from.") % {"part": line.part}, field="location")
    return {**row, "quantity": quantity, "location": row["location"] if line.is_stocked else None}


def refuse_more_than_open(delivery, wanted: Iterable[tuple[OrderLine, Decimal]]) -> None:
    """Raises Refused where `delivery` cannot have `wanted`. The order is locked, so what others promise stands."""
    totals: dict = {}
    for line, quantity in wanted:
        totals[line.pk] = totals.get(line.pk, Decimal(0)) + quantity
    others = promised_of(totals, but=delivery)
    for line in OrderLine.objects.filter(pk__in=totals).select_related("part", "order"):
        promised = totals[line.pk] + others.get(line.pk, 0)
        if promised > line.open_quantity:
            raise Refused(
                _("%(part)s: %(promised)s would be promised, %(open)s are still to be shipped.")
                % {
                    "part": line.part,
                    "promised": figures.quantity(promised),
                    "open": figures.quantity(line.open_quantity),
                },
                field="quantity",
            )
