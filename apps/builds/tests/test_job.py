"""Production jobs: each verb with its effect, its refusals and its history, and what the database refuses itself."""

import datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.formats import localize

from apps.builds.models import ExtraKind, JobCheck, JobPart, JobStatus, Printer, PrinterStatus, ProductionJob, Shortage
from apps.builds.tests.factories import (
    faults,
    finished,
    make_build,
    make_job,
    make_order_line,
    make_product,
    make_revision,
    picked,
    released,
    stocked,
)
from apps.numbering.models import Key, Series, next_number
from apps.orders.models import Status as OrderStatus
from apps.parts.models import Procurement, Reservation, StockMovement, Unit
from apps.parts.tests.factories import execute, make_location, make_part, make_stock
from apps.parts.verify import RULES as STOCK_RULES
from gmtc.errors import IllegalMove, Refused
from gmtc.history import entries

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


def test_its_history_tells_the_time_on_the_clock_of_the_house(staff):
    job = released(make_job(by=staff), by=staff, short=True)
    newest = entries(job)[0]
    told = {change.label: change.new for change in newest.changes}
    assert told["Released"] == localize(timezone.localtime(job.released_at))
    assert timezone.localtime(job.released_at).utcoffset()  # else the test could not fail


# --- Creating


def test_a_new_job_has_its_number_at_once(staff):
    first, second = make_job(by=staff), make_job(by=staff)
    year = datetime.date.today().year  # noqa: DTZ011 - the test knows no time zone
    assert [first.number, second.number] == [f"FA-{year}-0001", f"FA-{year}-0002"]
    assert (first.status, reasons(first), first.created_by) == (JobStatus.PLANNED, ["create"], staff)


def test_a_job_for_an_order_is_for_the_part_of_the_order(staff):
    line = make_order_line(make_product())
    with pytest.raises(Refused, match="another part"):
        make_job(product=make_product(), order_line=line, by=staff)
    job = make_job(product=line.part, order_line=line, by=staff)
    other = make_product()
    with pytest.raises(DatabaseError, match="another part"), transaction.atomic():
        execute("UPDATE builds_productionjob SET part_id = %s WHERE id = %s", other.pk, job.pk)


def test_a_job_is_cancelled_and_never_thrown_away(staff):
    job = make_job()
    with pytest.raises(Refused, match="cancel it"):
        job.discard(by=staff)
    for sql in ("DELETE FROM builds_productionjob", "TRUNCATE builds_productionjob CASCADE"):
        with pytest.raises(DatabaseError), transaction.atomic():
            execute(sql)


def test_a_planned_job_is_edited_and_a_released_one_keeps_its_quantity(staff):
    part = stocked()
    job = make_job({part: 2})
    job.revise({"quantity": 3}, by=staff, version=job.version)
    released(job, by=staff)
    assert line_of(job, part).quantity == 6
    with pytest.raises(Refused, match="frozen"):
        job.revise({"quantity": 4}, by=staff, version=job.version)
    job.refresh_from_db()
    job.revise({"priority": 3, "due_date": datetime.date(2026, 12, 1)}, by=staff, version=job.version)
    assert job.priority == 3


# --- Releasing


def test_releasing_freezes_the_bill_and_holds_the_stock(staff):
    screw, rail = stocked(100), stocked(5)
    job = released(make_job({screw: 8, rail: 1}, quantity=3), by=staff)
    assert (job.status, reasons(job)) == (JobStatus.RELEASED, ["create", "release"])
    assert {line.part: (line.quantity, line.reserved_quantity) for line in job.lines.all()} == {
        screw: (24, 24),
        rail: (3, 3),
    }
    assert stock(screw) == (100, 24)
    held = Reservation.objects.get(part=screw)
    assert (held.reference_type, held.reference_number) == ("builds.jobpart", job.number)
    assert line_of(job, screw).history.get().history_change_reason == "release"
    assert not all_faults()


