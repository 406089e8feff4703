import pytest
from playwright.sync_api import expect

from apps.parts.tests.factories import make_part

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/parts/choices/", "/accounts/users/", "/parts/"])
def test_an_address_with_a_nul_is_refused_and_not_a_fault(as_admin, path):
    answer = as_admin.get(f"{path}?q=%00", headers={"accept-language": "de"})
    assert answer.status_code == 400
    assert 'lang="en"' not in answer.content.decode()


def test_a_file_that_is_too_large_is_refused_in_the_language_of_the_browser(as_admin, settings):
    settings.MAX_UPLOAD_BYTES = 10
    answer = as_admin.post("/parts/import/", {"file": "x" * 400}, headers={"accept-language": "de"})
    assert answer.status_code == 413
    assert 'lang="de"' in answer.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.journey
def test_back_to_a_searched_list_shows_the_whole_page(open_page, staff):
    make_part(sku="M3x10")
    make_part(sku="M5x10")
    page = open_page(staff)
    page.goto("/parts/")
    page.locator("#list-search").fill("M3")
    page.wait_for_url("**/parts/?q=M3")
    page.locator("tbody tr td.main a").click()
    page.wait_for_url("**/parts/*-*/")
    page.go_back()
    page.locator(".sidebar").wait_for()
    expect(page.locator("#list-search")).to_have_value("M3")
    assert page.locator("tbody tr").count() == 1
