"""Two at the same moment, each with a connection of its own."""

import threading
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from apps.builds.models import JobPart, JobStatus, ProductionJob, Shortage
from apps.builds.tests.factories import faults, make_job, make_order_line, make_product, picked, stocked
from apps.parts.models import Part, StockMovement
from apps.parts.tests.factories import make_location
from gmtc.errors import IllegalMove
from gmtc.testing import race

pytestmark = pytest.mark.django_db(transaction=True)


def release_both(jobs, staff) -> list:
    return race(2, lambda n: ProductionJob.objects.get(pk=jobs[n].pk).release(by=staff))


def test_only_one_of_two_jobs_gets_the_last_pieces(staff):
    part = stocked(3)
    results = release_both([make_job({part: 3}), make_job({part: 3})], staff)
    assert sorted(type(each).__name__ for each in results) == ["NoneType", "Shortage"]
    part.refresh_from_db()
    assert (part.current_stock, part.reserved_stock) == (3, 3)
    assert sorted(ProductionJob.objects.values_list("status", flat=True)) == ["planned", "released"]
    assert not faults()


def test_without_the_lock_both_believe_they_have_them(staff, monkeypatch):
    """The negative control: reading the parts without locking them, the database alone keeps the promise."""
    part = stocked(3)
    jobs = [make_job({part: 3}), make_job({part: 3})]
    met = threading.Barrier(2)

    def read_only(self):
        rows = self.order_by("pk")
        if self.model is Part and connection.in_atomic_block:
            list(rows)
            met.wait(10)  # both have read before either writes
        return rows

    monkeypatch.setattr("apps.parts.models.part.PartQuerySet.lock_all", read_only)
    results = release_both(jobs, staff)
    assert not any(isinstance(each, Shortage) for each in results)
    assert any(isinstance(each, Exception) for each in results)  # the check constraint of the part


def test_a_job_is_completed_once_however_many_press_the_button(staff):
    line = make_order_line(make_product({stocked(20): 2}), 2)
    job = picked(make_job(product=line.part, order_line=line, quantity=2), by=staff)
    job.start(by=staff)
    shelf = make_location()
    results = race(4, lambda n: ProductionJob.objects.get(pk=job.pk).complete(location=shelf, by=staff))
    assert sum(each is None for each in results) == 1
    assert sum(isinstance(each, IllegalMove) for each in results) == 3
    assert StockMovement.objects.filter(part=line.part).count() == 1
    assert job.printers.count() == 2
    assert not faults()


def test_completing_jobs_and_confirming_orders_do_not_wait_for_each_other(staff):
    """Both lock the order before the parts; the other way round they would meet in a deadlock."""
    part = stocked(100)
    product = make_product({part: 1})
    lines = [make_order_line(product) for _ in range(2)]
    jobs = [picked(make_job(product=product, order_line=line), by=staff) for line in lines]
    for job in jobs:
        job.start(by=staff)
    spare = make_order_line(part, 2)
    shelf = make_location()

    def act(n: int):
        if n < 2:
            return ProductionJob.objects.get(pk=jobs[n].pk).complete(location=shelf, by=staff)
        return type(spare).objects.get(pk=spare.pk).reserve(Decimal(1), by=staff) and None

    assert race(4, act) == [None] * 4
    assert ProductionJob.objects.filter(status=JobStatus.COMPLETED).count() == 2
    assert not faults()


def test_two_who_pick_the_same_line_take_no_more_than_the_bill_says(staff):
    part = stocked(10)
    job = make_job({part: 4})
    job.release(by=staff)
    table = make_location()

    def pick(_n: int):
        mine = ProductionJob.objects.get(pk=job.pk)
        line = JobPart.objects.get(job=job)
        return mine.pick([(line, 3, part.default_location)], workplace=table, by=staff)

    results = race(2, pick)
    assert sum(isinstance(each, Exception) for each in results) == 1
    assert JobPart.objects.get().picked_quantity == 3
    assert not faults()


def test_the_lock_is_a_lock():
    """`lock_all` asks for row locks; without them the races above would prove nothing."""
    with transaction.atomic():
        rows: QuerySet = Part.objects.all().lock_all()
        assert "FOR NO KEY UPDATE" in str(rows.query)
