"""A quote and an order from draft to their end."""
# ruff: noqa: S608 - the SQL is put together from names in this file

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.company.models import Company
from apps.customers.tests.factories import AUSTRIAN, make_address, make_contact, make_customer
from apps.documents.models import Document
from apps.orders.models import CustomerOrder, OrderLine, Status
from apps.orders.tests.factories import (
    faults,
    make_confirmed,
    make_delivered,
    make_order,
    make_quoted,
    make_sold_part,
    ship,
)
from apps.parts.models import InsufficientStock, Reference, Reservation
from apps.parts.tests.factories import execute, make_location, make_stock
from gmtc.errors import IllegalMove, Refused, StaleEdit

pytestmark = pytest.mark.django_db


def refused_by_the_database(sql: str, *values) -> str:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        execute(sql, *values)
    return str(error.value)


def last_reason(record) -> str:
    return record.history.first().history_change_reason


# --- Drafts


def test_a_draft_has_a_label_but_no_number():
    order = make_order()
    assert (order.number, order.quote_number) == ("", "")
    assert str(order) == f"Draft {order.pk.hex[-4:].upper()}"


def test_tax_is_on_the_sum_of_a_rate_and_not_on_each_line():
    part = make_sold_part()
    order = make_order((part, 1, "10.01"), (part, 1, "10.01"), (part, 1, "10.01"))
    assert (order.net, order.tax_amount, order.total) == (Decimal("30.03"), Decimal("5.71"), Decimal("35.74"))
    assert faults() == []


def test_discount_and_shipping_are_shared_out_over_the_rates():
    part = make_sold_part()
    order = make_order(
        {"part": part, "quantity": 1, "unit_price": "100", "vat_rate": Decimal(19)},
        {"part": part, "quantity": 1, "unit_price": "50", "vat_rate": Decimal(7)},
        discount_percent=Decimal(3),
        shipping_cost=Decimal("10"),
    )
    seven, nineteen = order.amounts().groups
    assert (seven.base, seven.tax) == (Decimal("51.83"), Decimal("3.63"))  # 50 - 1.50 + 3.33
    assert (nineteen.base, nineteen.tax) == (Decimal("103.67"), Decimal("19.70"))  # 100 - 3.00 + 6.67
    assert (order.net, order.tax_amount, order.total) == (Decimal("155.50"), Decimal("23.33"), Decimal("178.83"))
    assert faults() == []


def test_a_line_takes_unit_description_price_and_rate_from_part_and_order():
    part = make_sold_part(name="Hotend kit", unit="SET", unit_price=Decimal("219"))
    line = make_order({"part": part, "quantity": 1}).lines.get()
    assert (line.unit, line.description, line.unit_price, line.vat_rate) == ("SET", "Hotend kit", 219, 19)


@pytest.mark.parametrize(
    ("fields", "case"),
    [({"country": "AT", "vat_id": AUSTRIAN}, "K"), ({"country": "US"}, "G"), ({"country": "FR"}, "OSS")],
)
def test_the_customer_says_how_an_order_is_taxed(fields, case):
    order = make_order(customer=make_customer(**fields))
    assert order.tax_case == case
    assert order.lines.get().vat_rate == (19 if case == "OSS" else 0)


def test_a_consumer_elsewhere_in_the_eu_pays_the_rate_of_where_the_goods_go():
    company = Company.current()
    company.uses_oss = True
    company.save()
    order = make_order((make_sold_part(), 1, 100), customer=make_customer(country="FR", last_name="Perrin"))
    assert (order.lines.get().vat_rate, order.total) == (20, 120)


def test_a_small_business_charges_no_vat():
    company = Company.current()
    company.is_small_business = True
    company.save()
    order = make_order((make_sold_part(), 1, 100))
    assert (order.tax_case, order.total) == ("E", 100)


def test_another_tax_case_takes_the_rate_away_and_back():
    order = make_order((make_sold_part(), 1, 100))
    order.write({"tax_case": "G"}, None, by=None, version=order.version)
    assert (order.lines.get().vat_rate, order.total) == (0, 100)
    order.write({"tax_case": "S"}, None, by=None, version=order.version)
    assert (order.lines.get().vat_rate, order.total) == (19, 119)
    assert faults() == []


def test_a_stale_edit_is_refused(staff):
    order = make_order()
    other = CustomerOrder.objects.get()
    order.write({"notes": "first"}, None, by=staff, version=1)
    with pytest.raises(StaleEdit):
        other.write({"notes": "second"}, None, by=staff, version=1)
    assert CustomerOrder.objects.get().notes == "first"


