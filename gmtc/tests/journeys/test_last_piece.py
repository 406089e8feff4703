"""Two people at two windows want the last piece at the same moment: one gets it, the other is told."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.deliveries.models import Delivery
from apps.deliveries.tests.factories import make_order, make_sold
from apps.orders.models import CustomerOrder
from apps.parts.models import StockMovement
from apps.parts.tests.factories import make_location, make_stock
from gmtc.tests.servers import PATIENCE, held, until, waiting

# Two papers are drawn at the same time, perhaps the first ones of the process.
SLOWLY = PATIENCE * 1000

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def dialog(page: Page, record, verb: str):
    """The record's page with the questions of `verb` open."""
    page.goto(record.get_absolute_url())
    page.wait_for_load_state("networkidle")
    page.locator(f".page-actions a[href$='/{verb}/']").first.click()
    expect(page.locator("#dialog button[type=submit]")).to_be_visible()
    return page.locator("#dialog")


def press_together(part, *dialogs) -> None:
    """Both verbs run until they need the part, which is let go only then: so they meet, however slow the machine."""
    with held("SELECT 1 FROM parts_part WHERE id = %s FOR NO KEY UPDATE", part.pk):
        for each in dialogs:
            each.locator("button[type=submit]").click(no_wait_after=True)
        until(lambda: waiting() == len(dialogs), "both verbs to reach the part")


def books_add_up() -> None:
    call_command("verify", stdout=StringIO())


def test_two_confirm_orders_for_the_last_piece(open_page, staff, manager):
    part = make_sold(stock=1, sku="NOZZLE-04")
    orders = [make_order((part, 1), confirmed=False, by=user) for user in (staff, manager)]
    pages = [open_page(user) for user in (staff, manager)]
    outlooks = [dialog(page, order, "confirm") for page, order in zip(pages, orders, strict=True)]
    press_together(part, *outlooks)
    for page in pages:
        expect(page.locator(".detail-title h1")).to_contain_text("AB-", timeout=SLOWLY)
        page.wait_for_load_state("networkidle")

    part.refresh_from_db()
    assert (part.current_stock, part.reserved_stock) == (1, 1)
    year = timezone.localdate().year
    assert set(CustomerOrder.objects.values_list("number", "status")) in (
        {(f"AB-{year}-0001", "ready"), (f"AB-{year}-0002", "pending")},
        {(f"AB-{year}-0001", "pending"), (f"AB-{year}-0002", "ready")},
    )
    for page, order in zip(pages, orders, strict=True):
        order.refresh_from_db()
        line = page.locator(".order-lines tbody tr")
        if order.status == "ready":
            expect(page.locator(".detail-title .badge")).to_have_text("Ready to ship")
            expect(line).not_to_contain_text("missing")
        else:
            expect(page.locator(".detail-title .badge")).to_have_text("Confirmed")
            expect(line).to_contain_text("1 missing")
    books_add_up()


def test_two_ship_the_last_piece_of_a_shelf(open_page, staff, manager, expected_console_errors):
    near, far = make_location(code="NEAR"), make_location(code="FAR")
    part = make_sold(stock=1, location=near, sku="NOZZLE-04")
    make_stock(part, 1, location=far)
    users, deliveries = (staff, manager), []
    for user in users:
        order = make_order((part, 1), by=user)
        delivery = Delivery.begin(order)
        delivery.write({}, [{"order_line": order.lines.get(), "quantity": 1, "location": near}], by=user)
        deliveries.append(delivery)
    pages = [open_page(user) for user in users]
    dialogs = [dialog(page, delivery, "ship") for page, delivery in zip(pages, deliveries, strict=True)]
    expected_console_errors.append("422")
    press_together(part, *dialogs)
    until(lambda: Delivery.objects.shipped().exists() and not waiting(), "one to get it")
    won = Delivery.objects.shipped().get()
    lost = next(delivery for delivery in deliveries if delivery != won)
    winner, loser = (pages[deliveries.index(each)] for each in (won, lost))
    expect(winner.locator(".detail-title h1")).to_contain_text(f"LS-{timezone.localdate().year}-0001", timeout=SLOWLY)
    expect(loser.locator("#dialog")).to_contain_text("NOZZLE-04: 1 needed, 0 at NEAR", timeout=SLOWLY)
    expect(loser.locator("#dialog h1")).to_have_text(f"Ship {lost}")
    assert StockMovement.objects.filter(kind="sale").count() == 1

    # Taken from the other shelf it goes, and its number follows on the first.
    loser.goto(lost.get_absolute_url())
    loser.wait_for_load_state("networkidle")
    expect(loser.locator("main")).to_contain_text("Less lies on a shelf than is to be taken from it")
    row = {"order_line": lost.order.lines.get(), "quantity": 1, "location": far}
    lost.refresh_from_db()
    lost.write({}, [row], by=staff, version=lost.version)
    dialog(loser, lost, "ship").locator("button[type=submit]").click()
    expect(loser.locator(".detail-title h1")).to_contain_text(f"LS-{timezone.localdate().year}-0002", timeout=SLOWLY)
    part.refresh_from_db()
    assert (part.current_stock, part.reserved_stock) == (0, 0)
    books_add_up()
