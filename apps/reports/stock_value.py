"""What the stock is worth: pieces at their average cost, today or at the end of any day before."""

import datetime
from collections import defaultdict
from decimal import Decimal

from django.db import connection, models
from django.db.models import F, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.parts.models import Category, Part, StockLevel, StorageLocation
from apps.reports.report import COUNT, MONEY, PERCENT, QUANTITY, Column, Report, Row
from gmtc.figures import money, quantity
from gmtc.money import cents

# The ledger knows what each piece cost that came and went, so its sum is the value, to the fourth place of the average.
# A part that has not moved since has the average that it has now.
AS_OF = """
    WITH part AS (
        SELECT m.part_id,
               sum(m.quantity) FILTER (WHERE m.created_at < %(end)s) AS quantity,
               sum(m.quantity * m.unit_cost) FILTER (WHERE m.created_at < %(end)s) AS value,
               max(m.created_at) < %(end)s AS is_current
        FROM parts_stockmovement m GROUP BY m.part_id
    ), priced AS (
        SELECT part.part_id, p.category_id,
               CASE WHEN part.is_current THEN p.average_cost ELSE part.value / part.quantity END AS cost
        FROM part JOIN parts_part p ON p.id = part.part_id WHERE part.quantity > 0
    )
    SELECT {group}, count(DISTINCT m.part_id), sum(m.quantity), sum(m.quantity * priced.cost)
    FROM parts_stockmovement m JOIN priced ON priced.part_id = m.part_id
    WHERE m.created_at < %(end)s
    GROUP BY 1
"""


class By(models.TextChoices):
    CATEGORY = "category", gettext_lazy("Category")
    LOCATION = "location", gettext_lazy("Storage location")


def stock_value(by: str, *, on: datetime.date | None = None) -> Report:
    """Value of the stock by category or by place; `on` is a day in the past, at whose end one looks."""
    found = _today(by) if on is None else _at_end_of(on, by)
    names, urls = _branches(by)
    whole = sum((value for _key, _parts, _pieces, value in found), Decimal(0))
    rows = [
        Row(
            {
                "name": names.get(key) or (_("Without a category") if by == By.CATEGORY else _("Elsewhere")),
                "parts": parts,
                "value": value,
                "share": value / whole * 100 if whole else None,
            }
            | ({"pieces": pieces} if by == By.LOCATION else {}),
            url=urls.get(key, "") if on is None else "",
        )
        for key, parts, pieces, value in found
    ]
    rows.sort(key=lambda row: (-row.values["value"], row.values["name"]))
    day = timezone.localdate() if on is None else on
    columns = [
        Column("name", By(by).label),
        Column("parts", _("Parts"), COUNT, secondary=True),
        *([Column("pieces", _("Quantity"), QUANTITY, secondary=True)] if by == By.LOCATION else []),
        Column("value", _("Value"), MONEY),
        Column("share", _("Share"), PERCENT, secondary=True),
    ]
    return Report(
        name="stock-value",
        title=_("Stock value"),
        columns=columns,
        rows=rows,
        total={"name": _("Total"), "value": whole} | ({"share": Decimal(100)} if whole else {}),
        facts=[
            (_("As of"), date_format(day, "SHORT_DATE_FORMAT") if on else _("today")),
            (_("By"), str(By(by).label)),
        ],
        figures=[
            (_("Stock value"), money(cents(whole))),
            (_("Groups") if by == By.CATEGORY else _("Places"), quantity(Decimal(len(rows)))),
        ],
        notes=[
            _("Pieces on hand at their moving average cost, without VAT."),
            *([_("As of a past day the value is added up from the ledger.")] if on else []),
        ],
        ranked_by="value",
    )


def _today(by: str) -> list[tuple]:
    if by == By.CATEGORY:
        rows = Part.everything.filter(current_stock__gt=0).order_by().values_list("category_id")
        value = Sum(F("current_stock") * F("average_cost"))
        return list(rows.annotate(parts=models.Count("pk"), pieces=Sum("current_stock"), value=value))
    rows = StockLevel.objects.filter(quantity__gt=0).order_by().values_list("location_id")
    value = Sum(F("quantity") * F("part__average_cost"))
    return list(rows.annotate(parts=models.Count("part_id"), pieces=Sum("quantity"), value=value))


def _at_end_of(day: datetime.date, by: str) -> list[tuple]:
    end = timezone.make_aware(datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time()))
    group = {"category": "priced.category_id", "location": "m.location_id"}[by]
    with connection.cursor() as cursor:
        cursor.execute(AS_OF.format(group=group), {"end": end})
        return [row for row in cursor.fetchall() if row[2]]


def _branches(by: str) -> tuple[dict, dict]:
    """Of each category or place its name with those above it, and its page."""
    model = Category if by == By.CATEGORY else StorageLocation
    records = {each.pk: each for each in model.everything.order_by()}
    below = defaultdict(list)
    for each in records.values():
        below[each.parent_id].append(each)
    names, urls = {}, {}
    todo = [(each, "") for each in below[None]]
    while todo:
        record, above = todo.pop()
        names[record.pk] = f"{above} / {record.name}" if above else record.name
        if by == By.LOCATION:
            names[record.pk] = f"{record.code} · {record.name}" if record.name != record.code else record.code
            urls[record.pk] = record.get_absolute_url()
        else:
            urls[record.pk] = f"{reverse('parts:part_list')}?category={record.pk}&stock=available&sort=-current_stock"
        todo += [(each, names[record.pk]) for each in below[record.pk]]
    return names, urls
