"""The REST addresses of this room."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.deliveries.models import Delivery, DeliveryReturn, Status
from apps.deliveries.tests.factories import (
    faults,
    make_carrier,
    make_delivery,
    make_order,
    make_printer_order,
    make_shipped,
    make_sold,
    returned,
)
from apps.parts.tests.factories import make_location

pytestmark = pytest.mark.django_db


def send(client, method: str, path: str, body=None, **headers):
    return client.generic(
        method, path, json.dumps(body) if body is not None else b"", "application/json", headers=headers
    )


@pytest.fixture
def every_address(db) -> dict:
    """Each address with a body that works for someone who may, and who may at least: viewer, staff, manager."""
    carrier, order, place = make_carrier(), make_order(), make_location()
    pending, to_ship, to_cancel, to_throw = make_delivery(), make_delivery(), make_delivery(), make_delivery()
    on_its_way, arrived = make_shipped(carrier=carrier), make_shipped()
    paper = arrived.return_([returned(arrived.lines.get(), 1)], by=None)
    back = {"line": str(arrived.lines.get().pk), "quantity": "1", "condition": "good", "location": str(place.pk)}
    path = "/api/deliveries"
    return {
        ("GET", "/api/carriers"): ("viewer", None),
        ("POST", "/api/carriers"): ("manager", {"name": "GLS"}),
        ("PATCH", f"/api/carriers/{carrier.pk}"): ("manager", {"service": "Paket", "version": 1}),
        ("GET", path): ("viewer", None),
        ("POST", path): ("staff", {"order": str(order.pk)}),
        ("GET", f"{path}/{pending.pk}"): ("viewer", None),
        ("GET", f"{path}/{pending.pk}/items"): ("viewer", None),
        ("PATCH", f"{path}/{pending.pk}"): ("staff", {"notes": "Rampe", "version": 1}),
        ("POST", f"{path}/{to_ship.pk}/ship"): ("staff", {}),
        ("POST", f"{path}/{on_its_way.pk}/track"): ("staff", {"tracking_number": "0042"}),
        ("POST", f"{path}/{on_its_way.pk}/deliver"): ("staff", {}),
        ("POST", f"{path}/{to_cancel.pk}/cancel"): ("manager", {"reason": "Doppelt"}),
        ("POST", f"{path}/{arrived.pk}/return"): ("manager", {"lines": [back | {"reason": "Umtausch"}]}),
        ("DELETE", f"{path}/{to_throw.pk}"): ("manager", None),
        ("POST", f"{path}/{to_throw.pk}/restore"): ("manager", None),
        ("GET", "/api/delivery-returns"): ("viewer", None),
        ("GET", f"/api/delivery-returns/{paper.pk}"): ("viewer", None),
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


def test_a_delivery_is_made_changed_shipped_and_taken_back_by_program(as_manager, manager):
    order, printers = make_printer_order(2)
    carrier = make_carrier()
    made = send(as_manager, "POST", "/api/deliveries", {"order": str(order.pk)}).json()["data"]
    assert (made["status"], made["number"], made["name"]) == ("pending", "", order.customer.full_name)
    (line,) = made["lines"]
    assert (line["quantity"], line["serials"]) == ("2.000", [])
    path = f"/api/deliveries/{made['id']}"
    changed = send(as_manager, "PATCH", path, {"street": "Tor 9", "version": 1}).json()["data"]
    assert (changed["street"], len(changed["lines"])) == ("Tor 9", 1)
    assert send(as_manager, "PATCH", path, {"street": "Tor 1", "version": 1}).status_code == 409
    body = {
        "printers": [{"line": line["id"], "printers": [str(each.pk) for each in printers]}],
        "carrier": str(carrier.pk),
        "tracking_number": "0042",
        "package_count": 2,
        "weight": "30.5",
    }
    shipped = send(as_manager, "POST", f"{path}/ship", body).json()["data"]
    assert shipped["number"].startswith("LS-")
    assert shipped["lines"][0]["serials"] == [each.serial for each in printers]
    assert shipped["tracking_link"].endswith("=0042")
    send(as_manager, "POST", f"{path}/deliver", {"received_by": "Kern"})
    row = {"line": line["id"], "quantity": "1", "condition": "good", "reason": "Umtausch"}
    row |= {"location": str(make_location().pk), "printers": [str(printers[0].pk)]}
    back = send(as_manager, "POST", f"{path}/return", {"lines": [row]}).json()["data"]
    assert (back["number"][:3], back["lines"][0]["serials"]) == ("RS-", [printers[0].serial])
    assert send(as_manager, "GET", path).json()["data"]["lines"][0]["returned_quantity"] == "1.000"
    assert faults() == []


def test_the_same_shipping_by_the_same_key_is_one(as_staff):
    delivery = make_delivery()
    for _again in range(2):
        answer = send(as_staff, "POST", f"/api/deliveries/{delivery.pk}/ship", {}, **{"Idempotency-Key": "k1"})
        assert answer.status_code == 200
    delivery.refresh_from_db()
    assert delivery.status == Status.IN_TRANSIT


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": "0"},
        {"quantity": "11"},
        {"quantity": "NaN"},
        {"location": None},
        {"colour": "red"},
    ],
)
def test_a_line_that_makes_no_sense_is_refused(as_staff, change):
    order = make_order()
    (row,) = Delivery.propose(order)
    line = {"order_line": str(row.order_line.pk), "quantity": "1", "location": str(row.location.pk)} | change
    answer = send(as_staff, "POST", "/api/deliveries", {"order": str(order.pk), "lines": [line]})
    assert 400 <= answer.status_code < 500, answer.content
    assert answer.json()["errors"]
    assert not Delivery.objects.exists()


def test_a_delivery_stays_with_its_order_and_a_part_must_be_there(as_staff):
    delivery, other = make_delivery(), make_order((make_sold(stock=0), 1))
    path = f"/api/deliveries/{delivery.pk}"
    answer = send(as_staff, "PATCH", path, {"order": str(other.pk), "version": 1})
    assert 400 <= answer.status_code < 500
    part = delivery.lines.get().part
    part.adjust(-90, location=delivery.lines.get().location, by=None, note="Schwund")
    delivery.order.lines.get().unreserve(by=None)
    part.adjust(-5, location=delivery.lines.get().location, by=None, note="Schwund")
    answer = send(as_staff, "POST", f"{path}/ship", {})
    assert answer.status_code in (409, 422)
    assert "10 needed, 5 free" in answer.content.decode()


def test_what_is_not_allowed_any_more_is_refused(as_manager):
    delivery = make_shipped()
    path = f"/api/deliveries/{delivery.pk}"
    assert send(as_manager, "POST", f"{path}/ship", {}).status_code == 409
    assert send(as_manager, "POST", f"{path}/cancel", {"reason": "x"}).status_code == 409
    assert send(as_manager, "PATCH", path, {"notes": "x", "version": delivery.version}).status_code == 409
    assert send(as_manager, "DELETE", path).status_code in (409, 422)
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    assert send(as_manager, "POST", f"{path}/deliver", {"delivered_on": tomorrow}).status_code in (409, 422)


def test_lists_cost_the_same_queries_with_one_row_and_with_three(as_staff, count_queries):
    paths = ["/api/carriers", "/api/deliveries", "/api/delivery-returns"]

    def make():
        delivery = make_shipped(make_order((make_sold(), 1), (make_sold(), 2)), carrier=make_carrier())
        delivery.return_([returned(delivery.lines.first(), 1)], by=None)

    def cost(path) -> int:
        with count_queries() as queries:
            assert send(as_staff, "GET", path).status_code == 200
        return len(queries)

    make()
    with_one = [cost(path) for path in paths]
    make()
    make()
    assert [cost(path) for path in paths] == with_one
    assert DeliveryReturn.objects.count() == 3


def test_filters_are_those_of_the_pages(as_viewer):
    make_delivery()
    shipped = make_shipped()
    found = send(as_viewer, "GET", "/api/deliveries?status=in_transit").json()["data"]
    assert [each["id"] for each in found] == [str(shipped.pk)]
    assert send(as_viewer, "GET", "/api/deliveries?nonsense=1").status_code >= 400
