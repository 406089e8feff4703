"""Goods that come: what the order, the stock and the ledger say afterwards."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.notifications.models import Notification
from apps.parts.models import InsufficientStock, StockMovement
from apps.parts.tests.factories import execute, make_location, make_part
from apps.suppliers.models import GoodsReceipt, GoodsReceiptLine, OverDelivery, Received
from apps.suppliers.tests.factories import faults, make_order, make_sent, receive_all
from gmtc.errors import IllegalMove, Refused

pytestmark = pytest.mark.django_db


def test_a_part_of_the_goods_then_the_rest(staff):
    screw, rail = make_part(), make_part()
    order = make_sent((screw, 100, "0.05"), (rail, 2, 30))
    shelf = make_location()
    first, second = order.lines.all()
    receipt = order.receive([(first, 60, 0, shelf)], by=staff, delivery_note="LS 4711")
    assert order.status == "partial"
    assert receipt.number == f"WE-{timezone.localdate().year}-0001"
    assert (receipt.delivery_note, receipt.created_by) == ("LS 4711", staff)
    order.receive([(first, 40, 0, shelf), (second, 2, 0, shelf)], by=staff)
    order.refresh_from_db()
    assert order.status == "received"
    screw.refresh_from_db()
    assert screw.current_stock == 100
    assert faults() == []


def test_goods_enter_stock_at_the_net_price_in_euros_under_the_receipt(staff):
    part = make_part()
    order = make_sent(
        {"part": part, "quantity": 10, "unit_price": "2.20", "discount": Decimal(10)},
        currency="USD",
        exchange_rate=Decimal("1.1"),
    )
    receipt = receive_all(order, by=staff)
    movement = StockMovement.objects.get()
    assert (movement.kind, movement.quantity, movement.unit_cost) == ("purchase", 10, Decimal("1.8"))
    assert (movement.reference_type, movement.reference_id) == ("suppliers.goodsreceipt", receipt.pk)
    assert (movement.reference_number, movement.note, movement.created_by) == (receipt.number, order.number, staff)
    part.refresh_from_db()
    assert part.average_cost == Decimal("1.8")


def test_rejected_goods_are_noted_and_still_waited_for(staff):
    order = make_sent((make_part(), 10, 1))
    line = order.lines.get()
    receipt = order.receive([Received(line, 7, 3, make_location(), "scratched")], by=staff)
    line.refresh_from_db()
    assert (line.received_quantity, line.rejected_quantity, line.open_quantity) == (7, 3, 3)
    assert order.status == "partial"
    assert receipt.lines.get().reason == "scratched"
    assert faults() == []


def test_only_rejected_goods_leave_the_order_sent(staff):
    order = make_sent((make_part(), 10, 1))
    order.receive([Received(order.lines.get(), 0, 10, None, "wrong part")], by=staff)
    assert order.status == "sent"
    order.cancel(by=staff, reason="They cannot deliver the right part")
    assert faults() == []


def test_one_line_may_be_put_in_two_places(staff):
    order = make_sent((make_part(), 10, 1))
    line = order.lines.get()
    order.receive([(line, 6, 0, make_location()), (line, 4, 0, make_location())], by=staff)
    assert order.status == "received"
    assert sorted(line.part.levels.values_list("quantity", flat=True)) == [4, 6]
    assert faults() == []


# --- Refusals


def row(order, **values):
    return Received(order.lines.get(), **{"accepted": Decimal(1), "location": make_location()} | values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"accepted": 0}, "Nothing was received"),
        ({"accepted": -1}, "negative"),
        ({"accepted": "NaN"}, "not a quantity"),
        ({"accepted": "1.5"}, "whole"),
        ({"location": None}, "where it is put"),
        ({"rejected": 1}, "why it is rejected"),
        ({"accepted": 11}, "at most 10 are allowed"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_happens(staff, values, said):
    order = make_sent((make_part(), 10, 1))
    with pytest.raises(Refused, match=said):
        order.receive([row(order, **values)], by=staff)
    assert not GoodsReceipt.objects.exists()
    assert not StockMovement.objects.exists()


def test_a_line_of_another_order_is_refused(staff):
    order, other = make_sent(), make_sent()
    with pytest.raises(Refused, match="does not belong"):
        order.receive([row(other)], by=staff)


def test_a_day_in_the_future_is_refused(staff):
    order = make_sent()
    with pytest.raises(Refused, match="future"):
        order.receive([row(order)], by=staff, received_on=timezone.localdate() + timedelta(days=1))


def test_nothing_comes_before_it_was_ordered(staff):
    order = make_sent()
    with pytest.raises(Refused, match="ordered only on"):
        order.receive([row(order)], by=staff, received_on=order.order_date - timedelta(days=1))


def test_a_draft_and_a_complete_order_take_nothing(staff):
    draft = make_order()
    with pytest.raises(IllegalMove):
        draft.receive([row(draft)], by=staff)
    done = make_sent()
    receive_all(done)
    with pytest.raises(IllegalMove):
        done.receive([row(done)], by=staff)


def test_over_delivery_must_be_confirmed_and_stays_within_the_tolerance(staff):
    part = make_part()
    order = make_sent({"part": part, "quantity": 100, "unit_price": 1, "tolerance": Decimal(10)})
    with pytest.raises(OverDelivery, match="Confirm the over-delivery"):
        order.receive([row(order, accepted=110)], by=staff)
    with pytest.raises(OverDelivery, match="at most 110 are allowed"):
        order.receive([row(order, accepted=111)], by=staff, over_delivery=True)
    order.receive([row(order, accepted=110)], by=staff, over_delivery=True)
    assert order.status == "received"
    assert faults() == []


def test_a_refused_receipt_leaves_no_gap_in_the_numbers(staff):
    order = make_sent((make_part(), 10, 1))
    with pytest.raises(Refused):
        order.receive([row(order, accepted=11)], by=staff)
    assert order.receive([row(order)], by=staff).number.endswith("-0001")


# --- Taking back


def test_a_wrong_receipt_is_taken_back_by_a_counter_receipt(staff, manager):
    part = make_part()
    order = make_sent((part, 10, 3))
    receipt = order.receive([Received(order.lines.get(), 6, 1, make_location(), "bent")], by=staff)
    counter = receipt.reverse(by=manager, note="Wrong order")
    order.refresh_from_db()
    part.refresh_from_db()
    line = order.lines.get()
    assert (counter.reverses, counter.number[-4:]) == (receipt, "0002")
    assert (line.received_quantity, line.rejected_quantity, part.current_stock) == (0, 0, 0)
    assert order.status == "sent"
    assert [movement.quantity for movement in StockMovement.objects.all()] == [-6, 6]
    assert faults() == []


def test_what_is_taken_back_takes_its_own_price_with_it(staff):
    part, shelf = make_part(), make_location()
    part.receive(10, location=shelf, by=staff, unit_cost=Decimal(1))
    receipt = receive_all(make_sent((part, 10, 100)), location=shelf)
    part.refresh_from_db()
    assert part.average_cost == Decimal("50.5")
    receipt.reverse(by=staff)
    part.refresh_from_db()
    assert (part.current_stock, part.average_cost) == (10, 1)
    assert sum(each.quantity * each.unit_cost for each in part.movements.all()) == 10
    assert faults() == []


def test_what_is_left_is_never_worth_less_than_nothing(staff):
    part, shelf = make_part(), make_location()
    part.receive(10, location=shelf, by=staff, unit_cost=Decimal(1))
    receipt = receive_all(make_sent((part, 10, 100)), location=shelf)
    part.issue(9, location=shelf, by=staff)  # at 50.5 each: what is left is worth 555.50
    receipt.reverse(by=staff)
    part.refresh_from_db()
    assert (part.current_stock, part.average_cost) == (1, Decimal("50.5"))


def test_a_receipt_is_taken_back_once_and_a_reversal_never(staff):
    receipt = receive_all(make_sent())
    counter = GoodsReceipt.objects.get(pk=receipt.pk).reverse(by=staff)
    with pytest.raises(Refused, match="already"):
        GoodsReceipt.objects.get(pk=receipt.pk).reverse(by=staff)
    with pytest.raises(Refused, match="itself a reversal"):
        GoodsReceipt.objects.get(pk=counter.pk).reverse(by=staff)


def test_goods_that_are_gone_cannot_be_taken_back(staff):
    part, shelf = make_part(), make_location()
    receipt = receive_all(make_sent((part, 10, 1)), location=shelf)
    part.issue(4, location=shelf, by=staff)
    with pytest.raises(InsufficientStock):
        receipt.reverse(by=staff)
    assert GoodsReceipt.objects.count() == 1


def test_a_closed_order_is_reopened_before_a_receipt_is_taken_back(staff):
    order = make_sent((make_part(), 10, 1))
    receipt = order.receive([row(order)], by=staff)
    order.close_short(by=staff)
    with pytest.raises(Refused, match="reopen"):
        receipt.reverse(by=staff)


# --- The database


@pytest.mark.parametrize("table", ["suppliers_goodsreceipt", "suppliers_goodsreceiptline"])
@pytest.mark.parametrize("sql", ["DELETE FROM {}", "UPDATE {} SET id = id", "TRUNCATE {} CASCADE"])
def test_receipts_are_never_changed_or_removed(table, sql):
    receive_all(make_sent())
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # PostgreSQL truncates no table with checks still to do
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        execute(sql.format(table))


def test_the_received_quantity_is_no_hand_of_ours_to_write():
    line = make_sent().lines.get()
    with pytest.raises(IntegrityError, match="sum that the database keeps"), transaction.atomic():
        execute("UPDATE suppliers_purchaseorderline SET received_quantity = 5 WHERE id = %s", line.pk)


def test_a_receipt_past_every_verb_is_still_stopped_at_the_tolerance():
    order = make_sent((make_part(), 10, 1))
    receipt = order.receive([row(order)], by=None)
    line = order.lines.get()
    with pytest.raises(IntegrityError, match="suppliers_poline_received"), transaction.atomic():
        GoodsReceiptLine.write(receipt, line, Decimal(10), Decimal(0), make_location(), "")
    with pytest.raises(IntegrityError, match="suppliers_poline_received"), transaction.atomic():
        GoodsReceiptLine.write(receipt, line, Decimal(-2), Decimal(0), make_location(), "")
    with pytest.raises(IntegrityError, match="one_way"), transaction.atomic():
        GoodsReceiptLine.write(receipt, line, Decimal(1), Decimal(-1), make_location(), "x")


# --- Telling


def test_the_buyer_hears_of_goods_that_somebody_else_took_in(staff, manager):
    receive_all(make_sent(by=manager), by=manager)
    assert not Notification.objects.exists()
    order = make_sent(by=manager)
    receive_all(order, by=staff)
    told = Notification.objects.get()
    assert (told.user, told.url) == (manager, order.get_absolute_url())
    assert order.number in told.title
