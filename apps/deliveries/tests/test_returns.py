"""Goods that come back: where they go, at which cost, whose the printers are."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from apps.builds.models import PrinterStatus
from apps.customers.tests.factories import make_customer
from apps.deliveries.models import Condition, DeliveryReturn, DeliveryReturnLine, Status
from apps.deliveries.tests.factories import (
    faults,
    make_delivery,
    make_order,
    make_printer_order,
    make_shipped,
    make_sold,
    returned,
)
from apps.documents.models import Document
from apps.parts.models import MovementKind, StockMovement
from apps.parts.tests.factories import execute, make_location, make_stock
from gmtc.errors import IllegalMove, Refused

pytestmark = pytest.mark.django_db


def test_goods_come_back_into_stock_at_the_cost_at_which_they_left(manager):
    part = make_sold(stock=10)
    delivery, place = make_shipped(make_order((part, 10)), by=manager), make_location()
    delivery.deliver(by=manager)
    make_stock(part, 10, unit_cost=Decimal("9"))  # what is bought meanwhile is dearer
    line = delivery.lines.get()
    paper = delivery.return_([returned(line, 4, location=place)], by=manager, note="Karton war offen")
    movement = StockMovement.objects.get(reference_id=paper.pk)
    assert (movement.kind, movement.quantity, movement.unit_cost, movement.location) == (
        MovementKind.SALE, 4, Decimal("4.2"), place,
    )  # fmt: skip
    assert paper.number == movement.reference_number == f"RS-{timezone.localdate().year}-0001"
    part.refresh_from_db()
    line.refresh_from_db()
    assert part.average_cost == Decimal("7.6286")  # (10 x 9 + 4 x 4.2) / 14, half up
    assert (line.returned_quantity, line.kept_quantity) == (4, 6)
    order_line = delivery.order.lines.get()
    assert (order_line.returned_quantity, order_line.shipped_quantity, order_line.to_invoice) == (4, 10, 6)
    assert delivery.status == Status.DELIVERED
    assert list(delivery.history.values_list("history_change_reason", flat=True)[:1]) == ["take_back"]
    assert Document.objects.about(paper).get().verify()
    assert faults() == []


def test_all_back_is_a_returned_delivery_and_nothing_more_comes(manager):
    delivery = make_shipped(by=manager)
    line = delivery.lines.get()
    delivery.return_([returned(line, 6)], by=manager)
    assert delivery.status == Status.IN_TRANSIT
    delivery.return_([returned(line, 4)], by=manager)
    assert delivery.status == Status.RETURNED
    assert DeliveryReturn.objects.count() == 2
    with pytest.raises(IllegalMove):
        delivery.return_([returned(line, 1)], by=manager)
    assert faults() == []


def test_what_came_back_on_the_way_has_not_arrived(manager):
    delivery = make_shipped(by=manager)
    delivery.return_([returned(delivery.lines.get(), 3)], by=manager)
    delivery.deliver(by=manager)
    line = delivery.order.lines.get()
    assert (line.delivered_quantity, line.returned_quantity) == (7, 3)
    assert faults() == []


def test_scrap_goes_nowhere(manager):
    part = make_sold(stock=10)
    delivery = make_shipped(make_order((part, 10)), by=manager)
    line = delivery.lines.get()
    delivery.return_([returned(line, 1, condition=Condition.SCRAP, location=make_location())], by=manager)
    part.refresh_from_db()
    assert part.current_stock == 0
    assert DeliveryReturnLine.objects.get().location is None
    assert faults() == []


def test_what_came_back_damaged_is_promised_to_nobody_until_somebody_has_repaired_it(manager):
    part = make_sold(stock=10)
    delivery = make_shipped(make_order((part, 10)), by=manager)
    paper = delivery.return_([returned(delivery.lines.get(), 3, condition=Condition.DAMAGED)], by=manager)
    part.refresh_from_db()
    assert (part.current_stock, part.free_stock) == (3, 0)
    held = part.reservations.get(quantity__gt=0)
    assert paper.number in held.note
    held.free(by=manager)
    part.refresh_from_db()
    assert part.free_stock == 3
    assert faults() == []


def test_a_damaged_printer_is_free_when_it_is_restocked(manager):
    order, (printer,) = make_printer_order(1, by=manager)
    delivery = make_delivery(order, by=manager)
    line = delivery.lines.get()
    delivery.ship(by=manager, printers={line: [printer]})
    delivery.return_([returned(line, 1, condition=Condition.DAMAGED, printers=(printer,))], by=manager)
    part = printer.part
    part.refresh_from_db()
    assert (part.current_stock, part.free_stock) == (1, 0)
    assert part.reservations.get(quantity__gt=0).reference_number == printer.serial
    printer.refresh_from_db()
    printer.restock(by=manager)
    part.refresh_from_db()
    assert part.free_stock == 1
    assert faults() == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"quantity": 11}, "11 would come back, 10 are out"),
        ({"quantity": 0}, "enter a quantity"),
        ({"quantity": -1}, "greater than zero"),
        ({"location": None}, "where it is put"),
        ({"reason": " "}, "why it came back"),
    ],
)
def test_a_return_that_cannot_be_is_refused(change, text):
    delivery = make_shipped()
    row = returned(delivery.lines.get(), change.pop("quantity", 1), **change)
    with pytest.raises(Refused, match=text):
        delivery.return_([row], by=None)
    assert not DeliveryReturn.objects.exists()


def test_a_line_of_another_delivery_is_refused_and_so_is_what_was_not_shipped():
    delivery, other = make_shipped(), make_shipped()
    with pytest.raises(Refused, match="does not belong"):
        delivery.return_([returned(other.lines.get(), 1)], by=None)
    pending = make_delivery()
    with pytest.raises(IllegalMove):
        pending.return_([returned(pending.lines.get(), 1)], by=None)


@pytest.mark.parametrize("days", [-1, 1])
def test_goods_come_back_after_they_have_left_and_not_in_the_future(days):
    delivery = make_shipped()
    with pytest.raises(Refused, match="come back after"):
        delivery.return_(
            [returned(delivery.lines.get(), 1)], by=None, returned_on=timezone.localdate() + timedelta(days=days)
        )


@pytest.mark.parametrize(
    ("condition", "status"),
    [(Condition.GOOD, PrinterStatus.IN_STOCK), (Condition.DAMAGED, PrinterStatus.RETURNED)],
)
def test_printers_are_ours_again_and_may_be_sold_only_as_good_as_new(manager, condition, status):
    order, (first, second) = make_printer_order(2, by=manager)
    delivery = make_delivery(order, by=manager)
    line = delivery.lines.get()
    delivery.ship(by=manager, printers={line: [first, second]})
    delivery.return_([returned(line, 1, condition=condition, printers=(first,))], by=manager)
    first.refresh_from_db()
    assert (first.owner, first.status) == (None, status)
    assert [each.printer for each in line.printers.all() if each.return_line_id is None] == [second]
    with pytest.raises(Refused, match="choose exactly 1"):  # it is back already
        delivery.return_([returned(line, 1, printers=(first,))], by=manager)
    assert faults() == []


def test_a_printer_that_came_back_can_be_sold_again(manager):
    order, (printer,) = make_printer_order(1, by=manager)
    delivery = make_delivery(order, by=manager)
    line = delivery.lines.get()
    delivery.ship(by=manager, printers={line: [printer]})
    delivery.return_([returned(line, 1, printers=(printer,))], by=manager)
    again = make_delivery(make_order((printer.part, 1), customer=make_customer()), by=manager)
    again.ship(by=manager, printers={again.lines.get(): [printer]})
    printer.refresh_from_db()
    assert printer.owner == again.order.customer
    assert faults() == []


def test_nobody_touches_a_return():
    delivery = make_shipped()
    paper = delivery.return_([returned(delivery.lines.get(), 1)], by=None)
    with pytest.raises(Refused):
        paper.discard(by=None)
    for sql in (
        "UPDATE deliveries_deliveryreturn SET note = 'x'",
        "DELETE FROM deliveries_deliveryreturn",
        "UPDATE deliveries_deliveryreturnline SET quantity = 2",
        "DELETE FROM deliveries_deliveryreturnline",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            execute(sql)


def test_the_database_lets_no_more_come_back_than_was_shipped():
    delivery = make_shipped()
    paper, line = delivery.return_([returned(delivery.lines.get(), 1)], by=None), delivery.lines.get()
    values = {"delivery_return": paper, "line": line, "condition": Condition.SCRAP, "reason": "x"}
    for change in ({"quantity": 10}, {"quantity": 0}, {"quantity": 1, "reason": ""}):
        with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
            DeliveryReturnLine.objects.create(**values | change)
