"""Many hands at once, in real threads with real transactions."""

import threading
from decimal import Decimal

import pytest
from django.db import transaction

from apps.parts.models import Part
from apps.parts.tests.factories import make_location, make_part
from apps.suppliers.models import GoodsReceipt, PurchaseOrder, PurchaseOrderLine
from apps.suppliers.tests.factories import faults, make_order, make_sent, receive_all
from gmtc.testing import race

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(results) -> dict[str, int]:
    names = [type(each).__name__ if isinstance(each, Exception) else "done" for each in results]
    return {name: names.count(name) for name in sorted(set(names))}


def test_of_two_who_receive_the_same_line_at_once_one_does():
    part, place = make_part(), make_location()
    order = make_sent((part, 10, 1))
    line = order.lines.get()

    def receive(i):
        PurchaseOrder.objects.get(pk=order.pk).receive([(line, 10, 0, place)], by=None)

    assert outcomes(race(2, receive)) == {"IllegalMove": 1, "done": 1}
    part.refresh_from_db()
    assert part.current_stock == 10
    assert GoodsReceipt.objects.count() == 1
    assert faults() == []


def test_many_deliveries_at_once_fill_a_line_exactly_and_their_numbers_have_no_gap():
    part, place = make_part(), make_location()
    order = make_sent((part, 10, 1))
    line = order.lines.get()

    def receive(i):
        PurchaseOrder.objects.get(pk=order.pk).receive([(line, 1, 0, place)], by=None)

    assert outcomes(race(14, receive)) == {"IllegalMove": 4, "done": 10}
    part.refresh_from_db()
    assert part.current_stock == 10
    numbers = sorted(int(receipt.number[-4:]) for receipt in GoodsReceipt.objects.all())
    assert numbers == list(range(1, 11))
    assert faults() == []


def test_without_the_lock_the_verb_lets_more_through_and_the_database_stops_it(monkeypatch):
    """The negative control: both have looked at the order and its line before the first one writes."""
    part, place = make_part(), make_location()
    order = make_sent((part, 10, 1))
    line = order.lines.get()
    both_have_looked = threading.Barrier(2)

    def unlocked(self):
        lines = {each.pk: each for each in self.lines.all()}
        parts = {each.pk: each for each in Part.objects.all()}
        for each in lines.values():
            each.purchase_order, each.part = self, parts[each.part_id]
        both_have_looked.wait(20)
        return lines, parts

    monkeypatch.setattr(PurchaseOrder, "lock", PurchaseOrder.refresh_from_db)
    monkeypatch.setattr(PurchaseOrder, "_lock_lines", unlocked)

    def receive(i):
        PurchaseOrder.objects.get(pk=order.pk).receive([(line, 10, 0, place)], by=None)

    results = race(2, receive)
    assert outcomes(results) == {"IntegrityError": 1, "done": 1}
    assert any("suppliers_poline_received" in str(each) for each in results)
    assert PurchaseOrderLine.objects.get().received_quantity == 10
    assert faults() == []


def test_an_order_is_sent_once_however_many_try():
    order = make_order()
    assert outcomes(race(4, lambda i: PurchaseOrder.objects.get(pk=order.pk).send(by=None))) == {
        "IllegalMove": 3, "done": 1,
    }  # fmt: skip
    assert make_sent().number.endswith("-0002")


def test_a_line_that_is_written_while_the_order_is_sent_is_in_it_or_refused():
    order = make_order()
    row = {"part": make_part(), "quantity": Decimal(1), "unit_price": Decimal(5)}

    def act(i):
        mine = PurchaseOrder.objects.get(pk=order.pk)
        if i:
            mine.send(by=None)
        else:
            mine.write({}, [{"id": mine.lines.get().pk}, row], by=None, version=1)

    results = race(2, act)
    order.refresh_from_db()
    assert results[1] is None
    assert (order.total, type(results[0]).__name__) in [(Decimal(25), "NoneType"), (Decimal(20), "IllegalMove")]
    assert faults() == []


def test_orders_with_the_same_parts_in_other_order_do_not_wait_for_each_other_forever():
    parts, place = [make_part() for _ in range(5)], make_location()
    orders = [make_sent(*[(part, 6, 1) for part in each]) for each in (parts, parts[::-1])]

    def receive(i):
        for _ in range(3):
            order = PurchaseOrder.objects.get(pk=orders[i % 2].pk)
            order.receive([(line, 1, 0, place) for line in order.lines.all()], by=None)

    assert outcomes(race(4, receive)) == {"done": 4}
    assert set(Part.objects.values_list("current_stock", flat=True)) == {12}
    assert faults() == []


def test_a_receipt_is_taken_back_once_however_many_try():
    receipt = receive_all(make_sent())
    results = race(3, lambda i: GoodsReceipt.objects.get(pk=receipt.pk).reverse(by=None))
    assert outcomes(results) == {"GoodsReceipt": 0, "Refused": 2, "done": 1} or outcomes(results) == {
        "Refused": 2, "done": 1,
    }  # fmt: skip
    assert Part.objects.get().current_stock == 0
    assert faults() == []


def test_two_editors_of_one_draft_are_told_apart():
    order = make_order()
    line = order.lines.get()

    def edit(i):
        mine = PurchaseOrder.objects.get(pk=order.pk)
        with transaction.atomic():
            mine.write({}, [{"id": line.pk, "quantity": Decimal(20 + i)}], by=None, version=1)

    assert outcomes(race(3, edit)) == {"StaleEdit": 2, "done": 1}
    assert faults() == []
