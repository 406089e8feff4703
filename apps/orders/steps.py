"""Where an order stands on its way from the draft to the invoice."""

import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from apps.orders.models import CONFIRMED, CustomerOrder, Status


class Step(NamedTuple):
    """A station of the way; `is_current` is the last one that is reached, `is_bad` an end nobody wanted."""

    label: str
    is_reached: bool
    is_current: bool = False
    on: datetime.date | None = None
    is_bad: bool = False


def steps(order: CustomerOrder, lines) -> list[Step]:
    """The way as far as it makes sense for this order: one that was never quoted has no quote on its way."""
    if order.status in (Status.CANCELLED, Status.DECLINED):
        gone = [(Status.DRAFT.label, None), *([(_("Quoted"), order.quote_date)] if order.quote_number else [])]
        gone += [(_("Confirmed"), order.order_date)] if order.number else []
        return [
            *[Step(label, True, on=day) for label, day in gone],
            Step(order.get_status_display(), True, True, is_bad=True),
        ]
    flow = [
        Status.DRAFT,
        Status.QUOTED,
        Status.PENDING,
        Status.PRODUCTION,
        Status.READY,
        Status.SHIPPED,
        Status.DELIVERED,
    ]
    if order.is_confirmed and not order.quote_number:
        flow.remove(Status.QUOTED)
    if order.status in CONFIRMED[2:] and not order.production_date:
        flow.remove(Status.PRODUCTION)
    at = flow.index(Status(order.status))
    days = {
        Status.QUOTED: order.quote_date if at >= 1 else None,
        Status.PENDING: order.order_date,
        Status.PRODUCTION: order.production_date,
    }
    is_paid_for = is_invoiced(order, lines)
    found = [
        Step(each.label, number <= at, number == at and not is_paid_for, days.get(each))
        for number, each in enumerate(flow)
    ]
    return [*found, Step(_("Invoiced"), is_paid_for, is_paid_for)]


def is_invoiced(order: CustomerOrder, lines) -> bool:
    """Everything that was shipped and kept stands on an invoice, and nothing more will be shipped."""
    return order.is_confirmed and not order.is_open and not any(line.to_invoice for line in lines)
