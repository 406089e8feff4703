"""Payments, cash discount, reversals and refunds."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.customers.tests.factories import make_customer
from apps.documents.models import Document
from apps.invoicing.models import Invoice, Payment
from apps.invoicing.owing import owed_beside_open_orders
from apps.invoicing.tasks import tell_of_overdue
from apps.invoicing.tests.factories import faults, make_free, make_order, ship
from apps.notifications.models import Notification
from apps.orders.doubts import doubts_about
from apps.orders.tests.factories import make_order as make_offer
from apps.orders.tests.factories import make_sold_part
from gmtc.errors import IllegalMove, Refused
from gmtc.testing import race

pytestmark = pytest.mark.django_db


def issued(*lines, by=None, days_ago=0, **fields) -> Invoice:
    invoice = make_free(*(lines or [(1, 100)]), by=by, **fields)
    invoice.issue(by=by, invoice_date=timezone.localdate() - timedelta(days=days_ago))
    return invoice


def state(invoice) -> tuple:
    invoice.refresh_from_db()
    return invoice.status, str(invoice.paid_amount), str(invoice.open_amount)


def test_an_invoice_is_paid_in_parts_reversed_and_paid(staff, manager):
    invoice = issued()
    invoice.record_payment(Decimal("19"), by=staff, reference="Anzahlung")
    assert state(invoice) == ("partially_paid", "19.00", "100.00")
    assert invoice.history.first().history_change_reason == "take_payment"
    wrong = invoice.record_payment(Decimal("100"), by=staff)
    assert state(invoice) == ("paid", "119.00", "0.00")
    with pytest.raises(IllegalMove):
        invoice.record_payment(Decimal("0.01"), by=staff)
    counter = invoice.reverse_payment(wrong, by=manager, note="Wrong customer")
    assert (counter.amount, counter.reverses, counter.note) == (-100, wrong, "Wrong customer")
    assert state(invoice) == ("partially_paid", "19.00", "100.00")
    for payment in (wrong, counter):
        with pytest.raises(Refused, match="reversed already"):
            invoice.reverse_payment(payment, by=manager, note="again")
    invoice.record_payment(Decimal("100"), by=staff)
    assert state(invoice) == ("paid", "119.00", "0.00")
    assert faults() == []


@pytest.mark.parametrize(
    ("amount", "field"), [("119.01", "amount"), ("0", "amount"), ("-1", "amount"), ("0.005", "amount")]
)
def test_a_wrong_amount_is_refused(staff, amount, field):
    invoice = issued()
    with pytest.raises(Refused) as refusal:
        invoice.record_payment(Decimal(amount), by=staff)
    assert refusal.value.field == field
    with pytest.raises(Refused) as refusal:
        invoice.record_payment(Decimal(1), by=staff, on=timezone.localdate() + timedelta(days=1))
    assert refusal.value.field == "on"
    assert Payment.objects.count() == 0


def test_a_draft_and_a_cancellation_are_not_paid(staff, manager):
    draft = make_free((1, 100))
    with pytest.raises(IllegalMove):
        draft.record_payment(Decimal(1), by=staff)
    draft.issue(by=staff)
    note = draft.cancel(by=manager, reason="wrong")
    with pytest.raises(IllegalMove):
        note.record_payment(Decimal(1), by=staff)


def test_cash_discount_within_its_days_closes_the_invoice(staff):
    invoice = issued(skonto_percent=Decimal(2), skonto_days=10)
    assert invoice.most_skonto == Decimal("2.38")
    with pytest.raises(Refused) as refusal:
        invoice.record_payment(Decimal("116.61"), by=staff, skonto=True)
    assert refusal.value.field == "amount"
    payment = invoice.record_payment(Decimal("116.62"), by=staff, skonto=True)
    assert (payment.amount, payment.reduction) == (Decimal("116.62"), Decimal("2.38"))
    assert state(invoice) == ("paid", "116.62", "0.00")
    invoice.reverse_payment(payment, by=staff, note="bounced")
    assert state(invoice) == ("sent", "0.00", "119.00")
    assert faults() == []


def test_cash_discount_is_refused_when_it_is_late_or_was_not_agreed(staff):
    late = issued(days_ago=11, skonto_percent=Decimal(2), skonto_days=10, payment_days=30)
    with pytest.raises(Refused, match="ended on") as refusal:
        late.record_payment(Decimal("116.62"), by=staff, skonto=True)
    assert refusal.value.field == "skonto"
    # the money came in time, and is only recorded later
    day = timezone.localdate() - timedelta(days=1)
    late.record_payment(Decimal("116.62"), by=staff, skonto=True, on=day)
    assert state(late)[0] == "paid"
    with pytest.raises(Refused, match="agreed"):
        issued().record_payment(Decimal("116.62"), by=staff, skonto=True)


def test_what_will_not_come_is_written_off_and_can_come_after_all(staff, manager):
    invoice = issued(days_ago=11, skonto_percent=Decimal(2), skonto_days=10, payment_days=30)
    invoice.record_payment(Decimal("116.62"), by=staff)
    with pytest.raises(Refused) as refusal:
        invoice.write_off(by=manager, note=" ")
    assert refusal.value.field == "note"
    invoice.write_off(by=manager, note="Discount taken a day late")
    assert state(invoice) == ("paid", "116.62", "0.00")
    payment = invoice.payments.get(method="write_off")
    assert (payment.amount, payment.reduction, payment.note) == (0, Decimal("2.38"), "Discount taken a day late")
    assert invoice.history.latest().history_change_reason == "write_off"
    with pytest.raises(IllegalMove):
        invoice.write_off(by=manager, note="twice")
    assert list(Invoice.objects.open()) == []
    assert faults() == []
    invoice.reverse_payment(payment, by=manager, note="It has come")
    invoice.record_payment(Decimal("2.38"), by=staff)
    assert state(invoice) == ("paid", "119.00", "0.00")
    assert faults() == []


def test_a_whole_invoice_is_written_off_but_no_draft_and_no_cancellation(staff, manager):
    draft = make_free((1, 100))
    with pytest.raises(IllegalMove):
        draft.write_off(by=manager, note="x")
    lost = issued()
    lost.write_off(by=manager, note="Insolvent")
    assert state(lost) == ("paid", "0.00", "0.00")
    note = issued().cancel(by=manager, reason="wrong")
    with pytest.raises(IllegalMove):
        note.write_off(by=manager, note="x")
    assert faults() == []


@pytest.mark.parametrize(("method", "amount", "reduction"), [("cash", 0, 1), ("write_off", 1, 1), ("write_off", 0, 0)])
def test_a_write_off_is_no_money_and_money_no_write_off(staff, method, amount, reduction):
    with pytest.raises(IntegrityError, match="is_money"), transaction.atomic():
        Payment(
            invoice=issued(), method=method, amount=amount, reduction=reduction, paid_on=timezone.localdate()
        ).save()


@pytest.mark.django_db(transaction=True)
def test_a_payment_and_a_write_off_at_once_close_the_invoice_once(staff, manager):
    invoice = issued()
    acts = [
        lambda: Invoice.objects.get(pk=invoice.pk).record_payment(Decimal(100), by=staff),
        lambda: Invoice.objects.get(pk=invoice.pk).write_off(by=manager, note="x"),
    ]
    told = race(2, lambda n: acts[n]())
    assert all(each is None or isinstance(each, Payment | IllegalMove) for each in told)
    invoice.refresh_from_db()
    assert invoice.paid_amount + invoice.reduction == 119
    assert faults() == []


def test_the_money_of_a_cancelled_invoice_is_refunded(staff, manager):
    invoice = issued()
    invoice.record_payment(Decimal("119"), by=staff)
    invoice.cancel(by=manager, reason="wrong")
    invoice.refresh_from_db()
    assert (invoice.to_refund, invoice.open_amount) == (119, 0)
    assert list(Invoice.objects.to_refund()) == [invoice]
    with pytest.raises(Refused) as refusal:
        invoice.refund(Decimal("119.01"), by=manager)
    assert refusal.value.field == "amount"
    payment = invoice.refund(Decimal("119"), by=manager)
    assert (payment.amount, payment.is_refund) == (-119, True)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.to_refund) == ("cancelled", 0)
    assert faults() == []


def test_what_is_open_and_overdue_follows_from_the_dates(staff):
    fresh = issued(payment_days=14)
    old = issued(days_ago=15, payment_days=14)
    paid = issued(days_ago=15, payment_days=14)
    paid.record_payment(Decimal(119), by=staff)
    assert set(Invoice.objects.open()) == {fresh, old}
    assert list(Invoice.objects.overdue()) == [old]
    assert (old.is_overdue, old.days_overdue, fresh.is_overdue, paid.is_overdue) == (True, 1, False, False)


def test_what_is_invoiced_counts_towards_the_credit_limit_once(staff):
    customer = make_customer(email="x@example.com", credit_limit=Decimal(100))
    order = make_order((10, "10"), customer=customer)  # 119 with VAT
    Invoice.advance_for(order, by=staff, percent=Decimal(50)).issue(by=staff)
    assert owed_beside_open_orders(customer) == 0  # 59.50 are to be paid, and stand in the order of 119 already
    wrong = Invoice.advance_for(order, by=staff, percent=Decimal(20))
    wrong.issue(by=staff)
    wrong.cancel(by=staff, reason="twice")
    assert owed_beside_open_orders(customer) == 0  # it and its cancellation are nothing together
    Invoice.objects.get(kind="advance", status="sent").record_payment(Decimal("59.50"), by=staff)
    assert owed_beside_open_orders(customer) == Decimal("-59.50")
    ship(order)
    final = Invoice.from_order(order, by=staff)
    final.issue(by=staff)
    assert owed_beside_open_orders(customer) == Decimal("59.50")  # the order is over, its second half is not paid
    asked = make_offer((make_sold_part(), 1, "40"), customer=customer)
    assert any("€107.10 would be open" in doubt for doubt in doubts_about(asked))
    final.record_payment(Decimal("59.50"), by=staff)
    assert owed_beside_open_orders(customer) == 0


def test_of_an_overdue_invoice_one_is_told_once(staff, viewer):
    invoice = issued(days_ago=15, payment_days=14)
    issued(payment_days=14)
    for _morning in range(2):
        tell_of_overdue(0)
    told = Notification.objects.get()
    assert (told.user, told.title, told.url) == (staff, "1 invoice is overdue", invoice.get_absolute_url())
    assert invoice.number in told.body
    assert faults() == []


def test_a_worker_that_dies_while_it_tells_has_told_nothing_yet(staff):
    invoice = issued(days_ago=15, payment_days=14)

    class Died(BaseException):
        pass

    def wrapper(execute, sql, params, many, context):
        if 'INSERT INTO "notifications_notification"' in sql:
            raise Died
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper), pytest.raises(Died):
        tell_of_overdue(0)
    invoice.refresh_from_db()
    assert invoice.overdue_told_on is None
    tell_of_overdue(0)
    assert Notification.objects.get().user == staff


def test_nothing_to_pay_is_paid(staff):
    invoice = issued((1, 0))
    assert invoice.status == "paid"
    assert Document.objects.about(invoice).count() == 1
    assert faults() == []
