"""Who is told of deliveries and returns, in which language, and who is not."""

import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.deliveries.tests.factories import make_carrier, make_delivery, make_order, make_shipped, make_sold, returned
from apps.notifications.models import Kind, Notification
from apps.parts.models import Unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def german():
    return User.objects.create_user("hans@example.com", "x", role="staff", name="Hans", language="de")


def told() -> set:
    return {(line.user, line.title, line.body) for line in Notification.objects.filter(kind=Kind.DELIVERIES)}


def test_whoever_handles_the_order_is_told_that_it_has_left(staff, german, manager):
    order = make_order(by=german)
    delivery = make_shipped(order, by=staff, carrier=make_carrier(name="DHL"), tracking_number="JD01")
    assert told() == {(german, f"{delivery} ist unterwegs zu {order.customer} ({order})", "DHL JD01")}
    assert Notification.objects.get(kind=Kind.DELIVERIES).url == delivery.get_absolute_url()


def test_whoever_ships_their_own_order_is_not_told(german, manager):
    make_shipped(make_order(by=german), by=german)
    assert told() == set()


def test_goods_that_come_back_are_told_to_sales_and_to_those_who_decide(staff, german, manager, admin):
    order = make_order((make_sold(sku="MAN-450", unit=Unit.METRE), 10), by=german)
    delivery = make_shipped(order, by=german)
    paper = delivery.return_([returned(delivery.lines.get(), "2.5", reason="Zu lang")], by=admin)
    assert told() == {
        (german, f"Ware aus {order} ist zurückgekommen ({order.customer})", "2,5 × MAN-450: Zu lang"),
        (manager, f"Goods of {order} came back ({order.customer})", "2.5 × MAN-450: Zu lang"),
    }
    assert set(Notification.objects.filter(kind=Kind.DELIVERIES).values_list("url", flat=True)) == {
        paper.get_absolute_url()
    }


def test_what_is_rolled_back_is_told_to_nobody(staff, german):
    delivery = make_delivery(make_order(by=german), by=german)
    with transaction.atomic():
        delivery.ship(by=staff)
        assert told()
        transaction.set_rollback(True)
    assert told() == set()
