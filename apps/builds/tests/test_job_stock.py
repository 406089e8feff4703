"""What production jobs do with stock: picking, putting back, what is used besides the bill."""

from decimal import Decimal

import pytest

from apps.builds.models import ExtraKind, JobPart
from apps.builds.tests.factories import (
    faults,
    finished,
    make_job,
    picked,
    released,
    stocked,
)
from apps.parts.models import InsufficientStock, MovementKind, StockMovement
from apps.parts.tests.factories import make_location, make_stock
from apps.parts.verify import RULES as STOCK_RULES
from gmtc.errors import Refused

pytestmark = pytest.mark.django_db


def reasons(job) -> list[str]:
    return list(job.history.order_by("history_id").values_list("history_change_reason", flat=True))


def line_of(job, part) -> JobPart:
    return job.lines.get(part=part)


def stock(part) -> tuple[Decimal, Decimal]:
    part.refresh_from_db()
    return part.current_stock, part.reserved_stock


def all_faults() -> list:
    return faults() + [fault for rule in STOCK_RULES for fault in rule.find()]


# --- Picking


def test_picking_brings_parts_to_the_workplace_bit_by_bit(staff):
    part, table = stocked(10), make_location()
    shelf = part.default_location
    job = released(make_job({part: 6}), by=staff)
    job.pick([(line_of(job, part), 2, shelf)], workplace=table, by=staff)
    job.pick([(line_of(job, part), 4, shelf)], by=staff)
    line = line_of(job, part)
    assert (line.picked_quantity, line.open_quantity, line.location, job.workplace) == (6, 0, shelf, table)
    assert (part.stock_at(shelf), part.stock_at(table), stock(part)) == (4, 6, (10, 6))
    assert {move.reference_number for move in StockMovement.objects.filter(kind=MovementKind.TRANSFER)} == {job.number}
    assert reasons(job)[-2:] == ["pick", "pick"]
    with pytest.raises(Refused, match="only 0"):
        job.pick([(line, 1, shelf)], by=staff)


def test_what_was_not_held_yet_is_held_by_picking_it(staff):
    part = stocked(2)
    job = released(make_job({part: 5}), by=staff, short=True)
    goods_in = make_stock(part, 10)
    job.pick([(line_of(job, part), 5, goods_in)], workplace=make_location(), by=staff)
    assert stock(part) == (12, 5)


def test_picking_needs_a_workplace_and_free_stock_that_lies_there(staff):
    part, table = stocked(3), make_location()
    job = released(make_job({part: 5}), by=staff, short=True)
    line = line_of(job, part)
    with pytest.raises(Refused, match="where it is built"):
        job.pick([(line, 1, part.default_location)], by=staff)
    with pytest.raises(InsufficientStock):
        job.pick([(line, 4, part.default_location)], workplace=table, by=staff)
    with pytest.raises(InsufficientStock):
        job.pick([(line, 1, make_location())], workplace=table, by=staff)
    with pytest.raises(Refused, match="Nothing"):
        job.pick([], workplace=table, by=staff)
    other = released(make_job({stocked(): 1}), by=staff)
    with pytest.raises(Refused, match="another job"):
        job.pick([(other.lines.get(), 1, table)], workplace=table, by=staff)
    assert line_of(job, part).picked_quantity == 0


def test_nobody_picks_from_the_table_what_lies_there_for_another_job(staff):
    part, table = stocked(10), make_location()
    first = picked(make_job({part: 4}), workplace=table)
    second = released(make_job({part: 4}), by=staff)
    with pytest.raises(Refused, match="was picked for a job"):
        second.pick([(second.lines.get(), 1, table)], workplace=make_location(), by=staff)
    assert [(pick.quantity, pick.location) for pick in second.suggested_picks()] == [(4, part.default_location)]
    assert first.suggested_picks() == []


def test_picks_are_suggested_from_the_usual_place_first(staff):
    part = stocked(3)
    small, large = make_stock(part, 2), make_stock(part, 9)
    job = released(make_job({part: 13}), by=staff)
    places = [(pick.quantity, pick.location) for pick in job.suggested_picks()]
    assert places == [(3, part.default_location), (9, large), (1, small)]