@pytest.mark.parametrize("name", ["contact", "billing_address", "shipping_address"])
def test_contact_and_addresses_are_those_of_the_customer(name):
    stranger = make_contact() if name == "contact" else make_address()
    order = make_order()
    with pytest.raises(Refused) as refusal:
        order.write({name: stranger}, None, by=None, version=order.version)
    assert refusal.value.field == name
    assert "those of the customer" in refused_by_the_database(
        f"UPDATE orders_customerorder SET {name}_id = %s WHERE id = %s", stranger.pk, order.pk
    )


def test_a_draft_goes_to_the_trash_and_back_a_quote_does_not(staff):
    draft, quoted = make_order(), make_quoted()
    draft.discard(by=staff)
    assert draft.deleted_at
    draft.restore(by=staff)
    with pytest.raises(Refused):
        quoted.discard(by=staff)
    assert "does not change" in refused_by_the_database(
        "UPDATE orders_customerorder SET deleted_at = now() WHERE id = %s", quoted.pk
    )


def test_a_copy_is_a_draft_with_the_same_lines_on_the_terms_of_today(staff):
    customer = make_customer()
    order = make_confirmed(
        {"part": make_sold_part(), "quantity": 3, "unit_price": "7", "customizations": {"Colour": "red"}},
        customer=customer,
    )
    customer.revise({"skonto_percent": 2, "skonto_days": 8, "language": "en"}, by=None, version=customer.version)
    draft = CustomerOrder.objects.get(pk=order.pk).copy(by=staff)
    assert (draft.status, draft.number, draft.language, draft.skonto_percent) == ("draft", "", "en", 2)
    assert [(line.quantity, line.unit_price, line.customizations) for line in draft.lines.all()] == [
        (3, 7, {"Colour": "red"})
    ]
    assert (draft.net, draft.responsible) == (21, staff)


# --- Quotes


def test_a_quote_gets_number_days_terms_and_paper(staff):
    order = make_order(customer=make_customer(payment_days=21))
    order.quote(by=staff)
    today = timezone.localdate()
    assert (order.status, order.quote_number) == ("quoted", f"AN-{today.year}-0001")
    assert (order.quote_date, order.valid_until) == (today, today + timedelta(days=Company.current().quote_days))
    assert (order.responsible, order.payment_days) == (staff, 21)
    assert order.billing_address == order.customer.billing_address
    assert [(paper.kind, paper.number) for paper in order.papers] == [("quote", order.quote_number)]
    assert last_reason(order) == "quote"


def test_a_withdrawn_quote_keeps_its_number_and_becomes_the_next_version(staff):
    order = make_quoted()
    number = order.quote_number
    order.withdraw(by=staff)
    order.write({"notes": "Cheaper"}, None, by=staff, version=order.version)
    order.quote(by=staff)
    assert order.quote_number == number
    assert [paper.number for paper in order.papers] == [f"{number}/2", number]
    assert make_quoted().quote_number.endswith("-0002")


def test_a_quote_that_would_have_expired_is_refused():
    order, today = make_order(), timezone.localdate()
    with pytest.raises(Refused) as refusal:
        order.quote(by=None, valid_until=today - timedelta(days=1))
    assert refusal.value.field == "valid_until"
    with pytest.raises(Refused):
        order.quote(by=None, quote_date=today + timedelta(days=1))
    assert CustomerOrder.objects.get().quote_number == ""


def test_a_quote_expires_and_may_still_be_confirmed():
    today = timezone.localdate()
    order = make_order()
    order.quote(by=None, quote_date=today - timedelta(days=20), valid_until=today - timedelta(days=1))
    assert order.is_expired
    assert [*CustomerOrder.objects.expired()] == [order]
    order.confirm(by=None)
    assert not order.is_expired


def test_a_declined_quote_says_why_and_is_over(staff):
    order = make_quoted()
    with pytest.raises(Refused):
        order.decline(by=staff, reason=" ")
    order.decline(by=staff, reason="Too dear")
    assert (order.status, order.reason, last_reason(order)) == ("declined", "Too dear", "decline")
    for verb in ("quote", "confirm", "withdraw"):
        with pytest.raises(IllegalMove):
            getattr(order, verb)(by=staff)


