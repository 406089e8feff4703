"""What only a real browser shows: from the shipped order to the money, with a few clicks."""

import re

import pytest
from playwright.sync_api import expect

from apps.customers.tests.factories import make_customer
from apps.invoicing.models import Invoice
from apps.invoicing.tests.factories import faults, make_free, make_issued, make_shipped
from gmtc.testing import accessibility_faults, settled

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def choose(page, where, text: str):
    """Type into a select that searches and take what it finds."""
    where.locator(".ts-control input").first.fill(text)
    page.locator(".ts-dropdown-content .option:visible", has_text=text).first.click()


def test_a_shipped_order_is_invoiced_issued_and_paid(open_page, manager, expected_console_errors):
    expected_console_errors.append("422")  # the payment that is too much
    order = make_shipped((3, "10.01"), by=manager)
    page = open_page(manager)
    page.goto("/invoices/to-invoice/")
    page.get_by_role("link", name=order.number).click()
    page.get_by_role("button", name="Write the draft").click()
    page.wait_for_url(re.compile(r"/invoices/[0-9a-f-]{36}/$"))

    page.get_by_role("link", name="Edit").click()
    expect(page.locator('[data-total="gross"]')).to_have_text("35.74 EUR")
    page.locator('[name="discount_percent"]').fill("10")
    expect(page.locator('[data-total="gross"]')).to_have_text("32.17 EUR")
    page.locator('[name="discount_percent"]').fill("0")
    page.get_by_role("button", name="Save").click()

    page.get_by_role("link", name="Issue").click()
    dialog = page.locator("#dialog")
    dialog.get_by_role("button", name="Issue").click()
    page.get_by_text("was issued").wait_for()
    invoice = Invoice.objects.get()
    page.locator("#issued").get_by_role("link", name="XML").wait_for()

    page.get_by_role("link", name="Record payment").click()
    expect(dialog.locator('[name="amount"]')).to_have_value("35.74")
    dialog.locator('[name="amount"]').fill("99")
    dialog.get_by_role("button", name="Record").click()
    dialog.get_by_text("Only €35.74 are open").wait_for()
    dialog.locator('[name="amount"]').fill("35.74")
    dialog.get_by_role("button", name="Record").click()
    page.locator("#payments").get_by_text("€35.74").wait_for()
    invoice.refresh_from_db()
    assert (invoice.status, invoice.total) == ("paid", invoice.paid_amount)
    assert faults() == []


def test_an_invoice_without_an_order_takes_over_the_customer(open_page, manager):
    make_customer(company_name="Nordlicht GmbH", skonto_percent=2, skonto_days=8)
    page = open_page(manager)
    page.goto("/invoices/free/")
    choose(page, page.locator("#div_id_customer"), "Nordlicht")
    expect(page.locator('[name="skonto_days"]')).to_have_value("8")
    page.locator('[name="supply_start"]').fill("2026-01-05")
    page.locator('[name="lines-0-description"]').fill("Reparatur")
    page.locator('[name="lines-0-quantity"]').fill("1.5")
    page.locator('[name="lines-0-unit_price"]').fill("80")
    expect(page.locator('[data-total="gross"]')).to_have_text("142.80 EUR")
    page.locator("main").get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/invoices/[0-9a-f-]{36}/$"))
    assert str(Invoice.objects.get().total) == "142.80"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_are_accessible(open_page, manager, dark):
    invoice, draft = make_free(by=manager), make_free(supply_start=None)
    invoice.issue(by=manager)
    invoice.record_payment(invoice.total / 2, by=manager)
    order = make_shipped()
    page = open_page(manager, dark=dark)
    for path in (
        "/invoices/",
        "/invoices/to-invoice/",
        f"/invoices/new/?order={order.pk}",
        invoice.get_absolute_url(),
        draft.get_absolute_url(),
        f"{draft.get_absolute_url()}edit/",
        "/payments/",
    ):
        page.goto(path)
        settled(page)
        assert accessibility_faults(page) == [], path


def test_on_a_telephone_a_row_is_a_card_that_says_what_its_figures_are(open_page, staff):
    make_issued((3, "10.01"), by=staff)
    page = open_page(staff, width=390, height=844)
    page.goto("/invoices/")
    settled(page)
    row = page.locator("#list tbody tr")
    expect(row.locator("td[data-label]:visible").first).to_have_attribute("data-label", "Total")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    right_edges = row.locator("td:visible").evaluate_all(
        "cells => cells.map(cell => cell.getBoundingClientRect().right)"
    )
    assert max(right_edges) <= 390
    assert accessibility_faults(page) == []
