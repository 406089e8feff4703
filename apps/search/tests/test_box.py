"""The search box in the top bar, by keyboard, in a real browser."""

import pytest
from playwright.sync_api import expect

from apps.parts.tests.factories import make_part
from gmtc.testing import accessibility_faults, settled

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_one_finds_and_opens_a_part_without_the_mouse(open_page, staff):
    make_part(sku="MGN12-300", name="Short rail", by=staff)
    part = make_part(sku="MGN12-450", name="Long rail", by=staff)
    page = open_page(staff)
    page.goto("/parts/movements/")
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search everything")
    expect(box).to_be_focused()
    page.keyboard.type("mgn12")
    options = page.get_by_role("option")
    expect(options).to_have_count(3)
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    assert accessibility_faults(page) == []
    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    page.keyboard.press("ArrowUp")  # the last one, all results; then back up to the part
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{part.get_absolute_url()}")
    settled(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("rail")
    expect(page.get_by_role("option")).to_have_count(3)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=rail")
    expect(page.get_by_role("heading", level=1)).to_have_text("Results for “rail”")
    assert accessibility_faults(page) == []
