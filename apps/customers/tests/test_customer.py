"""A customer: who it is, how it is found and taxed, what the verbs refuse, and what the database does."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.customers.models import Address, Customer, TaxCase, suggested_tax_case
from apps.customers.models.tax import compact_vat_id, why_not
from apps.customers.tests.factories import AUSTRIAN, DUTCH, GERMAN, faults, make_address, make_contact, make_customer
from apps.parts.tests.factories import execute
from gmtc.errors import Refused, StaleEdit
from gmtc.testing import race

pytestmark = pytest.mark.django_db


def check_now() -> None:
    """What the deferred triggers would say when the transaction ends."""
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("SET CONSTRAINTS ALL DEFERRED")


def execute_to_the_end(sql: str, *values) -> None:
    """Run SQL by hand, and end the transaction as far as the deferred triggers are concerned."""
    with transaction.atomic():
        execute(sql, *values)
        check_now()


# --- Registering


def test_a_new_customer_has_a_number_an_invoice_address_and_a_history(staff):
    customer = Customer(company_name="Brandl Feinmechanik GmbH")
    customer.register(Address(street="Werkstraße 14", postcode="70565", city="Stuttgart"), by=staff)
    customer.refresh_from_db()
    assert customer.number == "K-10001"
    assert (customer.name, customer.country, customer.postcode, customer.city) == (
        "Brandl Feinmechanik GmbH",
        "DE",
        "70565",
        "Stuttgart",
    )
    address = customer.billing_address
    assert (address.kind, address.is_default) == ("billing", True)
    assert customer.shipping_address == address
    row = customer.history.get()
    assert (row.history_user, row.history_change_reason) == (staff, "create")
    assert faults() == []


def test_numbers_that_were_taken_over_are_stepped_over():
    make_customer(number="K-10002")
    assert [make_customer().number, make_customer().number] == ["K-10001", "K-10003"]


def test_a_number_is_not_given_twice_not_even_that_of_one_in_the_trash(staff):
    make_customer(number="ALT-7").discard(by=staff)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_customer(number="alt-7")


def test_a_person_is_called_by_their_name_and_a_company_has_no_first_name():
    person = make_customer(title="Dr.", first_name="Eva", last_name="Hofstätter", salutation="ms")
    assert (person.name, person.full_name) == ("Eva Hofstätter", "Dr. Eva Hofstätter")
    assert person.salutation_line("de").endswith("Dr. Hofstätter")
    assert person.salutation_line("en") == "Dear Ms Dr. Hofstätter"
    company = Customer(company_name="X GmbH", first_name="Left over")
    company.clean()
    assert company.first_name == ""


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"company_name": ""}, "company_name"),
        ({"kind": "person", "first_name": "Eva"}, "last_name"),
        ({"company_name": "A", "vat_id": "ATU13585628"}, "vat_id"),
        ({"company_name": "A", "email": "nobody"}, "email"),
        ({"company_name": "A", "number": "K 1"}, "number"),
        ({"company_name": "A", "address_scheme": "0204", "electronic_address": "991-1-1"}, "electronic_address"),
        ({"company_name": "A", "discount_percent": 101}, "discount_percent"),
    ],
)
def test_fields_are_checked(fields, field):
    with pytest.raises(ValidationError) as refused:
        Customer(**fields).full_clean()
    assert field in refused.value.error_dict


@pytest.mark.parametrize(
    "fields",
    [
        {"skonto_percent": 2, "skonto_days": 0},
        {"skonto_percent": 0, "skonto_days": 10},
        {"skonto_percent": 2, "skonto_days": 30, "payment_days": 14},
        {"discount_percent": 101},
        {"credit_limit": -1},
        {"is_blocked": True},
        {"currency": "USD"},
        {"address_scheme": "EM"},
        {"vat_result": "valid"},
    ],
)
def test_the_database_refuses_terms_that_make_no_sense(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_customer(**fields)


def test_search_finds_every_word_in_either_case_also_with_a_sharp_s():
    wanted = make_customer(company_name="Großmann Vorrichtungsbau", address={"city": "Gießen", "postcode": "35390"})
    make_customer(company_name="Kessler")
    assert list(Customer.objects.search("großmann GIEßEN")) == [wanted]
    assert list(Customer.objects.search("35390")) == [wanted]
    assert list(Customer.objects.search(wanted.number.lower())) == [wanted]
    assert list(Customer.objects.search("100%")) == []


# --- Tax


@pytest.mark.parametrize(
    ("country", "vat_id", "case"),
    [
        ("DE", "", "S"),
        ("DE", GERMAN, "S"),
        ("AT", AUSTRIAN, "K"),
        ("AT", "", "OSS"),
        ("AT", GERMAN, "OSS"),
        ("CH", "", "G"),
        ("US", "", "G"),
        ("GB", "", "G"),
        ("GB", "XI110305878", "K"),
        ("MC", "", "OSS"),
        ("", "", "S"),
    ],
)
def test_the_usual_tax_case_follows_country_and_vat_id(country, vat_id, case):
    assert suggested_tax_case(country=country, vat_id=vat_id) == case
    assert country == "" or not why_not(case, country=country, vat_id=vat_id)


@pytest.mark.parametrize(
    ("case", "country", "vat_id"),
    [
        ("K", "AT", ""),
        ("K", "DE", AUSTRIAN),
        ("K", "AT", GERMAN),
        ("K", "CH", AUSTRIAN),
        ("AE", "AT", ""),
        ("AE", "US", AUSTRIAN),
        ("G", "DE", ""),
        ("G", "FR", ""),
        ("OSS", "DE", ""),
        ("OSS", "CH", ""),
    ],
)
def test_an_impossible_tax_case_is_refused_by_the_verb_and_by_the_database(staff, case, country, vat_id):
    assert why_not(case, country=country, vat_id=vat_id)
    with pytest.raises(ValidationError) as refused, transaction.atomic():
        make_customer(country=country, vat_id=vat_id, tax_case=case)
    assert "tax_case" in refused.value.error_dict
    customer = make_customer(country=country, vat_id=vat_id)
    with pytest.raises(Refused) as refused:
        customer.revise({"tax_case": case}, by=staff, version=1)
    assert refused.value.field == "tax_case"
    with pytest.raises(IntegrityError, match="taxed as"):
        execute_to_the_end("UPDATE customers_customer SET tax_case = %s WHERE id = %s", case, customer.pk)


def test_a_vat_id_that_is_needed_cannot_be_taken_away(staff):
    customer = make_customer(country="AT", vat_id=AUSTRIAN)
    with pytest.raises(Refused):
        customer.revise({"vat_id": ""}, by=staff, version=1)
    customer.refresh_from_db()
    assert customer.vat_id == AUSTRIAN


def test_the_codes_of_en_16931():
    assert [case.category for case in TaxCase] == ["S", "K", "G", "AE", "S"]
    assert [case.is_untaxed for case in TaxCase] == [False, True, True, True, False]


def test_a_vat_id_is_kept_without_blanks():
    assert make_customer(country="AT", vat_id="atu 135 856 27", tax_case="K").vat_id == AUSTRIAN
    assert compact_vat_id("GR 094259216") == "EL094259216"


def test_a_check_holds_for_the_vat_id_that_was_checked(staff):
    customer = make_customer(country="AT", vat_id=AUSTRIAN)
    assert customer.needs_vat_check
    customer.record_vat_check("valid", by=staff, request="120")
    assert customer.has_valid_vat_id
    assert not customer.needs_vat_check
    customer.revise({"vat_id": DUTCH}, by=staff, version=customer.version)
    assert not customer.has_valid_vat_id
    assert customer.needs_vat_check
    assert customer.history.filter(history_change_reason="check").get().vat_request == "120"


def test_a_check_needs_a_vat_id_and_a_past(staff):
    with pytest.raises(Refused, match="no VAT ID"):
        make_customer().record_vat_check("valid", by=staff)
    with pytest.raises(Refused, match="future"):
        make_customer(country="AT", vat_id=AUSTRIAN).record_vat_check(
            "valid", by=staff, at=timezone.now() + timedelta(hours=1)
        )


# --- Verbs


def test_a_block_has_a_reason_stops_sales_and_is_lifted(staff):
    customer = make_customer()
    with pytest.raises(Refused) as refused:
        customer.block("  ", by=staff)
    assert refused.value.field == "reason"
    customer.refuse_if_blocked()
    customer.block("does not pay", by=staff)
    assert list(Customer.objects.blocked()) == [customer]
    with pytest.raises(Refused, match="is blocked: does not pay"):
        customer.refuse_if_blocked()
    customer.unblock(by=staff)
    customer.refuse_if_blocked()
    reasons = [row.history_change_reason for row in customer.history.order_by("history_id")]
    assert reasons == ["create", "block", "unblock"]
    assert faults() == []


def test_a_customer_in_the_trash_can_do_nothing_but_come_back(staff):
    customer = make_customer()
    make_contact(customer)
    customer.discard(by=staff)
    for verb in (
        lambda: customer.block("x", by=staff),
        lambda: customer.unblock(by=staff),
        lambda: customer.record_vat_check("valid", by=staff),
    ):
        with pytest.raises(Refused, match="in the trash"):
            verb()
    customer.restore(by=staff)
    assert Customer.objects.get() == customer
    check_now()


def test_a_stale_edit_is_refused(staff):
    customer = make_customer()
    customer.revise({"phone": "1"}, by=staff, version=1)
    with pytest.raises(StaleEdit):
        customer.revise({"phone": "2"}, by=staff, version=1)


def test_days_to_pay_are_the_customer_s_or_the_company_s():
    assert make_customer(payment_days=30).days_to_pay() == 30
    assert make_customer(payment_days=0).days_to_pay() == 0
    assert make_customer().days_to_pay() == 14


# --- The database


def test_a_customer_without_an_invoice_address_is_not_stored():
    make_customer()
    with pytest.raises(IntegrityError, match="no standard invoice address"):
        execute_to_the_end("UPDATE customers_address SET deleted_at = now()")
    Customer(company_name="Bare", number="BARE").save()
    with pytest.raises(IntegrityError, match="no standard invoice address"), transaction.atomic():
        check_now()
    execute("DELETE FROM customers_customer WHERE number = 'BARE'")


def test_nobody_writes_down_where_a_customer_is_but_the_address():
    customer = make_customer()
    for sql in ("UPDATE customers_customer SET country = 'AT'", "UPDATE customers_customer SET city = 'Wien'"):
        with pytest.raises(IntegrityError, match="only changed by the standard invoice address"), transaction.atomic():
            execute(sql)
    with pytest.raises(IntegrityError, match="only changed by"), transaction.atomic():
        Customer(company_name="Bare", number="BARE", city="Wien").save()
    customer.refresh_from_db()
    assert customer.country == "DE"


def test_history_is_only_read():
    make_customer()
    for sql in ("UPDATE customers_historicalcustomer SET phone = '1'", "DELETE FROM customers_historicaladdress"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            execute(sql)


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_make_their_address_the_standard_exactly_one_remains():
    customer = make_customer()
    addresses = [make_address(customer, kind="billing", street=f"Weg {i}") for i in range(10)]

    def choose(i):
        Address.objects.get(pk=addresses[i].pk).make_default(by=None)

    assert race(10, choose) == [None] * 10
    assert customer.addresses.filter(kind="billing", is_default=True).count() == 1
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_customers_made_at_once_have_numbers_of_their_own():
    assert [result for result in race(8, lambda i: make_customer(company_name=f"Firm {i}") and None) if result] == []
    assert Customer.objects.values("number").distinct().count() == 8
