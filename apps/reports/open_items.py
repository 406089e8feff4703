"""What customers owe, by how long it is overdue."""

from decimal import Decimal

from django.db import models
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.invoicing.models import Invoice
from apps.reports.charts import Columns, Series
from apps.reports.report import COUNT, DAY, MONEY, Column, Report, Row, listed
from gmtc.figures import money
from gmtc.money import ZERO

AGES = ((0, gettext_lazy("not due")), (30, "1–30"), (60, "31–60"), (90, "61–90"), (None, gettext_lazy("over 90")))


class By(models.TextChoices):
    INVOICE = "invoice", gettext_lazy("Invoice")
    CUSTOMER = "customer", gettext_lazy("Customer")


def open_items(by: str, *, customer=None) -> Report:
    """Open invoices by invoice or by customer, with the sums of each age."""
    today = timezone.localdate()
    invoices = Invoice.objects.open().order_by("due_date", "number")
    if customer:
        invoices = invoices.filter(customer=customer)
    found = list(
        invoices.annotate(left=F("total") - F("paid_amount") - F("reduction")).values(
            "pk", "number", "customer_id", "customer__number", "buyer_name", "invoice_date", "due_date", "total", "left"
        )
    )
    for each in found:
        each["days"] = max(0, (today - each["due_date"]).days)
    whole = sum((each["left"] for each in found), ZERO)
    overdue = sum((each["left"] for each in found if each["days"]), ZERO)
    by_invoice = by == By.INVOICE
    return Report(
        name="open-items",
        title=_("Open items"),
        columns=INVOICE_COLUMNS if by_invoice else CUSTOMER_COLUMNS,
        rows=_by_invoice(found) if by_invoice else _by_customer(found),
        total={"name" if not by_invoice else "number": _("Total"), "left": whole, "overdue": overdue},
        facts=[
            (_("As of"), date_format(today, "SHORT_DATE_FORMAT")),
            (_("By"), str(By(by).label)),
            *([(_("Customer"), str(customer))] if customer else []),
        ],
        figures=[(_("Open"), money(whole)), (_("Overdue"), money(overdue))],
        notes=[_("What is still to be paid, with VAT; the day after the due date is the first day overdue.")],
        chart=_chart(found),
    )


INVOICE_COLUMNS = [
    Column("number", gettext_lazy("Invoice")),
    Column("customer", gettext_lazy("Customer")),
    Column("date", gettext_lazy("Date"), DAY, secondary=True),
    Column("due", gettext_lazy("Due on"), DAY),
    Column("days", gettext_lazy("Days overdue"), COUNT),
    Column("total", gettext_lazy("Total"), MONEY, secondary=True),
    Column("left", gettext_lazy("Open"), MONEY),
]
CUSTOMER_COLUMNS = [
    Column("name", gettext_lazy("Customer")),
    Column("number", gettext_lazy("Number"), secondary=True),
    Column("invoices", gettext_lazy("Invoices"), COUNT, secondary=True),
    Column("days", gettext_lazy("Oldest, days overdue"), COUNT, secondary=True),
    Column("overdue", gettext_lazy("Overdue"), MONEY),
    Column("left", gettext_lazy("Open"), MONEY),
]


def _by_invoice(found: list[dict]) -> list[Row]:
    return [
        Row(
            {
                "number": each["number"],
                "customer": each["buyer_name"],
                "date": each["invoice_date"],
                "due": each["due_date"],
                "days": each["days"] or None,
                "total": each["total"],
                "left": each["left"],
            },
            url=reverse("invoicing:invoice_detail", args=[each["pk"]]),
        )
        for each in found
    ]


def _by_customer(found: list[dict]) -> list[Row]:
    customers: dict = {}
    for each in found:
        sums = customers.setdefault(
            each["customer_id"],
            {"name": each["buyer_name"], "number": each["customer__number"], "invoices": 0, "days": None}
            | {"overdue": ZERO, "left": ZERO},
        )
        sums["invoices"] += 1
        sums["left"] += each["left"]
        if each["days"]:
            sums["overdue"] += each["left"]
            sums["days"] = max(sums["days"] or 0, each["days"])
    rows = [
        Row(sums, url=listed("invoicing:invoice_list", customer=key, status="open")) for key, sums in customers.items()
    ]
    return sorted(rows, key=lambda row: (-row.values["overdue"], -row.values["left"], row.values["name"]))


def _chart(found: list[dict]) -> Columns:
    sums = [Decimal(0)] * len(AGES)
    for each in found:
        age = next(n for n, (days, _name) in enumerate(AGES) if days is None or each["days"] <= days)
        sums[age] += each["left"]
    return Columns(
        title=_("Open items by days overdue"),
        names=[str(name) for _days, name in AGES],
        series=[Series(_("open"), sums)],
    )
