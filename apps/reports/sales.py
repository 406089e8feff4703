"""What was invoiced, net, against the same time a year before.

All issued invoices count on their day, advance invoices too; a later invoice takes them off, and a cancellation invoice
counts with its minus. So the sum is what the tax return says.
"""

from decimal import Decimal

from django.db import models
from django.db.models import Count, F, Min, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import TruncMonth
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.customers.models import Customer
from apps.invoicing.models import Invoice, InvoiceLine, Kind
from apps.reports.charts import Columns, Series
from apps.reports.periods import Period, end_of_month
from apps.reports.report import CHANGE, COUNT, MONEY, QUANTITY, Column, Report, Row, change, listed
from gmtc.countries import name_of
from gmtc.figures import money
from gmtc.money import ZERO, cents

# How many; a cancellation is none, it only takes its sum off.
INVOICES = Count("pk", filter=~models.Q(kind=Kind.CREDIT_NOTE))


class By(models.TextChoices):
    MONTH = "month", gettext_lazy("Month")
    CUSTOMER = "customer", gettext_lazy("Customer")
    PRODUCT = "product", gettext_lazy("Product")
    COUNTRY = "country", gettext_lazy("Country")


def sales(by: str, period: Period, *, customer: Customer | None = None, country: str = "") -> Report:
    """Net sales of `period` by month, customer, product or country, maybe of one customer or country alone."""
    before = period.a_year_before()
    now_rows, then_rows = (_invoices(each, customer, country) for each in (period, before))
    group = {By.MONTH: _months, By.CUSTOMER: _customers, By.PRODUCT: _products, By.COUNTRY: _countries}[By(by)]
    rows = group(now_rows, then_rows, period, before)
    if not any(row.values["net"] or row.values["before"] or row.values["invoices"] for row in rows):
        rows = []  # months without anything are no report
    total = {name: sum((row.values[name] for row in rows), ZERO) for name in ("net", "before")}
    total["change"] = change(total["net"], total["before"])
    count = {By.PRODUCT: Column("quantity", _("Quantity"), QUANTITY, secondary=True)}.get(
        By(by), Column("invoices", _("Invoices"), COUNT, secondary=True)
    )
    if by != By.PRODUCT:
        total["invoices"] = sum(row.values["invoices"] for row in rows)
    return Report(
        name=f"sales-by-{by}",
        title=_("Sales report"),
        columns=[
            Column("name", By(by).label),
            *([Column("number", _("Number"), secondary=True)] if by in (By.CUSTOMER, By.PRODUCT) else []),
            count,
            Column("net", _("Net sales"), MONEY),
            Column("before", _("Year before"), MONEY),
            Column("change", _("Change"), CHANGE, secondary=True),
        ],
        rows=rows,
        total={"name": _("Total")} | total,
        facts=[
            (_("Period"), str(period)),
            (_("By"), str(By(by).label)),
            *([(_("Customer"), str(customer))] if customer else []),
            *([(_("Country"), str(name_of(country, get_language())))] if country else []),
        ],
        figures=[
            (_("Net sales"), money(total["net"])),
            (_("Year before"), money(total["before"])),
            (_("Change"), Column("change", "", CHANGE).shown(total["change"])),
        ],
        notes=[_("Issued invoices without VAT, by the date of the invoice; cancellations are taken off.")],
        chart=_chart(rows) if by == By.MONTH and rows else None,
        ranked_by="" if by == By.MONTH else "net",
    )


def by_month(period: Period) -> Columns:
    """The chart of the dashboard."""
    before = period.a_year_before()
    rows = _months(_invoices(period), _invoices(before), period, before)
    return _chart(rows)


def _invoices(period: Period, customer=None, country: str = "") -> models.QuerySet:
    rows = Invoice.objects.issued().filter(invoice_date__range=period).order_by()
    if customer:
        rows = rows.filter(customer=customer)
    if country:
        rows = rows.filter(buyer__country=country)
    return rows


def _merged(now: dict, then: dict) -> dict:
    """{key: (what now says, what then says)}, with {} where one of them says nothing."""
    return {key: (now.get(key, {}), then.get(key, {})) for key in [*now, *(key for key in then if key not in now)]}