def test_what_is_missing_is_named_and_nothing_is_held(staff):
    plenty, few, none = stocked(100), stocked(2), make_part()
    job = make_job({plenty: 1, few: 3, none: 1})
    with pytest.raises(Shortage) as refusal:
        job.release(by=staff)
    assert [(part, needed, free) for part, needed, free in refusal.value.missing] == [(few, 3, 2), (none, 1, 0)]
    job.refresh_from_db()
    assert (job.status, job.lines.count(), stock(plenty)) == (JobStatus.PLANNED, 0, (100, 0))


def test_a_job_released_short_holds_what_is_there_and_the_rest_when_it_has_come(staff):
    few = stocked(2)
    job = released(make_job({few: 3}), by=staff, short=True)
    assert [line.short_quantity for line in job.shortages()] == [1]
    make_stock(few, 5)
    job.reserve_missing(by=staff)
    assert (line_of(job, few).reserved_quantity, list(job.shortages())) == (3, [])
    assert reasons(job)[-1] == "reserve_missing"
    job.reserve_missing(by=staff)
    assert stock(few) == (7, 3)


def test_a_job_is_released_by_the_current_revision_or_the_one_that_is_named(staff):
    old, new = stocked(), stocked()
    first = make_revision(parts={old: 1}, released=True)
    make_revision(first.build, {new: 1}, released=True)
    job = released(make_job(product=first.build.product), by=staff)
    assert [line.part for line in job.lines.all()] == [new]
    job = released(make_job(product=first.build.product), by=staff, revision=first)
    assert (job.revision, [line.part for line in job.lines.all()]) == (first, [old])


def test_a_build_without_a_released_revision_is_not_built(staff):
    revision = make_revision()
    with pytest.raises(Refused, match="no released bill"):
        released(make_job(product=revision.build.product), by=staff)
    with pytest.raises(Refused, match="not released"):
        released(make_job(), by=staff, revision=revision)


def test_hours_of_work_on_a_bill_are_kept_in_no_stock(staff):
    hours, screw = make_part(unit=Unit.HOUR), stocked()
    job = finished(make_job({hours: Decimal("1.5"), screw: 2}, quantity=2), by=staff)
    line = line_of(job, hours)
    assert (line.is_stocked, line.quantity, line.consumed_quantity, line.reserved_quantity) == (False, 3, 3, 0)
    assert not StockMovement.objects.filter(part=hours).exists()


def test_the_frozen_bill_does_not_follow_the_recipe(staff):
    part, other = stocked(), stocked()
    revision = make_revision(parts={part: 2}, released=True)
    job = released(make_job(product=revision.build.product), by=staff)
    make_revision(revision.build, {other: 1}, released=True)
    assert [(line.part, line.quantity) for line in job.lines.all()] == [(part, 2)]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE builds_jobpart SET quantity = quantity + 1",
        "UPDATE builds_jobpart SET part_id = (SELECT product_id FROM builds_printerbuild LIMIT 1)",
        "UPDATE builds_jobpart SET deleted_at = now()",
        "UPDATE builds_jobpart SET reserved_quantity = 1",
        "UPDATE builds_jobpart SET picked_quantity = 99",
        "DELETE FROM builds_jobpart",
        "TRUNCATE builds_jobpart CASCADE",
        "UPDATE builds_productionjob SET quantity = 9",
        "UPDATE builds_productionjob SET number = 'X'",
        "UPDATE builds_productionjob SET status = 'planned'",
        "UPDATE builds_productionjob SET status = 'completed', completed_at = now(), cost = 0",
    ],
)
def test_the_database_keeps_the_bill_of_a_released_job(sql):
    released(make_job({stocked(): 2}))
    with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
        execute(sql)


def test_no_line_is_added_to_a_released_job():
    job = released(make_job({stocked(): 2}))
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        JobPart(job=job, part=make_part(), quantity=1).save(by=None)


# --- Starting, testing


def test_starting_tells_the_order_that_production_began(staff):
    line = make_order_line(make_product({stocked(): 1}))
    job = released(make_job(product=line.part, order_line=line), by=staff)
    job.start(by=staff)
    line.order.refresh_from_db()
    assert (line.order.status, job.started_at is not None) == (OrderStatus.PRODUCTION, True)
    with pytest.raises(IllegalMove):
        job.start(by=staff)


