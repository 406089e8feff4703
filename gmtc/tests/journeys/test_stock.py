"""A storekeeper's morning in a real browser: a place, a part, stock in and out, a list narrowed down and kept."""

import re

import pytest
from playwright.sync_api import expect

from gmtc.testing import accessibility_faults, settled

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def add_place(page, code: str, name: str):
    page.goto("/parts/locations/new/")
    page.fill("[name=code]", code)
    page.fill("[name=name]", name)
    page.click("form.record-form button[type=submit]")
    expect(page.locator("h1")).to_contain_text(code)


def add_part(page, sku: str, name: str, **fields):
    page.goto("/parts/new/")
    for field, value in ({"sku": sku, "name": name} | fields).items():
        page.fill(f"[name={field}]", value)
    page.click("form.record-form button[type=submit]")
    expect(page.locator("h1")).to_contain_text(sku)


def choose(page, field: str, text: str):
    """Pick from a select that searches as one types."""
    box = page.locator(f"select[name={field}] + .ts-wrapper")
    box.locator("input").click()
    box.locator("input").fill(text)
    page.locator(".ts-dropdown .option", has_text=text).first.click()


def move(page, button: str, quantity: str, place: str | None = None, **fields):
    page.get_by_role("link", name=button, exact=True).click()
    dialog = page.locator("dialog[open]")
    dialog.locator("[name=quantity]").fill(quantity)
    for field, value in fields.items():
        dialog.locator(f"[name={field}]").fill(value)
    if place:
        choose(dialog, "location", place)
    dialog.locator("button[type=submit]").click()


def figure(page, label: str):
    return page.locator(".figure", has=page.locator("span", has_text=re.compile(f"^{label}$"))).locator("strong")


def test_a_part_comes_goes_and_is_found_again(open_page, manager, expected_console_errors):
    page = open_page(manager)
    add_place(page, "B-14", "Box 14")
    add_part(page, "MGN12_450mm", "Linear rail", minimum_stock="4", unit_price="12.5")

    move(page, "Receive", "10", "B-14", unit_cost="8.20")
    expect(figure(page, "On hand")).to_have_text(re.compile("10"))
    expect(figure(page, "Stock value")).to_have_text("€82.00")

    # Too much is refused in the dialog, what was typed stays, and the corrected form goes through.
    expected_console_errors.append("422")
    move(page, "Issue", "11", "B-14")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("11 needed, 10 free")
    dialog.locator("[name=quantity]").fill("7")
    dialog.locator("button[type=submit]").click()
    expect(figure(page, "Free")).to_have_text(re.compile("3"))
    expect(page.locator(".detail-title .badge", has_text="low stock")).to_be_visible()

    add_part(page, "T-Nut_M6", "Drop-in nut")
    page.goto("/parts/")
    settled(page)
    page.locator(".chip", has_text="Low stock").click()
    page.wait_for_url("**/parts/?stock=low")
    settled(page)
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("MGN12_450mm")

    page.get_by_role("button", name="Views").click()
    page.fill(".view-save input", "Short")
    page.click(".view-save button")
    page.goto("/parts/")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("link", name="Short").click()
    page.wait_for_url("**/parts/?stock=low")
    settled(page)

    page.goto("/parts/")
    settled(page)
    page.type("#list-search", "nut drop", delay=20)
    page.wait_for_url("**/parts/?q=nut*drop")
    settled(page)
    expect(page.locator("tbody tr")).to_have_count(1)


def test_two_tabs_edit_one_part_and_nothing_is_lost(open_page, manager, expected_console_errors):
    first = open_page(manager)
    add_part(first, "FP24-Cover", "Cover")
    edit = first.url + "edit/"
    second = first.context.new_page()
    for tab in (first, second):
        tab.goto(edit)
    second.fill("[name=name]", "Cover, theirs")
    second.click("form.record-form button[type=submit]")
    expect(second.locator(".subtitle")).to_have_text("Cover, theirs")

    expected_console_errors.append("409")
    first.fill("[name=name]", "Cover, mine")
    first.click("form.record-form button[type=submit]")
    expect(first.locator(".conflict")).to_contain_text("Cover, theirs")
    expect(first.locator("[name=name]")).to_have_value("Cover, mine")
    first.click("form.record-form button[type=submit]")
    expect(first.locator(".subtitle")).to_have_text("Cover, mine")
    expect(first.locator(".history")).to_contain_text("Cover, theirs")


def test_delete_and_undo(open_page, manager):
    page = open_page(manager)
    add_part(page, "OLD-1", "Old")
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Move to trash").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("h1")).to_contain_text("OLD-1")
    expect(page.locator(".history")).to_contain_text("taken out of the trash")
    settled(page)


@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_are_accessible_in_both_languages_and_themes(open_page, manager, dark):
    page = open_page(manager, language="de" if dark else "en", dark=dark)
    add_place(page, "A-1", "Rack")
    add_part(page, "P-1", "Part", minimum_stock="3")
    part = page.url
    for path in ("/", "/parts/", "/parts/new/", part, "/parts/locations/", "/parts/categories/", "/parts/movements/"):
        page.goto(path)
        settled(page)
        assert accessibility_faults(page) == [], path


def test_a_phone_shows_the_list_without_scrolling_sideways(open_page, manager):
    page = open_page(manager, width=390, height=844)
    add_part(
        page, "Wuerth_00803  12_ISO 4762 _ DIN 912 Stahl 10.9 blank_LOD_High", "Zylinderschraube mit Innensechskant"
    )
    for path in ("/", "/parts/", page.url, "/parts/new/"):
        page.goto(path)
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