@pytest.mark.parametrize("verb", ["quote", "confirm"])
def test_what_may_not_be_sold_is_refused(verb):
    order = make_order()
    empty = make_order()
    line = empty.lines.get()
    line.discard(by=None)
    with pytest.raises(Refused, match="at least one line"):
        getattr(empty, verb)(by=None)
    part = order.lines.get().part
    part.revise({"is_sellable": False}, by=None, version=part.version)
    with pytest.raises(Refused, match="is not sold"):
        getattr(order, verb)(by=None)
    untaxed = make_order({"part": make_sold_part(), "quantity": 1, "vat_rate": Decimal(0)})
    with pytest.raises(Refused, match="has no VAT"):
        getattr(untaxed, verb)(by=None)
    blocked = make_order()
    blocked.customer.block("Does not pay", by=None)
    with pytest.raises(Refused, match="Does not pay"):
        getattr(CustomerOrder.objects.get(pk=blocked.pk), verb)(by=None)
    assert not Document.objects.exists()


# --- Confirming


def test_confirming_numbers_holds_stock_and_issues_the_confirmation(staff):
    part = make_sold_part(stock=10)
    order = make_order((part, 4))
    order.confirm(by=staff, customer_reference=" PO 77 ", promised_date=timezone.localdate() + timedelta(days=9))
    part.refresh_from_db()
    line = order.lines.get()
    assert (order.status, order.number) == ("ready", f"AB-{timezone.localdate().year}-0001")
    assert (order.customer_reference, order.order_date) == ("PO 77", timezone.localdate())
    assert (line.reserved_quantity, line.missing_quantity, part.reserved_stock) == (4, 0, 4)
    assert Reservation.objects.get().reference_number == f"{order.number} / 1"
    assert [paper.kind for paper in order.papers] == ["order_confirmation"]
    assert last_reason(order) == "confirm"
    assert faults() == []


def test_what_is_not_in_stock_is_missing():
    order = make_confirmed((make_sold_part(stock=3), 5))
    line = order.lines.get()
    assert (order.status, line.reserved_quantity, line.missing_quantity) == ("pending", 3, 2)


def test_two_lines_of_one_part_share_what_is_there_the_first_first():
    part = make_sold_part(stock=5)
    order = make_order((part, 4), (part, 4))
    assert [(each.held, each.missing) for each in order.outlook()] == [(4, 0), (1, 3)]
    order.confirm(by=None)
    assert [line.reserved_quantity for line in order.lines.all()] == [4, 1]
    assert faults() == []


def test_hours_of_work_lie_on_no_shelf():
    order = make_confirmed((make_sold_part(unit="HUR"), "2.5"))
    line = order.lines.get()
    assert (order.status, line.missing_quantity, line.shippable_quantity) == ("ready", 0, Decimal("2.5"))
    assert [*CustomerOrder.objects.shippable()] == [order]


def test_a_promise_before_the_order_is_refused():
    order = make_order()
    with pytest.raises(Refused) as refusal:
        order.confirm(by=None, promised_date=timezone.localdate() - timedelta(days=1))
    assert refusal.value.field == "promised_date"
    with pytest.raises(Refused):
        order.confirm(by=None, order_date=timezone.localdate() + timedelta(days=1))
    assert not Reservation.objects.exists()


def test_a_confirmed_order_is_not_edited_but_arranged(staff):
    order = make_confirmed()
    with pytest.raises(IllegalMove):
        order.write({"notes": "x"}, None, by=staff, version=order.version)
    day, place = timezone.localdate() + timedelta(days=3), make_address(order.customer)
    order.arrange(by=staff, version=order.version, promised_date=day, shipping_address=place)
    order.refresh_from_db()
    assert (order.promised_date, order.ship_to) == (day, place)
    with pytest.raises(StaleEdit):
        order.arrange(by=staff, version=1, promised_date=None)
    with pytest.raises(Refused):
        order.arrange(by=staff, version=order.version, shipping_address=make_address())
    with pytest.raises(TypeError):
        order.arrange(by=staff, version=order.version, discount_percent=50)


def test_the_part_may_change_and_the_line_stays_as_it_was_agreed():
    order = make_confirmed((make_sold_part(stock=2, name="Old name"), 2))
    line = order.lines.get()
    line.part.revise({"name": "New name", "unit_price": 5}, by=None, version=line.part.version)
    line = OrderLine.objects.get()
    ship(line, 2)
    assert (line.unit, line.description, line.unit_price) == ("H87", "Old name", 100)


