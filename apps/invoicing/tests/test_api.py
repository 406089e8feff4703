"""The REST addresses: the same verbs, permissions and refusals as the pages."""

from decimal import Decimal

import pytest

from apps.customers.tests.factories import make_customer
from apps.invoicing.models import Invoice
from apps.invoicing.tests.factories import faults, make_free, make_order, make_shipped

pytestmark = pytest.mark.django_db
JSON = "application/json"


def post(client, path: str, **data):
    return client.post(f"/api/{path}", data, content_type=JSON)


def test_an_order_is_invoiced_issued_and_paid(as_staff, as_viewer):
    order = make_shipped()
    assert post(as_viewer, "invoices/from_order", order=str(order.pk)).status_code == 403
    made = post(as_staff, "invoices/from_order", order=str(order.pk))
    assert made.status_code == 201, made.json()
    invoice = made.json()["data"]
    assert (invoice["status"], invoice["total"], len(invoice["lines"])) == ("draft", "35.74", 1)
    assert post(as_viewer, f"invoices/{invoice['id']}/issue").status_code == 403
    done = post(as_staff, f"invoices/{invoice['id']}/issue").json()["data"]
    assert (done["status"], done["number"][:3], done["open_amount"]) == ("sent", "RE-", "35.74")
    refused = post(as_staff, f"invoices/{invoice['id']}/record_payment", amount="36")
    assert refused.status_code in (400, 409, 422)
    paid = post(as_staff, f"invoices/{invoice['id']}/record_payment", amount="35.74", method="cash")
    assert (paid.status_code, paid.json()["data"]["amount"]) == (201, "35.74")
    assert as_staff.get(f"/api/invoices/{invoice['id']}").json()["data"]["status"] == "paid"
    assert len(as_staff.get(f"/api/invoices/{invoice['id']}/payments").json()["data"]) == 1
    assert len(as_staff.get("/api/payments?method=cash").json()["data"]) == 1
    assert faults() == []


def test_an_invoice_is_written_with_its_lines(as_staff):
    customer = make_customer()
    lines = [{"description": "Repair", "quantity": "1.5", "unit": "HUR", "unit_price": "80", "vat_rate": "19"}]
    made = post(as_staff, "invoices", customer=str(customer.pk), supply_start="2026-01-02", lines=lines)
    assert made.status_code == 201, made.json()
    data = made.json()["data"]
    assert (data["net"], data["tax_amount"], data["total"]) == ("120.00", "22.80", "142.80")
    assert data["taxes"][0]["base"] == "120.00"
    bad = post(as_staff, "invoices", customer=str(customer.pk), lines=[{"quantity": "0", "unit_price": "1"}])
    assert bad.status_code == 400
    assert faults() == []


def test_an_advance_and_a_cancellation(as_staff, as_manager):
    order = make_order((2, 1000))
    assert post(as_staff, "invoices/advance", order=str(order.pk)).status_code == 400
    made = post(as_staff, "invoices/advance", order=str(order.pk), percent="30").json()["data"]
    assert (made["kind"], made["net"]) == ("advance", "600.00")
    post(as_staff, f"invoices/{made['id']}/issue")
    assert post(as_staff, f"invoices/{made['id']}/cancel", reason="x").status_code == 403
    note = post(as_manager, f"invoices/{made['id']}/cancel", reason="wrong").json()["data"]
    assert (note["kind"], note["net"], note["reverses"]) == ("credit_note", "-600.00", made["id"])
    assert faults() == []


def test_the_list_is_filtered_and_its_queries_do_not_grow(as_staff, count_queries):
    make_free()
    counted = []
    for _round in range(2):
        with count_queries() as queries:
            assert as_staff.get("/api/invoices?status=draft").status_code == 200
        counted.append(len(queries))
        make_free()
        make_free()
    assert counted[0] == counted[1] <= 8
    assert as_staff.get("/api/invoices?status=paid").json()["data"] == []


def test_a_wrong_payment_is_reversed(as_manager, manager):
    invoice = make_free((1, 100))
    invoice.issue(by=manager)
    payment = invoice.record_payment(Decimal(50), by=manager)
    assert post(as_manager, f"payments/{payment.pk}/reverse", note="Wrong").json()["data"]["amount"] == "-50.00"
    assert Invoice.objects.get().status == "sent"
