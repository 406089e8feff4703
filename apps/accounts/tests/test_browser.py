"""What only a real browser shows: passkeys under our Content-Security-Policy, and accessibility."""

import re

import pytest
from playwright.sync_api import expect

from gmtc.testing import PASSWORD, accessibility_faults

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def add_virtual_authenticator(page):
    """A fingerprint reader that always says yes."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in(page, user):
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile(r"/$"))


def test_a_passkey_is_added_and_opens_the_door(browser_page, staff):
    page = browser_page
    add_virtual_authenticator(page)
    sign_in(page, staff)

    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**/2fa/recovery-codes/**")
    assert staff.has_second_factor()

    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign Out").click()
    page.wait_for_url("**/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile(r":\d+/$"))
    page.goto("/accounts/profile/")
    expect(page.get_by_text("set up", exact=True)).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_are_accessible(open_page, admin, staff, dark):
    stranger, known = open_page(dark=dark), open_page(admin, dark=dark)
    for path in ("login", "password/reset"):
        stranger.goto(f"/accounts/{path}/")
        assert accessibility_faults(stranger) == [], path
    pages_of_users = ("profile", "users", "users/invite", f"users/{staff.pk}")
    for path in (*pages_of_users, "2fa", "sessions", "password/change", "reauthenticate"):
        known.goto(f"/accounts/{path}/")
        assert accessibility_faults(known) == [], path


def test_a_long_name_is_cut_and_moves_nothing(open_page, admin):
    admin.revise({"name": "W" * 120}, by=admin)
    page = open_page(admin)
    for path in ("/", "/accounts/users/", admin.get_absolute_url(), "/admin/"):
        page.goto(path)
        for width in (1280, 800, 390):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/")
    expect(page.locator(".topbar-name")).to_have_attribute("title", "W" * 120)
    assert page.locator(".topbar-search").bounding_box()["width"] > 200


def test_a_user_is_deactivated_after_a_question(open_page, admin, staff):
    page = open_page(admin)
    page.goto(staff.get_absolute_url())
    page.get_by_role("link", name="Deactivate").click()
    expect(page.locator("#dialog-title")).to_have_text("Deactivate Staff Example")
    page.locator("#dialog").get_by_role("button", name="Deactivate").click()
    page.get_by_text("is signed out everywhere and").wait_for()
    staff.refresh_from_db()
    assert not staff.is_active
