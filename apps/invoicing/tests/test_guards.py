"""Hands in the database: what the verbs would never do is refused by constraints and triggers."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from apps.customers.tests.factories import make_address
from apps.invoicing.models import Deduction, Invoice, InvoiceLine, InvoiceTax, Payment
from apps.invoicing.tests.factories import faults, make_free
from gmtc.errors import Refused

pytestmark = pytest.mark.django_db


def run(sql: str, *values) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


@pytest.fixture
def invoice(manager):
    draft = make_free((1, 100))
    draft.issue(by=manager)
    draft.record_payment(Decimal(19), by=manager)
    settle()
    return draft


def settle() -> None:
    """Foreign keys are checked now: tables with checks that wait cannot be truncated or altered."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


ATTACKS = [
    "UPDATE invoicing_invoice SET total = total + 1, net = net + 1",
    "UPDATE invoicing_invoice SET number = 'RE-2026-9999'",
    "UPDATE invoicing_invoice SET buyer = '{}'",
    "UPDATE invoicing_invoice SET tax_case = 'E'",
    "UPDATE invoicing_invoice SET due_date = due_date + 1",
    "UPDATE invoicing_invoice SET deleted_at = now()",
    "UPDATE invoicing_invoice SET notes = 'x'",
    "UPDATE invoicing_invoice SET status = 'draft'",
    "UPDATE invoicing_invoice SET paid_amount = 119",
    "DELETE FROM invoicing_invoice",
    "TRUNCATE invoicing_invoice CASCADE",
    "UPDATE invoicing_invoiceline SET net = 1",
    "UPDATE invoicing_invoiceline SET description = 'x'",
    "DELETE FROM invoicing_invoiceline",
    "TRUNCATE invoicing_invoiceline",
    "UPDATE invoicing_invoicetax SET tax = tax + 1",
    "DELETE FROM invoicing_invoicetax",
    "TRUNCATE invoicing_invoicetax",
    "TRUNCATE invoicing_deduction",
    "UPDATE invoicing_payment SET amount = 20",
    "DELETE FROM invoicing_payment",
    "TRUNCATE invoicing_payment CASCADE",
    "UPDATE invoicing_historicalinvoice SET status = 'paid'",
    "DELETE FROM invoicing_historicalpayment",
]


def test_no_hand_changes_what_was_issued_or_paid(invoice):
    for attack in ATTACKS:
        with pytest.raises(IntegrityError):
            run(attack)
    assert faults() == []


def test_no_hand_adds_to_what_was_issued(invoice):
    line = InvoiceLine(invoice=invoice, description="x", quantity=1, unit_price=Decimal(1))
    with pytest.raises(IntegrityError, match="does not change any more"), transaction.atomic():
        line.save()
    with pytest.raises(IntegrityError, match="does not change any more"), transaction.atomic():
        InvoiceTax.objects.create(invoice=invoice, category="S", rate=7, lines_net=0, base=0, tax=0)
    with pytest.raises(IntegrityError, match="does not change any more"), transaction.atomic():
        Deduction.objects.create(invoice=invoice, advance=invoice, category="S", rate=19, net=1)
    assert faults() == []


def test_no_payment_is_more_than_the_invoice_and_none_is_for_a_draft(invoice):
    draft = make_free((1, 100))
    for target, amount in ((invoice, "100.01"), (invoice, "-19.01"), (draft, "1")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment(invoice=target, amount=Decimal(amount), paid_on=target.created_at.date()).save()
    with pytest.raises(IntegrityError):
        run(
            "INSERT INTO invoicing_payment (id, created_at, updated_at, version, invoice_id, paid_on, amount,"
            " reduction, method, reference, note)"
            " SELECT gen_random_uuid(), now(), now(), 1, %s, now(), 'NaN', 0, 'cash', '', ''",
            invoice.pk,
        )
    invoice.refresh_from_db()
    assert invoice.paid_amount == 19
    assert faults() == []


def test_a_second_cancellation_has_no_place(invoice, manager):
    note = invoice.cancel(by=manager, reason="wrong")
    twin = Invoice(kind="credit_note", reverses=invoice, reason="again", customer=invoice.customer)
    with pytest.raises(IntegrityError, match="reverses"), transaction.atomic():
        twin.save()
    assert list(Invoice.objects.filter(reverses=invoice)) == [note]


def test_an_invoice_is_issued_with_number_and_dates_only():
    draft = make_free((1, 100))
    for attack in ("status = 'sent'", "number = 'RE-1'", "status = 'cancelled'", "status = 'partially_paid'"):
        with pytest.raises(IntegrityError):
            run(f"UPDATE invoicing_invoice SET {attack} WHERE id = %s", draft.pk)  # noqa: S608


def test_the_addresses_are_those_of_the_customer():
    draft = make_free((1, 100))
    with pytest.raises(IntegrityError, match="those of the customer"), transaction.atomic():
        draft.write({"billing_address": make_address()}, None, by=None, version=draft.version)


def test_a_line_of_nothing_and_a_total_that_does_not_add_up_are_refused():
    draft = make_free((1, 100))
    for attack in (
        "UPDATE invoicing_invoiceline SET quantity = 0",
        "UPDATE invoicing_invoiceline SET unit_price = -1",
        "UPDATE invoicing_invoiceline SET net = 'NaN'",
        "UPDATE invoicing_invoice SET total = 5",
        "UPDATE invoicing_invoice SET rounding = 5, total = total + 5",
        "UPDATE invoicing_invoicetax SET base = base + 1",
    ):
        with pytest.raises(IntegrityError):
            run(attack)
    draft.refresh_from_db()
    assert draft.total == 119


def test_payments_are_not_discarded(invoice, manager):
    with pytest.raises(Refused):
        invoice.payments.get().discard(by=manager)


def test_verify_sees_a_broken_figure(invoice):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE invoicing_invoicetax DISABLE TRIGGER invoicing_invoicetax_frozen")
        cursor.execute("UPDATE invoicing_invoicetax SET tax = tax + 1")
        cursor.execute("ALTER TABLE invoicing_payment DISABLE TRIGGER invoicing_payment_append_only_row")
        cursor.execute("UPDATE invoicing_payment SET amount = 20")
    names = {fault.rule for fault in faults()}
    assert "Each VAT group is the sum of its lines, and its tax is that of the sum" in names
    assert "The total of each invoice is the sum of its VAT groups" in names
    assert "What was paid is the sum of the payments, and the status says so" in names
    assert "Triggers are in place and on" in names


def test_verify_sees_a_file_that_was_changed(invoice, settings):

    path = Path(settings.MEDIA_ROOT) / invoice.paper.stored_as
    path.chmod(0o600)
    path.write_bytes(b"%PDF-forged")
    assert [fault.record for fault in faults()] == [invoice.number]
