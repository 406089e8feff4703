"""What the back office exports is what the pages export, for whoever may."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from apps.parts.models import Category, Part, StockMovement
from apps.parts.tests.factories import make_category, make_part, make_stock
from apps.parts.tests.test_export import csv_rows, xlsx_rows

pytestmark = pytest.mark.django_db
FORMATS = {"csv": ("0", csv_rows), "xlsx": ("1", xlsx_rows)}


def at(model, page: str) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_{page}")


def content(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


@pytest.fixture
def parts(manager):
    """Two that are made, of which one lies in the trash, and two that are bought."""
    category = make_category(name="Frame")
    make_part(sku="M-1", name="Bracket", procurement="make", category=category, unit_price="1234.5", by=manager)
    make_part(sku="M-2", procurement="make", by=manager).discard(by=manager)
    return [make_part(sku=f"B-{number}", name="=1+1", by=manager) for number in range(2)]


@pytest.mark.parametrize("format", FORMATS)
def test_what_the_list_shows_is_exported_as_on_the_pages(parts, as_manager, format):
    choice, rows = FORMATS[format]
    answer = as_manager.post(f"{at(Part, 'export')}?procurement__exact=make", {"format": choice, "resource": "0"})
    page = as_manager.get(reverse("parts:part_list"), {"procurement": "make", "export": format})
    assert answer["Content-Disposition"] == page["Content-Disposition"]
    found = rows(content(answer))
    assert found == rows(content(page))
    assert [row[0] for row in found] == ["SKU", "M-1"]


@pytest.mark.parametrize("format", FORMATS)
def test_ticked_records_are_exported_as_on_the_pages(parts, as_manager, format):
    rows = FORMATS[format][1]
    sent = {"action": f"export_{format}", "_selected_action": [part.pk for part in parts]}
    found = rows(content(as_manager.post(at(Part, "changelist"), sent)))
    page = rows(content(as_manager.get(reverse("parts:part_list"), {"procurement": "buy", "export": format})))
    assert (found[0], sorted(found[1:], key=str)) == (page[0], sorted(page[1:], key=str))
    assert sorted(row[0] for row in found[1:]) == ["B-0", "B-1"]


def test_a_search_narrows_the_export(parts, as_manager):
    answer = as_manager.post(f"{at(Part, 'export')}?q=bracket", {"format": "0", "resource": "0"})
    assert [row[0] for row in csv_rows(content(answer))] == ["SKU", "M-1"]


def test_the_page_asks_for_the_format_without_a_script(parts, as_manager):
    page = as_manager.get(at(Part, "export")).content.decode()
    assert "Sales price" in page
    assert " on" + "change=" not in page
    assert as_manager.post(at(Part, "export"), {"format": "", "resource": "0"}).context["form"].errors


def test_the_ledger_and_the_categories_are_exported_too(parts, as_manager, manager):
    make_stock(parts[0], 5, by=manager)
    for model, first in ((StockMovement, "When"), (Category, "Path")):
        rows = csv_rows(content(as_manager.post(at(model, "export"), {"format": "0", "resource": "0"})))
        assert (rows[0][0], len(rows)) == (first, 2)


def test_importing_leads_to_the_pages_with_their_preview(as_manager):
    page = as_manager.get(at(Part, "changelist")).content.decode()
    assert f'href="{reverse("parts:import_list")}"' in page
    assert f'href="{at(Part, "export")}?"' in page


def test_without_the_permission_nothing_leaves(parts, as_manager, manager):
    for group in manager.groups.all():
        group.permissions.remove(*Permission.objects.filter(codename__in=["export_part", "import_part"]))
    page = as_manager.get(at(Part, "changelist"))
    assert at(Part, "export") not in page.content.decode()
    assert reverse("parts:import_list") not in page.content.decode()
    assert "export_csv" not in dict(page.context["action_form"].fields["action"].choices)
    for method in (as_manager.get, as_manager.post):
        assert method(at(Part, "export"), {"format": "0", "resource": "0"}).status_code == 403
    sent = {"action": "export_csv", "_selected_action": [parts[0].pk]}
    assert as_manager.post(at(Part, "changelist"), sent).status_code == 302


def test_a_noun_without_a_resource_is_not_exported(as_admin):
    assert as_admin.get(reverse("admin:parts_reservation_export")).status_code == 403
