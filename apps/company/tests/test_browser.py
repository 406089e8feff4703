"""Settings in a real browser; a console or CSP error fails the test."""

import re

import pytest
from playwright.sync_api import expect

from apps.company.models import Company
from apps.company.tests.test_brand import svg
from gmtc.testing import accessibility_faults

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.journey]


def pick(page, name: str, colour: str):
    page.locator(f"input[name={name}]").evaluate(
        "(input, colour) => { input.value = colour; input.dispatchEvent(new Event('input', {bubbles: true})) }", colour
    )


def preview(page):
    return page.locator("[data-preview=light] .preview-button")


def test_colours_are_seen_measured_and_refused_before_they_are_saved(open_page, admin, expected_console_errors):
    expected_console_errors.append("422")
    page = open_page(admin)
    page.goto("/settings/brand/")
    expect(preview(page)).to_have_css("background-color", "rgb(14, 107, 107)")

    pick(page, "accent", "#ffcc00")
    expect(preview(page)).to_have_css("background-color", "rgb(255, 204, 0)")
    page.locator("#contrast .is-bad").first.wait_for()
    assert page.locator("#contrast .is-bad").count() == 1  # the link on paper; a button takes black text
    page.get_by_role("button", name="Save").click()
    page.get_by_text(re.compile(r"contrast 1\.\d\d to 1")).wait_for()
    assert Company.current().accent == "#0E6B6B"

    pick(page, "accent", "#0a4d8c")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Settings saved.").wait_for()
    assert Company.current().accent == "#0A4D8C"
    expect(page.get_by_role("button", name="Save")).to_have_css("background-color", "rgb(10, 77, 140)")


def test_an_uploaded_logo_stands_on_every_page(open_page, admin, tmp_path):
    logo = tmp_path / "logo.svg"
    logo.write_bytes(svg('<rect width="9" height="9" fill="#0A4D8C"/>'))
    page = open_page(admin)
    page.goto("/settings/brand/")
    page.set_input_files("input[name=logo]", logo)
    expect(page.locator("[data-preview=light] [data-logo]")).to_have_attribute("src", re.compile("^blob:"))
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Settings saved.").wait_for()
    shown = page.locator(".sidebar-brand img.wordmark-light")
    assert shown.evaluate("each => each.complete && each.naturalWidth > 0")
    expect(page.locator(".sidebar-brand img.wordmark-dark")).to_be_hidden()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    "path", ["/settings/", "/settings/bank/", "/settings/texts/", "/settings/brand/", "/settings/numbers/"]
)
def test_the_settings_can_be_used_by_everybody(open_page, admin, path, dark):
    page = open_page(admin, dark=dark)
    page.goto(path)
    assert accessibility_faults(page) == []
