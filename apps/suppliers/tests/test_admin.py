import pytest
from django.urls import reverse

from apps.suppliers.models import Supplier
from apps.suppliers.tests.factories import make_offer, make_sent, make_supplier, receive_all

pytestmark = pytest.mark.django_db


def test_managers_read_everything_in_the_back_office_and_staff_nothing(as_manager, as_staff):
    offer, order = make_offer(breaks={10: "1"}), make_sent()
    receipt = receive_all(make_sent())
    for record in (offer.supplier, offer, order, receipt):
        name = f"admin:suppliers_{record._meta.model_name}"
        for url in (
            reverse(f"{name}_changelist") + "?q=x",
            reverse(f"{name}_change", args=[record.pk]),
            reverse(f"{name}_history", args=[record.pk]),
        ):
            assert as_manager.get(url).status_code == 200, url
            assert as_staff.get(url).status_code in (302, 403), url


def test_a_new_supplier_of_the_back_office_gets_a_number_and_history(as_manager, manager):
    fields = {
        "name": "Neu GmbH", "country": "DE", "language": "de", "currency": "EUR", "exchange_rate": "1",
        "payment_days": "30", "discount_percent": "0", "discount_days": "0", "minimum_order_value": "0",
        "lead_time_days": "7",
    }  # fmt: skip
    as_manager.post(reverse("admin:suppliers_supplier_add"), fields)
    supplier = Supplier.objects.get()
    assert supplier.number == "L-70001"
    assert supplier.history.get().history_user == manager


def test_orders_and_receipts_are_not_written_in_the_back_office(as_manager):
    receive_all(make_sent())
    make_supplier()
    for noun in ("purchaseorder", "goodsreceipt", "supplierpart"):
        assert as_manager.get(reverse(f"admin:suppliers_{noun}_add")).status_code == 403
