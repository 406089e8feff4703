"""The main job once through, in a real browser: from a parts list out of CAD to a paid invoice (DESIGN.md, section 1).

The words on the buttons are looked up in the catalogue, so the same walk is taken in both languages.
"""

import re

import pytest
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Page, expect

from apps.builds.tests.factories import xlsx

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
        """Panels are loaded after the page; leaving earlier would abort them with a console error."""
        self.page.wait_for_load_state("networkidle")

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
    page.locator(".alert-success a").click()
    walk.arrived(f"/builds/revisions/{UUID}/")
    for _number, name, *_rest in PARTS_LIST[1:]:
        expect(page.locator("main")).to_contain_text(name[:12])


def release(walk: Walk) -> None:
    walk.follow("Release")
    walk.in_dialog("Release")
    expect(walk.page.locator("h1")).to_contain_text(walk.word("Released"))


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
    expect(page.locator("h1")).to_contain_text("Brandl")


@pytest.mark.parametrize("language", ["en", "de"])
def test_from_a_parts_list_to_a_paid_invoice(open_page, manager, staff, language):
    for person in (manager, staff):
        person.language = language
        person.save()
    office = Walk(open_page(staff, language=language), language)
    boss = Walk(open_page(manager, language=language), language)
    import_parts_list(boss)  # a new build is the manager's to make
    release(boss)
    add_customer(office)
