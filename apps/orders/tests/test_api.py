"""The REST addresses of this room."""

import json

import pytest
from django.test import Client

from apps.customers.tests.factories import make_contact, make_customer
from apps.orders.models import CustomerOrder
from apps.orders.tests.factories import faults, make_confirmed, make_order, make_quoted, make_sold_part, ship
from apps.parts.tests.factories import make_part, make_stock

pytestmark = pytest.mark.django_db


def send(client, method: str, path: str, body=None, **headers):
    return client.generic(
        method, path, json.dumps(body) if body is not None else b"", "application/json", headers=headers
    )


@pytest.fixture
def every_address(db) -> dict:
    """Each address with a body that works for someone who may, and who may at least: viewer, staff, manager."""
    customer, part = make_customer(), make_sold_part()
    draft, to_quote, to_confirm, confirmed, to_cancel = (make_order() for _ in range(5))
    quoted, to_decline = make_quoted(), make_quoted()
    confirmed.confirm(by=None)
    to_cancel.confirm(by=None)
    shipped = make_confirmed((make_sold_part(stock=2), 3))
    ship(shipped.lines.get(), 1)
    for line in confirmed.lines.all():
        make_stock(line.part, 2)
    line = {"part": str(part.pk), "quantity": "5"}
    new = {"customer": str(customer.pk), "lines": [line]}
    orders = "/api/orders"
    return {
        ("GET", orders): ("viewer", None),
        ("POST", orders): ("staff", new),
        ("GET", f"{orders}/{draft.pk}"): ("viewer", None),
        ("GET", f"{orders}/{draft.pk}/items"): ("viewer", None),
        ("PATCH", f"{orders}/{draft.pk}"): ("staff", {"notes": "Hello", "version": 1}),
        ("POST", f"{orders}/{draft.pk}/copy"): ("staff", None),
        ("POST", f"{orders}/{to_quote.pk}/quote"): ("staff", {}),
        ("POST", f"{orders}/{quoted.pk}/mail"): ("staff", {"to": "buyer@example.com"}),
        ("POST", f"{orders}/{quoted.pk}/withdraw"): ("staff", None),
        ("POST", f"{orders}/{to_decline.pk}/decline"): ("staff", {"reason": "Too dear"}),
        ("POST", f"{orders}/{to_confirm.pk}/confirm"): ("staff", {}),
        ("POST", f"{orders}/{confirmed.pk}/reserve"): ("staff", {}),
        ("POST", f"{orders}/{confirmed.pk}/unreserve"): ("staff", {"line": str(confirmed.lines.get().pk)}),
        ("POST", f"{orders}/{to_cancel.pk}/cancel"): ("manager", {"reason": "Twice"}),
        ("POST", f"{orders}/{shipped.pk}/close_short"): ("manager", {"reason": "No more"}),
        ("DELETE", f"{orders}/{draft.pk}"): ("manager", None),
        ("POST", f"{orders}/{draft.pk}/restore"): ("manager", None),
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


def test_an_order_is_made_quoted_changed_and_confirmed_by_program(as_staff):
    customer = make_customer(skonto_percent=2, skonto_days=10, payment_days=30)
    part, other = make_sold_part(unit_price="100", stock=1), make_sold_part()
    body = {
        "customer": str(customer.pk),
        "shipping_cost": "10",
        "lines": [{"part": str(part.pk), "quantity": "2", "customizations": {"Colour": "red"}}],
    }
    made = send(as_staff, "POST", "/api/orders", body).json()["data"]
    assert (made["status"], made["net"], made["total"]) == ("draft", "210.00", "249.90")
    assert (made["skonto_percent"], made["tax_case"]) == ("2.00", "S")
    line = made["lines"][0]
    assert (line["unit_price"], line["vat_rate"], line["customizations"]) == ("100.0000", "19.00", {"Colour": "red"})
    path = f"/api/orders/{made['id']}"
    lines = [{"id": line["id"], "part": str(part.pk), "quantity": "1"}, {"part": str(other.pk), "quantity": "1"}]
    changed = send(as_staff, "PATCH", path, {"lines": lines, "version": 1}).json()["data"]
    assert [each["quantity"] for each in changed["lines"]] == ["1.000", "1.000"]
    assert send(as_staff, "PATCH", path, {"lines": [], "version": 1}).status_code == 409
    quoted = send(as_staff, "POST", f"{path}/quote", {}).json()["data"]
    assert quoted["quote_number"].startswith("AN-")
    assert send(as_staff, "PATCH", path, {"notes": "x", "version": quoted["version"]}).status_code == 409
    confirmed = send(as_staff, "POST", f"{path}/confirm", {"customer_reference": "PO 1"}).json()["data"]
    assert (confirmed["status"], confirmed["customer_reference"]) == ("pending", "PO 1")
    items = send(as_staff, "GET", f"{path}/items").json()["data"]
    assert [(each["reserved_quantity"], each["missing_quantity"]) for each in items] == [
        ("1.000", "0.000"),
        ("0.000", "1.000"),
    ]
    assert faults() == []


@pytest.mark.parametrize(
    "line",
    [
        {"quantity": "0"},
        {"quantity": "1", "unit_price": "-1"},
        {"quantity": "1", "unit_price": "NaN"},
        {"quantity": "1", "discount": "101"},
        {"quantity": "1", "vat_rate": "101"},
        {"quantity": "1", "colour": "red"},
    ],
)
def test_a_line_that_makes_no_sense_is_refused(as_staff, line):
    body = {"customer": str(make_customer().pk), "lines": [{"part": str(make_sold_part().pk)} | line]}
    answer = send(as_staff, "POST", "/api/orders", body)
    assert 400 <= answer.status_code < 500, answer.content
    assert not CustomerOrder.objects.exists()


def test_what_is_not_sold_and_who_is_a_stranger_is_refused(as_staff):
    body = {"customer": str(make_customer().pk), "lines": [{"part": str(make_part().pk), "quantity": "1"}]}
    assert send(as_staff, "POST", "/api/orders", body).status_code in (400, 422)
    body["lines"][0]["part"] = str(make_sold_part().pk)
    refused = send(as_staff, "POST", "/api/orders", body | {"contact": str(make_contact().pk)})
    assert 400 <= refused.status_code < 500
    assert "another customer" in refused.content.decode()
    assert not CustomerOrder.objects.exists()


def test_a_line_of_another_order_is_refused(as_staff):
    mine, theirs = make_confirmed(), make_confirmed((make_sold_part(stock=2), 2))
    body = {"line": str(theirs.lines.get().pk)}
    assert send(as_staff, "POST", f"/api/orders/{mine.pk}/unreserve", body).status_code == 400
    assert theirs.lines.get().reserved_quantity == 2


def test_the_same_order_by_the_same_key_is_one(as_staff):
    body = {"customer": str(make_customer().pk), "lines": [{"part": str(make_sold_part().pk), "quantity": "1"}]}
    for _ in range(2):
        assert send(as_staff, "POST", "/api/orders", body, **{"Idempotency-Key": "k1"}).status_code == 201
    assert CustomerOrder.objects.count() == 1


def test_the_list_costs_the_same_queries_with_one_row_and_with_three(as_staff, count_queries):
    def cost() -> int:
        with count_queries() as queries:
            assert send(as_staff, "GET", "/api/orders").status_code == 200
        return len(queries)

    make_order()
    with_one = cost()
    make_order((make_sold_part(), 1), (make_sold_part(), 1))
    make_order()
    assert cost() == with_one


def test_filters_are_those_of_the_pages(as_viewer):
    make_order()
    confirmed = make_confirmed()
    found = send(as_viewer, "GET", "/api/orders?status=open").json()["data"]
    assert [each["id"] for each in found] == [str(confirmed.pk)]
    assert send(as_viewer, "GET", "/api/orders?nonsense=1").status_code >= 400