def test_what_was_agreed_is_locked_in_the_database():
    order = make_confirmed()
    for change in ("total = 1, net = 1, tax_amount = 0", "discount_percent = 50", "tax_case = 'G'", "number = 'X'"):
        refused_by_the_database(f"UPDATE orders_customerorder SET {change} WHERE id = %s", order.pk)
    for change in ("quantity = 99", "unit_price = 1", "vat_rate = 0", "deleted_at = now()", "reserved_quantity = 1"):
        refused_by_the_database(f"UPDATE orders_orderline SET {change} WHERE order_id = %s", order.pk)
    refused_by_the_database("DELETE FROM orders_orderline WHERE order_id = %s", order.pk)
    refused_by_the_database("DELETE FROM orders_customerorder WHERE id = %s", order.pk)
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE waits for nothing that is pending
    refused_by_the_database("TRUNCATE orders_customerorder CASCADE")
    refused_by_the_database("UPDATE orders_historicalcustomerorder SET reason = 'x'")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("shipped_quantity = -1", "orders_line_delivered"),
        ("shipped_quantity = 3", "orders_line_reserved"),
        ("delivered_quantity = 1", "orders_line_delivered"),
        ("returned_quantity = 1", "orders_line_returned"),
        ("invoiced_quantity = 1", "orders_line_invoiced"),
        ("built_quantity = 3", "orders_line_built"),
        ("built_quantity = 'NaN'", "orders_line_built"),
    ],
)
def test_no_line_goes_further_than_it_may(change, constraint):
    order = make_confirmed((make_sold_part(), 2))
    assert constraint in refused_by_the_database(f"UPDATE orders_orderline SET {change} WHERE order_id = %s", order.pk)


def test_only_legal_moves_pass_the_database():
    order = make_confirmed()
    for status in ("draft", "quoted", "declined"):
        said = refused_by_the_database("UPDATE orders_customerorder SET status = %s WHERE id = %s", status, order.pk)
        assert "is not a legal move" in said
    draft = make_order()
    for status in ("shipped", "declined", "production"):
        refused_by_the_database("UPDATE orders_customerorder SET status = %s WHERE id = %s", status, draft.pk)
    assert "orders_order_confirmed_has_number" in refused_by_the_database(
        "UPDATE orders_customerorder SET status = 'pending' WHERE id = %s", draft.pk
    )
    assert "orders_order_quoted_has_number" in refused_by_the_database(
        "UPDATE orders_customerorder SET status = 'quoted' WHERE id = %s", draft.pk
    )


# --- Stock that is held


def test_stock_that_has_come_is_held_and_the_order_becomes_ready(staff):
    part = make_sold_part()
    order = make_confirmed((part, 5))
    with pytest.raises(Refused, match="is free in stock"):
        order.reserve(by=staff)
    make_stock(part, 3)
    order.reserve(by=staff)
    assert (order.status, order.lines.get().missing_quantity) == ("pending", 2)
    make_stock(part, 10)
    order.reserve(by=staff)
    part.refresh_from_db()
    assert (order.status, part.reserved_stock) == ("ready", 5)
    assert (last_reason(order), order.history.first().history_user) == ("follow_lines", staff)
    assert faults() == []


def test_a_line_holds_what_is_wanted_and_frees_it_again(staff):
    part = make_sold_part()
    order = make_confirmed((part, 5))
    make_stock(part, 4)
    line = order.lines.get()
    with pytest.raises(InsufficientStock):
        line.reserve(5, by=staff)
    line.reserve(4, by=staff)
    with pytest.raises(Refused, match="only 1 are missing"):
        line.reserve(2, by=staff)
    line.unreserve(by=staff)
    part.refresh_from_db()
    assert (line.reserved_quantity, part.reserved_stock) == (0, 0)
    assert faults() == []


def test_freeing_stock_takes_the_order_back_to_what_is_missing(staff):
    order = make_confirmed((make_sold_part(stock=2), 2))
    order.lines.get().unreserve(by=staff)
    order.refresh_from_db()
    assert order.status == "pending"


def test_nothing_is_held_for_a_draft():
    part = make_sold_part(stock=5)
    line = make_order((part, 5)).lines.get()
    with pytest.raises(IllegalMove):
        line.reserve(1, by=None)


# --- Building, shipping, billing


def test_what_was_built_is_held_and_the_order_follows(staff):
    part = make_sold_part()
    order = make_confirmed((part, 2))
    order.record_production(by=staff)
    assert (order.status, order.production_date) == ("production", timezone.localdate())
    line = order.lines.get()
    for expected in ("production", "ready"):
        make_stock(part, 1)
        line.record_built(1, by=staff)
        assert CustomerOrder.objects.get().status == expected
    with pytest.raises(Refused, match="more would be built"):
        line.record_built(1, by=staff)
    assert (line.built_quantity, line.reserved_quantity) == (2, 2)
    assert faults() == []


