"""The unit of a part stays once it has moved: ten pieces in the ledger cannot become ten metres."""

import copy

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.parts.models import Part, StockMovement, Unit
from apps.parts.tests.factories import execute, make_location, make_part, make_stock
from gmtc.errors import Refused, StaleEdit

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved(staff):
    part = make_part(sku="HOSE", by=staff)
    make_stock(part, 10, by=staff)
    return Part.objects.get()


def test_a_part_that_never_moved_may_get_another_unit(staff):
    part = make_part(sku="HOSE", by=staff)
    part.revise({"unit": Unit.METRE}, by=staff, version=1)
    assert Part.objects.get().unit == Unit.METRE


def test_one_that_has_moved_keeps_it_even_where_nothing_is_left(moved, staff):
    moved.issue(10, location=moved.movements.get().location, by=staff)
    with pytest.raises(Refused, match="HOSE has moved in stock, so its unit stays") as refusal:
        moved.revise({"unit": Unit.METRE, "name": "Hose"}, by=staff, version=moved.version)
    assert refusal.value.field == "unit"
    assert (Part.objects.get().unit, Part.objects.get().version) == (Unit.PIECE, 1)


def test_everything_else_may_be_changed_with_the_unit_it_has(moved, staff):
    moved.revise({"unit": Unit.PIECE, "name": "Hose"}, by=staff, version=1)
    assert Part.objects.get().name == "Hose"


def test_an_edit_that_came_too_late_is_told_so_first(moved, staff):
    with pytest.raises(StaleEdit):
        moved.revise({"unit": Unit.METRE}, by=staff, version=7)


def test_forms_imports_and_the_api_are_told_before_they_write(moved):
    moved.unit = Unit.METRE
    with pytest.raises(ValidationError) as error:
        moved.full_clean()
    assert error.value.message_dict.keys() == {"unit"}
    moved.clean_fields(exclude={"unit"})  # where nobody asked for another unit


def test_the_page_says_so_beside_the_field(moved, as_staff):
    page = as_staff.get(reverse("parts:part_edit", args=[moved.pk]))
    values = {
        name: "" if value is None else value
        for name, value in page.context["form"].initial.items()
        if name not in ("specifications", "image")
    }
    address = reverse("parts:part_edit", args=[moved.pk])
    response = as_staff.post(address, values | {"unit": "MTR", "version": 1})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"unit"}
    assert as_staff.post(address, values | {"name": "Hose", "version": 1}).status_code == 302


def test_what_moves_is_counted_in_the_unit_that_holds_now(staff):
    stale, shelf, box = make_part(sku="HOSE", unit=Unit.METRE), make_location(), make_location()
    Part.objects.get().revise({"unit": Unit.PIECE}, by=staff, version=1)
    for verb in (
        lambda part: part.receive("1.5", location=shelf, by=staff),
        lambda part: part.issue("1.5", location=shelf, by=staff),
        lambda part: part.adjust("1.5", location=shelf, by=staff, note="found"),
        lambda part: part.transfer("1.5", source=shelf, target=box, by=staff),
        lambda part: part.reserve("1.5", by=staff),
    ):
        with pytest.raises(Refused, match="HOSE is counted in whole pcs"):
            verb(copy.copy(stale))
    assert not StockMovement.objects.exists()


def test_the_database_refuses_it_too(moved):
    with pytest.raises(IntegrityError, match="its unit stays"), transaction.atomic():
        execute("UPDATE parts_part SET unit = 'MTR'")
    execute("UPDATE parts_part SET unit = unit, name = 'Hose'")
    assert Part.objects.get().name == "Hose"
