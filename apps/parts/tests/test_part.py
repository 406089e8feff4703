"""The catalogue: what a part is, how it is found, and what the database refuses."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.expressions import RawSQL

from apps.parts.models import Part, Unit
from apps.parts.tests.factories import execute, faults, make_category, make_part, make_stock
from gmtc.errors import InUse, StaleEdit

pytestmark = pytest.mark.django_db


def skus(parts) -> list[str]:
    return [part.sku for part in parts]


# --- Finding parts


def test_a_search_finds_every_word_somewhere_in_either_case():
    rail = make_part(sku="MGN12-450", name="Linear rail", cad_name="MGN12_450mm")
    make_part(sku="MGN12-300", name="Linear rail")
    fan = make_part(sku="FAN-80", name="Axial fan", manufacturer_number="MF80252V1", barcode="4012345678901")
    assert list(Part.objects.search("450 linear")) == [rail]
    assert list(Part.objects.search("mgn12_450")) == [rail]
    assert list(Part.objects.search("mf80252")) == [fan]
    assert list(Part.objects.search("4012345678901")) == [fan]
    assert list(Part.objects.search("fan rail")) == []
    assert skus(Part.objects.search("linear")) == ["MGN12-300", "MGN12-450"]


def test_a_search_takes_signs_that_sql_knows_as_they_are():
    percent = make_part(name="TornadoTurbo 125%")
    make_part(name="TornadoTurbo 1250")
    underscore = make_part(name="T-Nut_Drop")
    make_part(name="T-Nut Drop")
    assert list(Part.objects.search("125%")) == [percent]
    assert list(Part.objects.search("nut_drop")) == [underscore]
    assert list(Part.objects.search("\\")) == []


def test_a_search_finds_umlauts_in_either_case():
    make_part(sku="KABEL", name="Ölflex Kaltgerätestecker")
    assert skus(Part.objects.search("ÖLFLEX kaltGERÄTE")) == ["KABEL"]


def test_the_search_text_follows_a_new_name(staff):
    part = make_part(name="Old")
    part.revise({"name": "Brand new"}, by=staff, version=1)
    assert skus(Part.objects.search("brand")) == [part.sku]
    assert not Part.objects.search("old")


def test_short_are_parts_whose_free_stock_is_below_their_minimum(staff):
    enough, low, promised, unwatched = (
        make_part(sku=sku, minimum_stock=minimum) for sku, minimum in (("A", 5), ("B", 5), ("C", 5), ("D", 0))
    )
    make_stock(enough, 5)
    make_stock(low, 4)
    make_stock(promised, 6)
    promised.reserve(2, by=staff)
    assert skus(Part.objects.low_stock()) == ["B", "C"]
    assert [Part.objects.get(pk=part.pk).is_low for part in (enough, low, promised, unwatched)] == [
        False,
        True,
        True,
        False,
    ]


def test_words_for_parts_that_are_out_sold_or_discontinued():
    stocked = make_part(sku="A", is_sellable=True)
    make_stock(stocked, 1)
    make_part(sku="B", is_discontinued=True)
    assert skus(Part.objects.out_of_stock()) == ["B"]
    assert skus(Part.objects.sellable()) == ["A"]
    assert skus(Part.objects.active()) == ["A"]


def test_the_value_of_stock_is_not_rounded_before_it_is_added_up(staff):
    part = make_part(unit=Unit.METRE)
    make_stock(part, "0.333", unit_cost=Decimal("1.1111"))
    assert part.stock_value == Decimal("0.3699963")


# --- Uniqueness, the trash


@pytest.mark.parametrize(
    ("field", "value", "same", "message"),
    [
        ("sku", "MGN12-450", "mgn12-450", "A part with this SKU exists."),
        ("barcode", "4012345678901", "4012345678901", "Another part has this barcode."),
        ("cad_name", "MGN12_450mm", "MGN12_450mm", "Another part has this CAD file name."),
    ],
)
def test_numbers_of_parts_are_unique_until_one_is_in_the_trash(staff, field, value, same, message):
    first = make_part(**{field: value})
    second = Part(**{"sku": "OTHER", "name": "Other", field: same})
    with pytest.raises(ValidationError) as refused:
        second.full_clean()
    assert refused.value.messages == [message]
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()
    first.discard(by=staff)
    second = Part(**{"sku": "OTHER", "name": "Other", field: same})
    second.full_clean()
    second.save()
    with pytest.raises(ValidationError, match=message):
        first.restore(by=staff)
    assert Part.everything.get(pk=first.pk).deleted_at


def test_many_parts_may_have_no_barcode_and_no_cad_name():
    make_part()
    make_part().full_clean()
    assert Part.objects.filter(barcode="", cad_name="").count() == 2


@pytest.mark.parametrize("sku", [" A", "A ", "", " "])
def test_a_sku_has_no_blanks_around_it(sku):
    with pytest.raises(ValidationError) as refused:
        Part(sku=sku, name="Part").full_clean()
    assert list(refused.value.error_dict) == ["sku"]


@pytest.mark.parametrize(
    ("field", "wrong", "right"),
    [
        ("customs_number", "123", "84859090"),
        ("country_of_origin", "de", "DE"),
        ("minimum_stock", "-1", "0"),
        ("reorder_quantity", "-1", "0.5"),
        ("unit_price", "-0.01", "0.0001"),
        ("weight", "-1", "0.001"),
        ("unit", "XXX", "MTR"),
        ("procurement", "steal", "make"),
    ],
)
def test_fields_are_checked(field, wrong, right):
    with pytest.raises(ValidationError) as refused:
        Part(sku="A", name="Part", **{field: wrong}).full_clean()
    assert list(refused.value.error_dict) == [field]
    Part(sku="A", name="Part", **{field: right}).full_clean()


def test_a_part_with_movements_cannot_be_deleted_and_says_why(staff):
    part = make_part(sku="RAIL")
    make_stock(part, 5)
    make_stock(part, 5)
    part.reserve(1, by=staff)
    with pytest.raises(InUse) as refused:
        part.discard(by=staff)
    assert str(refused.value) == (
        "RAIL cannot be deleted, it is used by: 2 stock movements, 2 stock levels, 1 reservation."
    )


def test_a_part_is_not_restored_into_a_category_in_the_trash(staff):
    category = make_category(name="Rails")
    part = make_part(sku="RAIL", category=category)
    part.discard(by=staff)
    category.discard(by=staff)
    with pytest.raises(InUse, match=r"RAIL needs what is in the trash, restore it first: Rails\."):
        part.restore(by=staff)
    category.restore(by=staff)
    part.restore(by=staff)
    assert faults() == []


# --- Editing


def test_an_edit_is_in_the_history_with_who_and_what(staff, manager):
    part = make_part(by=staff, unit_price=Decimal("1.00"))
    part.revise({"unit_price": Decimal("1.25"), "specifications": {"Length": "450 mm"}}, by=manager, version=1)
    new, old = part.history.order_by("-history_id")
    assert (new.history_user, new.history_change_reason) == (manager, "edit")
    assert (old.history_user, old.history_change_reason) == (staff, "create")
    assert {change.field for change in new.diff_against(old).changes} == {"unit_price", "specifications"}
    assert faults() == []


def test_a_stale_edit_of_a_part_is_refused(staff, manager):
    part = make_part()
    part.revise({"name": "First"}, by=staff, version=1)
    with pytest.raises(StaleEdit):
        part.revise({"name": "Second"}, by=manager, version=1)
    assert Part.objects.get().name == "First"


def test_saving_a_part_that_was_read_before_a_movement_keeps_its_stock(staff):
    part = make_part()
    stale = Part.objects.get()
    make_stock(part, 10, unit_cost=Decimal("2.5"))
    part.reserve(4, by=staff)
    stale.name = "Renamed"
    stale.current_stock = 0
    stale.save(by=staff, reason="edit")
    stored = Part.objects.get()
    assert (stored.name, stored.current_stock, stored.reserved_stock, stored.average_cost) == (
        "Renamed",
        10,
        4,
        Decimal("2.5"),
    )
    assert faults() == []


def test_moving_stock_is_no_edit_of_the_part(staff):
    part = make_part()
    place = make_stock(part, 10)
    part.issue(1, location=place, by=staff)
    part.reserve(1, by=staff)
    assert Part.objects.get().version == 1
    assert part.history.count() == 1


# --- What the database refuses, whoever asks


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE parts_part SET current_stock = 99",
        "UPDATE parts_part SET current_stock = current_stock - 1, name = 'Thief'",
        "UPDATE parts_part SET current_stock = 'NaN'",
        "UPDATE parts_part SET reserved_stock = 1",
        "UPDATE parts_stocklevel SET quantity = 99",
        "DELETE FROM parts_stocklevel",
        "TRUNCATE parts_stocklevel",
        "INSERT INTO parts_stocklevel (id, part_id, location_id, quantity) "
        "SELECT gen_random_uuid(), p.id, l.id, 5 FROM parts_part p, parts_storagelocation l",
        "TRUNCATE parts_part CASCADE",
    ],
)
def test_stock_is_changed_by_the_ledger_alone(attack):
    part = make_part()
    make_stock(part, 10)
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match=r"stock is only changed|append-only"), transaction.atomic():
        execute(attack)
    assert Part.objects.get().current_stock == 10
    assert faults() == []


@pytest.mark.parametrize("columns", [{"current_stock": 5}, {"reserved_stock": 5}])
def test_a_new_part_has_no_stock(columns):
    with pytest.raises(IntegrityError, match="stock is only changed"), transaction.atomic():
        make_part(**columns)


@pytest.mark.parametrize("column", ["minimum_stock", "reorder_quantity", "unit_price", "average_cost"])
@pytest.mark.parametrize("value", ["-0.001", "NaN"])
def test_no_amount_of_a_part_is_negative_or_nan(column, value):
    make_part()
    with pytest.raises(IntegrityError, match=f"parts_part_{column}"), transaction.atomic():
        Part.objects.update(**{column: RawSQL("%s::numeric", [value])})


def test_the_history_of_a_part_cannot_be_changed():
    make_part()
    for attack in ("UPDATE parts_historicalpart SET name = 'x'", "DELETE FROM parts_historicalpart"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            execute(attack)
