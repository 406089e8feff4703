"""What waits for somebody, on the start page: each list of work asks the database once."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, QuerySet, Window
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.builds.planning import Plan
from apps.customers.models import Interaction
from apps.deliveries.models import Delivery
from apps.invoicing.models import Invoice
from apps.orders.models import CustomerOrder
from apps.parts.models import Part
from apps.reports.report import listed
from apps.suppliers.models import PurchaseOrder
from gmtc.figures import money, quantity

SHOWN = 5
SOON = 7  # days in which a quote is about to expire


@dataclass(frozen=True)
class Line:
    """A record that waits for somebody: `when` is what it waits for."""

    label: str
    url: str
    detail: str
    when: str = ""
    is_bad: bool = False


@dataclass(frozen=True)
class Waiting:
    """A list of work: the first few lines, how many there are, and where the rest is."""

    title: str
    url: str
    count: int
    lines: Sequence[Line]
    empty: str
    icon: str


def _first(rows: QuerySet) -> tuple[list, int]:
    """The first rows and the number of all, in one question."""
    found = list(rows.annotate(of_all=Window(Count("pk")))[:SHOWN])
    return found, found[0].of_all if found else 0


def _day(day: datetime.date | None) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""


def deliveries_to_pack(user, today) -> Waiting:
    rows = Delivery.objects.pending().select_related("order").order_by(F("ship_by").asc(nulls_last=True), "pk")
    found, count = _first(rows)
    lines = [
        Line(
            each.name,
            each.get_absolute_url(),
            str(each.order),
            _day(each.ship_by),
            bool(each.ship_by and each.ship_by < today),
        )
        for each in found
    ]
    return Waiting(
        _("Deliveries to pack"),
        listed("deliveries:delivery_list", status="pending"),
        count,
        lines,
        _("Nothing waits to be packed."),
        "truck",
    )


def orders_to_invoice(user, today) -> Waiting:
    rows = CustomerOrder.objects.to_invoice().select_related("customer").order_by("order_date", "pk")
    found, count = _first(rows)
    lines = [Line(each.number, each.get_absolute_url(), each.customer.name, money(each.net)) for each in found]
    return Waiting(
        _("To be invoiced"),
        listed("invoicing:to_invoice"),
        count,
        lines,
        _("Everything that was shipped is invoiced."),
        "document-currency-euro",
    )


def overdue_invoices(user, today) -> Waiting:
    found, count = _first(Invoice.objects.overdue().order_by("due_date", "pk"))
    lines = [
        Line(
            each.number,
            each.get_absolute_url(),
            each.buyer_name,
            f"{money(each.open_amount)} · "
            + ngettext("%(days)s day", "%(days)s days", each.days_overdue) % {"days": each.days_overdue},
            is_bad=True,
        )
        for each in found
    ]
    return Waiting(
        _("Overdue invoices"),
        listed("invoicing:invoice_list", status="overdue"),
        count,
        lines,
        _("Nobody is late with a payment."),
        "banknotes",
    )


def late_purchase_orders(user, today) -> Waiting:
    rows = PurchaseOrder.objects.late().select_related("supplier").order_by("expected_delivery_date", "pk")
    found, count = _first(rows)
    lines = [
        Line(each.number, each.get_absolute_url(), each.supplier.name, _day(each.expected_delivery_date), is_bad=True)
        for each in found
    ]
    return Waiting(
        _("Late purchase orders"),
        listed("suppliers:purchase_order_list", due="late"),
        count,
        lines,
        _("Every supplier is in time."),
        "shopping-cart",
    )


def quotes_that_expire(user, today) -> Waiting:
    until = today + datetime.timedelta(days=SOON)
    rows = CustomerOrder.objects.quoted().filter(valid_until__range=(today, until)).select_related("customer")
    found, count = _first(rows.order_by("valid_until", "pk"))
    lines = [Line(str(each), each.get_absolute_url(), each.customer.name, _day(each.valid_until)) for each in found]
    return Waiting(
        _("Quotes about to expire"),
        listed("orders:order_list", status="quoted", sort="valid_until"),
        count,
        lines,
        _("No quote runs out within a week."),
        "document-text",
    )


def follow_ups(user, today) -> Waiting:
    rows = Interaction.objects.follow_ups().due().filter(follow_up_by=user).select_related("customer")
    found, count = _first(rows.order_by("follow_up_on", "pk"))
    lines = [
        Line(
            each.customer.name,
            each.customer.get_absolute_url(),
            each.text.splitlines()[0][:80] if each.text else "",
            _day(each.follow_up_on),
            each.follow_up_on < today,
        )
        for each in found
    ]
    return Waiting(
        _("My follow-ups"),
        listed("customers:follow_up_list", mine="true"),
        count,
        lines,
        _("You have nobody to call back."),
        "bell-alert",
    )


def low_stock(user, today) -> Waiting:
    rows = (
        Part.objects.low_stock().active().alias(missing=F("minimum_stock") - F("current_stock") + F("reserved_stock"))
    )
    found, count = _first(rows.order_by("-missing", "sku"))
    lines = [
        Line(
            each.sku,
            each.get_absolute_url(),
            each.name,
            _("%(free)s of %(minimum)s %(unit)s free")
            % {
                "free": quantity(each.free_stock),
                "minimum": quantity(each.minimum_stock),
                "unit": each.get_unit_display(),
            },
            is_bad=each.free_stock <= 0,
        )
        for each in found
    ]
    return Waiting(
        _("Below the minimum stock"),
        listed("parts:part_list", stock="low"),
        count,
        lines,
        _("Every part has its minimum stock."),
        "cube",
    )


def missing_for_orders() -> Waiting:
    """What must be bought for the open orders and jobs, the most urgent first."""
    plan = Plan()
    wanted = sorted(plan.to_buy, key=lambda each: (each.order_by or datetime.date.max, each.part.sku))
    lines = [
        Line(
            each.part.sku,
            each.part.get_absolute_url(),
            each.part.name,
            f"{quantity(each.quantity)} {each.part.get_unit_display()}",
            each.is_late,
        )
        for each in wanted[:SHOWN]
    ]
    return Waiting(
        _("Missing for orders"),
        listed("builds:planning"),
        len(wanted),
        lines,
        _("Everything that orders need is in stock or ordered."),
        "exclamation-triangle",
    )


WAITING = (
    ("deliveries.view_delivery", deliveries_to_pack),
    ("invoicing.add_invoice", orders_to_invoice),
    ("invoicing.view_invoice", overdue_invoices),
    ("suppliers.view_purchaseorder", late_purchase_orders),
    ("orders.view_customerorder", quotes_that_expire),
    ("customers.view_interaction", follow_ups),
    ("parts.view_part", low_stock),
)
