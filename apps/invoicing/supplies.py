"""What was shipped of an order, with the delivery notes, days and serial numbers that an invoice names."""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import override

from apps.deliveries.models.delivery_line import DeliveryLine
from apps.deliveries.models.status import SHIPPED


@dataclass
class Supply:
    """`quantity` of an order line, brought by `deliveries`; the newest ones, as older ones were invoiced before."""

    line: object
    quantity: Decimal
    deliveries: list = field(default_factory=list)
    printers: list[str] = field(default_factory=list)

    @property
    def days(self) -> list[datetime.date]:
        return [delivery.shipped_on for delivery in self.deliveries]

    @property
    def serials(self) -> str:
        return ", ".join(sorted(self.printers))

    def reference(self, language: str) -> str:
        """The delivery notes: "LS-2026-0003 (12.11.2026)"."""
        with override(language):
            notes = [f"{each.number} ({date_format(each.shipped_on, 'SHORT_DATE_FORMAT')})" for each in self.deliveries]
        return ", ".join(notes)[:300]


def of_order(order, open_: dict) -> list[Supply]:
    """Supplies of the open quantities {order line: quantity}, each with the deliveries that brought it."""
    return _collect(open_, _lines().filter(order_line__in=open_, delivery__status__in=SHIPPED))


def of_delivery(delivery, open_: dict) -> list[Supply]:
    """The same for one delivery: no more than it brought."""
    rows = list(_lines().filter(delivery=delivery, delivery__status__in=SHIPPED, order_line__in=open_))
    brought: dict = {}
    for row in rows:
        brought[row.order_line_id] = brought.get(row.order_line_id, Decimal(0)) + row.kept_quantity
    wanted = {
        line: min(quantity, brought[line.pk])
        for line, quantity in open_.items()
        if brought.get(line.pk, Decimal(0)) > 0
    }
    return _collect(wanted, rows)


def _lines():
    rows = DeliveryLine.objects.filter(delivery__deleted_at=None).select_related("delivery")
    return rows.prefetch_related("printers__printer").order_by("-delivery__shipped_on", "-delivery_id", "position")


def _collect(wanted: dict, rows) -> list[Supply]:
    found = {line.pk: Supply(line, quantity) for line, quantity in wanted.items()}
    missing = {line.pk: quantity for line, quantity in wanted.items()}
    for row in rows:
        if missing.get(row.order_line_id, Decimal(0)) <= 0 or row.kept_quantity <= 0:
            continue
        supply = found[row.order_line_id]
        missing[row.order_line_id] -= row.kept_quantity
        if row.delivery not in supply.deliveries:
            supply.deliveries.append(row.delivery)
        supply.printers += [printer.serial for printer in row.printers_out()]
    for supply in found.values():
        supply.deliveries.sort(key=lambda delivery: (delivery.shipped_on, delivery.number))
    return list(found.values())