def test_test_steps_are_copied_for_each_piece_with_a_serial_number(staff):
    product = make_product({stocked(): 1}, steps=["Bed is level", " Prints a cube ", ""])
    job = released(make_job(product=product, quantity=2), by=staff)
    assert [(check.piece, check.name) for check in job.checks.all()] == [
        (1, "Bed is level"),
        (1, "Prints a cube"),
        (2, "Bed is level"),
        (2, "Prints a cube"),
    ]
    lot = released(make_job({stocked(): 1}, steps=["Turns"], quantity=5), by=staff)
    assert [check.piece for check in lot.checks.all()] == [1]


def test_a_failed_test_keeps_the_job_until_it_is_passed(staff):
    job = picked(make_job({stocked(): 1}, steps=["Turns", "Is clean"]), by=staff)
    job.start(by=staff)
    with pytest.raises(Refused, match="tested first"):
        job.complete(location=make_location(), by=staff)
    job.test(by=staff)
    turns, clean = job.checks.all()
    job.record_checks([turns], passed=True, by=staff)
    with pytest.raises(Refused, match="Say what was found"):
        job.record_checks([clean], passed=False, by=staff)
    job.record_checks([clean], passed=False, note="dust", by=staff)
    with pytest.raises(Refused, match="Not passed yet: Is clean"):
        job.complete(location=make_location(), by=staff)
    job.record_checks([clean], passed=True, by=staff)
    job.complete(location=make_location(), by=staff)
    clean.refresh_from_db()
    assert (job.status, clean.checked_by, clean.note) == (JobStatus.COMPLETED, staff, "")
    with pytest.raises(DatabaseError, match="is over"), transaction.atomic():
        execute("UPDATE builds_jobcheck SET result = 'failed'")


def test_a_test_of_another_job_is_not_ticked_off(staff):
    job = picked(make_job({stocked(): 1}, steps=["Turns"]), by=staff)
    other = picked(make_job({stocked(): 1}, steps=["Turns"]), by=staff)
    job.start(by=staff)
    with pytest.raises(Refused, match="another job"):
        job.record_checks(other.checks.all(), passed=True, by=staff)


def test_new_test_steps_leave_released_jobs_alone(staff):
    product = make_product({stocked(): 1}, steps=["Old"])
    job = released(make_job(product=product), by=staff)
    job.build.write_test_steps(["New", "Old"], by=staff)
    assert [check.name for check in job.checks.all()] == ["Old"]
    assert [(step.position, step.name) for step in job.build.test_steps.all()] == [(1, "New"), (2, "Old")]
    with pytest.raises(Refused, match="Twice"):
        job.build.write_test_steps(["A", "A"], by=staff)


# --- Completing


def test_completing_takes_the_parts_out_at_average_cost_and_puts_the_product_in_at_their_sum(staff):
    screw, rail = stocked(100, unit_cost="0.10"), stocked(5, unit_cost="12")
    make_stock(rail, 5, location=rail.default_location, unit_cost=Decimal("14"))
    job = make_job({screw: 8, rail: 1}, quantity=2)
    shelf = make_location()
    finished(job, by=staff, location=shelf)
    assert (job.status, job.cost) == (JobStatus.COMPLETED, Decimal("27.6000"))
    assert (stock(screw), stock(rail)) == ((84, 0), (8, 0))
    assert {line.part: (line.consumed_quantity, line.unit_cost) for line in job.lines.all()} == {
        screw: (16, Decimal("0.1")),
        rail: (2, Decimal("13")),
    }
    came = StockMovement.objects.get(part=job.part)
    assert (came.quantity, came.unit_cost, came.kind, came.location) == (2, Decimal("13.8"), "production", shelf)
    assert came.reference_id == job.pk
    assert reasons(job) == ["create", "release", "pick", "start", "test", "complete"]
    assert not all_faults()


