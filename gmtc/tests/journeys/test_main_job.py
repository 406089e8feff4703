"""The main job once through, in a real browser: from a parts list out of CAD to a paid invoice (DESIGN.md, section 1).

The words on the buttons are looked up in the catalogue, so the same walk is taken in both languages.
"""

import re

import pytest
from django.core.management import call_command
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Page, expect

from apps.builds.models import Printer, ProductionJob
from apps.builds.tests.factories import xlsx
from apps.invoicing.models import Invoice
from apps.orders.models import CustomerOrder
from apps.parts.models import Part, Procurement
from apps.parts.tests.factories import make_location
from apps.suppliers.models import PurchaseOrder
from gmtc.testing import settled

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

PARTS_LIST = [
    ("1*", "XP-Rahmen.Front.Panel", "maria", 2),
    ("2*", "Wuerth_00555  12_ISO 4762 _ DIN 912 Stahl 8.8_LOD_High", "ob", 50),
    ("3*", "LAPP_ÖLFLEX®CLASSIC_7G0,5", "maria", 1),
]


class Walk:
    """A browser window and the words of its language."""

    def __init__(self, page: Page, language: str):
        self.page, self.language = page, language

    def word(self, text: str) -> str:
        with translation.override(self.language):
            return gettext(text)

    def settled(self) -> None:
        settled(self.page)

    def go(self, path: str) -> None:
        self.settled()
        self.page.goto(path)

    def button(self, text: str, within=None):
        return (within or self.page).get_by_role("button", name=self.word(text), exact=True)

    def press(self, text: str, within=None) -> None:
        self.settled()
        self.button(text, within).click()

    def follow(self, text: str) -> None:
        self.settled()
        self.page.get_by_role("link", name=self.word(text), exact=True).first.click()

    @property
    def dialog(self):
        return self.page.locator("#dialog")

    def in_dialog(self, text: str) -> None:
        self.dialog.get_by_role("button", name=self.word(text), exact=True).click()

    def choose(self, where, text: str) -> None:
        """Type into a select that searches, and take what it finds."""
        where.locator(".ts-control input").first.fill(text)
        self.page.locator(".ts-dropdown-content .option:visible", has_text=text).first.click()

    def arrived(self, pattern: str) -> None:
        self.page.wait_for_url(re.compile(pattern))


UUID = "[0-9a-f-]{36}"


def import_parts_list(walk: Walk) -> None:
    """The list becomes a draft of a new build, and the parts that were not there."""
    page = walk.page
    walk.go("/builds/import/")
    list_file = xlsx(PARTS_LIST)
    page.set_input_files("input[type=file]", files=[{"name": "XP900.xlsx", "mimeType": "", "buffer": list_file.read()}])
    page.locator("[name=model_number]").fill("XP900")
    page.locator("form:has(input[type=file]) button[type=submit], form:has(input[type=file]) button").last.click()
    walk.arrived(f"/builds/import/{UUID}/")
    expect(page.locator("tbody tr")).to_have_count(len(PARTS_LIST))
    walk.press("Accept as draft")
    walk.arrived(f"/builds/revisions/{UUID}/")
    for _number, name, *_rest in PARTS_LIST[1:]:
        expect(page.locator("main")).to_contain_text(name[:12])


def release(walk: Walk) -> None:
    walk.follow("Release")
    walk.in_dialog("Release")
    expect(walk.page.locator("main h1")).to_contain_text(walk.word("current"), timeout=20_000)


def add_customer(walk: Walk) -> None:
    page = walk.page
    walk.go("/customers/new/")
    for name, value in {
        "company_name": "Brandl Feinmechanik GmbH",
        "email": "office@example.com",
        "street": "Werkstraße 14",
        "postcode": "70565",
        "city": "Stuttgart",
    }.items():
        page.locator(f"[name$={name}]:visible").first.fill(value)
    page.click("form.record-form button[type=submit]")
    expect(page.locator("main h1")).to_contain_text("Brandl")


def offer_parts(walk: Walk, supplier_name: str) -> None:
    """Somebody sells what is bought: a supplier, and an offer on the page of each part."""
    page = walk.page
    walk.go("/suppliers/new/")
    for name, value in {"name": supplier_name, "email": "orders@example.com"}.items():
        page.locator(f"[name={name}]").fill(value)
    page.click("form.record-form button[type=submit]")
    expect(page.locator("main h1")).to_contain_text(supplier_name)
    for part in Part.objects.filter(procurement=Procurement.BUY).order_by("sku"):
        walk.go(part.get_absolute_url())
        walk.settled()
        page.locator("#offers").get_by_role("link", name=walk.word("Offer"), exact=True).click()
        walk.choose(walk.dialog.locator("#div_id_supplier"), supplier_name)
        walk.dialog.locator("[name=price]").fill("2")
        walk.in_dialog("Create")
        expect(page.locator("#offers")).to_contain_text(supplier_name)


def order_printer(walk: Walk, model: str) -> None:
    """Quote and confirm; the confirmation says what is missing."""
    page = walk.page
    walk.go("/orders/new/")
    walk.choose(page.locator("#div_id_customer"), "Brandl")
    line = page.locator("[data-line]:visible").nth(0)
    walk.choose(line, model)
    expect(page.locator('[name="lines-0-unit_price"]')).to_have_value("0")  # the product's price has come
    page.locator('[name="lines-0-unit_price"]').fill("1000")
    page.locator("main").get_by_role("button", name=walk.word("Create"), exact=True).click()
    walk.arrived(f"/orders/{UUID}/$")
    for verb, number in (("Quote", "AN-"), ("Confirm", "AB-")):
        walk.settled()
        page.locator(f".page-actions a[href$='/{verb.lower()}/']").first.click()
        walk.dialog.locator("[name=mail_to]").fill("")
        walk.dialog.locator("button[type=submit]").click()
        page.locator(".detail-title", has_text=number).wait_for(timeout=30_000)


