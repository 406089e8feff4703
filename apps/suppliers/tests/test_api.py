"""The REST addresses of this room."""

import json
from decimal import Decimal

import pytest
from django.test import Client

from apps.parts.models import StockMovement
from apps.parts.tests.factories import make_location, make_part
from apps.suppliers.models import GoodsReceipt, PurchaseOrder, SupplierContact, SupplierPart
from apps.suppliers.tests.factories import faults, make_offer, make_order, make_sent, make_supplier, receive_all

pytestmark = pytest.mark.django_db


def send(client, method: str, path: str, body=None, **headers):
    return client.generic(
        method, path, json.dumps(body) if body is not None else b"", "application/json", headers=headers
    )


@pytest.fixture
def every_address(db) -> dict:
    """Each address with a body that works for someone who may, and who may at least: viewer, staff, manager."""
    supplier, part, place = make_supplier(), make_part(), make_location()
    contact = SupplierContact(supplier=supplier, name="Lena")
    contact.save()
    offer = make_offer()
    draft, to_send, to_cancel, to_receive, partial = make_order(), make_order(), make_sent(), make_sent(), make_sent()
    partial.receive([(partial.lines.get(), 1, 0, place)], by=None)
    receipt = receive_all(make_sent())
    line = {"part": str(part.pk), "quantity": "5", "unit_price": "1.25"}
    received = {"line": str(to_receive.lines.get().pk), "accepted": "10", "location": str(place.pk)}
    new_offer = {"supplier": str(supplier.pk), "part": str(part.pk), "price": "2", "price_breaks": []}
    orders = "/api/purchase-orders"
    return {
        ("GET", "/api/suppliers"): ("viewer", None),
        ("POST", "/api/suppliers"): ("staff", {"name": "New"}),
        ("GET", f"/api/suppliers/{supplier.pk}"): ("viewer", None),
        ("PATCH", f"/api/suppliers/{supplier.pk}"): ("staff", {"rating": 5, "version": 1}),
        ("GET", f"/api/suppliers/{supplier.pk}/contacts"): ("viewer", None),
        ("GET", f"/api/suppliers/{supplier.pk}/parts"): ("viewer", None),
        ("GET", "/api/supplier-contacts"): ("viewer", None),
        ("POST", "/api/supplier-contacts"): ("staff", {"supplier": str(supplier.pk), "name": "Tim"}),
        ("DELETE", f"/api/supplier-contacts/{contact.pk}"): ("manager", None),
        ("GET", "/api/supplier-parts"): ("viewer", None),
        ("POST", "/api/supplier-parts"): ("staff", new_offer),
        ("GET", f"/api/supplier-parts/{offer.pk}"): ("viewer", None),
        ("PATCH", f"/api/supplier-parts/{offer.pk}"): ("staff", {"price": "3", "version": 1}),
        ("POST", f"/api/supplier-parts/{offer.pk}/prefer"): ("manager", None),
        ("GET", orders): ("viewer", None),
        ("POST", orders): ("staff", {"supplier": str(supplier.pk), "lines": [line]}),
        ("GET", f"{orders}/{draft.pk}"): ("viewer", None),
        ("GET", f"{orders}/{draft.pk}/items"): ("viewer", None),
        ("PUT", f"{orders}/{draft.pk}"): ("staff", {"supplier": str(supplier.pk), "lines": [line], "version": 1}),
        ("PATCH", f"{orders}/{draft.pk}"): ("staff", {"notes": "Hello", "version": 2}),
        ("POST", f"{orders}/{draft.pk}/copy"): ("staff", None),
        ("POST", f"{orders}/{to_send.pk}/send"): ("manager", {}),
        ("POST", f"{orders}/{to_cancel.pk}/cancel"): ("manager", {"reason": "Twice"}),
        ("POST", f"{orders}/{to_receive.pk}/receive"): ("staff", {"lines": [received]}),
        ("POST", f"{orders}/{partial.pk}/acknowledge"): (
            "staff",
            {"supplier_reference": "AB 1", "expected_delivery_date": None},
        ),
        ("POST", f"{orders}/{partial.pk}/close_short"): ("manager", {}),
        ("POST", f"{orders}/{partial.pk}/reopen"): ("manager", None),
        ("DELETE", f"{orders}/{draft.pk}"): ("manager", None),
        ("POST", f"{orders}/{draft.pk}/restore"): ("manager", None),
        ("GET", "/api/goods-receipts"): ("viewer", None),
        ("GET", f"/api/goods-receipts/{receipt.pk}"): ("viewer", None),
        ("POST", f"/api/goods-receipts/{receipt.pk}/reverse"): ("manager", {"note": "Wrong"}),
    }


def test_each_address_asks_for_its_permission(every_address, as_viewer, as_staff, as_manager):
    ranks = {"viewer": as_viewer, "staff": as_staff, "manager": as_manager}
    for (method, path), (least, body) in every_address.items():
        assert send(Client(), method, path, body).status_code == 401, (method, path)
        for role, client in ranks.items():
            may = [*ranks].index(role) >= [*ranks].index(least)
            if may and role != least:
                continue  # the first who may has done it
            answer = send(client, method, path, body)
            assert (answer.status_code < 300) == may, (method, path, role, answer.content)
            assert may or answer.status_code == 403, (method, path, role)


