"""A report: a table with a sum and maybe a chart. Page, CSV, xlsx and PDF all show this one thing."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from urllib.parse import urlencode

from django.http import FileResponse, HttpResponse, HttpResponseBadRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language

from apps.company.letterhead import letterhead
from apps.company.models import Company
from apps.reports.charts import Columns, Ranking
from gmtc import pdf
from gmtc.export import CSV_TYPE, XLSX_TYPE, csv_lines
from gmtc.figures import money, percent, quantity, unit_price
from gmtc.money import cents
from gmtc.xlsx import Page, write_xlsx

TEXT, MONEY, PRICE, QUANTITY, COUNT, PERCENT, CHANGE, DAY = "text money price quantity count percent change day".split()
WIDTHS = {TEXT: 34, DAY: 12}


@dataclass(frozen=True)
class Column:
    """`secondary`: not on a phone."""

    name: str
    heading: str
    kind: str = TEXT
    secondary: bool = False

    @property
    def is_figure(self) -> bool:
        return self.kind not in (TEXT, DAY)

    def shown(self, value) -> str:
        """As people read it in the language of the moment."""
        if value is None or value == "":
            return "–" if self.is_figure else ""
        match self.kind:
            case "money":
                return money(value)
            case "price":
                return unit_price(value)
            case "quantity" | "count":
                return quantity(value)
            case "percent":
                return percent(value)
            case "change":
                return f"{'+' if value > 0 else '−' if value < 0 else ''}{percent(abs(value))}"
            case "day":
                return date_format(value, "SHORT_DATE_FORMAT")
        return str(value)

    def stored(self, value):
        """As a file holds it."""
        if value is None or value == "":
            return None if self.is_figure else ""
        return cents(value) if self.kind in (MONEY, PERCENT, CHANGE) else value


@dataclass(frozen=True)
class Row:
    """The values by the names of the columns; `url` leads from the first cell to what the row is made of."""

    values: dict
    url: str = ""


@dataclass(frozen=True)
class Report:
    """`facts` say what was asked for, as (label, value); `notes` what one must know to read the figures right."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: dict | None = None
    facts: Sequence[tuple[str, str]] = ()
    figures: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    chart: Columns | None = None
    ranked_by: str = ""
    table: list = field(init=False, repr=False)

    def __post_init__(self):
        shares = Ranking([row.values[self.ranked_by] or 0 for row in self.rows]).shares() if self.ranked_by else ()
        object.__setattr__(
            self,
            "table",
            [
                {
                    "cells": [(column, column.shown(row.values.get(column.name))) for column in self.columns],
                    "url": row.url,
                    "share": shares[n] if shares else None,
                }
                for n, row in enumerate(self.rows)
            ],
        )

    @property
    def total_cells(self) -> list[tuple[Column, str]]:
        """The sum below the table; a column that is not summed up stays empty."""
        if self.total is None:
            return []
        return [
            (column, column.shown(self.total[column.name]) if column.name in self.total else "")
            for column in self.columns
        ]

    # --- Files

    def lines(self) -> list[list]:
        """The rows as files hold them; without the sum, which a spreadsheet makes itself."""
        return [[column.stored(row.values.get(column.name)) for column in self.columns] for row in self.rows]

    def file(self, kind: str, *, user) -> HttpResponse:
        """`kind` is csv, xlsx or pdf."""
        name = f"{self.name}-{timezone.localdate():%Y-%m-%d}.{kind}"
        if kind == "csv":
            text = "".join(csv_lines(self.lines(), self.columns))
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return HttpResponse(text, content_type=CSV_TYPE, headers=headers)
        if kind == "xlsx":
            head = [str(column.heading) for column in self.columns]
            widths = [WIDTHS.get(column.kind, 16) for column in self.columns]
            file = write_xlsx(Page(str(self.title), widths, chain([head], self.lines())))
            return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX_TYPE)
        if kind == "pdf":
            content = self.pdf(by=user, language=get_language())
            return FileResponse(io.BytesIO(content), filename=name, content_type="application/pdf")
        return HttpResponseBadRequest()

    def pdf(self, *, by, language: str) -> bytes:
        head = letterhead(language, Company.current())
        context = {
            "letterhead": head,
            "report": self,
            "title": self.title,
            "info": [*self.facts],
            "printed": date_format(timezone.localtime(), "SHORT_DATETIME_FORMAT"),
            "by": by,
        }
        return pdf.render("pdf/report.html", context, language=language)


def listed(page: str, **query) -> str:
    """The address of a list page, narrowed down."""
    return f"{reverse(page)}?{urlencode(query)}" if query else reverse(page)


def change(now: Decimal, before: Decimal) -> Decimal | None:
    """By how many per cent `now` differs from `before`; nothing where there was nothing."""
    return (now - before) / abs(before) * 100 if before else None
