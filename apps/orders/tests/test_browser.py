"""What only a real browser shows: a customer's terms that fill the form, lines, totals, dialogs."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from apps.customers.tests.factories import make_contact, make_customer
from apps.orders.models import CustomerOrder
from apps.orders.tests.factories import faults, make_confirmed, make_order, make_quoted, make_sold_part
from gmtc.testing import accessibility_faults, settled

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def choose(page, where, text: str):
    """Type into a select that searches and take what it finds."""
    where.locator(".ts-control input").first.fill(text)
    page.locator(".ts-dropdown-content .option:visible", has_text=text).first.click()


def test_an_order_is_written_quoted_and_confirmed(open_page, staff):
    customer = make_customer(
        company_name="Brandl Feinmechanik GmbH", discount_percent=5, skonto_percent=2, skonto_days=8
    )
    make_contact(customer, last_name="Krüger", email="krueger@example.com")
    make_sold_part(sku="FP24", unit_price=Decimal("4290"), stock=1)
    make_sold_part(sku="KIT-BELTS", unit_price=Decimal("69.95"))
    page = open_page(staff)
    page.goto("/orders/new/")
    choose(page, page.locator("#div_id_customer"), "Brandl")
    expect(page.locator("[name=skonto_percent]")).to_have_value("2")
    expect(page.locator("[name=contact] option:checked")).to_contain_text("Krüger")

    rows = page.locator("[data-line]:visible")
    choose(page, rows.nth(0), "FP24")
    expect(page.locator('[name="lines-0-unit_price"]')).to_have_value("4,290")
    expect(page.locator('[name="lines-0-discount"]')).to_have_value("5")
    expect(page.locator('[name="lines-0-vat_rate"]')).to_have_value("19")
    rows.nth(0).get_by_text("More").click()
    rows.nth(0).get_by_placeholder("Name").first.fill("Colour")
    rows.nth(0).get_by_placeholder("Value").first.fill("red")
    page.locator('[name="lines-0-quantity"]').press("Enter")
    choose(page, rows.nth(1), "KIT-BELTS")
    expect(page.locator('[name="lines-1-unit_price"]')).to_have_value("69.95")
    page.locator('[name="lines-1-quantity"]').fill("2")
    page.locator('[name="shipping_cost"]').fill("49.90")
    page.locator('[name="discount_percent"]').fill("2.5")
    # 4075.50 + 132.90 (139.90 less 7.00), less 105.21, and 49.90 of shipping
    expect(page.locator('[data-total="net"]')).to_have_text("4,153.09 EUR")
    expect(page.locator('[data-total="tax"]')).to_have_text("789.09 EUR")
    page.locator("main").get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/orders/[0-9a-f-]{36}/$"))
    order = CustomerOrder.objects.get()
    assert (order.net, order.tax_amount, order.total) == (Decimal("4153.09"), Decimal("789.09"), Decimal("4942.18"))
    assert order.lines.first().customizations == {"Colour": "red"}

    page.get_by_role("link", name="Quote", exact=True).click()
    dialog = page.locator("#dialog")
    expect(dialog.locator("[name=mail_to]")).to_have_value("krueger@example.com")
    dialog.locator("[name=mail_to]").fill("")
    dialog.get_by_role("button", name="Quote").click()
    page.locator(".detail-title", has_text="AN-").wait_for(timeout=30_000)  # the PDF is made
    page.get_by_role("link", name="Confirm", exact=True).click()
    expect(dialog.locator(".outlook tbody tr").nth(0)).to_contain_text("FP24")
    expect(dialog.locator(".outlook tbody tr").nth(1).locator("td")).to_have_text(["KIT-BELTS", "2", "0", "2"])
    dialog.locator("[name=customer_reference]").fill("PO 4711")
    dialog.locator("[name=mail_to]").fill("")
    dialog.get_by_role("button", name="Confirm").click()
    page.locator(".detail-title", has_text="AB-").wait_for(timeout=30_000)
    order.refresh_from_db()
    assert (order.status, order.customer_reference) == ("pending", "PO 4711")
    page.locator("#issued").get_by_text(order.number).wait_for()
    expect(page.locator(".flow .is-current")).to_have_text(re.compile("^Confirmed"))
    assert faults() == []


def test_another_tax_case_changes_the_rates_of_the_lines(open_page, staff):
    make_customer(company_name="Brandl Feinmechanik GmbH")
    make_sold_part(sku="FP24", unit_price=Decimal("100"))
    page = open_page(staff)
    page.goto("/orders/new/")
    choose(page, page.locator("#div_id_customer"), "Brandl")
    choose(page, page.locator("[data-line]:visible").nth(0), "FP24")
    expect(page.locator('[data-total="gross"]')).to_have_text("119.00 EUR")
    page.locator("[name=tax_case]").select_option("G")
    expect(page.locator('[data-total="gross"]')).to_have_text("100.00 EUR")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_are_accessible(open_page, manager, dark):
    draft, quoted = make_order(), make_quoted()
    confirmed = make_confirmed((make_sold_part(stock=1), 2), (make_sold_part(stock=1), 1))
    page = open_page(manager, dark=dark)
    for path in (
        "/orders/",
        "/orders/new/",
        f"{draft.get_absolute_url()}edit/",
        draft.get_absolute_url(),
        quoted.get_absolute_url(),
        confirmed.get_absolute_url(),
        f"{draft.get_absolute_url()}confirm/",
        confirmed.customer.get_absolute_url(),
    ):
        page.goto(path)
        settled(page)
        assert accessibility_faults(page) == [], path
