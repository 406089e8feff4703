"""A printer on its way through the shop, in a real browser: planned, released, picked, built, tested, completed."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from apps.builds.models import JobStatus, PrinterBuild, ProductionJob
from apps.builds.tests.factories import faults, make_order_line, make_product, stocked
from apps.parts.tests.factories import make_location, make_part
from apps.suppliers.models import PurchaseOrder
from apps.suppliers.tests.factories import make_offer, make_supplier
from gmtc.testing import accessibility_faults, settled

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def line():
    product = make_product({stocked(10, sku="RAIL-1"): 2}, steps=["Turns", "Is clean"], sku="XP-ONE")
    product.default_location = make_location(code="SHIP-1")
    product.save(by=None)
    return make_order_line(product)


def test_the_plan_computes_anew_what_is_changed_and_makes_nothing_yet(open_page, staff):
    part = make_part(sku="SHORT-1")
    make_offer(part, make_supplier(name="Dear"), price=Decimal(3), pack_size=50)
    make_offer(part, make_supplier(name="Cheap"), price=Decimal(1), pack_size=50)
    make_order_line(part, 30)
    page = open_page(staff)
    page.goto("/planning/")
    expect(page.locator("#plan-sum")).to_contain_text("€50.00")
    quantity = page.get_by_role("textbox", name="Quantity of SHORT-1")
    quantity.fill("60")
    quantity.press("Enter")
    expect(quantity).to_have_value("100")
    expect(quantity).to_be_focused()
    expect(page.locator("#plan-sum")).to_contain_text("€100.00")
    page.get_by_role("combobox", name="Supplier of SHORT-1").select_option(index=1)
    expect(page.locator(".plan-title")).to_contain_text("Dear")
    expect(page.locator("#plan-sum")).to_contain_text("€300.00")
    quantity.fill("nothing")
    quantity.press("Tab")
    expect(quantity).to_have_attribute("aria-invalid", "true")
    assert accessibility_faults(page) == []
    assert not PurchaseOrder.objects.exists()
    quantity.fill("150")
    page.get_by_role("button", name="Plan jobs and draft purchase orders").click()
    expect(page.locator(".toast-line a")).to_be_visible()
    assert PurchaseOrder.objects.get().lines.get().quantity == 150


def test_a_printer_goes_from_the_plan_to_the_shelf(open_page, staff, line):
    table = make_location(code="TABLE-1")
    page = open_page(staff)
    page.goto("/planning/")
    expect(page.locator("#plan-sum")).to_have_text("1 proposal chosen")
    assert accessibility_faults(page) == []
    page.get_by_role("button", name="Plan jobs and draft purchase orders").click()
    expect(page.locator(".toast-line")).to_contain_text("1 job planned")
    expect(page.locator(".empty-state")).to_contain_text("Nothing is short")

    page.goto("/jobs/board/")
    assert accessibility_faults(page) == []
    card = page.locator(".board-card")
    card.drag_to(page.locator("[data-column=released]"))
    page.locator("dialog[open] button[type=submit]").click()
    expect(page.locator("main h1")).to_contain_text("Released", timeout=20_000)
    settled(page)
    assert accessibility_faults(page) == []

    page.get_by_role("link", name="Pick", exact=True).click()
    page.locator("select[name=workplace] + .ts-wrapper input").fill(table.code)
    page.locator(".ts-dropdown .option", has_text=table.code).first.click()
    assert accessibility_faults(page) == []
    page.locator(".pick-form button[type=submit]").click()
    expect(page.locator(".figures")).to_contain_text("100 %")

    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="To testing").click()
    expect(page.locator("main h1")).to_contain_text("Testing", timeout=20_000)
    settled(page)
    page.locator("#checks li", has_text="Turns").get_by_role("button", name="Passed").click()
    expect(page.locator("#checks .panel-title")).to_contain_text("1 open")
    settled(page)
    page.get_by_role("button", name="All open ones passed").click()
    expect(page.locator("#checks .panel-title")).to_contain_text("all passed")
    settled(page)
    page.get_by_role("link", name="Complete", exact=True).click()
    page.locator("dialog[open] button[type=submit]").click()
    expect(page.locator("main h1")).to_contain_text("Completed", timeout=20_000)
    settled(page)

    job = ProductionJob.objects.get()
    line.order.refresh_from_db()
    assert (job.status, line.order.status, job.printers.count()) == (JobStatus.COMPLETED, "ready", 1)
    assert not faults()
    page.locator("#printers a").click()
    expect(page.locator("#as-built")).to_contain_text("RAIL-1")
    settled(page)
    assert accessibility_faults(page) == []


def test_the_board_works_on_a_phone_and_without_dragging(open_page, staff, line):
    ProductionJob(part=PrinterBuild.objects.get().product, quantity=1).save(by=staff, reason="create")
    page = open_page(staff, language="de", width=390, height=844, dark=True)
    page.goto("/jobs/board/")
    assert accessibility_faults(page) == []
    page.locator(".board-card [data-leads-to=released]").click()
    page.locator("dialog[open] button[type=submit]").click()
    expect(page.locator(".steps-line .is-reached")).to_have_count(2)
    settled(page)
