"""Moving stock: each verb, what it refuses, and the ledger that no hand can change."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from apps.parts.models import (
    InsufficientStock,
    MovementKind,
    Part,
    Reference,
    StockLevel,
    StockMovement,
    Unit,
)
from apps.parts.tests.factories import execute, faults, make_location, make_part, make_stock
from gmtc.errors import Refused

pytestmark = pytest.mark.django_db


def ledger(part) -> list[tuple]:
    """Oldest first: (kind, quantity, unit cost, place)."""
    return [
        (row.kind, row.quantity, row.unit_cost, row.location.code)
        for row in part.movements.select_related("location").order_by("id")
    ]


@pytest.fixture
def part(db):
    return make_part(sku="BELT", unit=Unit.METRE)


@pytest.fixture
def shelf(db):
    return make_location(code="A-1")


@pytest.fixture
def box(db):
    return make_location(code="B-2")


# --- Receiving


def test_receiving_adds_to_the_place_the_part_and_the_ledger(part, shelf, staff):
    order = Reference("suppliers.purchaseorder", uuid4(), "PO-7")
    movement = part.receive("2.5", location=shelf, unit_cost=Decimal("1.20"), by=staff, reference=order, note="ok")
    stored = StockMovement.objects.get()
    assert stored == movement
    assert (stored.part, stored.location, stored.kind) == (part, shelf, MovementKind.PURCHASE)
    assert (stored.quantity, stored.unit_cost, stored.note) == (Decimal("2.500"), Decimal("1.2000"), "ok")
    assert (stored.reference_type, stored.reference_id, stored.reference_number) == order
    assert stored.created_by == staff
    assert StockLevel.objects.get().quantity == Decimal("2.5")
    assert (part.current_stock, part.free_stock) == (Decimal("2.5"), Decimal("2.5"))
    assert Part.objects.get().current_stock == Decimal("2.5")
    assert faults() == []


def test_the_average_cost_follows_what_is_received_to_four_places_half_up(part, shelf, staff):
    part.receive(3, location=shelf, unit_cost=Decimal("1"), by=staff)
    assert part.average_cost == Decimal("1.0000")
    part.receive(3, location=shelf, unit_cost=Decimal("1.0001"), by=staff)
    assert Part.objects.get().average_cost == Decimal("1.0001")  # 1.00005
    part.receive(4, location=shelf, unit_cost=Decimal("2"), by=staff)
    assert Part.objects.get().average_cost == Decimal("1.4001")  # (6 x 1.0001 + 8) / 10 = 1.40006


def test_after_the_stock_was_empty_the_average_cost_starts_anew(part, shelf, staff):
    part.receive(1, location=shelf, unit_cost=Decimal("9"), by=staff)
    part.issue(1, location=shelf, by=staff)
    assert Part.objects.get().average_cost == 9
    part.receive(1, location=shelf, unit_cost=Decimal("2"), by=staff)
    assert Part.objects.get().average_cost == 2


def test_a_cost_is_kept_to_four_places_half_up(part, shelf, staff):
    movement = part.receive(1, location=shelf, unit_cost=Decimal("0.12345"), by=staff)
    assert movement.unit_cost == StockMovement.objects.get().unit_cost == Decimal("0.1235")


@pytest.mark.parametrize("cost", ["-0.01", "NaN", "Infinity", "cheap", "1e12"])
def test_a_cost_must_be_an_amount(part, shelf, staff, cost):
    with pytest.raises(Refused, match=f"“{cost}” is not a price") as refused:
        part.receive(1, location=shelf, unit_cost=cost, by=staff)
    assert refused.value.field == "unit_cost"
    assert not StockMovement.objects.exists()


# --- Quantities


@pytest.mark.parametrize(
    ("quantity", "message"),
    [
        (0, "The quantity must be greater than zero."),
        (-1, "The quantity must be greater than zero."),
        ("0.0001", "At most three decimal places."),
        (0.1, "At most three decimal places."),
        ("NaN", "“NaN” is not a quantity."),
        ("sNaN", "“sNaN” is not a quantity."),
        ("Infinity", "“Infinity” is not a quantity."),
        ("a lot", "“a lot” is not a quantity."),
        ("", "“” is not a quantity."),
        (None, "“None” is not a quantity."),
        ("1e9", "The quantity is too large."),
    ],
)
def test_every_verb_checks_its_quantity(part, shelf, box, staff, quantity, message):
    verbs = [
        lambda: part.receive(quantity, location=shelf, by=staff),
        lambda: part.issue(quantity, location=shelf, by=staff),
        lambda: part.transfer(quantity, source=shelf, target=box, by=staff),
        lambda: part.reserve(quantity, by=staff),
    ]
    for verb in verbs:
        with pytest.raises(Refused) as refused:
            verb()
        assert (str(refused.value), refused.value.field) == (message, "quantity")
    assert not StockMovement.objects.exists()


@pytest.mark.parametrize(
    ("quantity", "message"),
    [
        ("0", "The quantity must not be zero."),
        ("0.0001", "At most three decimal places."),
        ("NaN", "“NaN” is not a quantity."),
        ("-1e9", "The quantity is too large."),
        ("some", "“some” is not a quantity."),
    ],
)
def test_a_correction_checks_its_quantity_too(part, shelf, staff, quantity, message):
    with pytest.raises(Refused) as refused:
        part.adjust(quantity, location=shelf, by=staff, note="count")
    assert (str(refused.value), refused.value.field) == (message, "quantity")


@pytest.mark.parametrize("unit", [Unit.PIECE, Unit.SET, Unit.PAIR])
def test_counted_parts_come_in_whole_numbers(shelf, box, staff, unit):
    screw = make_part(sku="SCREW", unit=unit)
    make_stock(screw, "5.000", location=shelf)
    verbs = [
        lambda: screw.receive("1.5", location=shelf, by=staff),
        lambda: screw.issue("1.5", location=shelf, by=staff),
        lambda: screw.adjust("-1.5", location=shelf, by=staff, note="count"),
        lambda: screw.transfer("1.5", source=shelf, target=box, by=staff),
        lambda: screw.reserve("1.5", by=staff),
    ]
    for verb in verbs:
        with pytest.raises(Refused, match=r"^SCREW is counted in whole") as refused:
            verb()
        assert refused.value.field == "quantity"
    assert Part.objects.get().current_stock == 5


# --- Issuing


def test_issuing_takes_out_at_average_cost_and_leaves_the_average(part, shelf, staff):
    part.receive(1, location=shelf, unit_cost=Decimal("1"), by=staff)
    part.receive(1, location=shelf, unit_cost=Decimal("2"), by=staff)
    part.issue("0.5", location=shelf, by=staff, kind=MovementKind.PRODUCTION)
    assert ledger(part)[-1] == ("production", Decimal("-0.5"), Decimal("1.5"), "A-1")
    stored = Part.objects.get()
    assert (stored.current_stock, stored.average_cost) == (Decimal("1.5"), Decimal("1.5"))
    assert faults() == []


def test_more_than_is_free_cannot_be_issued(part, shelf, staff):
    make_stock(part, 10, location=shelf)
    part.reserve(4, by=staff)
    with pytest.raises(InsufficientStock, match=r"^BELT: 6\.5 needed, 6 free\.$") as refused:
        part.issue("6.5", location=shelf, by=staff)
    assert (refused.value.field, refused.value.needed, refused.value.free) == ("quantity", Decimal("6.5"), 6)
    part.issue(6, location=shelf, by=staff)
    assert part.free_stock == 0


def test_the_refusal_writes_figures_as_its_reader_does(part, shelf, staff):
    make_stock(part, Decimal("1.5"), location=shelf)
    with translation.override("de"), pytest.raises(InsufficientStock, match=r"^BELT: 2,25 benötigt, 1,5 frei\.$"):
        part.issue("2.25", location=shelf, by=staff)


def test_more_than_lies_at_the_place_cannot_be_issued(part, shelf, box, staff):
    make_stock(part, 3, location=shelf)
    make_stock(part, 7, location=box)
    with pytest.raises(InsufficientStock, match=r"^BELT: 4 needed, 3 at A-1\.$"):
        part.issue(4, location=shelf, by=staff)
    with pytest.raises(InsufficientStock, match=r"^BELT: 1 needed, 0 at C-9\.$"):
        part.issue(1, location=make_location(code="C-9"), by=staff)
    assert part.movements.count() == 2


# --- Correcting


def test_a_correction_goes_both_ways_at_average_cost(part, shelf, staff):
    make_stock(part, 10, location=shelf, unit_cost=Decimal("3"))
    part.adjust("-2.5", location=shelf, by=staff, note="torn")
    part.adjust(1, location=shelf, by=staff, note="found")
    assert ledger(part)[1:] == [
        ("adjustment", Decimal("-2.5"), Decimal("3"), "A-1"),
        ("adjustment", Decimal("1"), Decimal("3"), "A-1"),
    ]
    stored = Part.objects.get()
    assert (stored.current_stock, stored.average_cost) == (Decimal("8.5"), 3)


@pytest.mark.parametrize("note", ["", "   "])
def test_a_correction_says_why(part, shelf, staff, note):
    with pytest.raises(Refused, match="Say why the stock is corrected") as refused:
        part.adjust(1, location=shelf, by=staff, note=note)
    assert refused.value.field == "note"


def test_a_correction_cannot_take_what_is_reserved_or_lies_elsewhere(part, shelf, box, staff):
    make_stock(part, 5, location=shelf)
    make_stock(part, 5, location=box)
    with pytest.raises(InsufficientStock, match="6 needed, 5 at A-1"):
        part.adjust(-6, location=shelf, by=staff, note="lost")
    part.reserve(8, by=staff)
    with pytest.raises(InsufficientStock, match="3 needed, 2 free"):
        part.adjust(-3, location=shelf, by=staff, note="lost")


# --- Moving from place to place


def test_a_transfer_changes_places_and_nothing_else(part, shelf, box, staff):
    make_stock(part, 10, location=shelf, unit_cost=Decimal("2"))
    part.transfer(4, source=shelf, target=box, by=staff, note="shop floor")
    assert (part.stock_at(shelf), part.stock_at(box), part.current_stock) == (6, 4, 10)
    assert ledger(part)[1:] == [("transfer", 4, 2, "B-2"), ("transfer", -4, 2, "A-1")]
    assert Part.objects.get().average_cost == 2
    assert faults() == []


def test_reserved_stock_may_change_places(part, shelf, box, staff):
    make_stock(part, 10, location=shelf)
    part.reserve(10, by=staff)
    part.transfer(10, source=shelf, target=box, by=staff)
    assert (part.stock_at(box), part.reserved_stock) == (10, 10)


def test_a_transfer_needs_the_stock_at_its_source(part, shelf, box, staff):
    make_stock(part, 10, location=box)
    with pytest.raises(InsufficientStock, match="1 needed, 0 at A-1"):
        part.transfer(1, source=shelf, target=box, by=staff)


def test_a_transfer_goes_somewhere_else(part, shelf, staff):
    make_stock(part, 10, location=shelf)
    with pytest.raises(Refused, match="Choose another place") as refused:
        part.transfer(1, source=shelf, target=shelf, by=staff)
    assert refused.value.field == "target"


# --- The trash


def test_nothing_moves_that_is_in_the_trash(shelf, box, staff):
    part = make_part(sku="GONE")
    Part.objects.get().discard(by=staff)
    verbs = [
        lambda: part.receive(1, location=shelf, by=staff),
        lambda: part.issue(1, location=shelf, by=staff),
        lambda: part.adjust(1, location=shelf, by=staff, note="found"),
        lambda: part.transfer(1, source=shelf, target=box, by=staff),
        lambda: part.reserve(1, by=staff),
    ]
    for verb in verbs:
        with pytest.raises(Refused, match=r"^GONE is in the trash; restore it first\.$"):
            verb()
    assert not StockMovement.objects.exists()


def test_nothing_is_put_where_the_place_is_in_the_trash(part, shelf, box, staff):
    make_stock(part, 5, location=shelf)
    box.discard(by=staff)
    for verb in (
        lambda: part.receive(1, location=box, by=staff),
        lambda: part.adjust(1, location=box, by=staff, note="found"),
        lambda: part.transfer(1, source=shelf, target=box, by=staff),
    ):
        with pytest.raises(Refused, match=r"^B-2 is in the trash; restore it first\.$") as refused:
            verb()
        assert refused.value.field == "location"
    assert Part.objects.get().current_stock == 5


# --- The ledger stands


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE parts_stockmovement SET quantity = 1",
        "UPDATE parts_stockmovement SET note = 'nothing happened'",
        "UPDATE parts_stockmovement SET created_by_id = NULL",
        "DELETE FROM parts_stockmovement",
        "TRUNCATE parts_stockmovement",
        "TRUNCATE parts_storagelocation CASCADE",
    ],
)
def test_the_ledger_is_append_only(part, shelf, attack):
    make_stock(part, 10, location=shelf)
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="append-only|stock is only changed"), transaction.atomic():
        execute(attack)
    assert ledger(part) == [("purchase", 10, 1, "A-1")]


def test_not_even_erasing_personal_data_opens_the_ledger(part):
    make_stock(part, 10)
    execute("SET LOCAL gmtc.erasing = 'on'")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        execute("UPDATE parts_stockmovement SET note = 'erased'")


def test_the_orm_cannot_change_the_ledger_either(part):
    make_stock(part, 10)
    movement = StockMovement.objects.get()
    movement.quantity = 1
    for attack in (movement.save, movement.delete, StockMovement.objects.all().delete):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            attack()


@pytest.mark.parametrize(
    ("quantity", "cost", "constraint"),
    [
        ("0", "1", "parts_movement_not_zero"),
        ("NaN", "1", "parts_movement_quantity"),
        ("-11", "1", "parts_part_current_stock"),
        ("1", "-1", "parts_movement_unit_cost"),
        ("1", "NaN", "parts_movement_unit_cost"),
    ],
)
def test_a_movement_written_past_the_verbs_meets_the_constraints(part, shelf, quantity, cost, constraint):
    make_stock(part, 10, location=shelf)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        execute(
            "INSERT INTO parts_stockmovement (id, part_id, location_id, kind, quantity, unit_cost, note, created_at,"
            " reference_type, reference_number) VALUES (gen_random_uuid(), %s, %s, 'sale', %s, %s, '', now(), '', '')",
            part.pk,
            shelf.pk,
            quantity,
            cost,
        )
    assert faults() == []


def test_a_place_cannot_owe_what_another_place_has(part, shelf, box):
    make_stock(part, 10, location=shelf)
    with pytest.raises(IntegrityError, match="parts_level_quantity"), transaction.atomic():
        StockMovement.objects.create(part=part, location=box, kind="sale", quantity=-1, unit_cost=1)


def test_a_movement_written_past_the_verbs_still_adds_up(part, shelf):
    make_stock(part, 10, location=shelf)
    StockMovement.objects.bulk_create(
        StockMovement(part=part, location=shelf, kind="sale", quantity=-1, unit_cost=1) for _ in range(3)
    )
    assert Part.objects.get().current_stock == 7
    assert faults() == []