def plan(walk: Walk) -> None:
    walk.go("/planning/")
    walk.press("Plan jobs and draft purchase orders")
    expect(walk.page.locator(".empty-state")).to_be_visible(timeout=20_000)


def purchase(walk: Walk, place: str) -> None:
    """The draft of the planning is sent, and everything comes."""
    page = walk.page
    walk.go(PurchaseOrder.objects.get().get_absolute_url())
    walk.follow("Send")
    walk.dialog.locator("button[type=submit]").click()
    page.locator(".detail-title", has_text="BE-").wait_for(timeout=30_000)
    walk.follow("Receive goods")
    for number in range(page.locator("[name$=-accepted]").count()):
        select = page.locator("select[name$=-location]").nth(number)
        if not select.input_value():
            walk.choose(page.locator("select[name$=-location] + .ts-wrapper").nth(number).locator(".."), place)
    walk.press("Take into stock")
    expect(page.locator(".toast-line")).to_be_visible(timeout=20_000)


def build(walk: Walk, place: str) -> None:
    """From the planned job to a printer with its number."""
    page = walk.page
    walk.go(ProductionJob.objects.get().get_absolute_url())
    page.locator(".page-actions a[href$='/release/']").first.click()
    walk.dialog.locator("button[type=submit]").click()
    expect(page.locator("main h1")).to_contain_text(walk.word("Released"), timeout=20_000)
    walk.settled()
    page.locator("a[href$='/pick/']").first.click()
    page.locator("select[name=workplace] + .ts-wrapper input").fill(place)
    page.locator(".ts-dropdown .option", has_text=place).first.click()
    page.locator(".pick-form button[type=submit]").click()
    expect(page.locator(".figures")).to_contain_text("100 %", timeout=20_000)
    walk.press("Start")
    expect(page.locator("main h1")).to_contain_text(walk.word("In production"), timeout=20_000)
    walk.settled()
    page.locator("a[href$='/complete/']").first.click()
    if page.locator("dialog[open] select[name=location]").count():
        walk.choose(walk.dialog.locator("#div_id_location"), place)
    page.locator("dialog[open] button[type=submit]").click()
    expect(page.locator("main h1")).to_contain_text(walk.word("Completed"), timeout=20_000)


def deliver(walk: Walk) -> None:
    page = walk.page
    walk.go("/deliveries/ready/")
    walk.settled()
    page.locator("main a[href*='/deliveries/new/?order=']").first.click()
    page.locator("main").get_by_role("button", name=walk.word("Create"), exact=True).click()
    walk.arrived(f"/deliveries/{UUID}/$")
    walk.settled()
    page.locator(".page-actions a[href$='/ship/']").first.click()
    walk.dialog.locator("button[type=submit]").click()
    page.locator(".detail-title", has_text="LS-").wait_for(timeout=30_000)
    walk.settled()
    page.locator(".page-actions a[href$='/deliver/']").first.click()
    walk.dialog.locator("button[type=submit]").click()
    expect(page.locator("main h1")).to_contain_text(walk.word("Delivered"), timeout=20_000)


def invoice(walk: Walk) -> None:
    page = walk.page
    walk.go("/invoices/to-invoice/")
    walk.settled()
    page.locator("main a[href*='?order=']").first.click()
    walk.press("Write the draft")
    walk.arrived(f"/invoices/{UUID}/$")
    walk.settled()
    page.locator(".page-actions a[href$='/issue/']").first.click()
    walk.dialog.locator("button[type=submit]").click()
    page.locator(".detail-title", has_text="RE-").wait_for(timeout=30_000)
    walk.settled()
    page.locator(".page-actions a[href$='/payment/']").first.click()
    walk.dialog.locator("button[type=submit]").click()
    expect(page.locator("main h1")).to_contain_text(walk.word("Paid"), timeout=20_000)


@pytest.mark.parametrize("language", ["en", "de"])
def test_from_a_parts_list_to_a_paid_invoice(open_page, manager, staff, language):
    for person in (manager, staff):
        person.language = language
        person.save()
    place = make_location(code="H-01")
    office = Walk(open_page(staff, language=language), language)
    boss = Walk(open_page(manager, language=language), language)
    import_parts_list(boss)  # a new build is the manager's to make
    release(boss)
    add_customer(office)
    offer_parts(office, "Nordschrauben GmbH")
    order_printer(office, "XP900")
    plan(boss)
    purchase(boss, place.code)
    build(office, place.code)
    deliver(office)
    invoice(office)
    boss.go("/")
    boss.settled()

    order = CustomerOrder.objects.get()
    paid = Invoice.objects.get()
    printer = Printer.objects.get()
    assert (order.status, order.total) == ("delivered", paid.total)
    assert (paid.status, paid.paid_amount) == ("paid", paid.total)
    assert (printer.status, printer.owner) == ("shipped", order.customer)
    assert not Part.objects.filter(current_stock__gt=0).exists()
    call_command("verify")
