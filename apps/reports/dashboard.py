"""What the start page shows. Each panel asks the database once, and only for those who may open the list behind it."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.builds.models import JobStatus, PrinterBuild, ProductionJob
from apps.company.models import Company
from apps.customers.models import Customer
from apps.invoicing.models import Invoice
from apps.orders.models import CustomerOrder, Status
from apps.orders.models.status import late as late_orders
from apps.parts.models import Part
from apps.reports.charts import Columns, Ranking
from apps.reports.periods import Choice
from apps.reports.report import listed
from apps.reports.sales import by_month
from apps.reports.waiting import WAITING
from apps.suppliers.models import Supplier
from gmtc.figures import money, quantity
from gmtc.money import ZERO


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    url: str
    hint: str = ""
    is_bad: bool = False


@dataclass(frozen=True)
class State:
    label: str
    url: str
    count: int
    value: str
    share: float


@dataclass(frozen=True)
class States:
    """How the records of a room are spread over their states."""

    title: str
    url: str
    rows: Sequence[State]
    empty: str


@dataclass(frozen=True)
class Step:
    title: str
    text: str
    url: str
    is_done: bool


def panels_for(user) -> dict:
    """The context of the page."""
    today = timezone.localdate()
    chart = by_month(Choice.TWELVE_MONTHS.period(today)) if user.has_perm("invoicing.view_invoice") else None
    waiting = [make(user, today) for permission, make in WAITING if user.has_perm(permission)]
    found = {
        "today": today,
        "chart": chart,
        "figures": list(_figures(user, chart, today)),
        "states": [make(user) for permission, make in STATES if user.has_perm(permission)],
        "waiting": waiting,
        "done": [panel for panel in waiting if not panel.lines],
        "plans": user.has_perm("builds.view_productionjob"),
    }
    orders = next((each for each in found["states"] if each.rows), None)
    return found | {"steps": None if orders or (chart and not chart.is_empty) else first_steps(user)}


# --- Figures


def _figures(user, chart: Columns | None, today: datetime.date):
    if chart:
        before, now = (series.values[-1] for series in chart.series)
        yield Figure(
            _("Net sales this month"),
            money(now),
            listed("reports:sales", period="month"),
            _("%(amount)s by this day a year ago") % {"amount": money(before)},
        )
        owed = Invoice.objects.open().aggregate(
            count=Count("pk"), left=Sum(F("total") - F("paid_amount") - F("reduction"))
        )
        yield Figure(
            _("Customers owe"),
            money(owed["left"] or ZERO),
            listed("reports:open_items"),
            ngettext("%(count)s invoice", "%(count)s invoices", owed["count"]) % {"count": owed["count"]},
        )
    if user.has_perm("orders.view_customerorder"):
        orders = CustomerOrder.objects.open().aggregate(
            count=Count("pk"), net=Sum("net"), late=Count("pk", filter=late_orders())
        )
        yield Figure(
            _("Open customer orders"),
            money(orders["net"] or ZERO),
            listed("orders:order_list", status="open"),
            ngettext("%(count)s order", "%(count)s orders", orders["count"]) % {"count": orders["count"]}
            + (f" · {_('%(count)s late') % {'count': orders['late']}}" if orders["late"] else ""),
            is_bad=bool(orders["late"]),
        )
    if user.has_perm("parts.view_part"):
        stock = Part.objects.order_by().aggregate(
            value=Sum(F("current_stock") * F("average_cost")), low=Count("pk", filter=Part.IS_LOW)
        )
        yield Figure(_("Stock value"), money(stock["value"] or ZERO), listed("reports:stock_value"))
        yield Figure(
            _("Low stock"),
            quantity(Decimal(stock["low"])),
            listed("parts:part_list", stock="low"),
            "",
            bool(stock["low"]),
        )


# --- States


def _spread(counts: dict, statuses, urls: Callable[[str], str], *, with_value: bool) -> list[State]:
    shown = [(status, *counts[status]) for status in statuses if status in counts]
    shares = Ranking([Decimal(count) for _status, count, _value in shown]).shares()
    return [
        State(str(status.label), urls(status), count, money(value) if with_value else "", share)
        for (status, count, value), share in zip(shown, shares, strict=True)
    ]


def order_states(user) -> States:
    running = (Status.DRAFT, Status.QUOTED, Status.PENDING, Status.PRODUCTION, Status.READY, Status.SHIPPED)
    rows = CustomerOrder.objects.filter(status__in=running).order_by().values_list("status")
    counts = {status: (count, net) for status, count, net in rows.annotate(orders=Count("pk"), value=Sum("net"))}
    return States(
        _("Orders by state"),
        listed("orders:order_list"),
        _spread(counts, running, lambda status: listed("orders:order_list", status=status), with_value=True),
        _("No quote and no order is under way."),
    )


def job_states(user) -> States:
    running = (JobStatus.PLANNED, JobStatus.RELEASED, JobStatus.PRODUCTION, JobStatus.TESTING)
    rows = ProductionJob.objects.open().order_by().values_list("status")
    counts = {
        status: (count, pieces) for status, count, pieces in rows.annotate(jobs=Count("pk"), pieces=Sum("quantity"))
    }
    return States(
        _("Jobs by state"),
        listed("builds:job_board"),
        _spread(counts, running, lambda status: listed("builds:job_list", status=status), with_value=False),
        _("Nothing is being built."),
    )


STATES = (("orders.view_customerorder", order_states), ("builds.view_productionjob", job_states))


# --- A new company


def first_steps(user) -> list[Step]:
    """What a company does first; for whoever may do at least one of it."""
    company = Company.current()
    steps = (
        (
            "company.change_company",
            _("Enter your company"),
            _("Legal name, address, bank and tax numbers stand on every document."),
            "company:settings",
            company.version > 1,  # before, it is a sample
        ),
        (
            "parts.add_part",
            _("Bring in the parts"),
            _("Import your list from a spreadsheet, or enter the first one."),
            "parts:import_list",
            Part.objects.exists(),
        ),
        (
            "suppliers.add_supplier",
            _("Add suppliers"),
            _("With their prices and lead times, so that planning can propose purchases."),
            "suppliers:supplier_new",
            Supplier.objects.exists(),
        ),
        (
            "builds.add_printerbuild",
            _("Describe what you build"),
            _("Its bill of materials comes from the CAD program's parts list."),
            "builds:build_list",
            PrinterBuild.objects.exists(),
        ),
        (
            "customers.add_customer",
            _("Add customers"),
            _("One by one or from a spreadsheet."),
            "customers:customer_new",
            Customer.objects.exists(),
        ),
        (
            "orders.add_customerorder",
            _("Write the first quote"),
            _("Order, production, delivery and invoice follow from it."),
            "orders:order_new",
            False,
        ),
    )
    return [
        Step(title, text, listed(page), is_done)
        for permission, title, text, page, is_done in steps
        if user.has_perm(permission)
    ]
