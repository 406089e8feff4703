"""The verbs of a delivery: what each does, what it refuses, what history says, and the constraint under it."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone

from apps.customers.tests.factories import make_address, make_customer
from apps.deliveries.models import Carrier, Delivery, DeliveryLine, DeliveryPrinter, Status
from apps.deliveries.tests.factories import (
    faults,
    make_carrier,
    make_delivery,
    make_order,
    make_printer_order,
    make_printers,
    make_shipped,
    make_sold,
)
from apps.documents.models import Document
from apps.numbering.models import Counter
from apps.orders.models import Status as OrderStatus
from apps.parts.models import InsufficientStock, MovementKind, StockMovement
from apps.parts.tests.factories import execute, make_location, make_stock
from gmtc.errors import IllegalMove, Refused, StaleEdit

pytestmark = pytest.mark.django_db


def reasons(record) -> list[str]:
    return list(record.history.order_by("history_id").values_list("history_change_reason", flat=True))


def row(line, quantity, location=None) -> dict:
    location = location or line.part.levels.first().location
    return {"order_line": line, "quantity": Decimal(quantity), "location": location}


# --- Planning


def test_a_new_delivery_takes_address_language_and_date_from_the_order(manager):
    customer = make_customer(company_name="Kern & Söhne GmbH", language="en")
    make_address(customer, person="Warenannahme", street="Tor 2", is_default=True)
    promised = timezone.localdate() + timedelta(days=9)
    delivery = make_delivery(make_order(customer=customer, promised_date=promised), by=manager)
    assert delivery.address_lines(sender="DE", language="en") == [
        "Kern & Söhne GmbH", "Warenannahme", "Tor 2", "70565 Stuttgart",
    ]  # fmt: skip
    assert (delivery.language, delivery.ship_by, delivery.status) == ("en", promised, Status.PENDING)
    assert (delivery.number, reasons(delivery)) == ("", ["create"])
    assert faults() == []


def test_a_later_change_of_the_customers_address_does_not_reach_the_delivery():
    delivery = make_delivery()
    address = delivery.order.ship_to
    address.street = "Neue Straße 9"
    address.save()
    delivery.refresh_from_db()
    assert delivery.street != "Neue Straße 9"


def test_what_is_held_is_proposed_from_the_usual_place_first_then_from_where_most_lies():
    usual, big, small = make_location(code="A-1"), make_location(code="B-1"), make_location(code="C-1")
    part = make_sold(stock=0, default_location=usual)
    for place, quantity in ((small, 2), (big, 5), (usual, 3)):
        make_stock(part, quantity, location=place)
    order = make_order((part, 9))
    assert [(each.location.code, each.quantity) for each in Delivery.propose(order)] == [
        ("A-1", 3), ("B-1", 5), ("C-1", 1),
    ]  # fmt: skip


def test_only_what_is_held_and_not_promised_elsewhere_is_proposed():
    order = make_order((make_sold(stock=6), 10), (make_sold(stock=0), 4))
    assert [each.quantity for each in Delivery.propose(order)] == [6]
    make_delivery(order, quantity=4)
    assert [each.quantity for each in Delivery.propose(order)] == [2]


def test_shelves_that_another_pick_list_empties_are_not_proposed_again():
    part, first, second = make_sold(stock=0), make_location(code="A-1"), make_location(code="B-1")
    make_stock(part, 5, location=first)
    make_stock(part, 4, location=second)
    make_delivery(make_order((part, 4)))
    (proposed, more) = Delivery.propose(make_order((part, 5)))
    assert (proposed.location.code, proposed.quantity) == ("B-1", 4)
    assert (more.location.code, more.quantity) == ("A-1", 1)


def test_work_by_the_hour_is_proposed_without_a_shelf():
    order = make_order((make_sold(stock=0, unit="HUR"), 4))
    assert [(each.quantity, each.location) for each in Delivery.propose(order)] == [(4, None)]
    delivery = make_shipped(order)
    assert StockMovement.objects.filter(reference_id=delivery.pk).count() == 0
    order.refresh_from_db()
    assert order.status == OrderStatus.SHIPPED
    assert faults() == []


def test_nobody_promises_more_than_is_open():
    order = make_order()
    make_delivery(order, quantity=7)
    with pytest.raises(Refused, match="14 would be promised, 10 are still to be shipped"):
        Delivery.begin(order).write({}, [row(order.lines.get(), 7)], by=None)
    assert Delivery.objects.count() == 1


def test_quantities_may_move_between_the_shelves_of_one_line():
    part = make_sold(stock=0)
    for quantity in (6, 7):
        make_stock(part, quantity)
    delivery = make_delivery(make_order((part, 10)))
    first, second = delivery.lines.all()
    rows = [
        {"id": each.pk, "order_line": each.order_line, "quantity": quantity, "location": each.location}
        for each, quantity in ((first, Decimal(4)), (second, Decimal(6)))
    ]
    delivery.write({}, rows, by=None, version=1)
    execute(NOW)
    assert [line.quantity for line in delivery.lines.all()] == [4, 6]


def test_a_cancelled_delivery_promises_nothing_any_more():
    order = make_order()
    first = make_delivery(order)
    first.cancel(by=None, reason="Falsche Adresse")
    make_delivery(order)
    assert faults() == []


def test_an_edit_is_checked_like_a_new_delivery(manager):
    order = make_order()
    delivery, line = make_delivery(order, quantity=4), order.lines.get()
    delivery.write({"notes": "Rampe hinten"}, [row(line, 6)], by=manager, version=1)
    assert (delivery.lines.get().quantity, delivery.notes, delivery.version) == (6, "Rampe hinten", 2)
    with pytest.raises(Refused):
        delivery.write({}, [row(line, 11)], by=manager, version=2)
    with pytest.raises(StaleEdit):
        delivery.write({}, [row(line, 5)], by=manager, version=1)
    assert faults() == []


@pytest.mark.parametrize("wrong", ["other order", "no place", "broken piece", "twice"])
def test_lines_that_cannot_be_are_refused(wrong):
    order = make_order()
    line, other = order.lines.get(), make_order().lines.get()
    rows = {
        "other order": [row(other, 1)],
        "no place": [row(line, 1) | {"location": None}],
        "broken piece": [row(line, "0.5")],
        "twice": [row(line, 1), row(line, 1)],
    }[wrong]
    with pytest.raises((Refused, IntegrityError)), transaction.atomic():
        Delivery.begin(order).write({}, rows, by=None)
    assert Delivery.objects.count() == 0


def test_an_order_that_is_a_draft_or_over_is_not_delivered():
    draft, over = make_order(confirmed=False), make_order()
    over.cancel(by=None, reason="Zurückgezogen")
    for order in (draft, over):
        with pytest.raises(IllegalMove):
            Delivery.begin(order).write({}, [row(order.lines.get(), 1)], by=None)


def test_a_blocked_customer_gets_nothing(manager):
    delivery = make_delivery()
    delivery.order.customer.block("Zahlt nicht", by=manager)
    with pytest.raises(Refused, match="Zahlt nicht"):
        delivery.ship(by=manager)
    with pytest.raises(Refused, match="Zahlt nicht"):
        Delivery.begin(delivery.order).write({}, [], by=manager)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.number) == (Status.PENDING, "")


# --- Shipping


def test_shipping_moves_stock_order_and_number_and_keeps_the_note(manager):
    part = make_sold(stock=12)
    order = make_order((part, 10), by=manager)
    delivery, carrier = make_delivery(order, quantity=4, by=manager), make_carrier(service="Paket")
    delivery.ship(by=manager, carrier=carrier, tracking_number="0034 1", package_count=2, weight=Decimal("8.4"))
    line = order.lines.get()
    part.refresh_from_db()
    order.refresh_from_db()
    assert (part.current_stock, part.reserved_stock) == (8, 6)
    assert (line.shipped_quantity, line.open_quantity, order.status) == (4, 6, OrderStatus.READY)
    assert delivery.number == f"LS-{timezone.localdate().year}-0001"
    assert (delivery.status, delivery.shipped_on, delivery.service) == (
        Status.IN_TRANSIT, timezone.localdate(), "Paket",
    )  # fmt: skip
    movement = StockMovement.objects.get(reference_id=delivery.pk)
    assert (movement.kind, movement.quantity, movement.reference_number) == (MovementKind.SALE, -4, delivery.number)
    assert delivery.lines.get().unit_cost == Decimal("4.2")
    assert delivery.tracking_link.endswith("piececode=0034%201")
    assert delivery.paper.verify()
    assert reasons(delivery) == ["create", "ship"]
    assert delivery.history.latest().history_user == manager
    assert faults() == []


def test_the_order_follows_its_deliveries_to_the_end(manager):
    order = make_order(by=manager)
    first, second = make_shipped(order, quantity=4, by=manager), make_shipped(order, by=manager)
    order.refresh_from_db()
    assert (second.lines.get().quantity, order.status) == (6, OrderStatus.SHIPPED)
    first.deliver(by=manager)
    order.refresh_from_db()
    assert order.status == OrderStatus.SHIPPED
    second.deliver(by=manager, received_by="Frau Kern")
    order.refresh_from_db()
    assert (order.status, order.lines.get().delivered_quantity) == (OrderStatus.DELIVERED, 10)
    assert (second.status, second.received_by, reasons(second)[-1]) == (Status.DELIVERED, "Frau Kern", "deliver")
    assert faults() == []


def test_what_the_customer_collects_has_arrived_at_once(manager):
    delivery = make_shipped(by=manager, carrier=make_carrier(is_pickup=True, tracking_url=""))
    order = delivery.order
    order.refresh_from_db()
    assert (delivery.status, delivery.delivered_on) == (Status.DELIVERED, timezone.localdate())
    assert order.status == OrderStatus.DELIVERED
    assert faults() == []


def test_one_line_may_come_from_two_shelves(manager):
    part = make_sold(stock=0)
    for quantity in (3, 4):
        make_stock(part, quantity)
    delivery = make_shipped(make_order((part, 7)), by=manager)
    assert [line.quantity for line in delivery.lines.all()] == [4, 3]
    assert delivery.order.lines.get().shipped_quantity == 7
    assert faults() == []


def test_free_stock_may_go_where_nothing_is_held():
    part = make_sold(stock=0)
    order = make_order((part, 5))
    place = make_stock(part, 5)
    delivery = Delivery.begin(order)
    delivery.write({}, [row(order.lines.get(), 5, place)], by=None)
    delivery.ship(by=None)
    part.refresh_from_db()
    assert (part.current_stock, part.reserved_stock) == (0, 0)


def test_stock_that_is_held_for_others_does_not_go():
    part = make_sold(stock=5)
    mine = make_order((part, 5))
    late = make_order((part, 5))
    delivery = Delivery.begin(late)
    delivery.write({}, [row(late.lines.get(), 5)], by=None)
    with pytest.raises(InsufficientStock):
        delivery.ship(by=None)
    make_shipped(mine)
    assert faults() == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"shipped_on": timezone.localdate() + timedelta(days=1)}, "shipped_on"),
        ({"shipped_on": timezone.localdate() - timedelta(days=1)}, "shipped_on"),  # it is ordered today
        ({"expected_on": timezone.localdate() - timedelta(days=1)}, "expected_on"),
        ({"tracking_number": "123"}, "carrier"),
        ({"package_count": 0}, "package_count"),
        ({"weight": Decimal("-1")}, "weight"),
    ],
)
def test_a_shipment_that_cannot_be_is_refused_beside_its_field(given, field):
    delivery = make_delivery()
    with pytest.raises(Refused) as refusal:
        delivery.ship(by=None, **given)
    assert refusal.value.field == field
    assert Delivery.objects.get().status == Status.PENDING


def test_a_delivery_is_shipped_once_and_an_empty_one_never():
    delivery = make_shipped()
    with pytest.raises(IllegalMove):
        delivery.ship(by=None)
    order = make_order()
    empty = Delivery.begin(order)
    empty.write({}, [], by=None)
    with pytest.raises(Refused, match="at least one line"):
        empty.ship(by=None)


def test_where_the_note_cannot_be_kept_nothing_has_happened(manager, tmp_path):
    order, printers = make_printer_order(by=manager)
    delivery = make_delivery(order, by=manager)
    line = delivery.lines.get()
    nowhere = Path(tmp_path / "a-file")
    nowhere.write_text("no folder")
    with override_settings(MEDIA_ROOT=nowhere), pytest.raises(OSError):  # noqa: PT011  whichever the file system says
        delivery.ship(by=manager, printers={line: printers})
    delivery, part = Delivery.objects.get(), order.lines.get().part
    assert (delivery.status, delivery.number, part.current_stock) == (Status.PENDING, "", 2)
    assert (order.lines.get().shipped_quantity, part.reserved_stock) == (0, 2)
    assert not StockMovement.objects.filter(kind=MovementKind.SALE).exists()
    assert not DeliveryPrinter.objects.exists()
    assert not Document.objects.about(delivery).exists()
    assert not Counter.objects.filter(series="delivery").exists()
    assert {printer.__class__.objects.get(pk=printer.pk).owner for printer in printers} == {None}
    assert reasons(delivery) == ["create"]
    assert faults() == []


# --- Printers


def test_printers_go_to_the_customer_with_the_day(manager):
    yesterday = timezone.localdate() - timedelta(days=1)
    order, printers = make_printer_order(by=manager, ordered_on=yesterday)
    (proposed,) = Delivery.propose(order)
    assert proposed.printers == printers
    delivery = make_delivery(order, by=manager)
    delivery.ship(by=manager, printers={delivery.lines.get().pk: [each.pk for each in printers]}, shipped_on=yesterday)
    for printer in printers:
        printer.refresh_from_db()
        assert (printer.owner, printer.shipped_on, printer.status) == (order.customer, yesterday, "shipped")
    assert [each.printer for each in delivery.lines.get().printers.all()] == printers
    assert faults() == []


def test_printers_built_for_others_come_last_in_the_proposal():
    order, (mine,) = make_printer_order(1)
    product = mine.part
    _other, (theirs,) = (
        make_order((product, 1)),
        make_printers(product, order_line=make_order((product, 1)).lines.get()),
    )
    (spare,) = make_printers(product)
    (proposed,) = Delivery.propose(order)
    assert proposed.printers == [mine]
    delivery = make_delivery(order)
    with pytest.raises(Refused, match="choose exactly 1"):
        delivery.ship(by=None, printers={delivery.lines.get(): [spare, theirs]})


@pytest.mark.parametrize("wrong", ["none", "too few", "another part", "gone already", "no serials", "unknown line"])
def test_exactly_the_right_printers_must_be_chosen(wrong):
    order, printers = make_printer_order()
    delivery = make_delivery(order)
    line = delivery.lines.get()
    _other, strangers = make_printer_order()
    plain = make_delivery()
    chosen = {
        "none": None,
        "too few": {line: printers[:1]},
        "another part": {line: strangers},
        "gone already": {line: printers},
        "no serials": {plain.lines.get(): printers},
        "unknown line": {line: printers, plain.lines.get(): strangers},
    }[wrong]
    if wrong == "gone already":
        printers[0].hand_over(make_customer(), on=timezone.localdate(), by=None)
    with pytest.raises(Refused):
        (plain if wrong == "no serials" else delivery).ship(by=None, printers=chosen)
    assert not DeliveryPrinter.objects.exists()


def test_a_bought_part_with_its_makers_numbers_asks_for_none():
    delivery = make_shipped(make_order((make_sold(is_serialised=True, procurement="buy"), 3)))
    assert delivery.status == Status.IN_TRANSIT


# --- On the way


def test_the_tracking_number_may_come_later_but_not_after_it_has_arrived(manager):
    delivery = make_shipped(by=manager)
    tomorrow = timezone.localdate() + timedelta(days=1)
    delivery.track(by=manager, tracking_number=" 123 ", carrier=make_carrier(), expected_on=tomorrow)
    assert (delivery.tracking_number, delivery.expected_on, reasons(delivery)[-1]) == ("123", tomorrow, "track")
    delivery.deliver(by=manager)
    with pytest.raises(IllegalMove):
        delivery.track(by=manager, tracking_number="456")


@pytest.mark.parametrize("days", [1, -1])
def test_a_delivery_arrives_after_it_has_left_and_not_in_the_future(days):
    delivery = make_shipped()
    with pytest.raises(Refused):
        delivery.deliver(by=None, delivered_on=timezone.localdate() + timedelta(days=days))


def test_only_what_is_to_be_packed_can_be_cancelled_and_the_reason_stays(manager):
    delivery, shipped = make_delivery(), make_shipped()
    with pytest.raises(Refused):
        delivery.cancel(by=manager, reason="  ")
    delivery.cancel(by=manager, reason="Auftrag geändert")
    assert (delivery.status, delivery.reason, reasons(delivery)[-1]) == (
        Status.CANCELLED, "Auftrag geändert", "cancel",
    )  # fmt: skip
    for gone in (delivery, shipped):
        with pytest.raises(IllegalMove):
            gone.cancel(by=manager, reason="Nochmal")


def test_what_is_to_be_packed_goes_to_the_trash_and_comes_back_while_it_is_still_open(manager):
    order = make_order()
    delivery, shipped = make_delivery(order), make_shipped()
    delivery.discard(by=manager)
    with pytest.raises(Refused, match="in the trash"):
        delivery.ship(by=manager)
    with pytest.raises(Refused, match="stays"):
        shipped.discard(by=manager)
    other = make_delivery(order)
    with pytest.raises(Refused, match="would be promised"):
        delivery.restore(by=manager)
    other.cancel(by=manager, reason="Doppelt")
    delivery.restore(by=manager)
    assert Delivery.objects.get(pk=delivery.pk).deleted_at is None
    assert faults() == []


def test_the_customer_is_told_by_mail_with_the_way_to_follow_it(transactional_db, manager, mailoutbox, run_jobs):
    carrier = make_carrier(name="DHL")
    order = make_order(customer=make_customer(email="einkauf@example.com", language="en"), by=manager)
    delivery = make_delivery(order, by=manager)
    assert delivery.mail_address() == "einkauf@example.com"
    delivery.ship(by=manager, carrier=carrier, tracking_number="00340434", mail_to="einkauf@example.com")
    run_jobs()
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["einkauf@example.com"], f"Delivery note {delivery.number}")
    assert carrier.tracking_link("00340434") in mail.body
    assert order.number in mail.body
    assert mail.attachments[0][0] == f"{delivery.number}.pdf"
    assert delivery.mailed_to == "einkauf@example.com"


# --- Words


def test_late_is_what_should_have_left_or_arrived(manager):
    yesterday, today = timezone.localdate() - timedelta(days=1), timezone.localdate()
    unpacked = make_delivery(ship_by=yesterday)
    on_its_way = make_shipped(shipped_on=yesterday - timedelta(days=2), expected_on=yesterday)
    arrived = make_shipped(shipped_on=yesterday - timedelta(days=2), expected_on=yesterday)
    arrived.deliver(by=manager)
    make_delivery(ship_by=today)
    assert set(Delivery.objects.late()) == {unpacked, on_its_way}
    assert [each.is_late for each in (unpacked, on_its_way, arrived)] == [True, True, False]


def test_a_carrier_needs_a_place_for_the_number_in_its_address():
    for wrong in ("https://example.com/", "https://example.com/{number}{number}", "javascript:{number}", "{number}"):
        with pytest.raises(Exception, match="number|URL|URI"):
            Carrier(name="X", tracking_url=wrong).full_clean()
    carrier = Carrier(name="Y", tracking_url="https://example.com/?n={number}")
    carrier.full_clean()
    assert carrier.tracking_link(" a/b&c ") == "https://example.com/?n=a%2Fb%26c"
    assert carrier.tracking_link("") == ""


def test_a_carrier_in_use_is_not_deleted(manager):
    carrier = make_carrier()
    make_shipped(carrier=carrier)
    with pytest.raises(Refused, match="used by"):
        carrier.discard(by=manager)


# --- What the database refuses


def shipped_line() -> DeliveryLine:
    return make_shipped().lines.get()


def test_nobody_touches_what_has_left():
    line = shipped_line()
    delivery = line.delivery_id
    for sql, values in (
        ("UPDATE deliveries_delivery SET street = 'x' WHERE id = %s", [delivery]),
        ("UPDATE deliveries_delivery SET number = 'LS-1' WHERE id = %s", [delivery]),
        ("UPDATE deliveries_delivery SET status = 'pending' WHERE id = %s", [delivery]),
        ("UPDATE deliveries_delivery SET deleted_at = now() WHERE id = %s", [delivery]),
        ("DELETE FROM deliveries_delivery WHERE id = %s", [delivery]),
        ("UPDATE deliveries_deliveryline SET quantity = 1 WHERE id = %s", [line.pk]),
        ("UPDATE deliveries_deliveryline SET unit_cost = 1 WHERE id = %s", [line.pk]),
        ("UPDATE deliveries_deliveryline SET deleted_at = now() WHERE id = %s", [line.pk]),
        ("UPDATE deliveries_deliveryline SET returned_quantity = 1 WHERE id = %s", [line.pk]),
        ("DELETE FROM deliveries_deliveryline WHERE id = %s", [line.pk]),
        ("UPDATE orders_orderline SET shipped_quantity = 11 WHERE id = %s", [line.order_line_id]),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            execute(sql, *values)
    for table in ("delivery", "deliveryline", "deliveryprinter", "deliveryreturn", "historicaldelivery"):
        with pytest.raises(DatabaseError), transaction.atomic():
            execute(f"TRUNCATE deliveries_{table} CASCADE")


NOW = "SET CONSTRAINTS deliveries_promise_insert, deliveries_promise_update, deliveries_promise_restored IMMEDIATE"


def test_the_database_refuses_promises_beyond_the_order():
    order, stranger = make_order(), make_order().lines.get()
    delivery = make_delivery(order, quantity=10)
    line = delivery.lines.get()
    delivery.discard(by=None)
    other = make_delivery(order, quantity=4).lines.get()
    execute(NOW)  # they are asked at the end of the transaction, which a test never has
    for sql, values in (
        ("UPDATE deliveries_deliveryline SET quantity = 11 WHERE id = %s", [other.pk]),
        ("UPDATE deliveries_delivery SET deleted_at = NULL WHERE id = %s", [delivery.pk]),
        ("UPDATE deliveries_deliveryline SET order_line_id = %s WHERE id = %s", [stranger.pk, line.pk]),
    ):
        with pytest.raises(IntegrityError, match="were ordered|another order"), transaction.atomic():
            execute(sql, *values)
    execute("UPDATE deliveries_deliveryline SET quantity = 10 WHERE id = %s", other.pk)


def test_the_database_keeps_what_a_delivery_must_be():
    delivery = make_delivery()
    for change in (
        "status = 'delivered'",
        "status = 'in_transit'",
        "number = 'LS-2026-0009'",
        "status = 'cancelled'",  # without a reason
        "package_count = 0",
        "weight = 'NaN'",
        "street = ''",
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            execute(f"UPDATE deliveries_delivery SET {change} WHERE id = %s", delivery.pk)  # noqa: S608
    with pytest.raises(DatabaseError), transaction.atomic():
        execute("UPDATE deliveries_deliveryline SET quantity = 'NaN' WHERE delivery_id = %s", delivery.pk)


def test_the_database_lets_a_printer_be_out_only_once():
    order, (printer,) = make_printer_order(1)
    delivery = make_delivery(order)
    delivery.ship(by=None, printers={delivery.lines.get(): [printer]})
    other = make_delivery().lines.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        DeliveryPrinter.objects.create(line=other, printer=printer)
    for sql in (
        "UPDATE deliveries_deliveryprinter SET line_id = %s",
        "UPDATE deliveries_deliveryprinter SET return_line_id = %s",
        "DELETE FROM deliveries_deliveryprinter WHERE line_id <> %s",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            execute(sql, other.pk)