def test_nothing_is_completed_twice(staff):
    job = finished(make_job({stocked(10): 1}), by=staff)
    with pytest.raises(IllegalMove):
        job.complete(by=staff)
    assert StockMovement.objects.filter(part=job.part).count() == 1


def test_a_job_with_unpicked_parts_is_not_completed(staff):
    job = released(make_job({stocked(10): 1}), by=staff)
    job.start(by=staff)
    with pytest.raises(Refused, match="Not picked yet"):
        job.complete(location=make_location(), by=staff)


def test_without_test_steps_a_job_in_production_is_completed_at_once(staff):
    job = picked(make_job({stocked(10): 1}), by=staff)
    job.start(by=staff)
    with pytest.raises(Refused, match="where the product is put"):
        job.complete(by=staff)
    job.complete(location=make_location(), by=staff)
    assert job.is_completed


def test_printers_are_made_for_the_pieces_of_an_order(staff):
    line = make_order_line(make_product({stocked(10): 1}), 2)
    before = next_number(Key.PRINTER)
    job = finished(make_job(product=line.part, order_line=line, quantity=2), by=staff)
    line.refresh_from_db()
    line.order.refresh_from_db()
    assert (line.built_quantity, line.reserved_quantity, line.order.status) == (2, 2, OrderStatus.READY)
    printers = list(job.printers.order_by("serial"))
    head, _dash, last = before.rpartition("-")
    assert [each.serial for each in printers] == [f"{head}-{int(last) + n:04}" for n in (1, 2)]
    assert [(each.piece, each.order_line, each.status) for each in printers] == [
        (1, line, PrinterStatus.IN_STOCK),
        (2, line, PrinterStatus.IN_STOCK),
    ]
    assert not all_faults()


def test_a_part_without_serial_numbers_makes_no_printers(staff):
    finished(make_job({stocked(10): 1}), by=staff)
    assert not Printer.objects.exists()


def test_what_was_built_for_an_order_that_was_cancelled_is_free_stock(staff):
    line = make_order_line(make_product({stocked(10): 1}))
    job = picked(make_job(product=line.part, order_line=line), by=staff)
    line.order.cancel(reason="bankrupt", by=staff)
    job.refresh_from_db()
    job.start(by=staff)
    job.complete(location=make_location(), by=staff)
    assert (stock(line.part), job.printers.get().order_line) == ((1, 0), None)
    assert not all_faults()


def test_pieces_beyond_the_order_are_free_stock(staff):
    line = make_order_line(make_product({stocked(10): 1}), 1)
    finished(make_job(product=line.part, order_line=line, quantity=3), by=staff)
    line.refresh_from_db()
    assert (line.built_quantity, line.reserved_quantity, stock(line.part)) == (1, 1, (3, 1))


def test_a_made_part_without_a_bill_keeps_its_value(staff):
    printed = stocked(10, unit_cost="3", procurement=Procurement.MAKE)
    job = finished(make_job(product=printed, quantity=20), by=staff)
    printed.refresh_from_db()
    assert (printed.current_stock, printed.average_cost, job.cost) == (30, Decimal("3.0000"), Decimal("60.0000"))
    assert not all_faults()


def test_an_exception_inside_completing_leaves_nothing_behind(staff, monkeypatch):
    part = stocked(10)
    line = make_order_line(make_product({part: 3}), 2)
    job = picked(make_job(product=line.part, order_line=line, quantity=2), by=staff)
    job.start(by=staff)
    before, upcoming = StockMovement.objects.count(), Series.of(Key.PRINTER).upcoming()

    def power_cut(*args, **kwargs):
        raise ConnectionError("power cut")

    # the last thing that completing does: by then stock has moved and the first printer is made
    monkeypatch.setattr("apps.builds.models.job.timezone.now", power_cut)
    with pytest.raises(ConnectionError), transaction.atomic():
        job.complete(location=make_location(), by=staff)
    monkeypatch.undo()
    job.refresh_from_db()
    line.refresh_from_db()
    assert (job.status, line.built_quantity, stock(part), Printer.objects.count()) == ("in_production", 0, (10, 6), 0)
    assert StockMovement.objects.count() == before
    assert not all_faults()
    job.complete(location=make_location(), by=staff)
    assert job.printers.order_by("serial").first().serial == upcoming


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE builds_jobpart SET consumed_quantity = 0",
        "UPDATE builds_jobpart SET unit_cost = 0",
        "UPDATE builds_productionjob SET cost = 0",
        "UPDATE builds_productionjob SET status = 'testing', completed_at = NULL, cost = NULL",
    ],
)
def test_the_database_keeps_a_completed_job(sql):
    finished(make_job({stocked(): 2}))
    with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
        execute(sql)


