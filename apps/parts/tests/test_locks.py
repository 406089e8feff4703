"""Many hands at once, in real threads with real transactions."""

import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.parts.models import InsufficientStock, Part
from apps.parts.tests.factories import faults, make_location, make_part, make_stock
from gmtc.testing import race

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(results) -> dict[str, int]:
    names = [type(each).__name__ if isinstance(each, Exception) else "done" for each in results]
    return {name: names.count(name) for name in sorted(set(names))}


def test_of_twenty_who_want_the_last_ten_pieces_exactly_ten_get_one():
    part = make_part()
    shelf = make_stock(part, 10)

    def take(i):
        Part.objects.get(pk=part.pk).issue(1, location=shelf, by=None)

    assert outcomes(race(20, take)) == {"InsufficientStock": 10, "done": 10}
    assert Part.objects.get().current_stock == 0
    assert faults() == []


def test_of_twenty_who_want_the_last_ten_pieces_reserved_exactly_ten_get_one():
    part = make_part()
    make_stock(part, 10)

    def promise(i):
        Part.objects.get(pk=part.pk).reserve(1, by=None)

    assert outcomes(race(20, promise)) == {"InsufficientStock": 10, "done": 10}
    stored = Part.objects.get()
    assert (stored.reserved_stock, stored.free_stock) == (10, 0)
    assert faults() == []


def test_without_the_lock_the_verb_lets_more_through_and_the_database_stops_them(monkeypatch):
    """The negative control: everyone has looked at the stock before the first one takes.

    The verb, without its lock, believes all twenty; ten are then stopped by the check constraint, as a failure that
    says nothing to the user instead of "1 needed, 0 free".
    """
    part = make_part()
    shelf = make_stock(part, 10)
    all_have_looked = threading.Barrier(20)
    write = Part._write

    def wait_and_write(self, *args):
        all_have_looked.wait(20)
        return write(self, *args)

    monkeypatch.setattr(Part, "lock", Part.refresh_from_db)
    monkeypatch.setattr(Part, "_write", wait_and_write)

    def take(i):
        Part.objects.get(pk=part.pk).issue(1, location=shelf, by=None)

    results = race(20, take)
    assert outcomes(results) == {"IntegrityError": 10, "done": 10}
    assert not any(isinstance(each, InsufficientStock) for each in results)
    assert all("parts_part_" in str(each) for each in results if isinstance(each, IntegrityError))
    assert faults() == []


def test_receipts_at_once_keep_the_average_cost():
    part = make_part()
    shelf = make_location()

    def receive(i):
        Part.objects.get(pk=part.pk).receive(1, location=shelf, unit_cost=i % 2 + 1, by=None)

    assert outcomes(race(10, receive)) == {"done": 10}
    stored = Part.objects.get()
    assert stored.current_stock == 10
    # each average is rounded to four places, so the order leaves a trace in the last one
    assert abs(stored.average_cost - Decimal("1.5")) < Decimal("0.001")
    assert faults() == []


def test_a_reservation_is_released_once_however_many_try():
    part = make_part()
    make_stock(part, 10)
    reservation = part.reserve(10, by=None)

    def release(i):
        type(reservation).objects.get().release(by=None, quantity=2)

    assert outcomes(race(8, release)) == {"Refused": 3, "done": 5}
    assert Part.objects.get().reserved_stock == 0
    assert faults() == []


def test_transfers_in_opposite_directions_do_not_wait_for_each_other_forever():
    part = make_part()
    places = make_stock(part, 50), make_stock(part, 50)

    def carry(i):
        for _ in range(10):
            Part.objects.get(pk=part.pk).transfer(1, source=places[i % 2], target=places[1 - i % 2], by=None)

    assert outcomes(race(6, carry)) == {"done": 6}
    assert [place.levels.get().quantity for place in places] == [50, 50]
    assert faults() == []


def test_parts_locked_together_are_locked_in_one_order():
    parts = [make_part() for _ in range(6)]
    for part in parts:
        make_stock(part, 100)
    keys = [part.pk for part in parts]

    def pick(i):
        wanted = keys if i % 2 else keys[::-1]
        for _ in range(5):
            with transaction.atomic():
                locked = list(Part.objects.filter(pk__in=wanted).lock_all())
                assert [part.pk for part in locked] == sorted(keys)
                for key in wanted:
                    part = next(each for each in locked if each.pk == key)
                    part.issue(1, location=part.levels.get().location, by=None)

    assert outcomes(race(6, pick)) == {"done": 6}
    assert set(Part.objects.values_list("current_stock", flat=True)) == {70}


def test_parts_locked_in_any_order_wait_for_each_other():
    """The negative control of the test above: PostgreSQL ends the deadlock by failing one of the two."""
    keys = [make_part().pk for _ in range(2)]
    both_hold_one = threading.Barrier(2)

    def pick(i):
        with transaction.atomic():
            Part.objects.get(pk=keys[i]).lock()
            both_hold_one.wait(10)
            Part.objects.get(pk=keys[1 - i]).lock()

    assert outcomes(race(2, pick)) == {"OperationalError": 1, "done": 1}
