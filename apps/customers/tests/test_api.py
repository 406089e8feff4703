"""The room by REST."""

import json
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.customers.models import Customer, Interaction
from apps.customers.tests.factories import AUSTRIAN, faults, make_address, make_contact, make_customer

pytestmark = pytest.mark.django_db
PLACE = {"street": "Werkweg 1", "postcode": "70565", "city": "Stuttgart", "country": "DE"}


def send(client, method: str, path: str, body=None):
    return client.generic(method, path, json.dumps(body) if body is not None else b"", "application/json")


def problems(response) -> list[tuple[str, str | None]]:
    return [(each["code"], each["field"]) for each in response.json()["errors"]]


@pytest.fixture
def every_address(staff) -> dict[tuple[str, str], dict | None]:
    """Each address of the room with a body that works for someone who may."""
    customer = make_customer(country="AT", vat_id=AUSTRIAN)
    address, contact = make_address(customer, kind="billing"), make_contact(customer)
    spare, other = make_address(customer), make_contact(customer)
    entry = customer.note("x", by=staff, follow_up_on=timezone.localdate(), follow_up_by=staff)
    trashed = make_customer()
    trashed.discard(by=staff)
    pk = customer.pk
    return {
        ("GET", "/api/customers"): None,
        ("POST", "/api/customers"): {"company_name": "Brandl", "address": PLACE},
        ("GET", f"/api/customers/{pk}"): None,
        ("PATCH", f"/api/customers/{pk}"): {"phone": "1", "version": 1},
        ("POST", f"/api/customers/{pk}/block"): {"reason": "late"},
        ("POST", f"/api/customers/{pk}/unblock"): None,
        ("POST", f"/api/customers/{pk}/record_vat_check"): {"result": "valid"},
        ("POST", f"/api/customers/{pk}/note"): {"text": "Called", "kind": "call"},
        ("GET", f"/api/customers/{pk}/addresses"): None,
        ("GET", f"/api/customers/{pk}/contacts"): None,
        ("GET", f"/api/customers/{pk}/interactions"): None,
        ("POST", f"/api/customers/{trashed.pk}/restore"): None,
        ("DELETE", f"/api/customers/{trashed.pk}"): None,
        ("GET", "/api/addresses"): None,
        ("POST", "/api/addresses"): {"customer": str(pk), **PLACE},
        ("GET", f"/api/addresses/{address.pk}"): None,
        ("PATCH", f"/api/addresses/{address.pk}"): {"extra": "Tor", "version": 1},
        ("POST", f"/api/addresses/{address.pk}/make_default"): None,
        ("DELETE", f"/api/addresses/{spare.pk}"): None,
        ("GET", "/api/contacts"): None,
        ("POST", "/api/contacts"): {"customer": str(pk), "last_name": "Thiele"},
        ("GET", f"/api/contacts/{contact.pk}"): None,
        ("PATCH", f"/api/contacts/{contact.pk}"): {"phone": "1", "version": 1},
        ("POST", f"/api/contacts/{contact.pk}/make_primary"): None,
        ("DELETE", f"/api/contacts/{other.pk}"): None,
        ("GET", "/api/interactions"): None,
        ("POST", "/api/interactions"): {"customer": str(pk), "text": "Wrote"},
        ("GET", f"/api/interactions/{entry.pk}"): None,
        ("PATCH", f"/api/interactions/{entry.pk}"): {"text": "y", "version": 1},
        ("POST", f"/api/interactions/{entry.pk}/finish"): None,
        ("POST", f"/api/interactions/{entry.pk}/reopen"): None,
        ("DELETE", f"/api/interactions/{entry.pk}"): None,
    }


def test_nobody_gets_in_without_signing_in(every_address):
    assert {send(Client(), *key, body).status_code for key, body in every_address.items()} == {401}


def test_a_viewer_reads_and_changes_nothing(every_address, as_viewer):
    answers = {key: send(as_viewer, *key, body).status_code for key, body in every_address.items()}
    assert {key for key, status in answers.items() if status == 200} == {key for key in answers if key[0] == "GET"}
    assert {status for key, status in answers.items() if key[0] != "GET"} == {403}


def test_a_manager_may_do_all_of_it(every_address, as_manager):
    answers = {key: send(as_manager, *key, body).status_code for key, body in every_address.items()}
    assert [key for key, status in answers.items() if status >= 300] == []
    assert faults() == []


def test_staff_neither_block_nor_delete_customers(every_address, as_staff):
    refused = {key for key, body in every_address.items() if send(as_staff, *key, body).status_code == 403}
    assert {key[1].rsplit("/", 1)[1] for key in refused if key[0] == "POST"} == {"block", "unblock", "restore"}
    assert {key[1].split("/")[2] for key in refused if key[0] == "DELETE"} == {"customers", "addresses", "interactions"}