def test_what_was_picked_by_mistake_is_put_back(staff):
    part = stocked(10)
    job = picked(make_job({part: 6}), by=staff)
    job.put_back(job.lines.get(), 2, by=staff)
    line = job.lines.get()
    assert (line.picked_quantity, line.reserved_quantity, part.stock_at(part.default_location)) == (4, 6, 6)
    with pytest.raises(Refused, match="Only 4"):
        job.put_back(line, 5, by=staff)


def test_the_workplace_stays_once_something_lies_there(staff):
    job = picked(make_job({stocked(): 6}), by=staff)
    with pytest.raises(Refused, match="have been picked to"):
        job.revise({"workplace": make_location()}, by=staff, version=job.version)


# --- Extra consumption


def test_what_broke_is_replaced_and_costs_the_job(staff):
    part = stocked(10, unit_cost="2")
    job = picked(make_job({part: 3}), by=staff)
    job.use_extra(part, 1, location=part.default_location, reason="dropped", kind=ExtraKind.SCRAP, by=staff)
    assert stock(part) == (10, 4)
    assert part.stock_at(job.workplace) == 4
    job.start(by=staff)
    job.complete(location=make_location(), by=staff)
    assert (stock(part), job.cost) == ((6, 0), Decimal("8.0000"))
    assert job.extras.get().consumed_quantity == 1
    note = StockMovement.objects.filter(kind="production", part=part).order_by("-id").first().note
    assert note == "Broken or lost: dropped"
    assert not all_faults()


def test_a_substitute_stands_for_a_line(staff):
    part, other = stocked(10), stocked(10, unit_cost="5")
    job = released(make_job({part: 3}), by=staff)
    place = other.default_location
    job.workplace = make_location()
    job.save(by=staff)
    with pytest.raises(Refused, match="which part"):
        job.use_extra(other, 2, location=place, reason="none left", kind=ExtraKind.SUBSTITUTE, by=staff)
    job.use_extra(
        other, 2, location=place, reason="none left", kind=ExtraKind.SUBSTITUTE, replaces=job.lines.get(), by=staff
    )
    line = job.lines.get()
    assert (line.replaced_quantity, line.needed_quantity, line.reserved_quantity) == (2, 1, 1)
    finished(job, by=staff)
    line.refresh_from_db()
    assert (line.consumed_quantity, stock(part), stock(other), job.cost) == (1, (9, 0), (8, 0), Decimal("11.0000"))
    assert not all_faults()


def test_what_was_picked_is_not_replaced(staff):
    part, other = stocked(10), stocked(10)
    job = picked(make_job({part: 3}), by=staff)
    with pytest.raises(Refused, match="put back"):
        job.use_extra(
            other,
            1,
            location=other.default_location,
            reason="better",
            kind=ExtraKind.SUBSTITUTE,
            replaces=job.lines.get(),
            by=staff,
        )


def test_extra_consumption_that_was_an_error_is_dropped(staff):
    part, other = stocked(10), stocked(10)
    job = released(make_job({part: 3}, workplace=make_location()), by=staff)
    job.use_extra(
        other,
        3,
        location=other.default_location,
        reason="better",
        kind=ExtraKind.SUBSTITUTE,
        replaces=job.lines.get(),
        by=staff,
    )
    job.drop_extra(job.extras.get(), by=staff)
    line = job.lines.get()
    assert (line.replaced_quantity, line.short_quantity, job.extras.count()) == (0, 3, 0)
    assert (stock(other), other.stock_at(other.default_location)) == ((10, 0), 10)
    assert not all_faults()


def test_extra_consumption_says_why(staff):
    part = stocked(10)
    job = picked(make_job({part: 3}), by=staff)
    with pytest.raises(Refused, match="Say why"):
        job.use_extra(part, 1, location=part.default_location, reason=" ", kind=ExtraKind.MORE, by=staff)
    with pytest.raises(InsufficientStock):
        job.use_extra(part, 8, location=part.default_location, reason="more", kind=ExtraKind.MORE, by=staff)