def test_an_order_is_made_changed_sent_and_received_by_program(as_manager, manager):
    supplier, a, b, place = make_supplier(), make_part(), make_part(), make_location()
    body = {
        "supplier": str(supplier.pk),
        "lines": [
            {"part": str(a.pk), "quantity": "10", "unit_price": "1.5", "discount": "10"},
            {"part": str(b.pk), "quantity": "1", "unit_price": "4"},
        ],
    }
    made = send(as_manager, "POST", "/api/purchase-orders", body).json()["data"]
    assert (made["status"], made["total"]) == ("draft", "17.50")
    first = made["lines"][0]
    path = f"/api/purchase-orders/{made['id']}"
    lines = [{"id": first["id"], "part": str(a.pk), "quantity": "20", "unit_price": "1.5"}]
    changed = send(as_manager, "PATCH", path, {"lines": lines, "version": 1}).json()["data"]
    assert [(line["id"], line["quantity"], line["discount"]) for line in changed["lines"]] == [
        (first["id"], "20.000", "10.00")
    ]
    stale = send(as_manager, "PATCH", path, {"lines": [], "version": 1})
    assert stale.status_code == 409
    sent = send(as_manager, "POST", f"{path}/send", {}).json()["data"]
    assert sent["number"].startswith("BE-")
    received = [{"line": first["id"], "accepted": "20", "location": str(place.pk)}]
    receipt = send(as_manager, "POST", f"{path}/receive", {"lines": received, "delivery_note": "LS 9"}).json()["data"]
    assert (receipt["delivery_note"], receipt["lines"][0]["accepted"]) == ("LS 9", "20.000")
    assert send(as_manager, "GET", path).json()["data"]["status"] == "received"
    assert StockMovement.objects.get().created_by == manager
    assert faults() == []


def test_the_same_receipt_by_the_same_key_is_one(as_staff):
    order, place = make_sent(), make_location()
    body = {"lines": [{"line": str(order.lines.get().pk), "accepted": "4", "location": str(place.pk)}]}
    for _ in range(2):
        answer = send(as_staff, "POST", f"/api/purchase-orders/{order.pk}/receive", body, **{"Idempotency-Key": "k1"})
        assert answer.status_code == 201
    assert GoodsReceipt.objects.count() == 1


@pytest.mark.parametrize(
    "line",
    [
        {"quantity": "0"},
        {"quantity": "1", "unit_price": "-1"},
        {"quantity": "1", "unit_price": "NaN"},
        {"quantity": "1", "discount": "101"},
        {"quantity": "1", "colour": "red"},
    ],
)
def test_a_line_that_makes_no_sense_is_refused(as_staff, line):
    body = {"supplier": str(make_supplier().pk), "lines": [{"part": str(make_part().pk), "unit_price": "1"} | line]}
    answer = send(as_staff, "POST", "/api/purchase-orders", body)
    assert 400 <= answer.status_code < 500, answer.content
    assert answer.json()["errors"]
    assert not PurchaseOrder.objects.exists()


def test_what_is_not_allowed_any_more_is_refused(as_manager):
    order = make_sent()
    path = f"/api/purchase-orders/{order.pk}"
    assert send(as_manager, "POST", f"{path}/send", {}).status_code == 409
    assert send(as_manager, "PATCH", path, {"notes": "x", "version": order.version}).status_code == 409
    assert send(as_manager, "DELETE", path).status_code in (409, 422)
    order.refresh_from_db()
    assert (order.status, order.notes) == ("sent", "")


def test_breaks_of_an_offer_are_replaced_as_a_whole(as_staff):
    offer = make_offer(breaks={10: "1.80", 100: "1.50"})
    body = {"price_breaks": [{"quantity": "100", "price": "1.40"}], "version": 1}
    found = send(as_staff, "PATCH", f"/api/supplier-parts/{offer.pk}", body).json()["data"]
    assert found["price_breaks"] == [{"quantity": "100.000", "price": "1.4000"}]
    assert [each.price for each in SupplierPart.objects.get().price_breaks.all()] == [Decimal("1.4")]


def test_lists_cost_the_same_queries_with_one_row_and_with_three(as_staff, count_queries):
    def cost(path) -> int:
        with count_queries() as queries:
            assert send(as_staff, "GET", path).status_code == 200
        return len(queries)

    def make():
        make_offer(breaks={10: "1"})
        receive_all(make_sent((make_part(), 1, 1), (make_part(), 1, 1)))

    paths = [f"/api/{noun}" for noun in ("suppliers", "supplier-parts", "purchase-orders", "goods-receipts")]
    make()
    with_one = [cost(path) for path in paths]
    make()
    make()
    assert [cost(path) for path in paths] == with_one


def test_filters_are_those_of_the_pages(as_viewer):
    make_order()
    sent = make_sent()
    found = send(as_viewer, "GET", "/api/purchase-orders?status=open").json()["data"]
    assert [each["id"] for each in found] == [str(sent.pk)]
    assert send(as_viewer, "GET", "/api/purchase-orders?nonsense=1").status_code >= 400
