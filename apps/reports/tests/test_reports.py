"""Sales, open items and stock value: the figures against ones worked out by hand, and the same in every file."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from zipfile import ZipFile

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone, translation

from apps.customers.tests.factories import make_customer
from apps.invoicing.tests.factories import make_free, make_issued
from apps.parts.models import StockMovement
from apps.parts.tests.factories import execute, make_category, make_location, make_part, make_stock
from apps.reports.open_items import open_items
from apps.reports.periods import Choice, Period
from apps.reports.report import CHANGE, PERCENT, Column, change
from apps.reports.sales import sales
from apps.reports.stock_value import stock_value
from gmtc.testing import text_of

pytestmark = pytest.mark.django_db

YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))


def issued(on: date, *lines, by, **fields):
    invoice = make_free(*lines, by=by, **fields)
    invoice.issue(by=by, invoice_date=on)
    return invoice


def table(report, *names) -> list[tuple]:
    return [tuple(row.values[name] for name in names) for row in report.rows]


@pytest.fixture
def trade(manager):
    """2024: 100 in March. 2025: 250 in March and 30 in May for A, 400 to Austria in May, and 50 in July taken back."""
    a = make_customer(company_name="Aster GmbH", number="K-1", email="a@example.com")
    b = make_customer(company_name="Bellis GmbH", number="K-2", email="b@example.com", country="AT")
    issued(date(2024, 3, 5), (1, "100.00"), customer=a, by=manager)
    issued(date(2025, 3, 1), (2, "125.00"), customer=a, by=manager)
    issued(date(2025, 5, 31), (3, "10.00"), customer=a, by=manager)
    issued(date(2025, 5, 2), (1, "500.00", 20), customer=b, by=manager)
    issued(timezone.localdate(), (1, "50.00"), customer=b, by=manager).cancel(by=manager, reason="Wrong customer")
    return a, b


def test_sales_by_month_stand_beside_the_year_before(trade):
    report = sales("month", YEAR)
    found = dict(zip(range(1, 13), table(report, "net", "before", "invoices"), strict=True))
    assert found[3] == (Decimal("250.00"), Decimal("100.00"), 1)
    assert found[5] == (Decimal("430.00"), Decimal("0.00"), 2)
    assert {month: values for month, values in found.items() if any(values)}.keys() == {3, 5}
    assert (report.total["net"], report.total["before"], report.total["change"]) == (680, 100, 580)
    assert [series.values[2] for series in report.chart.series] == [100, 250]


def test_sales_by_customer_and_country_are_ranked_and_add_up(trade):
    by_customer = sales("customer", YEAR)
    assert table(by_customer, "name", "number", "net", "before", "change") == [
        ("Bellis GmbH", "K-2", Decimal("400.00"), Decimal("0.00"), None),
        ("Aster GmbH", "K-1", Decimal("280.00"), Decimal("100.00"), Decimal("180.00")),
    ]
    with translation.override("en"):
        assert table(sales("country", YEAR), "name", "net") == [("Austria", 400), ("Germany", 280)]
    assert table(sales("month", YEAR, country="AT"), "net")[4] == (Decimal("400.00"),)
    assert sales("country", YEAR, customer=trade[0]).total["net"] == 280


def test_a_cancelled_invoice_and_its_cancellation_are_nothing_together(trade):
    today = timezone.localdate()
    report = sales("customer", Period(today, today))
    assert table(report, "name", "net", "invoices") == [("Bellis GmbH", Decimal("0.00"), 1)]


def test_sales_by_product_say_what_each_line_was_worth_and_name_the_rest(manager):
    invoice = make_issued(
        (3, "10.00"), (1, "70.00"), discount_percent=Decimal(10), shipping_cost=Decimal(15), by=manager
    )
    day = invoice.invoice_date
    report = sales("product", Period(day, day))
    worth = {row.values["number"]: (row.values["net"], row.values["quantity"]) for row in report.rows}
    first, second = (line.part_number for line in invoice.lines.all())
    assert worth[first] == (Decimal("27.00"), Decimal(3))
    assert worth[second] == (Decimal("63.00"), Decimal(1))
    assert worth[""] == (Decimal("15.00"), None)  # shipping
    assert report.total["net"] == invoice.net == Decimal("105.00")


def test_drafts_are_no_sales(manager):
    make_free((1, "100.00"), by=manager)
    today = timezone.localdate()
    assert sales("customer", Period(today, today)).rows == []
    empty = sales("month", YEAR)
    assert (empty.rows, empty.chart, empty.total["net"]) == ([], None, 0)


@pytest.mark.parametrize(
    ("choice", "first", "last"),
    [
        (Choice.THIS_MONTH, date(2024, 2, 1), date(2024, 2, 29)),
        (Choice.LAST_MONTH, date(2024, 1, 1), date(2024, 1, 31)),
        (Choice.THIS_QUARTER, date(2024, 1, 1), date(2024, 2, 29)),
        (Choice.THIS_YEAR, date(2024, 1, 1), date(2024, 2, 29)),
        (Choice.LAST_YEAR, date(2023, 1, 1), date(2023, 12, 31)),
        (Choice.TWELVE_MONTHS, date(2023, 3, 1), date(2024, 2, 29)),
    ],
)
def test_periods_end_today_at_the_latest(choice, first, last):
    period = choice.period(date(2024, 2, 29))
    assert period == (first, last)


def test_a_year_before_the_end_of_february_is_the_end_of_february():
    assert Period(date(2024, 2, 1), date(2024, 2, 29)).a_year_before() == (date(2023, 2, 1), date(2023, 2, 28))
    assert Period(date(2025, 2, 1), date(2025, 2, 28)).a_year_before() == (date(2024, 2, 1), date(2024, 2, 29))
    assert Period(date(2025, 2, 1), date(2025, 2, 14)).a_year_before() == (date(2024, 2, 1), date(2024, 2, 14))


def test_percentages_are_rounded_not_cut():
    share, change = Column("share", "", PERCENT), Column("change", "", CHANGE)
    assert [share.shown(Decimal(rate)) for rate in ("29.197", "11.55", "6.04")] == ["29.2 %", "11.6 %", "6.0 %"]
    assert change.shown(Decimal("-7.96")) == "−8.0 %"


def test_a_change_from_nothing_has_no_percentage():
    assert change(Decimal(5), Decimal(0)) is None
    assert change(Decimal(50), Decimal(-100)) == 150


def test_open_items_are_added_up_by_age_and_by_customer(manager):
    today = timezone.localdate()
    customer = make_customer(company_name="Calla GmbH", number="K-9", email="c@example.com", payment_days=10)
    late = issued(today - timedelta(days=50), (1, "100.00"), customer=customer, by=manager)
    fresh = issued(today, (1, "200.00"), customer=customer, by=manager)
    late.record_payment(by=manager, amount=Decimal("19.00"))
    paid = issued(today, (1, "10.00"), customer=customer, by=manager)
    paid.record_payment(by=manager, amount=paid.total)
    report = open_items("invoice")
    assert table(report, "number", "days", "total", "left") == [
        (late.number, 40, Decimal("119.00"), Decimal("100.00")),
        (fresh.number, None, Decimal("238.00"), Decimal("238.00")),
    ]
    assert report.chart.series[0].values == [Decimal(238), 0, Decimal(100), 0, 0]
    by_customer = open_items("customer")
    assert table(by_customer, "name", "invoices", "days", "overdue", "left") == [
        ("Calla GmbH", 2, 40, Decimal("100.00"), Decimal("338.00"))
    ]
    assert open_items("invoice", customer=make_customer()).rows == []


# --- Stock


@pytest.fixture
def shelves(manager):
    """Screws: 10 at 2.00 ten days ago, then 10 at 4.00 and 5 sold today. A frame of 7.50 without a category."""
    shelf, box = make_location(code="A-1", name="Shelf"), make_location(code="B-2", name="Box")
    category = make_category(name="Screws", parent=make_category(name="Mechanics"))
    screw = make_part(sku="SCREW", category=category, by=manager)
    make_stock(screw, 10, location=shelf, unit_cost=Decimal("2.00"), by=manager)
    execute("SET LOCAL session_replication_role = replica")
    execute("UPDATE parts_stockmovement SET created_at = %s", timezone.now() - timedelta(days=10))
    execute("SET LOCAL session_replication_role = origin")
    make_stock(screw, 10, location=box, unit_cost=Decimal("4.00"), by=manager)
    screw.issue(5, location=shelf, by=manager)
    make_stock(make_part(sku="FRAME"), 1, location=box, unit_cost=Decimal("7.50"), by=manager)
    return screw


def test_stock_is_worth_its_pieces_at_average_cost(shelves):
    with translation.override("en"):
        by_category, by_location = stock_value("category"), stock_value("location")
    assert table(by_category, "name", "parts", "value") == [
        ("Mechanics / Screws", 1, Decimal("45.00")),
        ("Without a category", 1, Decimal("7.50")),
    ]
    assert by_category.total["value"] == Decimal("52.50")
    # 5 pieces at 3.00 on the shelf; 10 at 3.00 and the frame in the box
    assert table(by_location, "name", "pieces", "value") == [
        ("B-2 · Box", Decimal(11), Decimal("37.50")),
        ("A-1 · Shelf", Decimal(5), Decimal("15.00")),
    ]


def test_stock_of_a_past_day_is_what_the_ledger_said_at_its_end(shelves):
    five_days_ago = timezone.localdate() - timedelta(days=5)
    with translation.override("en"):
        assert table(stock_value("category", on=five_days_ago), "name", "parts", "value") == [
            ("Mechanics / Screws", 1, Decimal(20))
        ]
        assert table(stock_value("location", on=five_days_ago), "name", "pieces", "value") == [
            ("A-1 · Shelf", Decimal(10), Decimal(20))
        ]
    assert stock_value("category", on=timezone.localdate() - timedelta(days=11)).rows == []


def test_the_ledger_gives_the_value_of_today_too(shelves):
    today = timezone.localdate()
    for by in ("category", "location"):
        assert table(stock_value(by, on=today), "value") == table(stock_value(by), "value")


def test_a_part_that_has_left_is_worth_nothing(manager):
    place = make_location()
    part = make_part()
    make_stock(part, 3, location=place, unit_cost=Decimal("0.3333"), by=manager)
    part.issue(3, location=place, by=manager)
    assert StockMovement.objects.count() == 2
    assert stock_value("category").rows == []
    assert stock_value("category", on=timezone.localdate()).rows == []


# --- Pages and files


PAGES = ["reports:sales", "reports:open_items", "reports:stock_value"]


@pytest.mark.parametrize("page", PAGES)
def test_a_report_wants_a_permission(page, client, as_viewer, django_user_model):
    assert client.get(reverse(page)).status_code == 302
    assert as_viewer.get(reverse(page)).status_code == 200
    nobody = django_user_model.objects.create_user("nobody@example.com", "x", name="Nobody")
    nobody.groups.clear()
    client.force_login(nobody)
    assert client.get(reverse(page)).status_code == (200 if nobody.has_perm("parts.view_part") else 403)


@pytest.mark.parametrize("page", PAGES)
def test_a_viewer_prints_a_report_but_exports_nothing(page, as_viewer, as_staff):
    assert as_viewer.get(reverse(page), {"export": "csv"}).status_code == 403
    assert as_staff.get(reverse(page), {"export": "csv"}).status_code == 200
    assert as_staff.get(reverse(page), {"export": "exe"}).status_code == 400
    printed = as_viewer.get(reverse(page), {"export": "pdf"})
    assert printed["Content-Type"] == "application/pdf"


@pytest.mark.parametrize("page", PAGES)
def test_nonsense_in_the_address_is_no_error(page, as_viewer):
    query = {"by": "moon", "period": "x", "since": "never", "on": "2999-01-01", "customer": "1", "country": "??"}
    assert as_viewer.get(reverse(page), query).status_code == 200


def test_csv_and_xlsx_hold_what_the_table_shows(as_staff, trade):
    query = {"by": "customer", "period": "own", "since": "2025-01-01", "until": "2025-12-31"}
    shown = sales("customer", YEAR)
    text = as_staff.get(reverse("reports:sales"), query | {"export": "csv"}).content.decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text))
    assert head == [str(column.heading) for column in shown.columns]
    assert [(row[0], Decimal(row[3]), Decimal(row[4])) for row in rows] == table(shown, "name", "net", "before")
    answer = as_staff.get(reverse("reports:sales"), query | {"export": "xlsx"})
    content = b"".join(answer.streaming_content)
    assert ZipFile(io.BytesIO(content)).testzip() is None
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells[0] == head
    assert [(row[0], Decimal(str(row[3]))) for row in cells[1:]] == table(shown, "name", "net")


def test_a_cell_that_a_spreadsheet_would_run_is_stored_as_text(as_staff, manager):
    customer = make_customer(company_name="=HYPERLINK(1)", email="x@example.com")
    issued(timezone.localdate(), (1, "1.00"), customer=customer, by=manager)
    text = as_staff.get(reverse("reports:sales"), {"by": "customer", "export": "csv"}).content.decode()
    assert "'=HYPERLINK(1)" in text


@pytest.mark.paper
def test_the_print_has_letterhead_figures_and_the_sum(as_viewer, trade):
    query = {"by": "month", "period": "own", "since": "2025-01-01", "until": "2025-12-31", "export": "pdf"}
    answer = as_viewer.get(reverse("reports:sales"), query)
    text = text_of(b"".join(answer.streaming_content))
    for piece in ("Sales", "May 2025", "430.00", "680.00", "100.00", "IBAN"):
        assert piece in text, piece


def test_a_report_takes_the_same_few_questions_however_long_it_is(as_viewer, manager, count_queries):
    address = reverse("reports:sales") + "?by=customer"
    as_viewer.get(address)
    counts = []
    for _ in range(2):
        issued(timezone.localdate(), (1, "10.00"), by=manager)
        with count_queries() as queries:
            as_viewer.get(address)
        counts.append(len(queries))
    assert counts == [8, 8]


def test_a_german_reads_german_figures(as_viewer, viewer, trade):
    viewer.language = "de"
    viewer.save()
    page = as_viewer.get(reverse("reports:sales"), {"period": "own", "since": "2025-01-01", "until": "2025-12-31"})
    assert "680,00" in page.content.decode()
