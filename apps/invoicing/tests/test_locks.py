"""Many hands at once, in real threads with real transactions."""

import threading
from decimal import Decimal

import pytest
from django.db import transaction

from apps.invoicing.models import Invoice, Payment
from apps.invoicing.tests.factories import faults, make_draft, make_free, make_order, ship
from gmtc.errors import Refused
from gmtc.testing import race

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(results) -> dict[str, int]:
    names = [type(each).__name__ if isinstance(each, Exception) else "done" for each in results]
    return {name: names.count(name) for name in sorted(set(names))}


def test_two_who_issue_at_once_get_two_numbers_without_a_gap():
    drafts = [make_free(), make_free(), make_free()]
    results = race(3, lambda i: Invoice.objects.get(pk=drafts[i].pk).issue(by=None))
    assert outcomes(results) == {"done": 3}
    assert sorted(int(number[-4:]) for number in Invoice.objects.values_list("number", flat=True)) == [1, 2, 3]
    assert faults() == []


def test_a_number_that_was_not_kept_is_given_to_the_next(admin):
    first, second = make_free(), make_free()

    with transaction.atomic():
        first.issue(by=admin)
        assert first.number.endswith("-0001")
        transaction.set_rollback(True)
    second.issue(by=admin)
    assert second.number.endswith("-0001")
    first = Invoice.objects.get(pk=first.pk)
    assert (first.status, first.number) == ("draft", "")
    assert faults() == []


def test_a_draft_is_issued_once_however_many_try():
    draft = make_draft()
    results = race(3, lambda i: Invoice.objects.get(pk=draft.pk).issue(by=None))
    assert outcomes(results) == {"IllegalMove": 2, "done": 1}
    assert Invoice.objects.get().order.lines.get().invoiced_quantity == 3
    assert faults() == []


def test_two_payments_at_once_are_never_more_than_the_total():
    invoice = make_free((1, 100))
    invoice.issue(by=None)
    results = race(4, lambda i: Invoice.objects.get(pk=invoice.pk).record_payment(Decimal(60), by=None))
    assert outcomes(results) == {"Refused": 3, "done": 1}
    invoice.refresh_from_db()
    assert (invoice.paid_amount, invoice.status) == (60, "partially_paid")
    assert faults() == []


def test_without_the_lock_the_verb_lets_more_through_and_the_database_stops_it(monkeypatch):
    """The negative control: both have looked at the invoice before the first one writes."""
    invoice = make_free((1, 100))
    invoice.issue(by=None)
    both_have_looked = threading.Barrier(2)

    def unlocked(self):
        self.refresh_from_db()
        both_have_looked.wait(20)
        return self

    monkeypatch.setattr(Invoice, "lock", unlocked)
    results = race(2, lambda i: Invoice.objects.get(pk=invoice.pk).record_payment(Decimal(119), by=None))
    assert outcomes(results) == {"IntegrityError": 1, "done": 1}
    assert any("invoicing_invoice_paid" in str(each) for each in results)
    assert Payment.objects.count() == 1


def test_an_invoice_is_cancelled_once_however_many_try():
    invoice = make_free((1, 100))
    invoice.issue(by=None)
    results = race(3, lambda i: Invoice.objects.get(pk=invoice.pk).cancel(by=None, reason="wrong"))
    assert outcomes(results) == {"IllegalMove": 2, "done": 1}
    assert Invoice.objects.filter(kind="credit_note").count() == 1
    assert faults() == []


def test_what_was_shipped_is_drafted_once_however_many_try():
    order = make_order()
    ship(order)
    results = race(3, lambda i: Invoice.from_order(type(order).objects.get(pk=order.pk), by=None))
    assert outcomes(results) == {"Refused": 2, "done": 1}
    assert Invoice.objects.get().lines.get().quantity == 3


def test_an_advance_is_cancelled_or_taken_off_but_not_both():
    order = make_order((2, 100))
    advance = Invoice.advance_for(order, by=None, percent=Decimal(50))
    advance.issue(by=None)
    ship(order)
    final = Invoice.from_order(order, by=None)

    def act(i):
        if i:
            Invoice.objects.get(pk=final.pk).issue(by=None)
        else:
            Invoice.objects.get(pk=advance.pk).cancel(by=None, reason="wrong")

    results = race(2, act)
    assert outcomes(results) == {"Refused": 1, "done": 1}, results
    assert any(isinstance(each, Refused) for each in results)
    assert faults() == []