def _row(name: str, now: dict, then: dict, *, url: str = "", **more) -> Row:
    net, before = cents(now.get("net") or ZERO), cents(then.get("net") or ZERO)
    values = {"name": name, "net": net, "before": before, "change": change(net, before)}
    return Row(values | {"invoices": now.get("invoices", 0)} | more, url=url if now else "")


def _sums(invoices, **key) -> dict:
    rows = invoices.values(**key).annotate(net=Sum("net"), invoices=INVOICES)
    return {row["key"]: row for row in rows}


def _months(now, then, period: Period, before: Period) -> list[Row]:
    sums_now, sums_then = _sums(now, key=TruncMonth("invoice_date")), _sums(then, key=TruncMonth("invoice_date"))
    rows = []
    for month, a_year_ago in zip(period.months(), before.months(), strict=True):
        first, last = max(month, period.first), min(end_of_month(month), period.last)
        rows.append(
            _row(
                date_format(month, "F Y"),
                sums_now.get(month, {}),
                sums_then.get(a_year_ago, {}),
                url=listed("invoicing:invoice_list", since=first, until=last),
                month=month,
            )
        )
    return rows


def _chart(rows: list[Row]) -> Columns:
    return Columns(
        title=_("Net sales by month"),
        names=[date_format(row.values["month"], "M" if len(rows) <= 12 else "M y") for row in rows],
        series=[
            Series(_("year before"), [row.values["before"] for row in rows]),
            Series(_("net"), [row.values["net"] for row in rows]),
        ],
        urls=[row.url for row in rows],
    )


def _customers(now, then, period: Period, before: Period) -> list[Row]:
    found = _merged(_sums(now, key=F("customer_id")), _sums(then, key=F("customer_id")))
    customers = Customer.everything.in_bulk(list(found))
    rows = [
        _row(
            customers[key].name,
            *sums,
            number=customers[key].number,
            url=listed("invoicing:invoice_list", customer=key, since=period.first, until=period.last),
        )
        for key, sums in found.items()
    ]
    return _ranked(rows)


def _countries(now, then, period: Period, before: Period) -> list[Row]:
    found = _merged(_sums(now, key=KT("buyer__country")), _sums(then, key=KT("buyer__country")))
    language = get_language()
    rows = [_row(name_of(key, language) if key else _("Without a country"), *sums) for key, sums in found.items()]
    return _ranked(rows)


def _products(now, then, period: Period, before: Period) -> list[Row]:
    """By the lines, less the discount on all lines; what no line says (shipping, advances taken off) is a row too."""
    found = _merged(_lines(now), _lines(then))
    rows = []
    for key, (this, that) in found.items():
        one = this or that
        number = key if isinstance(key, str) else ""
        rows.append(_row(one["name"], this, that, number=number, quantity=this.get("pieces")))
    rest = [
        cents((invoices.aggregate(net=Sum("net"))["net"] or ZERO) - sum((row.values[name] for row in rows), ZERO))
        for invoices, name in ((now, "net"), (then, "before"))
    ]
    rows = _ranked(rows)
    if any(rest):
        name = _("Shipping, advances taken off, rounding")
        rows.append(_row(name, {"net": rest[0]}, {"net": rest[1]}, number="", quantity=None))
    return rows


def _lines(invoices) -> dict:
    worth = F("net") * (Decimal(100) - F("invoice__discount_percent")) / Decimal(100)
    lines = InvoiceLine.objects.filter(invoice__in=invoices).order_by()
    with_part = lines.exclude(part_number="").values(key=F("part_number"))
    without = lines.filter(part_number="").values(key=F("description"))
    found = {
        row["key"]: row for row in with_part.annotate(net=Sum(worth), pieces=Sum("quantity"), name=Min("description"))
    }
    free = {row["key"]: row for row in without.annotate(net=Sum(worth), pieces=Sum("quantity"), name=F("description"))}
    return found | {("", key): row for key, row in free.items()}


def _ranked(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-row.values["net"], -row.values["before"], row.values["name"]))
