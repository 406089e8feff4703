"""Offers: what must be ordered, what it costs, which one is best."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.parts.tests.factories import execute, make_part
from apps.suppliers.models import PurchaseOrder, Supplier, SupplierPart
from apps.suppliers.tests.factories import faults, make_offer, make_order, make_supplier
from gmtc.errors import Refused
from gmtc.testing import race

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("needed", "moq", "pack", "ordered"),
    [
        (1, 1, 1, 1),
        (7, 10, 1, 10),
        (11, 10, 1, 11),
        (11, 10, 5, 15),
        (7, 12, 5, 15),  # the minimum, in whole packages
        (10, 10, 10, 10),
        ("0.3", 1, "0.5", 1),
        ("1.2", "0.1", "0.5", "1.5"),
    ],
)
def test_the_order_quantity_is_at_least_the_minimum_in_whole_packages(needed, moq, pack, ordered):
    offer = make_offer(make_part(unit="MTR"), moq=Decimal(moq), pack_size=Decimal(pack))
    assert offer.order_quantity(Decimal(needed)) == Decimal(ordered)


@pytest.mark.parametrize(
    ("quantity", "price"), [(1, "2"), (9, "2"), (10, "1.8"), (99, "1.8"), (100, "1.5"), (5000, "1.5")]
)
def test_the_price_is_that_of_the_highest_break_reached(quantity, price):
    offer = make_offer(price=Decimal(2), breaks={10: "1.8", 100: "1.5"})
    assert offer.price_for(quantity) == Decimal(price)


def test_the_cheapest_in_euros_for_what_must_be_ordered_is_best():
    part = make_part()
    cheap_each = make_offer(part, price=Decimal("1.00"), moq=1000)
    few = make_offer(part, price=Decimal("2.00"))
    dollars = make_offer(part, make_supplier(currency="USD", exchange_rate=Decimal("1.25")), price=Decimal("2.25"))
    best = SupplierPart.best_offer(part, 10, on=DAY)
    assert (best.supplier_part, best.quantity, best.cost, best.value) == (dollars, 10, Decimal("1.8"), Decimal("18.00"))
    assert SupplierPart.best_offer(part, 1000, on=DAY).supplier_part == cheap_each
    few.prefer(by=None)
    assert SupplierPart.best_offer(part, 10, on=DAY).supplier_part == few


def test_an_offer_in_time_beats_a_preferred_one_that_is_late():
    part = make_part()
    slow = make_offer(part, make_supplier(lead_time_days=30), price=Decimal(1))
    slow.prefer(by=None)
    quick = make_offer(part, make_supplier(lead_time_days=30), price=Decimal(9), lead_time_days=2)
    best = SupplierPart.best_offer(part, 1, on=DAY, needed_by=DAY + timedelta(days=5))
    assert (best.supplier_part, best.arrives_on, best.is_late) == (quick, DAY + timedelta(days=2), False)
    assert SupplierPart.best_offer(part, 1, on=DAY).supplier_part == slow
    nobody = SupplierPart.best_offer(part, 1, on=DAY, needed_by=DAY)
    assert (nobody.supplier_part, nobody.is_late) == (slow, True)


def test_blocked_suppliers_discontinued_parts_and_deleted_offers_are_not_offered():
    make_offer(blocked := make_part(), make_supplier(is_blocked=True))
    make_offer(old := make_part(is_discontinued=True))
    make_offer(gone := make_part()).discard(by=None)
    assert [SupplierPart.best_offer(part, 1) for part in (blocked, old, gone, make_part())] == [None] * 4


def test_many_best_offers_take_two_queries(count_queries):
    parts = [make_offer(breaks={10: "1"}).part for _ in range(5)]
    with count_queries() as queries:
        found = SupplierPart.best_offers({part.pk: Decimal(12) for part in parts})
    assert {key: offer.price for key, offer in found.items()} == dict.fromkeys([part.pk for part in parts], 1)
    assert len(queries) == 2


# --- One preferred, one offer, one number


def test_preferring_another_offer_takes_it_from_the_first(staff):
    part = make_part()
    first, second = make_offer(part), make_offer(part)
    first.prefer(by=staff)
    second.prefer(by=staff)
    first.refresh_from_db()
    assert (first.is_preferred, second.is_preferred) == (False, True)
    assert first.history.first().history_change_reason == "prefer"
    with pytest.raises(IntegrityError, match="suppliers_item_preferred"), transaction.atomic():
        execute("UPDATE suppliers_supplierpart SET is_preferred = true WHERE id = %s", first.pk)
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_of_many_who_prefer_at_once_the_last_one_wins_and_nobody_fails():
    part = make_part()
    offers = [make_offer(part) for _ in range(4)]
    assert race(4, lambda i: SupplierPart.objects.get(pk=offers[i].pk).prefer(by=None)) == [None] * 4
    assert SupplierPart.objects.filter(is_preferred=True).count() == 1


def test_a_supplier_uses_a_number_for_one_part_only():
    offer = make_offer(supplier_sku="AB-1")
    make_offer(supplier_sku="AB-1")  # another supplier
    make_offer(supplier=offer.supplier)
    make_offer(supplier=offer.supplier)  # both without a number
    with pytest.raises(IntegrityError, match="suppliers_item_sku"), transaction.atomic():
        make_offer(supplier=offer.supplier, supplier_sku="ab-1")
    with pytest.raises(IntegrityError, match="suppliers_item_part"), transaction.atomic():
        make_offer(offer.part, offer.supplier)


def test_the_day_of_a_price_is_that_of_its_last_change(staff):
    offer = make_offer()
    execute("UPDATE suppliers_supplierpart SET price_date = %s", DAY)
    offer.refresh_from_db()
    offer.write({"name": "Other"}, None, by=staff, version=offer.version)
    assert offer.price_date == DAY
    offer.write({"price": Decimal(3)}, None, by=staff, version=offer.version)
    assert offer.price_date == timezone.localdate()


def test_breaks_swap_their_prices_and_none_stands_twice(staff):
    offer = make_offer(breaks={10: "1", 20: "2"})
    rows = [{"quantity": Decimal(20), "price": Decimal(1)}, {"quantity": Decimal(10), "price": Decimal(2)}]
    offer.write({}, rows, by=staff, version=offer.version)
    assert [(each.quantity, each.price) for each in offer.price_breaks.all()] == [(10, 2), (20, 1)]
    with pytest.raises(Refused, match="from this quantity on already"):
        offer.write({}, rows[:1] * 2, by=staff, version=offer.version)
    assert faults() == []


@pytest.mark.parametrize("change", ["price = 'NaN'", "price = -1", "moq = 0", "pack_size = 'NaN'"])
def test_the_database_takes_no_nonsense(change):
    make_offer()
    with pytest.raises(IntegrityError), transaction.atomic():
        execute(f"UPDATE suppliers_supplierpart SET {change}")  # noqa: S608 - the columns stand above


@pytest.mark.parametrize("typed", ["weiß", "WEIß", "Weiß gmbh"])
def test_a_supplier_with_sharp_s_is_found_with_offers_and_orders(typed):
    offer = make_offer(make_part(name="Weißblech"), make_supplier(name="Weiß GmbH"))
    order = make_order(supplier=offer.supplier)

    assert list(Supplier.objects.search(typed)) == [offer.supplier]
    assert list(PurchaseOrder.objects.search(typed)) == [order]
    assert list(SupplierPart.objects.search("weiß")) == [offer]
