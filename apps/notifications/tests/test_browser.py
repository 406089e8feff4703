"""The bell in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from apps.notifications.models import Kind, Notification
from apps.notifications.notify import notify
from gmtc.testing import accessibility_faults

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.journey]


def test_the_bell_counts_shows_and_leads_on(open_page, staff):
    notify([staff], kind=Kind.STOCK, title="MGN12 is short", url="/notifications/preferences/")
    notify([staff], kind=Kind.STOCK, title="MGN9 is short")
    page = open_page(staff)
    page.goto("/notifications/")
    expect(page.locator("#bell-count")).to_have_text(re.compile("^2"))
    assert accessibility_faults(page) == []

    page.locator(".bell").click()
    page.locator("#bell-menu").get_by_text("MGN12 is short").click()
    page.wait_for_url("**/notifications/preferences/")
    expect(page.locator("#bell-count")).to_have_text(re.compile("^1"))
    assert accessibility_faults(page) == []

    page.locator(".bell").click()
    page.locator("#bell-menu").get_by_role("button", name="Mark all as read").click()
    page.locator("#bell-count:empty").wait_for(state="attached")
    assert not Notification.objects.unread().exists()