def test_verify_finds_a_completed_job_that_consumed_something_else(staff):
    part = stocked()
    job = finished(make_job({part: 2}), by=staff)
    make_stock(part, 1)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE builds_jobpart SET consumed_quantity = 1")
        cursor.execute("SET session_replication_role = origin")
    assert {fault.rule for fault in faults() if job.number in fault.record} == {
        "A completed job consumed exactly what it says",
        "What a completed job consumed is what the ledger says",
    }


# --- Cancelling


def test_cancelling_gives_everything_back_to_where_it_came_from(staff):
    part, other = stocked(10), stocked(10)
    job = picked(make_job({part: 3, other: 1}), by=staff)
    job.start(by=staff)
    job.use_extra(part, 1, location=part.default_location, reason="dropped", kind=ExtraKind.SCRAP, by=staff)
    job.use_extra(other, 1, location=other.default_location, reason="more", kind=ExtraKind.MORE, by=staff)
    with pytest.raises(Refused, match="Say why"):
        job.cancel(reason="", by=staff)
    job.cancel(reason="order gone", by=staff)
    assert (job.status, job.reason, reasons(job)[-1]) == (JobStatus.CANCELLED, "order gone", "cancel")
    assert (stock(part), stock(other)) == ((9, 0), (10, 0))
    assert (part.stock_at(part.default_location), part.stock_at(job.workplace)) == (9, 0)
    assert not all_faults()
    with pytest.raises(IllegalMove):
        job.cancel(reason="again", by=staff)


def test_a_planned_job_is_cancelled_and_a_completed_one_is_not(staff):
    job = make_job()
    job.cancel(reason="not needed", by=staff)
    assert job.status == JobStatus.CANCELLED
    done = finished(make_job({stocked(): 1}))
    with pytest.raises(IllegalMove):
        done.cancel(reason="too late", by=staff)


# --- Words


def test_jobs_are_found_by_number_part_order_and_customer(staff):
    line = make_order_line(make_product(sku="FINDME"))
    job = make_job(product=line.part, order_line=line)
    make_job()
    for text in (job.number, "findme", line.order.number, line.order.customer.name.lower()):
        assert list(ProductionJob.objects.search(text)) == [job]


def test_open_late_and_short_jobs(staff):
    yesterday = datetime.date.today() - datetime.timedelta(days=1)  # noqa: DTZ011
    late = make_job(due_date=yesterday)
    short = released(make_job({make_part(): 1}), by=staff, short=True)
    done = finished(make_job({stocked(): 1}, due_date=yesterday))
    assert set(ProductionJob.objects.open()) == {late, short}
    assert list(ProductionJob.objects.late()) == [late]
    assert list(ProductionJob.objects.short()) == [short]
    assert (late.is_late, done.is_late) == (True, False)


def test_a_build_knows_how_long_it_takes():
    build = make_build(days_to_build=7)
    job = make_job(product=build.product, due_date=datetime.date(2026, 12, 15))
    assert job.start_by == datetime.date(2026, 12, 8)
    with pytest.raises(IntegrityError), transaction.atomic():
        execute("UPDATE builds_printerbuild SET days_to_build = 400")


def test_a_job_check_names_who_and_when():
    job = released(make_job({stocked(): 1}, steps=["Turns"]))
    with pytest.raises(IntegrityError), transaction.atomic():
        execute("UPDATE builds_jobcheck SET result = 'passed'")
    assert JobCheck.objects.get(job=job).checked_at is None
