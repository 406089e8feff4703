"""What only a real browser shows: the dialogs, rows that come and go, the way from the order to the label."""

import re

import pytest
from playwright.sync_api import expect

from apps.deliveries.models import Delivery, Status
from apps.deliveries.tests.factories import (
    faults,
    make_carrier,
    make_delivery,
    make_order,
    make_printer_order,
    make_shipped,
    returned,
)
from gmtc.testing import accessibility_faults, settled

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_an_order_is_packed_shipped_and_has_arrived_with_a_few_clicks(open_page, manager, expected_console_errors):
    expected_console_errors.append("422")  # one serial number too few
    order, printers = make_printer_order(2, by=manager)
    make_carrier(name="DHL", service="Paket")
    page = open_page(manager)
    page.goto("/deliveries/ready/")
    page.get_by_role("link", name="Deliver", exact=True).click()
    rows = page.locator("[data-line]:visible")
    expect(rows).to_have_count(1)
    expect(page.locator('[name="lines-0-quantity"]')).to_have_value("2")
    page.locator("main").get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/deliveries/[0-9a-f-]{36}/$"))
    page.get_by_role("link", name="Ship", exact=True).click()
    dialog = page.locator("#dialog")
    expect(dialog.locator("input[type=checkbox]:checked")).to_have_count(2)
    dialog.get_by_label(printers[0].serial).uncheck()
    dialog.get_by_role("button", name="Ship").click()
    expect(dialog.get_by_text("choose exactly 2 serial numbers, 1 are chosen")).to_be_visible()
    dialog.get_by_label(printers[0].serial).check()
    dialog.locator("[name=carrier]").select_option(label="DHL")
    dialog.locator("[name=tracking_number]").fill("00340434")
    dialog.get_by_role("button", name="Ship").click()
    page.get_by_text("was shipped.").wait_for()
    settled(page)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.service) == (Status.IN_TRANSIT, "Paket")
    link = page.locator("#ship-to").get_by_role("link", name="00340434")
    expect(link).to_have_attribute("href", delivery.tracking_link)
    page.get_by_role("link", name="Has arrived").click()
    dialog.locator("[name=received_by]").fill("Kern")
    dialog.get_by_role("button", name="Delivered").click()
    page.get_by_text("has arrived.").wait_for()
    page.goto(order.get_absolute_url())
    expect(page.locator("#deliveries")).to_contain_text(printers[1].serial)
    assert faults() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_are_accessible(open_page, manager, dark):
    pending, order = make_delivery(), make_order()
    shipped = make_shipped(carrier=make_carrier(), tracking_number="0042")
    paper = shipped.return_([returned(shipped.lines.get(), 1)], by=manager)
    page = open_page(manager, dark=dark)
    for path in (
        "/deliveries/",
        "/deliveries/ready/",
        f"/deliveries/new/?order={order.pk}",
        pending.get_absolute_url(),
        f"{pending.get_absolute_url()}ship/",
        shipped.get_absolute_url(),
        f"{shipped.get_absolute_url()}return/",
        paper.get_absolute_url(),
        "/deliveries/carriers/",
    ):
        page.goto(path)
        settled(page)
        assert accessibility_faults(page) == [], path
