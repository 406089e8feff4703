"""Who is told of production jobs, in which language, and who is not."""

import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.builds.tests.factories import finished, make_job, make_order_line, make_product, picked, stocked
from apps.notifications.models import Kind, Notification
from apps.orders.models import CustomerOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def german():
    return User.objects.create_user("hans@example.com", "x", role="staff", name="Hans", language="de")


def told() -> list:
    return [(line.user, line.title, line.body) for line in Notification.objects.filter(kind=Kind.PRODUCTION)]


def test_a_job_that_is_released_short_is_told_to_its_responsible(staff, german, manager):
    there, missing = stocked(), stocked(1, sku="MAN-450")
    job = make_job({there: 1, missing: 2}, responsible=german)
    job.release(short=True, by=staff)
    assert told() == [(german, f"{job} ist freigegeben, aber es fehlen Teile ({job.part})", "MAN-450")]
    assert Notification.objects.get().url == job.get_absolute_url()


@pytest.mark.parametrize("short", [True, False])
def test_a_release_with_everything_there_is_no_news(staff, german, short):
    make_job({stocked(): 1}, responsible=german).release(short=short, by=staff)
    assert told() == []


def test_a_failed_test_is_told_with_what_was_found(staff, german):
    job = picked(make_job({stocked(): 1}, steps=["Belt", "Heating"], responsible=german), by=staff)
    job.start(by=staff)
    checks = list(job.checks.all())
    job.record_checks(checks[:1], passed=True, by=staff)
    assert told() == []
    job.record_checks(checks[1:], passed=False, note=" Too hot ", by=staff)
    assert told() == [(german, f"{job} hat eine Prüfung nicht bestanden ({job.part})", "Heating: Too hot")]


def test_a_completed_job_is_told_to_its_responsible_and_to_sales(staff, german, manager, viewer):
    product = make_product({stocked(): 1})
    line = make_order_line(product)
    CustomerOrder.everything.filter(pk=line.order_id).update(responsible=manager)
    job = finished(make_job(product=product, order_line=line, responsible=german), by=staff)
    assert set(told()) == {
        (german, f"{job} ist fertiggestellt ({product})", ""),
        (manager, f"{job} is completed ({product})", ""),
    }


def test_whoever_completes_their_own_job_is_not_told(german):
    finished(make_job({stocked(): 1}, responsible=german), by=german)
    assert told() == []


def test_a_cancelled_job_is_told_with_the_reason(staff, german, manager):
    make_job(responsible=german).cancel(by=manager, reason="Not needed")
    make_job().cancel(by=manager, reason="Nobody's")
    assert [(user, body) for user, _title, body in told()] == [(german, "Not needed")]


def test_what_is_rolled_back_is_told_to_nobody(manager, german):
    job = make_job(responsible=german)
    with transaction.atomic():
        job.cancel(by=manager, reason="Not needed")
        assert told()
        transaction.set_rollback(True)
    assert told() == []
