"""Drafts, issuing and cancelling: what each verb does, what it refuses, what it leaves behind."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.documents.models import Document
from apps.invoicing.models import Invoice, Kind, Status
from apps.invoicing.tests.factories import faults, make_draft, make_free, make_issued, make_order, make_shipped, ship
from gmtc.errors import IllegalMove, Refused

pytestmark = pytest.mark.django_db


def figures(invoice) -> tuple:
    return tuple(str(each) for each in (invoice.net, invoice.tax_amount, invoice.total))


def texts(invoice) -> list[str]:
    return [each.text for each in invoice.checks() if each.is_blocking]


def test_a_draft_of_an_order_holds_what_was_shipped_and_names_the_delivery(staff):
    order = make_order((5, "10.01"), (1, "500"))
    delivery = ship(order, quantity=1, by=staff)
    draft = Invoice.from_order(order, by=staff)
    assert [(line.quantity, line.unit_price, line.order_line.order) for line in draft.lines.all()] == [
        (1, Decimal("10.01"), order), (1, 500, order),
    ]  # fmt: skip
    assert {line.delivery_reference.split(" ")[0] for line in draft.lines.all()} == {delivery.number}
    assert (draft.supply_start, draft.supply_end) == (delivery.shipped_on, None)
    assert figures(draft) == ("510.01", "96.90", "606.91")
    assert (draft.status, draft.number, draft.customer, draft.responsible) == ("draft", "", order.customer, staff)
    assert faults() == []


def test_what_stands_on_a_draft_is_not_proposed_again(staff):
    order = make_order((5, "10"))
    ship(order, quantity=2)
    Invoice.from_order(order, by=staff)
    with pytest.raises(Refused, match="Nothing of"):
        Invoice.from_order(order, by=staff)
    later = ship(order, quantity=3)
    second = Invoice.from_order(order, by=staff)
    assert second.lines.get().quantity == 3
    assert second.lines.get().delivery_reference.startswith(later.number)


def test_one_delivery_is_invoiced_for_itself(staff):
    order = make_order((5, "10"))
    first, second = ship(order, quantity=2), ship(order, quantity=3)
    draft = Invoice.from_delivery(first, by=staff)
    assert draft.lines.get().quantity == 2
    assert Invoice.from_delivery(second, by=staff).lines.get().quantity == 3
    with pytest.raises(Refused):
        Invoice.from_delivery(first, by=staff)


def test_shipping_is_charged_once_and_again_after_a_cancellation(staff):
    order = make_order((5, "10"), shipping_cost=Decimal("9.90"))
    ship(order, quantity=2)
    first = Invoice.from_order(order, by=staff)
    assert first.shipping_cost == Decimal("9.90")
    ship(order, quantity=3)
    assert Invoice.from_order(order, by=staff).shipping_cost == 0
    first.issue(by=staff)
    first.cancel(by=staff, reason="wrong")
    assert Invoice.from_order(order, by=staff).shipping_cost == Decimal("9.90")
    assert faults() == []


def test_issuing_gives_the_number_and_copies_all_that_holds(staff):
    draft = make_draft(by=staff, skonto_percent=Decimal(2), skonto_days=10, payment_days=30)
    draft.issue(by=staff)
    invoice = Invoice.objects.get()
    today = timezone.localdate()
    assert invoice.number == f"RE-{today.year}-0001"
    assert (invoice.status, invoice.invoice_date, invoice.due_date) == ("sent", today, today + timedelta(days=30))
    assert invoice.seller["vat_id"] == "DE123456788"
    assert invoice.buyer["name"] == invoice.customer.full_name == invoice.buyer_name
    assert invoice.skonto_until == today + timedelta(days=10)
    assert invoice.order.lines.get().invoiced_quantity == 3
    paper = invoice.paper
    assert (paper.number, paper.kind, paper.content()[:5]) == (invoice.number, "invoice", b"%PDF-")
    assert b"CrossIndustryInvoice" in paper.xml()
    assert paper.verify()
    assert invoice.history.first().history_change_reason == "issue"
    assert faults() == []


def test_the_customer_may_move_and_the_invoice_stays(staff):
    invoice = make_issued(by=staff)
    customer = invoice.customer
    customer.revise({"company_name": "Anders AG"}, by=staff, version=customer.version)
    invoice = Invoice.objects.get(pk=invoice.pk)
    assert invoice.bill_to.name != "Anders AG"
    assert invoice.bill_to.name == invoice.buyer_name


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"supply_start": None}, "The day of the supply is missing"),
        ({"tax_case": "E"}, "we are no small business"),
        ({"tax_case": "K"}, "VAT ID is missing"),
        ({"tax_case": "G"}, "An export goes to a country outside the EU"),
        ({"profile": "xrechnung"}, "Leitweg-ID"),
    ],
)
def test_what_is_missing_is_said_before_and_refused_then(staff, changes, text):
    draft = make_draft()
    draft.write(changes, None, by=staff, version=draft.version)
    assert any(text in each for each in texts(draft)), texts(draft)
    with pytest.raises(Refused, match=text[:20]):
        draft.issue(by=staff)
    assert Invoice.objects.get().status == "draft"
    assert faults() == []


def test_an_invoice_without_lines_is_refused(staff):
    draft = make_draft()
    draft.write({}, [], by=staff, version=draft.version)
    assert "There are no lines." in texts(draft)


def test_the_future_cannot_be_invoiced(staff):
    draft = make_draft()
    with pytest.raises(Refused) as refusal:
        draft.issue(by=staff, invoice_date=timezone.localdate() + timedelta(days=1))
    assert refusal.value.field == "invoice_date"


def test_more_than_was_shipped_is_not_invoiced(staff):
    draft = make_draft((3, "10"))
    row = {"id": draft.lines.get().pk, "quantity": Decimal(4)}
    draft.write({}, [row], by=staff, version=draft.version)
    assert any("only 3 were shipped" in each for each in texts(draft))
    with pytest.raises(Refused):
        draft.issue(by=staff)
    assert faults() == []


def test_an_issued_invoice_is_neither_edited_nor_deleted(staff):
    invoice = make_issued(by=staff)
    with pytest.raises(IllegalMove):
        invoice.write({"notes": "x"}, None, by=staff, version=invoice.version)
    with pytest.raises(Refused, match="cancel it instead"):
        invoice.discard(by=staff)
    with pytest.raises(IllegalMove):
        invoice.issue(by=staff)


def test_a_draft_goes_to_the_trash_and_its_quantities_are_free_again(staff):
    draft = make_draft(by=staff)
    draft.discard(by=staff)
    assert Invoice.objects.count() == 0
    assert Invoice.from_order(draft.order, by=staff).lines.get().quantity == 3


# --- Cancelling


def test_a_cancellation_names_the_original_and_negates_every_figure(manager):
    invoice = make_issued(
        (3, "10.01"), (2, "99.99", 7), by=manager, shipping_cost=Decimal("5.55"), discount_percent=Decimal("3.3")
    )
    note = invoice.cancel(by=manager, reason="Wrong price")
    invoice.refresh_from_db()
    note.refresh_from_db()
    assert (invoice.status, note.status, note.kind) == ("cancelled", "sent", "credit_note")
    assert note.number == f"SR-{timezone.localdate().year}-0001"
    assert (note.reverses, note.reason) == (invoice, "Wrong price")
    assert (note.net, note.tax_amount, note.total) == (-invoice.net, -invoice.tax_amount, -invoice.total)
    for name in ("lines_net", "discount", "shipping", "base", "tax"):
        mine, theirs = ([getattr(each, name) for each in paper.taxes.all()] for paper in (invoice, note))
        assert mine == [-amount for amount in theirs]
    assert [line.net for line in note.lines.all()] == [-line.net for line in invoice.lines.all()]
    assert [line.invoiced_quantity for line in invoice.order.lines.all()] == [0, 0]
    assert Document.objects.about(note).get().kind == "cancellation"
    assert faults() == []


def test_an_invoice_is_cancelled_once_and_a_cancellation_never(manager):
    invoice = make_issued(by=manager)
    note = invoice.cancel(by=manager, reason="wrong")
    with pytest.raises(IllegalMove):
        invoice.cancel(by=manager, reason="again")
    with pytest.raises(IllegalMove):
        note.cancel(by=manager, reason="undo")


def test_a_cancellation_needs_a_reason(manager):
    invoice = make_issued(by=manager)
    with pytest.raises(Refused) as refusal:
        invoice.cancel(by=manager, reason=" ")
    assert refusal.value.field == "reason"
    assert Invoice.objects.count() == 1


def test_after_a_cancellation_the_goods_are_invoiced_anew(manager):
    invoice = make_issued(by=manager)
    invoice.cancel(by=manager, reason="wrong")
    anew = Invoice.from_order(invoice.order, by=manager)
    anew.issue(by=manager)
    assert anew.number.endswith("-0002")
    assert anew.order.lines.get().invoiced_quantity == 3
    assert faults() == []


# --- Advances


def test_an_advance_is_invoiced_before_anything_is_shipped(staff):
    order = make_order((2, "1000"), (10, "10", 7))
    advance = Invoice.advance_for(order, by=staff, percent=Decimal(30))
    assert figures(advance) == ("630.00", "116.10", "746.10")
    assert [(str(line.net), str(line.vat_rate)) for line in advance.lines.all()] == [
        ("30.00", "7.00"),
        ("600.00", "19.00"),
    ]
    advance.issue(by=staff)
    assert (advance.kind, advance.number[:3]) == (Kind.ADVANCE, "RE-")
    assert [line.invoiced_quantity for line in order.lines.all()] == [0, 0]
    assert faults() == []


def test_the_final_invoice_taxes_only_the_rest(staff):
    order = make_order((2, "1000"), (10, "10", 7))
    for share in (30, 20):
        Invoice.advance_for(order, by=staff, percent=Decimal(share)).issue(by=staff)
    ship(order)
    final = Invoice.from_order(order, by=staff)
    assert [(str(each.rate), str(each.base), str(each.tax)) for each in final.taxes.all()] == [
        ("7.00", "50.00", "3.50"), ("19.00", "1000.00", "190.00"),
    ]  # fmt: skip
    assert figures(final) == ("1050.00", "193.50", "1243.50")
    final.issue(by=staff)
    assert sum(each.net for each in final.deductions.all()) == 1050
    assert faults() == []


def test_a_part_delivery_takes_off_no_more_than_it_is_worth(staff):
    order = make_order((10, "100"))
    Invoice.advance_for(order, by=staff, percent=Decimal(50)).issue(by=staff)
    ship(order, quantity=3)
    first = Invoice.from_order(order, by=staff)
    first.issue(by=staff)
    assert (figures(first), first.status) == (("0.00", "0.00", "0.00"), Status.PAID)
    ship(order, quantity=7)
    second = Invoice.from_order(order, by=staff)
    second.issue(by=staff)
    assert figures(second) == ("500.00", "95.00", "595.00")
    assert faults() == []


def test_an_advance_that_was_taken_off_is_cancelled_only_after_the_final_invoice(manager):
    order = make_order((2, "100"))
    advance = Invoice.advance_for(order, by=manager, net=Decimal(80))
    advance.issue(by=manager)
    ship(order)
    final = Invoice.from_order(order, by=manager)
    final.issue(by=manager)
    with pytest.raises(Refused, match=final.number):
        advance.cancel(by=manager, reason="wrong")
    final.cancel(by=manager, reason="wrong")
    advance.refresh_from_db()
    assert [rest for _category, _rate, rest in advance.undeducted()] == [80]
    advance.cancel(by=manager, reason="wrong")
    assert faults() == []


def test_an_advance_that_nothing_can_take_off_any_more_is_not_forgotten(manager):
    order = make_order((10, "100"))
    Invoice.advance_for(order, by=manager, percent=Decimal(60)).issue(by=manager)
    ship(order, quantity=2)
    assert Invoice.unused_advance(order) == 0  # the rest may still be shipped
    order.close_short(by=manager, reason="The customer has enough")
    assert Invoice.unused_advance(order) == 0  # two pieces are to be invoiced
    final = Invoice.from_order(order, by=manager)
    final.issue(by=manager)
    order.refresh_from_db()
    assert (figures(final), Invoice.unused_advance(order)) == (("0.00", "0.00", "0.00"), 400)


def test_an_advance_is_at_most_the_order(staff):
    order = make_order((2, "100"))
    Invoice.advance_for(order, by=staff, percent=Decimal(60))
    with pytest.raises(Refused, match="80.00"):
        Invoice.advance_for(order, by=staff, percent=Decimal(50))
    with pytest.raises(Refused):
        Invoice.advance_for(order, by=staff, net=Decimal(0))


def test_an_advance_that_came_in_between_is_not_overlooked(staff):
    order = make_order((2, "100"))
    ship(order, quantity=1)
    draft = Invoice.from_order(order, by=staff)
    Invoice.advance_for(order, by=staff, net=Decimal(50)).issue(by=staff)
    with pytest.raises(Refused, match="have changed since"):
        draft.issue(by=staff)
    draft.refresh_from_db()
    draft.write({}, None, by=staff, version=draft.version)
    draft.issue(by=staff)
    assert draft.net == 50
    assert faults() == []


def test_three_times_ten_euros_and_a_cent():
    assert figures(make_free((3, "10.01"))) == ("30.03", "5.71", "35.74")


def test_the_last_day_of_the_old_year_counts_in_the_old_year(staff):
    draft = make_draft()
    draft.issue(by=staff, invoice_date=date(2025, 12, 31))
    assert draft.number == "RE-2025-0001"
    assert faults() == []


def test_a_shipped_order_is_to_be_invoiced_until_it_is(staff):
    order = make_shipped()
    assert list(type(order).objects.to_invoice()) == [order]
    Invoice.from_order(order, by=staff).issue(by=staff)
    assert list(type(order).objects.to_invoice()) == []