def test_an_order_is_shipped_in_parts_delivered_and_invoiced(staff):
    part = make_sold_part(stock=5)
    order = make_confirmed((part, 5))
    line = order.lines.get()
    ship(line, 2, by=staff)
    assert (CustomerOrder.objects.get().status, line.open_quantity, line.to_invoice) == ("ready", 3, 2)
    with pytest.raises(Refused, match="only 3 are still to be shipped"):
        line.record_shipped(4, by=staff)
    ship(line, 3, by=staff)
    assert CustomerOrder.objects.get().status == "shipped"
    line.record_delivered(5, by=staff)
    assert CustomerOrder.objects.get().status == "delivered"
    assert [*CustomerOrder.objects.to_invoice()] == [order]
    line.record_returned(1, by=staff)
    with pytest.raises(Refused):
        line.record_invoiced(6, by=staff)
    line.record_invoiced(4, by=staff)
    assert not CustomerOrder.objects.to_invoice().exists()
    line.record_invoiced(-4, by=staff)
    assert line.to_invoice == 4
    part.refresh_from_db()
    assert (part.current_stock, part.reserved_stock) == (0, 0)
    assert faults() == []


def test_what_is_held_for_others_is_not_shipped():
    part, place = make_sold_part(), make_location()
    make_stock(part, 3, location=place)
    make_confirmed((part, 2))
    order = make_confirmed((part, 2))
    line = order.lines.get()
    with pytest.raises(InsufficientStock):
        line.issue(2, location=place, reference=Reference.to(order), by=None)
    assert OrderLine.objects.get(pk=line.pk).reserved_quantity == 1


# --- Ending


def test_cancelling_frees_what_was_held(manager):
    part = make_sold_part(stock=5)
    order = make_confirmed((part, 5))
    order.cancel(by=manager, reason="Changed their mind")
    part.refresh_from_db()
    assert (order.status, order.reason, part.reserved_stock) == ("cancelled", "Changed their mind", 0)
    assert order.lines.get().missing_quantity == 0
    assert faults() == []


def test_what_was_shipped_is_closed_short_and_not_cancelled(manager):
    part = make_sold_part(stock=5)
    order = make_confirmed((part, 5))
    with pytest.raises(Refused, match="cancel it instead"):
        order.close_short(by=manager, reason="x")
    line = order.lines.get()
    ship(line, 2)
    with pytest.raises(Refused, match="close it short"):
        order.cancel(by=manager, reason="x")
    order.close_short(by=manager, reason="The rest is not made any more")
    part.refresh_from_db()
    assert (order.status, order.is_closed_short, part.reserved_stock) == ("shipped", True, 0)
    line = OrderLine.objects.get()
    line.record_delivered(2, by=manager)
    order.refresh_from_db()
    assert (order.status, line.open_quantity, line.to_invoice) == ("delivered", 0, 2)
    assert faults() == []


@pytest.mark.parametrize("verb", ["cancel", "close_short"])
def test_ending_an_order_asks_why(verb, manager):
    with pytest.raises(Refused) as refusal:
        getattr(make_confirmed(), verb)(by=manager, reason="")
    assert refusal.value.field == "reason"


def test_a_delivered_order_is_neither_cancelled_nor_closed(manager):
    order = make_delivered()
    assert order.status == Status.DELIVERED
    for verb in ("cancel", "close_short"):
        with pytest.raises(IllegalMove):
            getattr(order, verb)(by=manager, reason="x")


# --- Finding


def test_orders_are_found_by_numbers_customer_reference_and_part():
    part = make_sold_part(sku="FP24.R")
    order = make_quoted((part, 1), customer=make_customer(company_name="Weiß Sondermaschinen GmbH"))
    order.confirm(by=None, customer_reference="PO-9981")
    make_order()
    for text in (order.number, order.quote_number, "weiß", "po-9981", "fp24.r", "weiß fp24"):
        assert [*CustomerOrder.objects.search(text)] == [order], text


def test_late_is_what_is_open_past_its_promise():
    yesterday = timezone.localdate() - timedelta(days=1)
    late = make_order(promised_date=yesterday)
    late.confirm(by=None, order_date=yesterday)
    make_order(promised_date=yesterday)
    make_confirmed(promised_date=timezone.localdate())
    assert [*CustomerOrder.objects.late()] == [late]
    assert late.is_late


def test_verify_finds_a_wrong_total_and_a_wrong_status():
    order = make_confirmed()
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("ALTER TABLE orders_customerorder DISABLE TRIGGER USER")
    execute(
        "UPDATE orders_customerorder SET net = 1, total = 1, tax_amount = 0, status = 'ready' WHERE id = %s", order.pk
    )
    execute("ALTER TABLE orders_customerorder ENABLE TRIGGER USER")
    found = {fault.rule for fault in faults()}
    assert "Net, VAT and total of each order follow from its lines, discount and shipping" in found
    assert "The status of each confirmed order is what its lines say" in found
