"""A purchase order from draft to its end."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.documents.models import Document
from apps.parts.tests.factories import execute, make_location, make_part
from apps.suppliers.models import PurchaseOrder, PurchaseOrderLine, SupplierPart
from apps.suppliers.tests.factories import (
    faults,
    make_offer,
    make_order,
    make_sent,
    make_supplier,
    receive_all,
)
from gmtc.errors import IllegalMove, Refused, StaleEdit

pytestmark = pytest.mark.django_db


def refused_by_the_database(sql: str, *values) -> str:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        execute(sql, *values)
    return str(error.value)


# --- Drafts


def test_a_draft_has_a_label_but_no_number():
    order = make_order()
    assert order.number == ""
    assert str(order) == f"Draft {order.pk.hex[-4:].upper()}"


def test_the_total_is_the_sum_of_the_rounded_lines():
    order = make_order(
        {"part": make_part(), "quantity": 3, "unit_price": "0.3350"},  # 1.005, so 1.01
        {"part": make_part(), "quantity": 10, "unit_price": "2", "discount": Decimal("2.5")},  # 20 - 0.50
    )
    assert [line.net for line in order.lines.all()] == [Decimal("1.01"), Decimal("19.50")]
    assert order.total == Decimal("20.51")
    assert faults() == []


def test_a_line_takes_unit_and_description_from_its_part():
    line = make_order({"part": make_part(name="Fan 40", unit="SET"), "quantity": 1, "unit_price": 1}).lines.get()
    assert (line.unit, line.description) == ("SET", "Fan 40")


def test_writing_changes_adds_removes_and_renumbers_lines_in_one_go(staff):
    order = make_order((make_part(sku="A"), 1, 1), (make_part(sku="B"), 1, 1), (make_part(sku="C"), 1, 1))
    a, b, c = order.lines.all()
    rows = [
        {"id": c.pk, "quantity": Decimal(5)},
        {"part": make_part(sku="D"), "quantity": Decimal(2), "unit_price": Decimal(1)},
        {"id": a.pk},
    ]
    order.write({"notes": "Hello"}, rows, by=staff, version=order.version)
    assert [(line.part.sku, line.quantity, line.position) for line in order.lines.all()] == [
        ("C", 5, 1), ("D", 2, 2), ("A", 1, 3),
    ]  # fmt: skip
    assert (order.total, order.version, order.notes) == (8, 2, "Hello")
    assert PurchaseOrderLine.everything.get(pk=b.pk).deleted_at
    assert faults() == []


def test_writing_what_is_there_already_writes_nothing(staff):
    order = make_order()
    line = order.lines.get()
    order.write({"notes": ""}, [{"id": line.pk, "quantity": line.quantity}], by=staff, version=1)
    assert (order.version, order.history.count(), line.history.count()) == (1, 1, 1)


def test_a_change_of_a_line_alone_makes_a_later_writer_stale(staff):
    order = make_order()
    other = PurchaseOrder.objects.get()
    line = order.lines.get()
    order.write({}, [{"id": line.pk, "quantity": Decimal(3)}], by=staff, version=1)
    with pytest.raises(StaleEdit):
        other.write({}, [{"id": line.pk, "quantity": Decimal(4)}], by=staff, version=1)
    assert order.lines.get().quantity == 3


def test_a_line_of_another_order_is_not_taken_away_from_it(staff):
    theirs = make_order().lines.get()
    mine = make_order()
    row = {"id": theirs.pk, "part": theirs.part, "quantity": Decimal(1), "unit_price": Decimal(1)}
    mine.write({}, [row], by=staff, version=1)
    theirs.refresh_from_db()
    assert theirs.purchase_order != mine
    assert theirs.quantity == 10


def test_a_draft_goes_to_the_trash_and_back_a_sent_order_does_not(staff):
    draft, sent = make_order(), make_sent()
    draft.discard(by=staff)
    assert draft.deleted_at
    draft.restore(by=staff)
    with pytest.raises(Refused):
        sent.discard(by=staff)
    assert "does not change" in refused_by_the_database(
        "UPDATE suppliers_purchaseorder SET deleted_at = now() WHERE id = %s", sent.pk
    )


# --- Sending


def test_sending_numbers_dates_and_copies_the_terms(manager):
    supplier = make_supplier(
        name="Nordschrauben", street="Am Kanal 7", postcode="20095", city="Hamburg", customer_number="KD-77",
        payment_days=30, discount_percent=Decimal(2), discount_days=10, incoterm="DAP", delivery_terms="frei Haus",
    )  # fmt: skip
    order = make_order(supplier=supplier)
    order.send(by=manager)
    order.refresh_from_db()
    today = timezone.localdate()
    assert order.number == f"BE-{today.year}-0001"
    assert (order.status, order.order_date, order.ordered_by) == ("sent", today, manager)
    assert order.supplier_address == "Nordschrauben\nAm Kanal 7\n20095 Hamburg"
    assert (order.customer_number, order.payment_days, order.delivery_terms) == ("KD-77", 30, "DAP, frei Haus")
    assert "Musterstraße 1" in order.ship_to
    assert order.history.first().history_change_reason == "send"
    supplier.revise({"payment_days": 21, "street": "Elsewhere 1"}, by=manager, version=supplier.version)
    order.refresh_from_db()
    assert (order.payment_days, order.supplier_address.splitlines()[1]) == (30, "Am Kanal 7")


def test_the_pdf_is_kept_as_it_was_sent(manager):
    order = make_sent(by=manager)
    paper = Document.objects.about(order).get()
    assert (paper.number, paper.kind, paper.verify()) == (order.number, "purchase_order", True)
    assert paper.content().startswith(b"%PDF")


def test_an_empty_order_is_not_sent_and_takes_no_number(manager):
    order = PurchaseOrder(supplier=make_supplier())
    order.save(by=manager, reason="create")
    with pytest.raises(Refused, match="at least one line"):
        order.send(by=manager)
    assert make_sent().number.endswith("-0001")


def test_nothing_is_ordered_from_a_blocked_supplier(manager):
    order = make_order(supplier=make_supplier(name="Cheap & Late"))
    order.supplier.revise({"is_blocked": True}, by=manager, version=1)
    with pytest.raises(Refused, match="Cheap & Late is blocked"):
        order.send(by=manager)
    assert PurchaseOrder.objects.get().status == "draft"


def test_an_order_date_in_the_future_is_refused(manager):
    with pytest.raises(Refused, match="future"):
        make_order().send(by=manager, order_date=timezone.localdate() + timedelta(days=1))


def test_a_sent_order_is_not_edited(staff):
    order = make_sent()
    with pytest.raises(IllegalMove):
        order.write({"notes": "More"}, None, by=staff, version=order.version)


@pytest.mark.parametrize(
    "change",
    [
        "quantity = 11",
        "unit_price = 1",
        "net = 1",
        "discount = 1",
        "deleted_at = now()",
        "position = 9",
        "tolerance = 50",
    ],
)
def test_the_database_freezes_the_lines_of_a_sent_order(change):
    line = make_sent().lines.get()
    said = refused_by_the_database(f"UPDATE suppliers_purchaseorderline SET {change} WHERE id = %s", line.pk)  # noqa: S608 - the columns stand above
    assert "sent" in said


@pytest.mark.parametrize(
    "change", ["total = 1", "payment_days = 9", "exchange_rate = 2", "number = 'BE-1'", "notes = 'x'"]
)
def test_the_database_freezes_the_head_of_a_sent_order(change):
    order = make_sent()
    refused_by_the_database(f"UPDATE suppliers_purchaseorder SET {change} WHERE id = %s", order.pk)  # noqa: S608 - the columns stand above


def test_the_database_takes_no_new_line_and_loses_none_of_a_sent_order():
    line = make_sent().lines.get()
    with pytest.raises(IntegrityError, match="sent"), transaction.atomic():
        PurchaseOrderLine(purchase_order=line.purchase_order, part=line.part, quantity=1, unit_price=Decimal(1)).save()
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # PostgreSQL truncates no table with checks still to do
    refused_by_the_database("DELETE FROM suppliers_purchaseorderline")
    refused_by_the_database("TRUNCATE suppliers_purchaseorderline CASCADE")
    refused_by_the_database("TRUNCATE suppliers_purchaseorder CASCADE")


def test_the_total_of_a_draft_is_no_hand_of_ours_to_write():
    order = make_order()
    assert "sum that the database keeps" in refused_by_the_database(
        "UPDATE suppliers_purchaseorder SET total = 1 WHERE id = %s", order.pk
    )
    PurchaseOrder.objects.get().save()  # writes every column but the total
    assert PurchaseOrder.objects.get().total == 20


# --- States


def test_only_legal_moves_pass_the_database():
    order = make_sent()
    assert "not a legal move" in refused_by_the_database(
        "UPDATE suppliers_purchaseorder SET status = 'draft' WHERE id = %s", order.pk
    )
    assert "a new row cannot be" in refused_by_the_database(
        "INSERT INTO suppliers_purchaseorder (id, created_at, updated_at, version, number, status, supplier_id, "
        "order_date, supplier_reference, language, currency, exchange_rate, notes, internal_notes, ship_to, "
        "supplier_address, customer_number, payment_days, discount_percent, discount_days, delivery_terms, total, "
        "is_closed_short, reason, mailed_to) SELECT gen_random_uuid(), created_at, updated_at, 1, 'BE-X', status, "
        "supplier_id, order_date, '', language, currency, 1, '', '', '', '', '', 0, 0, 0, '', 0, false, '', '' "
        "FROM suppliers_purchaseorder"
    )


def test_cancelling_needs_a_reason_and_an_order_of_which_nothing_came(manager):
    order = make_sent()
    with pytest.raises(Refused, match="why"):
        order.cancel(by=manager, reason=" ")
    order.cancel(by=manager, reason="Ordered twice")
    assert (order.status, order.reason) == ("cancelled", "Ordered twice")
    other = make_sent()
    receive_all(other)
    with pytest.raises(IllegalMove):
        other.cancel(by=manager, reason="Too late")
    with pytest.raises(IllegalMove):
        order.send(by=manager)
    assert faults() == []


def test_closing_short_ends_the_wait_and_reopening_begins_it_again(manager):
    order = make_sent((make_part(), 10, 1))
    with pytest.raises(IllegalMove):
        order.close_short(by=manager)
    order.receive([(order.lines.get(), 4, 0, make_location())], by=manager)
    order.close_short(by=manager, reason="Out of production")
    assert (order.status, order.is_closed_short) == ("received", True)
    assert not PurchaseOrder.objects.open().exists()
    assert faults() == []
    order.reopen(by=manager)
    assert (order.status, order.is_closed_short, order.reason) == ("partial", False, "")
    receive_all(order)
    with pytest.raises(Refused, match="Everything"):
        order.reopen(by=manager)
    assert faults() == []


# --- Words


def test_late_is_an_open_order_with_something_to_come_past_its_date():
    today = timezone.localdate()
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    late = make_sent(expected_delivery_date=yesterday)
    make_order(expected_delivery_date=yesterday)
    make_sent(expected_delivery_date=tomorrow)
    make_sent()
    done = make_sent(expected_delivery_date=yesterday)
    receive_all(done)
    put_off = make_sent(
        {"part": make_part(), "quantity": 1, "unit_price": 1, "expected_date": tomorrow},
        expected_delivery_date=yesterday,
    )
    early_line = make_sent(
        {"part": make_part(), "quantity": 1, "unit_price": 1, "expected_date": yesterday},
        expected_delivery_date=tomorrow,
    )
    assert set(PurchaseOrder.objects.late()) == {late, early_line}
    assert [order.is_late for order in (late, done, put_off, early_line)] == [True, False, False, True]
    assert set(PurchaseOrder.objects.due(tomorrow, tomorrow)) >= {put_off}
    assert late not in PurchaseOrder.objects.due(today, tomorrow)


def test_the_suppliers_confirmation_moves_dates_of_a_sent_order(staff):
    order = make_sent((make_part(), 1, 1), (make_part(), 1, 1))
    first, second = order.lines.all()
    day = timezone.localdate() + timedelta(days=9)
    order.acknowledge(by=staff, supplier_reference="AB-9", expected_delivery_date=day, lines={first.pk: day})
    order.refresh_from_db()
    assert (order.supplier_reference, order.expected_delivery_date) == ("AB-9", day)
    assert [line.expected_date for line in order.lines.all()] == [day, None]
    with pytest.raises(IllegalMove):
        make_order().acknowledge(by=staff, supplier_reference="", expected_delivery_date=None)


def test_a_copy_is_a_draft_at_the_prices_of_today(staff):
    part, gone = make_part(), make_part()
    supplier = make_supplier()
    offer = make_offer(part, supplier, price=Decimal("3"), breaks={10: "2.50"})
    order = make_sent((part, 10, 9), (gone, 1, 9), supplier=supplier, currency="EUR")
    assert SupplierPart.objects.get() == offer
    draft = order.copy(by=staff)
    assert (draft.status, draft.number, draft.supplier) == ("draft", "", supplier)
    assert [line.unit_price for line in draft.lines.all()] == [Decimal("2.5"), Decimal("9")]
    assert faults() == []


# --- Currency


def test_the_rate_of_the_euro_is_one_here_and_in_the_database():
    with pytest.raises(IntegrityError, match="suppliers_po_euro"), transaction.atomic():
        make_order(currency="EUR", exchange_rate=Decimal("1.1"))
    order = make_order((make_part(), 10, "1.09"), currency="USD", exchange_rate=Decimal("1.09"))
    assert (order.total, order.total_in_euros) == (Decimal("10.90"), Decimal("10.00"))


@pytest.mark.parametrize(
    "column",
    ["quantity = 'NaN'", "unit_price = 'NaN'", "unit_price = -1", "discount = 101", "discount = 'NaN'", "quantity = 0"],
)
def test_the_database_takes_no_nonsense_in_a_draft(column):
    line = make_order().lines.get()
    refused_by_the_database(f"UPDATE suppliers_purchaseorderline SET {column} WHERE id = %s", line.pk)  # noqa: S608 - the columns stand above


def test_goods_are_not_expected_before_they_are_ordered(staff):
    today = timezone.localdate()
    order = make_order(expected_delivery_date=today - timedelta(days=3))
    with pytest.raises(Refused, match="expected before it is ordered"):
        order.send(by=staff)
    order.refresh_from_db()
    assert (order.status, order.number) == ("draft", "")
    order.send(by=staff, order_date=today - timedelta(days=3))
    assert order.status == "sent"
