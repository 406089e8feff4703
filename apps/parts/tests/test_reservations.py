"""Promising stock: what is reserved is not free, and comes back only from the promise it belongs to."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.parts.models import InsufficientStock, Part, Reference, Reservation, Unit
from apps.parts.tests.factories import execute, faults, make_part, make_stock
from gmtc.errors import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def part(db):
    return make_part(sku="BELT", unit=Unit.METRE)


@pytest.fixture
def shelf(part):
    return make_stock(part, 10)


def reserved() -> Decimal:
    return Part.objects.get().reserved_stock


def written(reservation) -> list[tuple]:
    return [
        (row.history_type, row.history_change_reason, row.history_user, row.quantity)
        for row in reservation.history.order_by("history_id")
    ]


def test_a_reservation_takes_from_the_free_stock(part, shelf, staff):
    order = Reference("orders.customerorder", uuid4(), "SO-12")
    reservation = part.reserve("2.5", by=staff, reference=order, note="for Monday")
    stored = Reservation.objects.get()
    assert stored == reservation
    assert (stored.part, stored.quantity, stored.note, stored.created_by) == (part, Decimal("2.5"), "for Monday", staff)
    assert (stored.reference_type, stored.reference_id, stored.reference_number) == order
    assert str(stored) == "SO-12: 2.5"
    assert (part.current_stock, part.reserved_stock, part.free_stock) == (10, Decimal("2.5"), Decimal("7.5"))
    assert written(stored) == [("+", "reserve", staff, Decimal("2.5"))]
    assert faults() == []


def test_no_more_is_reserved_than_is_free(part, shelf, staff):
    part.reserve(7, by=staff)
    with pytest.raises(InsufficientStock, match=r"^BELT: 4 needed, 3 free\.$") as refused:
        part.reserve(4, by=staff)
    assert refused.value.field == "quantity"
    part.reserve(3, by=staff)
    assert reserved() == 10


def test_a_release_gives_back_all_or_some(part, shelf, staff, manager):
    reservation = part.reserve(6, by=staff)
    reservation.release(by=manager, quantity="1.5")
    assert (reservation.quantity, reserved()) == (Decimal("4.5"), Decimal("4.5"))
    reservation.release(by=manager)
    assert (reservation.quantity, reserved()) == (0, 0)
    assert written(reservation) == [
        ("+", "reserve", staff, 6),
        ("~", "release", manager, Decimal("4.5")),
        ("~", "release", manager, 0),
    ]
    assert faults() == []


def test_no_more_is_released_than_is_held(part, shelf, staff):
    reservation = part.reserve(2, by=staff)
    with pytest.raises(Refused, match=r"^Only 2 are reserved here\.$"):
        reservation.release(by=staff, quantity=3)
    assert reserved() == 2


@pytest.mark.parametrize("quantity", [-1, 0, "NaN", "0.0001", "two"])
def test_a_release_checks_its_quantity(part, shelf, staff, quantity):
    reservation = part.reserve(2, by=staff)
    with pytest.raises(Refused) as refused:
        reservation.release(by=staff, quantity=quantity)
    assert refused.value.field == "quantity"
    assert reserved() == 2


def test_a_release_goes_by_what_is_stored(part, shelf, staff):
    stale = part.reserve(2, by=staff)
    Reservation.objects.get().release(by=staff)
    with pytest.raises(Refused, match="Only 0 are reserved here"):
        stale.release(by=staff, quantity=1)
    assert reserved() == 0


def test_reserved_stock_is_issued_from_its_reservation(part, shelf, staff):
    reservation = part.reserve(10, by=staff)
    with pytest.raises(InsufficientStock, match="4 needed, 0 free"):
        part.issue(4, location=shelf, by=staff)
    part.issue(4, location=shelf, by=staff, reservation=reservation)
    assert (part.current_stock, part.reserved_stock) == (6, 6)
    assert Reservation.objects.get().quantity == 6
    assert faults() == []


def test_an_issue_that_fails_leaves_its_reservation_alone(part, shelf, staff):
    elsewhere = make_stock(part, 1)
    reservation = part.reserve(10, by=staff)
    with pytest.raises(InsufficientStock, match="2 needed, 1 at "):
        part.issue(2, location=elsewhere, by=staff, reservation=reservation)
    assert (Reservation.objects.get().quantity, reserved()) == (10, 10)
    assert written(reservation) == [("+", "reserve", staff, 10)]


def test_an_issue_takes_no_more_from_a_reservation_than_it_holds(part, shelf, staff):
    reservation = part.reserve(2, by=staff)
    with pytest.raises(Refused, match="Only 2 are reserved here"):
        part.issue(3, location=shelf, by=staff, reservation=reservation)


def test_a_reservation_of_one_part_does_not_release_another(part, shelf, staff):
    other = make_part(sku="OTHER")
    make_stock(other, 5)
    reservation = other.reserve(5, by=staff)
    with pytest.raises(Refused, match=r"^This reservation is for another part\.$") as refused:
        part.issue(1, location=shelf, by=staff, reservation=reservation)
    assert refused.value.field == "reservation"
    assert Reservation.objects.get().quantity == 5


# --- What the database refuses, whoever asks


@pytest.mark.parametrize(
    ("attack", "constraint"),
    [
        ("UPDATE parts_reservation SET quantity = 11", "parts_part_reserved_stock"),
        ("UPDATE parts_reservation SET quantity = -1", "parts_reservation_quantity"),
        ("UPDATE parts_reservation SET quantity = 'NaN'", "parts_reservation_quantity"),
        ("TRUNCATE parts_reservation", "stock is only changed"),
        ("DELETE FROM parts_historicalreservation", "append-only"),
    ],
)
def test_reservations_stay_within_the_stock(part, shelf, staff, attack, constraint):
    part.reserve(4, by=staff)
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        execute(attack)
    assert reserved() == 4


def test_stock_cannot_sink_below_what_is_reserved(part, shelf, staff):
    part.reserve(8, by=staff)
    with pytest.raises(IntegrityError, match="parts_part_reserved_stock"), transaction.atomic():
        part._write(-3, shelf, "sale", Decimal(1), staff, None, "")
    assert faults() == []


def test_the_sum_follows_a_reservation_through_any_hand(part, shelf, staff):
    other = make_part(sku="OTHER")
    make_stock(other, 5)
    part.reserve(4, by=staff)
    execute("UPDATE parts_reservation SET quantity = 3")
    assert Part.objects.get(sku="BELT").reserved_stock == 3
    execute("UPDATE parts_reservation SET part_id = %s", other.pk)
    assert Part.objects.get(sku="BELT").reserved_stock == 0
    assert Part.objects.get(sku="OTHER").reserved_stock == 3
    execute("DELETE FROM parts_reservation")
    assert Part.objects.get(sku="OTHER").reserved_stock == 0
