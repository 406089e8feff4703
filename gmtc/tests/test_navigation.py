"""The menus: drawn once for all who may do the same, and never shown to somebody else."""

import re

import pytest
from django.urls import reverse
from uuid_utils.compat import uuid7

from gmtc.addresses import address, address_of

pytestmark = pytest.mark.django_db


def lines(page: str) -> list[str]:
    menu = page[page.index('<nav class="sidebar-nav">') : page.index("</nav>")]
    return re.findall(r"<span>(.*?)</span>", menu)


def get(browser, address: str = "/parts/") -> str:
    return browser.get(address).content.decode()


def test_each_role_sees_its_own_lines_whoever_came_before(as_viewer, as_manager, as_staff, as_admin):
    for _round in range(2):
        assert "Users" not in lines(get(as_viewer))
        assert "Back office" not in lines(get(as_staff))
        assert {"Users", "Back office"} <= {*lines(get(as_manager))}
        assert {"Users", "Back office"} <= {*lines(get(as_admin))}
        assert reverse("parts:part_new") not in get(as_viewer)
        assert reverse("parts:part_new") in get(as_staff)


def test_each_sees_the_menu_in_their_language(as_staff, as_viewer, staff):
    staff.language = "de"
    staff.save()
    for _round in range(2):
        assert "Teile" in lines(get(as_staff))
        assert "Parts" in lines(get(as_viewer))


@pytest.mark.parametrize(
    ("page", "current"),
    [("/", "Home"), ("/parts/", "Parts"), ("/parts/movements/", "Movements"), ("/customers/", "Customers")],
)
def test_the_line_of_the_page_is_marked(as_staff, page, current):
    menu = get(as_staff, page)
    menu = menu[menu.index('<nav class="sidebar-nav">') : menu.index("</nav>")]
    marked = re.findall(r'aria-current="page">.*?<span>(.*?)</span>', menu, re.DOTALL)
    assert marked == [current]


def test_a_lost_permission_is_gone_from_the_menu_at_once(as_manager, manager, admin):
    assert "Users" in lines(get(as_manager))
    manager.assign_role("viewer", by=admin)
    assert "Users" not in lines(get(as_manager))


def test_addresses_are_those_of_django():
    for name in ("parts:part_detail", "invoicing:invoice_detail", "documents:document"):
        for key in (uuid7(), uuid7()):
            assert address_of(name, key) == reverse(name, args=[key])
    assert address("parts:part_list") == reverse("parts:part_list")


def test_a_browser_that_shows_a_file_by_itself_finds_the_icon(client):
    assert client.get("/favicon.ico").url.endswith(".svg")