def test_a_customer_is_created_with_the_invoice_address(as_staff, staff):
    body = {
        "company_name": "Donau GmbH",
        "vat_id": AUSTRIAN,
        "tax_case": "K",
        "address": {"street": "Kai 1", "postcode": "1020", "city": "Wien", "country": "AT"},
    }
    answer = send(as_staff, "POST", "/api/customers", body)
    assert answer.status_code == 201
    shown = answer.json()["data"]
    assert (shown["number"], shown["name"], shown["country"], shown["city"]) == ("K-10001", "Donau GmbH", "AT", "Wien")
    assert "address" not in shown
    assert Customer.objects.get().history.get().history_user == staff


@pytest.mark.parametrize(
    ("values", "status", "expected"),
    [
        ({"address": None}, 400, ("null", "address")),
        ({"address": PLACE | {"postcode": "1"}}, 400, None),
        ({"company_name": ""}, 400, ("invalid", "company_name")),
        ({"tax_case": "G"}, 400, ("invalid", "tax_case")),
        ({"country": "AT", "colour": "red"}, 400, ("unknown_field", "colour")),
        ({"vat_id": "DE1"}, 400, ("invalid", "vat_id")),
        ({"discount_percent": "NaN"}, 400, ("invalid", "discount_percent")),
        ({"number": "taken"}, 409, ("duplicate", "number")),
    ],
)
def test_values_that_are_not_valid_are_named(as_staff, values, status, expected):
    make_customer(number="TAKEN")
    answer = send(as_staff, "POST", "/api/customers", {"company_name": "Brandl", "address": PLACE} | values)
    assert answer.status_code == status
    if expected:
        assert problems(answer) == [expected]
    assert Customer.everything.count() == 1


def test_a_customer_without_an_address_is_refused(as_staff):
    assert problems(send(as_staff, "POST", "/api/customers", {"company_name": "B"})) == [("required", "address")]


def test_running_columns_cannot_be_written(as_staff):
    customer = make_customer()
    shown = as_staff.get(f"/api/customers/{customer.pk}").json()["data"]
    body = shown | {"city": "Wien", "country": "AT", "is_blocked": True, "phone": "1"}
    answer = send(as_staff, "PUT", f"/api/customers/{customer.pk}", body)
    assert answer.status_code == 200
    customer.refresh_from_db()
    assert (customer.city, customer.country, customer.is_blocked, customer.phone) == ("Stuttgart", "DE", False, "1")


def test_an_impossible_tax_case_and_a_stale_version_are_refused(as_staff):
    customer = make_customer()
    path = f"/api/customers/{customer.pk}"
    assert problems(send(as_staff, "PATCH", path, {"tax_case": "K", "version": 1})) == [("invalid", "tax_case")]
    assert send(as_staff, "PATCH", path, {"phone": "1", "version": 9}).status_code == 409


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("country=at", {"Wien"}),
        ("region=world", {"Zürich"}),
        ("kind=person", {"Zürich"}),
        (f"vat_id={AUSTRIAN.lower()}", {"Wien"}),
        ("q=stuttgart", {"Stuttgart"}),
        ("blocked=false&sort=-city&per_page=1", {"Zürich"}),
    ],
)
def test_customers_are_narrowed_down_as_on_the_pages(as_viewer, query, expected):
    make_customer()
    make_customer(country="AT", vat_id=AUSTRIAN)
    make_customer(country="CH", last_name="Vogel")
    answer = as_viewer.get(f"/api/customers?{query}").json()
    assert {each["city"] for each in answer["data"]} == expected


@pytest.mark.parametrize("path", ["/api/customers", "/api/addresses", "/api/contacts", "/api/interactions"])
def test_a_list_costs_the_same_for_one_row_and_for_three(path, as_viewer, staff, count_queries):
    def fill():
        make_customer().note("x", by=staff, contact=None)
        make_contact()

    fill()
    with count_queries() as one:
        as_viewer.get(path)
    fill()
    fill()
    with count_queries() as three:
        assert len(as_viewer.get(path).json()["data"]) >= 3
    assert len(one) == len(three) == 4


def test_what_belongs_to_a_customer_stays_there_and_goes_with_it(as_staff, staff):
    contact, other = make_contact(), make_customer()
    answer = send(as_staff, "PATCH", f"/api/contacts/{contact.pk}", {"customer": str(other.pk), "version": 1})
    assert problems(answer) == [("invalid", "customer")]
    contact.customer.discard(by=staff)
    assert as_staff.get(f"/api/contacts/{contact.pk}").status_code == 404
    assert send(as_staff, "POST", "/api/contacts", {"customer": str(uuid4()), "last_name": "x"}).status_code == 400


def test_the_standard_invoice_address_cannot_be_deleted(as_manager):
    address = make_customer().billing_address
    answer = send(as_manager, "DELETE", f"/api/addresses/{address.pk}")
    assert answer.status_code in (409, 422)
    assert not address.customer.addresses.exclude(deleted_at=None)


def test_a_note_of_a_stranger_s_contact_is_refused(as_staff):
    customer, stranger = make_customer(), make_contact()
    body = {"text": "x", "contact": str(stranger.pk)}
    assert problems(send(as_staff, "POST", f"/api/customers/{customer.pk}/note", body)) == [("invalid", "contact")]
    assert not Interaction.objects.exists()
