"""Many hands at once, in real threads with real transactions."""

import threading

import pytest

from apps.orders.models import CustomerOrder, OrderLine, fulfilment
from apps.orders.models import order as order_module
from apps.orders.tests.factories import faults, make_confirmed, make_order, make_sold_part
from apps.parts.models import Part, Reservation
from apps.parts.tests.factories import make_stock
from gmtc.testing import race

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(results) -> dict[str, int]:
    names = [type(each).__name__ if isinstance(each, Exception) else "done" for each in results]
    return {name: names.count(name) for name in sorted(set(names))}


def test_of_two_orders_confirmed_at_once_one_gets_the_last_piece():
    part = make_sold_part(stock=1)
    orders = [make_order((part, 1)) for _ in range(2)]
    assert outcomes(race(2, lambda i: CustomerOrder.objects.get(pk=orders[i].pk).confirm(by=None))) == {"done": 2}
    part.refresh_from_db()
    assert part.reserved_stock == 1
    assert sorted(CustomerOrder.objects.values_list("status", flat=True)) == ["pending", "ready"]
    assert faults() == []


def test_without_the_lock_both_would_promise_it_and_the_database_stops_the_second(monkeypatch):
    """The negative control: both have looked at the stock before the first one writes."""
    part = make_sold_part(stock=1)
    orders = [make_order((part, 1)) for _ in range(2)]
    both_have_looked = threading.Barrier(2)
    looked = fulfilment.outlook

    def unlocked(self):
        lines = list(self.lines.select_related("part"))
        for line in lines:
            line.order = self
        return lines

    def slow_outlook(lines):
        found = looked(lines)
        both_have_looked.wait(20)
        return found

    monkeypatch.setattr(CustomerOrder, "lock_lines", unlocked)
    monkeypatch.setattr(fulfilment, "outlook", slow_outlook)
    monkeypatch.setattr(Part, "require", lambda self, needed, free, location=None: None)
    monkeypatch.setattr(order_module, "next_number", lambda key, on: f"X-{key}-{threading.get_ident()}"[-20:])
    results = race(2, lambda i: CustomerOrder.objects.get(pk=orders[i].pk).confirm(by=None))
    assert outcomes(results) == {"IntegrityError": 1, "done": 1}
    assert any("parts_part_reserved_stock" in str(each) for each in results)
    part.refresh_from_db()
    assert part.reserved_stock == 1
    assert [fault for fault in faults() if "series" not in fault.rule] == [], "but for the numbers of this test"


def test_an_order_is_confirmed_once_however_many_try():
    order = make_order((make_sold_part(stock=9), 2))
    results = race(4, lambda i: CustomerOrder.objects.get(pk=order.pk).confirm(by=None))
    assert outcomes(results) == {"IllegalMove": 3, "done": 1}
    assert Reservation.objects.get().quantity == 2
    assert make_confirmed().number.endswith("-0002")


def test_orders_with_the_same_parts_in_other_order_do_not_wait_for_each_other_forever():
    parts = [make_sold_part(stock=20) for _ in range(5)]
    orders = [make_order(*[(part, 1) for part in (parts if n % 2 else parts[::-1])]) for n in range(6)]
    results = race(6, lambda i: CustomerOrder.objects.get(pk=orders[i].pk).confirm(by=None))
    assert outcomes(results) == {"done": 6}
    numbers = sorted(int(number[-4:]) for number in CustomerOrder.objects.values_list("number", flat=True))
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert set(Part.objects.values_list("reserved_stock", flat=True)) == {6}
    assert faults() == []


def test_stock_that_comes_is_held_by_one_of_two_lines_that_want_it():
    part = make_sold_part()
    lines = [make_confirmed((part, 1)).lines.get() for _ in range(2)]
    make_stock(part, 1)
    results = race(2, lambda i: OrderLine.objects.get(pk=lines[i].pk).reserve(1, by=None))
    assert outcomes(results) == {"InsufficientStock": 1, "done": 1}
    assert faults() == []


def test_an_order_is_cancelled_or_shipped_never_both():
    part = make_sold_part(stock=3)
    order = make_confirmed((part, 3))
    line = order.lines.get()
    place = part.levels.get().location

    def act(i):
        if i:
            CustomerOrder.objects.get(pk=order.pk).cancel(by=None, reason="no more")
        else:
            with order_module.transaction.atomic():
                mine = OrderLine.objects.get(pk=line.pk)
                mine.lock_with_order()
                mine.order.refuse_unless_open()
                mine.issue(3, location=place, reference=order_module.Reference.to(order), by=None)
                mine.record_shipped(3, by=None)

    results = race(2, act)
    order.refresh_from_db()
    assert (order.status, outcomes(results)["done"]) in [("shipped", 1), ("cancelled", 1)]
    part.refresh_from_db()
    assert part.reserved_stock == 0
    assert faults() == []
