"""The browser that the journeys use sees what a user's browser would complain about."""

import pytest
from playwright.sync_api import Error

from gmtc.testing import accessibility_faults


def test_an_inline_script_is_a_violation_of_the_policy(browser_page, expected_console_errors):
    browser_page.goto("/accounts/login/")
    with pytest.raises(Error, match="Content Security Policy"):
        browser_page.add_script_tag(content="document.title = 'x'")
    expected_console_errors.append("Content Security Policy")


def test_accessibility_faults_are_found(browser_page):
    browser_page.set_content('<html lang="en"><title>t</title><main><label>Name <input></label></main></html>')
    assert accessibility_faults(browser_page) == []
    browser_page.set_content('<html lang="en"><title>t</title><main><input></main></html>')
    assert accessibility_faults(browser_page) == ["label: input"]


def test_a_window_is_signed_in_as_its_user(open_page, staff):
    page = open_page(staff)
    page.goto("/accounts/login/")  # who is signed in has no business there
    assert "/accounts/login/" not in page.url


@pytest.mark.parametrize("turn", [1, 2])
def test_a_window_knows_nothing_of_the_test_before(open_page, staff, turn):
    page = open_page(staff)
    page.goto("/accounts/profile/")
    seen = "[localStorage.seen, sessionStorage.seen, document.cookie.includes('seen')]"
    assert (page.evaluate(seen), len(page.context.pages)) == ([None, None, False], 1)
    page.evaluate("localStorage.seen = sessionStorage.seen = document.cookie = 'seen=1'")
    assert page.evaluate(seen) == ["seen=1", "seen=1", True]
    page.context.new_page()
