"""Printers: handed over, taken back, sold again; and what the database refuses itself."""

import datetime

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from apps.builds.models import Printer, PrinterStatus
from apps.builds.models.printer import months_after
from apps.builds.tests.factories import faults, finished, make_job, make_order_line, make_product, stocked
from apps.customers.tests.factories import make_customer
from apps.parts.tests.factories import execute
from gmtc.errors import IllegalMove, Refused

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 11, 22)


@pytest.fixture
def printer() -> Printer:
    return finished(make_job(product=make_product({stocked(): 1}))).printers.get()


def test_a_printer_is_handed_over_and_its_warranty_runs(printer, staff):
    customer, line = make_customer(), make_order_line(printer.part)
    printer.hand_over(customer, on=DAY, order_line=line, by=staff)
    printer.refresh_from_db()
    assert (printer.status, printer.owner, printer.shipped_on, printer.warranty_until, printer.order_line) == (
        PrinterStatus.SHIPPED,
        customer,
        DAY,
        datetime.date(2028, 11, 22),
        line,
    )
    assert list(printer.history.values_list("history_change_reason", flat=True))[::-1] == ["complete", "hand_over"]
    assert list(Printer.objects.under_warranty()) == [printer]
    with pytest.raises(IllegalMove):
        printer.hand_over(customer, on=DAY, by=staff)


def test_a_printer_that_comes_back_is_nobodys_and_may_be_sold_again(printer, staff):
    printer.hand_over(make_customer(), on=DAY, by=staff)
    printer.take_back(by=staff)
    printer.refresh_from_db()
    assert (printer.status, printer.owner, printer.warranty_until) == (PrinterStatus.RETURNED, None, None)
    assert not Printer.objects.in_stock().exists()
    printer.restock(by=staff)
    assert list(Printer.objects.in_stock()) == [printer]
    with pytest.raises(IllegalMove):
        printer.take_back(by=staff)
    assert not faults()


def test_a_returned_printer_may_go_straight_to_the_next_customer(printer, staff):
    printer.hand_over(make_customer(), on=DAY, by=staff)
    printer.take_back(by=staff)
    second = make_customer()
    printer.hand_over(second, on=DAY, by=staff)
    assert printer.owner == second


def test_a_printer_is_never_thrown_away(printer, staff):
    with pytest.raises(Refused):
        printer.discard(by=staff)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE builds_printer SET serial = 'X'",
        "UPDATE builds_printer SET piece = 2",
        "UPDATE builds_printer SET status = 'returned'",
        "UPDATE builds_printer SET shipped_on = now()",
        "UPDATE builds_printer SET deleted_at = now()",
        "DELETE FROM builds_printer",
        "TRUNCATE builds_printer CASCADE",
    ],
)
def test_the_database_keeps_printers(printer, sql):
    with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
        execute(sql)


@pytest.mark.parametrize(
    ("day", "months", "until"),
    [
        (datetime.date(2026, 1, 31), 1, datetime.date(2026, 2, 28)),
        (datetime.date(2028, 2, 29), 24, datetime.date(2030, 2, 28)),
        (datetime.date(2026, 12, 15), 12, datetime.date(2027, 12, 15)),
    ],
)
def test_months_end_on_the_last_day_where_there_is_no_such_day(day, months, until):
    assert months_after(day, months) == until


def test_printers_are_found_by_serial_model_owner_and_job(printer, staff):
    customer = make_customer()
    printer.hand_over(customer, on=DAY, by=staff)
    finished(make_job(product=make_product({stocked(): 1})))
    for text in (printer.serial, printer.part.sku, customer.name.lower(), printer.job.number):
        assert list(Printer.objects.search(text)) == [printer]
