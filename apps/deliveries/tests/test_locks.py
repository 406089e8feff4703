"""Many hands at once, in real threads with real transactions."""

import threading

import pytest
from django.db import DatabaseError

from apps.deliveries.models import Delivery, DeliveryReturn, Status
from apps.deliveries.tests.factories import (
    faults,
    make_delivery,
    make_order,
    make_printer_order,
    make_shipped,
    make_sold,
    returned,
)
from apps.orders.models import CustomerOrder, OrderLine
from apps.parts.models import Part
from apps.parts.tests.factories import make_location, make_stock
from gmtc.testing import race

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(results) -> dict[str, int]:
    names = [type(each).__name__ if isinstance(each, Exception) else "done" for each in results]
    return {name: names.count(name) for name in sorted(set(names))}


def test_of_two_who_ship_the_same_delivery_at_once_one_does():
    delivery = make_delivery()
    assert outcomes(race(2, lambda i: Delivery.objects.get(pk=delivery.pk).ship(by=None))) == {
        "IllegalMove": 1, "done": 1,
    }  # fmt: skip
    part = Part.objects.get()
    assert (part.current_stock, part.reserved_stock) == (90, 0)
    assert faults() == []


def test_of_two_deliveries_that_empty_the_same_shelf_exactly_one_leaves():
    part = make_sold(stock=0)
    place = make_stock(part, 10)
    deliveries = []
    for order in (make_order((part, 10)), make_order((part, 10))):
        delivery = Delivery.begin(order)
        delivery.write({}, [{"order_line": order.lines.get(), "quantity": 10, "location": place}], by=None)
        deliveries.append(delivery)
    for line in OrderLine.objects.all():  # nobody holds it: first come, first served
        line.unreserve(by=None)
    results = race(2, lambda i: Delivery.objects.get(pk=deliveries[i].pk).ship(by=None))
    assert outcomes(results) == {"InsufficientStock": 1, "done": 1}
    assert (Part.objects.get().current_stock, Delivery.objects.filter(status=Status.IN_TRANSIT).count()) == (0, 1)
    assert Delivery.objects.get(status=Status.IN_TRANSIT).number.endswith("-0001")
    assert faults() == []


def test_without_the_locks_the_verb_lets_both_through_and_the_database_stops_the_second(monkeypatch):
    """The negative control: both have looked at the delivery, the order and its line before the first one writes."""
    delivery = make_delivery()
    both_have_looked = threading.Barrier(2)

    def unlocked(self):
        lines = list(self.lines.select_related("order_line__part", "location"))
        for line in lines:
            line.order_line.order = self.order
        both_have_looked.wait(20)
        return lines

    monkeypatch.setattr(Delivery, "lock", Delivery.refresh_from_db)
    monkeypatch.setattr(Delivery, "_lock_lines", unlocked)
    monkeypatch.setattr(OrderLine, "lock_with_order", lambda self: None)
    results = race(2, lambda i: Delivery.objects.get(pk=delivery.pk).ship(by=None))
    failed = next(each for each in results if isinstance(each, Exception))
    assert outcomes(results)["done"] == 1, results
    assert isinstance(failed, DatabaseError), results  # the verb itself did not see it
    assert "has left the house" in str(failed)
    assert (OrderLine.objects.get().shipped_quantity, Part.objects.get().current_stock) == (10, 90)
    assert faults() == []


def test_two_who_plan_the_same_goods_at_once_do_not_promise_them_twice():
    order = make_order()

    def plan(i):
        mine = CustomerOrder.objects.get(pk=order.pk)
        rows = [
            {"order_line": each.order_line, "quantity": each.quantity, "location": each.location}
            for each in Delivery.propose(mine)
        ]
        Delivery.begin(mine).write({}, rows, by=None)

    assert outcomes(race(3, plan))["done"] >= 1
    assert faults() == []


def test_two_servers_cannot_promise_the_same_goods_past_the_verb(monkeypatch):
    """The negative control of planning: without the order's lock, the trigger of the database stops the second."""
    order = make_order()
    (row,) = Delivery.propose(order)
    both_have_looked = threading.Barrier(2)
    monkeypatch.setattr(CustomerOrder, "lock", lambda self: both_have_looked.wait(20))

    def plan(i):
        mine = CustomerOrder.objects.get(pk=order.pk)
        rows = [{"order_line": mine.lines.get(), "quantity": row.quantity, "location": row.location}]
        Delivery.begin(mine).write({}, rows, by=None)

    results = race(2, plan)
    assert outcomes(results) in ({"IntegrityError": 1, "done": 1}, {"Refused": 1, "done": 1})
    assert Delivery.objects.count() == 1


def test_a_printer_goes_to_one_customer_however_many_try():
    order, (printer,) = make_printer_order(1)
    other = make_order((printer.part, 1))
    place = make_stock(printer.part, 1, location=make_location())
    line = other.lines.get()
    rival = Delivery.begin(other)
    rival.write({}, [{"order_line": line, "quantity": 1, "location": place}], by=None)
    deliveries = [make_delivery(order), rival]

    def ship(i):
        mine = Delivery.objects.get(pk=deliveries[i].pk)
        mine.ship(by=None, printers={mine.lines.get(): [printer]})

    assert outcomes(race(2, ship)) == {"Refused": 1, "done": 1}
    assert faults() == []


def test_orders_with_the_same_parts_in_other_order_do_not_wait_for_each_other_forever():
    parts = [make_sold() for _ in range(4)]
    orders = [make_order(*[(part, 8) for part in each]) for each in (parts, parts[::-1])]
    deliveries = [make_delivery(orders[n % 2], quantity=2) for n in range(4)]
    assert outcomes(race(4, lambda i: Delivery.objects.get(pk=deliveries[i].pk).ship(by=None))) == {"done": 4}
    numbers = sorted(Delivery.objects.values_list("number", flat=True))
    assert [int(number[-4:]) for number in numbers] == [1, 2, 3, 4]
    assert set(Part.objects.values_list("current_stock", flat=True)) == {92}
    assert faults() == []


def test_goods_come_back_once_however_many_try():
    delivery, place = make_shipped(), make_location()
    line = delivery.lines.get()

    def take_back(i):
        Delivery.objects.get(pk=delivery.pk).return_([returned(line, 10, location=place)], by=None)

    assert outcomes(race(3, take_back)) == {"IllegalMove": 2, "done": 1}
    assert (DeliveryReturn.objects.count(), Part.objects.get().current_stock) == (1, 100)
    assert faults() == []
