"""Part's verbs for many parts at once do what the verbs for one do: the same rows, history and refusals."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.parts.models import InsufficientStock, MovementKind, Part, Reference, Reservation, StockMovement, Unit
from apps.parts.models.many import (
    Issue,
    Promise,
    Transfer,
    issue_all,
    levels_of,
    release_all,
    reserve_all,
    transfer_all,
)
from apps.parts.tests.factories import execute, faults, make_location, make_part, make_stock
from gmtc.errors import Refused

pytestmark = pytest.mark.django_db

JOB = Reference("builds.productionjob", uuid4(), "J-7")


@pytest.fixture
def shelf(db):
    return make_location(code="SHELF")


@pytest.fixture
def bench(db):
    return make_location(code="BENCH")


@pytest.fixture
def belt(shelf):
    part = make_part(sku="BELT", unit=Unit.METRE)
    make_stock(part, 10, location=shelf, unit_cost=Decimal("1.50"))
    return part


@pytest.fixture
def screw(shelf):
    part = make_part(sku="SCREW")
    make_stock(part, 100, location=shelf, unit_cost=Decimal("0.02"))
    return part


def locked(*parts) -> list[Part]:
    """As a caller holds them."""
    found = {part.pk: part for part in Part.everything.filter(pk__in=[each.pk for each in parts]).lock_all()}
    return [found[each.pk] for each in parts]


def stock(part) -> tuple:
    """On hand and reserved, as the database has them."""
    return Part.everything.values_list("current_stock", "reserved_stock").get(pk=part.pk)


def ledger(part) -> list[tuple]:
    """Oldest first, without what the fixtures received."""
    return [
        (row.kind, row.quantity, row.unit_cost, row.location.code)
        for row in part.movements.select_related("location").order_by("id")[1:]
    ]


def written(reservation) -> list[tuple]:
    return [
        (row.history_type, row.history_change_reason, row.history_user, row.quantity)
        for row in reservation.history.order_by("history_id")
    ]


def quantities() -> list[Decimal]:
    return list(Reservation.objects.order_by("id").values_list("quantity", flat=True))


# --- Promising


def test_each_promise_is_a_reservation_with_its_reference_and_history(belt, screw, staff):
    belt, screw = locked(belt, screw)
    reserve_all([Promise(belt, "2.5", JOB), Promise(screw, 8, JOB)], by=staff)
    first, second = Reservation.objects.order_by("id")
    assert [(each.part, each.quantity) for each in (first, second)] == [(belt, Decimal("2.5")), (screw, 8)]
    assert (first.reference_type, first.reference_id, first.reference_number) == JOB
    assert (first.created_by, first.updated_by, first.version) == (staff, staff, 1)
    assert [written(each) for each in (first, second)] == [
        [("+", "reserve", staff, Decimal("2.5"))],
        [("+", "reserve", staff, 8)],
    ]
    assert (stock(belt), stock(screw)) == ((10, Decimal("2.5")), (100, 8))
    assert faults() == []


def test_the_locked_rows_know_what_is_promised_without_being_read_again(belt, staff, count_queries):
    (belt,) = locked(belt)
    reserve_all([Promise(belt, 4, JOB)], by=staff)
    with count_queries() as queries:
        assert (belt.reserved_stock, belt.free_stock) == (4, 6)
    assert len(queries) == 0


def test_promises_of_one_part_add_up_to_what_is_free_and_no_further(belt, staff):
    (belt,) = locked(belt)
    with pytest.raises(InsufficientStock, match=r"^BELT: 4 needed, 3 free\.$") as refusal:
        reserve_all([Promise(belt, 7, JOB), Promise(belt, 4, JOB)], by=staff)
    assert refusal.value.field == "quantity"
    assert quantities() == []
    (belt,) = locked(belt)
    reserve_all([Promise(belt, 7, JOB), Promise(belt, 3, JOB)], by=staff)
    assert stock(belt) == (10, 10)


def test_promising_nothing_writes_nothing(belt, staff, count_queries):
    with count_queries() as queries:
        reserve_all([], by=staff)
        release_all([], parts={}, by=staff)
    assert (len(queries), quantities()) == (0, [])


# --- Giving back


def test_all_that_reservations_hold_is_free_again(belt, screw, staff, manager):
    belt, screw = locked(belt, screw)
    reserve_all([Promise(belt, 4, JOB), Promise(belt, 1, JOB), Promise(screw, 8, JOB)], by=staff)
    held = list(Reservation.objects.order_by("id"))
    release_all(held, parts={belt.pk: belt, screw.pk: screw}, by=manager)
    assert quantities() == [0, 0, 0]
    assert (belt.reserved_stock, screw.reserved_stock) == (0, 0)
    assert (stock(belt), stock(screw)) == ((10, 0), (100, 0))
    assert written(held[0]) == [("+", "reserve", staff, 4), ("~", "release", manager, 0)]
    first = Reservation.objects.order_by("id").first()
    assert (first.version, first.updated_by) == (2, manager)
    assert faults() == []


# --- Moving from place to place


def test_a_transfer_is_two_lines_of_the_ledger_in_first(belt, screw, shelf, bench, staff):
    belt, screw = locked(belt, screw)
    transfer_all([Transfer(belt, 3, shelf, bench), Transfer(screw, 20, shelf, bench)], reference=JOB, by=staff)
    assert ledger(belt) == [
        (MovementKind.TRANSFER, 3, Decimal("1.50"), "BENCH"),
        (MovementKind.TRANSFER, -3, Decimal("1.50"), "SHELF"),
    ]
    assert [quantity for _kind, quantity, _cost, _place in ledger(screw)] == [20, -20]
    movement = belt.movements.first()
    assert (movement.created_by, movement.note) == (staff, "")
    assert (movement.reference_type, movement.reference_id, movement.reference_number) == JOB
    assert (belt.stock_at(bench), belt.stock_at(shelf), stock(belt)) == (3, 7, (10, 0))
    assert faults() == []


def test_what_is_reserved_may_be_carried(belt, shelf, bench, staff):
    belt.reserve(10, by=staff)
    (belt,) = locked(belt)
    transfer_all([Transfer(belt, 10, shelf, bench)], by=staff)
    assert (belt.stock_at(bench), stock(belt)) == (10, (10, 10))


def test_transfers_see_what_those_before_them_moved(belt, shelf, bench, staff):
    box = make_location(code="BOX")
    (belt,) = locked(belt)
    transfer_all([Transfer(belt, 6, shelf, bench), Transfer(belt, 5, bench, box)], by=staff)
    assert [belt.stock_at(place) for place in (shelf, bench, box)] == [4, 1, 5]
    (belt,) = locked(belt)
    with pytest.raises(InsufficientStock, match=r"^BELT: 2 needed, 1 at SHELF\.$"):
        transfer_all([Transfer(belt, 3, shelf, box), Transfer(belt, 2, shelf, bench)], by=staff)
    assert [belt.stock_at(place) for place in (shelf, bench, box)] == [4, 1, 5]


def test_to_the_place_where_it_lies_nothing_is_moved(belt, shelf, staff):
    (belt,) = locked(belt)
    with pytest.raises(Refused, match=r"^Choose another place as the target\.$") as refusal:
        transfer_all([Transfer(belt, 1, shelf, shelf)], by=staff)
    assert refusal.value.field == "target"
    assert ledger(belt) == []


# --- Taking out


def test_what_is_issued_leaves_at_average_cost_with_the_kind_and_the_note(belt, screw, shelf, staff):
    make_stock(belt, 10, location=shelf, unit_cost=Decimal("2.50"))
    belt, screw = locked(belt, screw)
    issue_all(
        [Issue(belt, "2.5", shelf, note="scrap: cut wrong"), Issue(screw, 12, shelf)],
        kind=MovementKind.PRODUCTION,
        reference=JOB,
        by=staff,
    )
    assert ledger(belt)[1:] == [(MovementKind.PRODUCTION, Decimal("-2.5"), Decimal("2.00"), "SHELF")]
    assert ledger(screw) == [(MovementKind.PRODUCTION, -12, Decimal("0.02"), "SHELF")]
    movement = belt.movements.first()
    assert (movement.note, movement.created_by, movement.reference_number) == ("scrap: cut wrong", staff, "J-7")
    assert (belt.current_stock, screw.current_stock) == (Decimal("17.5"), 88)
    assert (stock(belt), stock(screw)) == ((Decimal("17.5"), 0), (88, 0))
    assert faults() == []


def test_without_a_kind_it_was_sold_and_a_long_note_is_cut(screw, shelf, staff):
    (screw,) = locked(screw)
    issue_all([Issue(screw, 1, shelf, note="x" * 300)], by=staff)
    movement = screw.movements.first()
    assert (movement.kind, len(movement.note), movement.reference_type) == (MovementKind.SALE, 200, "")


def test_reservations_are_used_up_in_their_order_and_the_rest_is_of_the_free_stock(belt, shelf, staff, manager):
    first, second = belt.reserve(3, by=staff), belt.reserve(4, by=staff)
    (belt,) = locked(belt)
    issue_all([Issue(belt, 5, shelf, [first, second])], by=manager)
    assert quantities() == [0, 2]
    assert stock(belt) == (5, 2)
    assert (belt.current_stock, belt.reserved_stock) == (5, 2)
    assert written(second) == [("+", "reserve", staff, 4), ("~", "release", manager, 2)]
    (belt,) = locked(belt)
    issue_all([Issue(belt, 5, shelf, [second])], by=manager)
    assert (quantities(), stock(belt)) == ([0, 0], (0, 0))
    assert faults() == []


def test_a_reservation_that_is_not_touched_gets_no_history(belt, shelf, staff):
    first, second = belt.reserve(3, by=staff), belt.reserve(4, by=staff)
    (belt,) = locked(belt)
    issue_all([Issue(belt, 3, shelf, [first, second])], by=staff)
    assert (len(written(first)), len(written(second))) == (2, 1)


def test_one_reservation_for_two_places_is_written_once(belt, shelf, bench, staff):
    make_stock(belt, 5, location=bench)
    held = belt.reserve(6, by=staff)
    (belt,) = locked(belt)
    issue_all([Issue(belt, 2, shelf, [held]), Issue(belt, 3, bench, [held])], by=staff)
    assert quantities() == [1]
    assert (Reservation.objects.get().version, written(held)[1:]) == (2, [("~", "release", staff, 1)])
    assert (belt.stock_at(shelf), belt.stock_at(bench), stock(belt)) == (8, 2, (10, 1))
    assert faults() == []


def test_what_others_hold_is_not_issued(belt, shelf, staff):
    belt.reserve(8, by=staff)
    mine = belt.reserve(1, by=staff)
    (belt,) = locked(belt)
    with pytest.raises(InsufficientStock, match=r"^BELT: 3 needed, 2 free\.$"):
        issue_all([Issue(belt, 3, shelf, [mine])], by=staff)
    assert (quantities(), ledger(belt)) == ([8, 1], [])


def test_what_lies_elsewhere_is_not_issued_here(belt, bench, staff):
    make_stock(belt, 1, location=bench)
    (belt,) = locked(belt)
    with pytest.raises(InsufficientStock, match=r"^BELT: 1 needed, 0 at BENCH\.$"):
        issue_all([Issue(belt, 1, bench), Issue(belt, 1, bench)], by=staff)
    assert belt.stock_at(bench) == 1


def test_a_reservation_of_another_part_is_refused(belt, screw, shelf, staff):
    other = screw.reserve(5, by=staff)
    belt, screw = locked(belt, screw)
    with pytest.raises(Refused, match=r"^This reservation is for another part\.$") as refusal:
        issue_all([Issue(belt, 1, shelf, [other])], by=staff)
    assert refusal.value.field == "reservation"
    assert (quantities(), stock(belt), stock(screw)) == ([5], (10, 0), (100, 5))


# --- What all of them refuse


def verbs(part, quantity, shelf, bench, staff) -> list:
    return [
        lambda: reserve_all([Promise(part, quantity, JOB)], by=staff),
        lambda: transfer_all([Transfer(part, quantity, shelf, bench)], by=staff),
        lambda: issue_all([Issue(part, quantity, shelf)], by=staff),
    ]


@pytest.mark.parametrize(
    ("quantity", "message"),
    [
        (0, "The quantity must be greater than zero."),
        (-1, "The quantity must be greater than zero."),
        ("1.5", "SCREW is counted in whole pcs."),
        ("NaN", "“NaN” is not a quantity."),
        ("1e9", "The quantity is too large."),
    ],
)
def test_each_checks_its_quantities(screw, shelf, bench, staff, quantity, message):
    (screw,) = locked(screw)
    for verb in verbs(screw, quantity, shelf, bench, staff):
        with pytest.raises(Refused) as refusal:
            verb()
        assert (str(refusal.value), refusal.value.field) == (message, "quantity")
    assert (ledger(screw), quantities()) == ([], [])


def test_a_part_in_the_trash_stays_where_it_is(screw, shelf, bench, staff):
    execute("UPDATE parts_part SET deleted_at = now()")
    (screw,) = locked(screw)
    for verb in verbs(screw, 1, shelf, bench, staff):
        with pytest.raises(Refused, match=r"^SCREW is in the trash; restore it first\.$"):
            verb()
    assert (ledger(screw), quantities()) == ([], [])


def test_nothing_goes_to_a_place_in_the_trash(screw, shelf, bench, staff):
    bench.discard(by=staff)
    (screw,) = locked(screw)
    with pytest.raises(Refused, match="in the trash; restore it first") as refusal:
        transfer_all([Transfer(screw, 1, shelf, bench)], by=staff)
    assert refusal.value.field == "location"
    assert ledger(screw) == []


def test_a_refusal_in_the_last_row_leaves_those_before_it_unwritten(belt, screw, shelf, bench, staff):
    held = belt.reserve(5, by=staff)
    attempts = [
        lambda belt, screw: reserve_all([Promise(belt, 1, JOB), Promise(screw, 101, JOB)], by=staff),
        lambda belt, screw: transfer_all(
            [Transfer(belt, 1, shelf, bench), Transfer(screw, 101, shelf, bench)], by=staff
        ),
        lambda belt, screw: issue_all([Issue(belt, 1, shelf, [held]), Issue(screw, 101, shelf)], by=staff),
    ]
    for attempt in attempts:
        with pytest.raises(InsufficientStock, match=r"^SCREW: 101 needed, 100 (free|at SHELF)\.$"):
            attempt(*locked(belt, screw))
    assert (quantities(), ledger(belt), ledger(screw)) == ([5], [], [])
    assert written(held) == [("+", "reserve", staff, 5)]


def test_rows_that_were_read_too_early_are_stopped_by_the_database(belt, shelf, staff):
    """Without the lock: what somebody else has promised meanwhile is not known here, but there."""
    (early,) = locked(belt)
    belt.reserve(10, by=staff)
    with pytest.raises(IntegrityError, match="parts_part_reserved_stock"), transaction.atomic():
        reserve_all([Promise(early, 1, JOB)], by=staff)
    with pytest.raises(IntegrityError, match="parts_part_reserved_stock"), transaction.atomic():
        issue_all([Issue(early, 1, shelf)], by=staff)
    assert stock(belt) == (10, 10)


# --- Together


def test_what_lies_where_is_zero_for_any_other_place(belt, screw, shelf, bench):
    make_stock(belt, "0.5", location=bench)
    levels = levels_of([belt, screw, belt])
    assert [levels[belt.pk, shelf.pk], levels[belt.pk, bench.pk], levels[screw.pk, shelf.pk]] == [
        10,
        Decimal("0.5"),
        100,
    ]
    assert (levels[screw.pk, bench.pk], levels[uuid4(), uuid4()]) == (0, 0)


@pytest.mark.parametrize("lines", [1, 30])
def test_hundreds_of_lines_take_as_few_queries_as_one(shelf, bench, staff, count_queries, lines):
    parts = [make_part() for _ in range(lines)]
    for part in parts:
        make_stock(part, 10, location=shelf)
    parts = locked(*parts)
    with count_queries() as queries:
        reserve_all([Promise(part, 3, JOB) for part in parts], by=staff)
    assert len(queries) == 4  # the reservations and their history, in a savepoint
    held = {each.part_id: each for each in Reservation.objects.all()}
    with count_queries() as queries:
        transfer_all([Transfer(part, 3, shelf, bench) for part in parts], by=staff)
    assert len(queries) == 2  # what lies where, and the ledger
    with count_queries() as queries:
        issue_all([Issue(part, 2, bench, [held[part.pk]]) for part in parts], by=staff)
    assert len(queries) == 6  # both of them
    with count_queries() as queries:
        release_all(list(held.values()), parts={part.pk: part for part in parts}, by=staff)
    assert len(queries) == 4
    assert {stock(part) for part in parts} == {(8, 0)}
    assert StockMovement.objects.filter(part=parts[0]).count() == 4
    assert faults() == []
