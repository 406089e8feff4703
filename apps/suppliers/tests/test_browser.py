"""What only a real browser shows: lines that come and go, totals that run along, dialogs."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from apps.parts.tests.factories import make_location, make_part
from apps.suppliers.models import PurchaseOrder, SupplierPart
from apps.suppliers.tests.factories import faults, make_offer, make_order, make_sent, make_supplier
from gmtc.testing import accessibility_faults, settled

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def choose(page, where, text: str):
    """Type into a select that searches and take what it finds."""
    where.locator(".ts-control input").first.fill(text)
    page.locator(".ts-dropdown-content .option:visible", has_text=text).first.click()


def test_an_order_is_written_line_by_line_with_prices_and_totals_running_along(open_page, manager):
    supplier = make_supplier(name="Nordschrauben", lead_time_days=4)
    screw, rail = make_part(sku="SCREW-1"), make_part(sku="RAIL-1")
    make_offer(screw, supplier, price=Decimal("0.335"), moq=3, supplier_sku="N-1", breaks={100: "0.3"})
    make_offer(rail, supplier, price=Decimal("1234.5"))
    page = open_page(manager)
    page.goto("/purchase-orders/new/")
    choose(page, page.locator("#div_id_supplier"), "Nordschrauben")
    expect(page.locator("[name=expected_delivery_date]")).not_to_have_value("")
    rows = page.locator("[data-line]:visible")
    expect(rows).to_have_count(1)  # the empty rows for browsers without JavaScript are gone

    choose(page, rows.nth(0), "SCREW-1")
    expect(page.locator('[name="lines-0-unit_price"]')).to_have_value("0.335")
    expect(page.locator('[name="lines-0-supplier_sku"]')).to_have_value("N-1")
    expect(page.locator('[name="lines-0-quantity"]')).to_have_value("3")
    expect(rows.nth(0).locator("[data-line-net]")).to_have_text("1.01")  # 1.005, half up as on the server

    page.locator('[name="lines-0-quantity"]').fill("100")
    page.locator('[name="lines-0-discount"]').fill("2.5")
    expect(page.locator('[name="lines-0-unit_price"]')).to_have_value("0.3")
    expect(rows.nth(0).locator("[data-line-net]")).to_have_text("29.25")

    page.locator('[name="lines-0-quantity"]').press("Enter")
    expect(rows).to_have_count(2)
    choose(page, rows.nth(1), "RAIL-1")
    expect(page.locator('[name="lines-1-unit_price"]')).to_have_value("1,234.5")
    page.locator("[data-line-add]").click()
    choose(page, rows.nth(2), "RAIL-1")
    expect(page.locator('[name="lines-2-unit_price"]')).to_have_value("1,234.5")
    expect(page.locator('[data-total="net"]')).to_have_text("2,498.25 EUR")
    rows.nth(1).locator("[data-line-remove]").click()
    expect(rows).to_have_count(2)
    expect(page.locator('[data-total="net"]')).to_have_text("1,263.75 EUR")

    page.locator("main").get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/purchase-orders/[0-9a-f-]{36}/$"))
    order = PurchaseOrder.objects.get()
    assert order.total == Decimal("1263.75")
    assert [(line.position, line.part.sku) for line in order.lines.all()] == [(1, "SCREW-1"), (2, "RAIL-1")]

    page.get_by_role("link", name="Edit").click()
    expect(page.locator("[data-line]:visible")).to_have_count(2)
    page.locator("[data-line]:visible").nth(0).locator("[data-line-remove]").click()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/purchase-orders/[0-9a-f-]{36}/$"))
    assert [line.part.sku for line in order.lines.all()] == ["RAIL-1"]
    assert faults() == []


def test_the_order_is_sent_and_received_with_a_few_clicks(open_page, manager):
    part = make_part(sku="FAN-40", default_location=make_location(code="C-03"))
    order = make_order((part, 6, 2), by=manager)
    page = open_page(manager)
    page.goto(order.get_absolute_url())
    page.get_by_role("link", name="Send", exact=True).click()
    page.locator("#dialog").get_by_role("button", name="Send").click()
    page.get_by_role("link", name="Receive goods").click()
    expect(page.locator("[name$=-accepted]")).to_have_value("6")
    page.get_by_role("button", name="Take into stock").click()
    page.wait_for_url(f"**{order.get_absolute_url()}")
    page.get_by_text("goods taken into stock").wait_for()
    part.refresh_from_db()
    assert (part.current_stock, part.levels.get().location.code) == (6, "C-03")


def test_an_offer_is_added_on_the_page_of_its_part(open_page, manager):
    part, supplier = make_part(sku="FAN-40"), make_supplier(name="Nordschrauben")
    page = open_page(manager)
    page.goto(part.get_absolute_url())
    page.locator("#offers").get_by_role("link", name="Offer").click()
    dialog = page.locator("#dialog")
    dialog.locator('[name="price"]').wait_for()
    choose(page, dialog.locator("#div_id_supplier"), "Nordschrauben")
    dialog.locator('[name="price"]').fill("2.50")
    dialog.locator('[name="lines-0-quantity"]').fill("10")
    dialog.locator('[name="lines-0-price"]').fill("2.25")
    dialog.locator("[data-line-add]").click()
    dialog.locator('[name="lines-1-quantity"]').fill("100")
    dialog.locator('[name="lines-1-price"]').fill("2.00")
    dialog.get_by_role("button", name="Create").click()
    page.locator("#offers").get_by_text("Nordschrauben").wait_for()
    assert page.url.endswith(part.get_absolute_url())
    offer = SupplierPart.objects.get()
    assert (offer.supplier, offer.price_for(100)) == (supplier, 2)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_are_accessible(open_page, manager, dark):
    offer = make_offer(breaks={10: "1"})
    order, draft = make_sent((offer.part, 4, 1), supplier=offer.supplier), make_order((offer.part, 4, 1))
    receipt = order.receive([(order.lines.get(), 2, 1, make_location(), "bent")], by=manager)
    page = open_page(manager, dark=dark)
    for path in (
        "/suppliers/",
        offer.supplier.get_absolute_url(),
        offer.get_absolute_url(),
        "/suppliers/parts/",
        "/purchase-orders/",
        order.get_absolute_url(),
        f"{draft.get_absolute_url()}edit/",
        f"{order.get_absolute_url()}receive/",
        receipt.get_absolute_url(),
        "/suppliers/price-lists/",
    ):
        page.goto(path)
        settled(page)
        assert accessibility_faults(page) == [], path
