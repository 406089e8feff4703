"""Back office, demo company, checks of the whole."""

import random
from datetime import date

import pytest
from django.db import transaction
from django.urls import reverse

from apps.accounts import demo as accounts
from apps.customers import demo
from apps.customers.models import Address, Contact, Customer, Interaction
from apps.customers.tests.factories import faults, make_address, make_contact, make_customer
from apps.customers.tests.test_customer import check_now
from apps.parts.tests.factories import execute

pytestmark = pytest.mark.django_db
NAMES = ["customer", "address", "contact", "interaction"]


def at(name: str, page: str, *args) -> str:
    return reverse(f"admin:customers_{name}_{page}", args=args)


@pytest.mark.parametrize("name", NAMES)
def test_lists_and_records_open_for_those_who_may(as_staff, as_manager, manager, name):
    customer = make_customer(by=manager)
    records = {
        "customer": customer,
        "address": customer.billing_address,
        "contact": make_contact(customer),
        "interaction": customer.note("x", by=manager),
    }
    assert as_staff.get(at(name, "changelist")).status_code == 302
    assert as_manager.get(at(name, "changelist"), {"q": customer.city}).status_code == 200
    for page in ("change", "history", "delete"):
        assert as_manager.get(at(name, page, records[name].pk)).status_code == 200, page


def test_customers_are_made_on_the_pages_only(as_admin):
    assert as_admin.get(at("customer", "add")).status_code == 403


def test_an_edit_in_the_back_office_goes_through_the_verb(as_manager, manager):
    contact = make_contact(last_name="Thiele")
    sent = {"last_name": "Seidel", "first_name": "Nina", "is_primary": "on", "seen_version": 1}
    assert as_manager.post(at("contact", "change", contact.pk), sent).status_code == 302
    contact.refresh_from_db()
    assert (contact.last_name, contact.version) == ("Seidel", 2)
    assert contact.history.first().history_user == manager


def test_the_standard_invoice_address_is_not_deleted_here_either(as_manager):
    address = make_customer().billing_address
    as_manager.post(at("address", "delete", address.pk), {"post": "yes"})
    assert Address.objects.filter(pk=address.pk).exists()


def test_a_second_standard_address_takes_the_place_of_the_first(as_manager):
    customer = make_customer()
    second = make_address(customer, kind="billing", street="Neu 1")
    sent = {
        "kind": "billing",
        "is_default": "on",
        "street": "Neu 1",
        "postcode": "70565",
        "city": "Stuttgart",
        "country": "DE",
        "seen_version": 1,
    }
    assert as_manager.post(at("address", "change", second.pk), sent).status_code == 302
    assert customer.billing_address == second
    assert faults() == []


# --- The demo company


def filled() -> list:
    people = accounts.fill()
    demo.fill(random.Random(24), date(2026, 11, 22), people)
    return list(
        Customer.objects.order_by("number").values_list("number", "name", "country", "vat_id", "discount_percent")
    )


def test_the_demo_company_has_forty_customers_in_six_countries():
    first = filled()
    assert len(first) == 40
    assert {row[2] for row in first} == {"DE", "AT", "FR", "NL", "CH", "US"}
    assert Customer.objects.filter(kind="person").count() == 11
    assert Customer.objects.blocked().count() == 1
    assert Interaction.objects.follow_ups().open().exists()
    mails = [*Customer.objects.values_list("email", flat=True), *Contact.objects.values_list("email", flat=True)]
    assert all(mail.endswith("example.com") for mail in mails)
    for record in (*Customer.objects.all(), *Address.objects.all(), *Contact.objects.all()):
        record.full_clean()
    check_now()
    assert faults() == []


def test_the_demo_company_is_the_same_each_time():
    with transaction.atomic():
        first = filled()
        transaction.set_rollback(True)
    assert not Customer.everything.exists()
    assert filled() == first


# --- What verify finds


def break_open(sql: str) -> None:
    """As a superuser would who knows how to silence triggers."""
    execute("SET LOCAL session_replication_role = replica")
    execute(sql)
    execute("SET LOCAL session_replication_role = origin")


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE customers_customer SET city = 'Wien'", "is not where the standard invoice address is"),
        ("UPDATE customers_address SET is_default = false", "has no standard invoice address"),
        ("UPDATE customers_customer SET tax_case = 'G'", "is in the EU, but taxed as an export"),
        ("UPDATE customers_customer SET tax_case = 'OSS'", "is no consumer in another country of the EU"),
    ],
)
def test_what_went_past_every_guard_is_found(sql, found):
    make_customer()
    check_now()
    break_open(sql)
    assert any(found in fault.found for fault in faults())
    break_open("DELETE FROM customers_address")
    break_open("DELETE FROM customers_customer")


def test_a_guard_that_is_switched_off_is_found():
    execute("ALTER TABLE customers_customer DISABLE TRIGGER customers_customer_whole")
    assert [fault.record for fault in faults()] == ["trigger customers_customer_whole"]
