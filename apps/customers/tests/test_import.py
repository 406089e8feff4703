"""Customers from a file: a customer and the invoice address in one row."""

import csv
import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from apps.customers.models import Address, Customer, CustomerImport
from apps.customers.resources import CustomerResource
from apps.customers.tests.factories import AUSTRIAN, faults, make_address, make_customer
from apps.parts.tests.test_export import body

pytestmark = pytest.mark.django_db

HEAD = ["Firma", "Straße", "PLZ", "Ort", "Land"]


def text_of(*rows) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";").writerows(rows)
    return buffer.getvalue().encode()


def upload(*rows, by) -> CustomerImport:
    found = CustomerImport.upload(ContentFile(text_of(*rows), name="kunden.csv"), by=by, language="en", options={})
    found.check_rows(by=by)
    return found


def errors(found) -> list[dict]:
    return [row.errors for row in found.rows.all()]


def test_new_customers_come_with_number_address_tax_case_and_history(manager):
    found = upload(
        [*HEAD, "USt-IdNr", "Zahlungsziel", "Skonto", "Skontotage"],
        ["Brandl GmbH", "Werkweg 1", "70565", "Stuttgart", "Deutschland", "", "30", "2,5", "10"],
        ["Donau GmbH", "Handelskai 1", "1020", "Wien", "AT", "atu 13585627", "", "", ""],
        ["Cascade Inc.", "Main 1", "97210", "Portland", "usa", "", "", "", ""],
        by=manager,
    )
    assert errors(found) == [{}, {}, {}]
    assert (found.new_rows, found.status) == (3, "checked")
    found.accept(by=manager)
    assert [
        (each.number, each.name, each.country, each.city, each.vat_id, each.tax_case)
        for each in Customer.objects.order_by("number")
    ] == [
        ("K-10001", "Brandl GmbH", "DE", "Stuttgart", "", "S"),
        ("K-10002", "Donau GmbH", "AT", "Wien", AUSTRIAN, "K"),
        ("K-10003", "Cascade Inc.", "US", "Portland", "", "G"),
    ]
    brandl = Customer.objects.get(name="Brandl GmbH")
    assert (brandl.payment_days, str(brandl.skonto_percent), brandl.skonto_days) == (30, "2.50", 10)
    for row in (brandl.history.get(), brandl.billing_address.history.get()):
        assert (row.history_user, row.history_change_reason) == (manager, "import")
    assert faults() == []


def test_people_are_recognised_by_their_last_name(manager):
    found = upload(
        ["Vorname", "Nachname", "Anrede", "Straße", "PLZ", "Ort", "Land"],
        ["Eva", "Hofstätter", "Frau", "Landstraße 31", "4020", "Linz", "Österreich"],
        by=manager,
    )
    assert errors(found) == [{}]
    found.accept(by=manager)
    person = Customer.objects.get()
    assert (person.kind, person.name, person.salutation, person.tax_case) == ("person", "Eva Hofstätter", "ms", "OSS")


def test_old_numbers_are_kept_and_lead_to_changes(manager):
    customer = make_customer(number="ALT-7", company_name="Brandl GmbH", phone="1", notes="keep")
    head = ["Kundennummer", "Telefon", "Ort"]
    found = upload(head, ["alt-7", "2", "Esslingen"], by=manager)
    assert found.rows.get().changes == {"phone": ["1", "2"], "city": ["Stuttgart", "Esslingen"]}
    found.accept(by=manager)
    customer.refresh_from_db()
    assert (customer.phone, customer.city, customer.notes, customer.version) == ("2", "Esslingen", "keep", 2)
    assert customer.billing_address.version == 2
    again = upload(head, ["alt-7", "2", "Esslingen"], by=manager)
    assert (again.unchanged_rows, again.can_accept) == (1, False)
    assert faults() == []


def test_only_a_new_address_leaves_the_customer_s_own_row_alone(manager):
    customer = make_customer(number="ALT-7")
    make_address(customer, street="Dock 4")
    found = upload(["Kundennummer", "Straße"], ["ALT-7", "Neue Straße 1"], by=manager)
    assert found.changed_rows == 1
    found.accept(by=manager)
    customer.refresh_from_db()
    assert (customer.version, customer.billing_address.street) == (1, "Neue Straße 1")
    assert Address.objects.filter(street="Dock 4").exists()
    assert faults() == []


def test_a_move_abroad_in_a_file_changes_the_tax_case_in_plain_sight(manager):
    customer = make_customer(number="ALT-7", country="AT", vat_id=AUSTRIAN)
    found = upload(["Kundennummer", "PLZ", "Ort", "Land"], ["ALT-7", "8001", "Zürich", "CH"], by=manager)
    assert found.rows.get().changes["tax_case"] == ["EU business, tax-free supply", "Export outside the EU"]
    found.accept(by=manager)
    customer.refresh_from_db()
    assert (customer.country, customer.tax_case) == ("CH", "G")
    assert faults() == []


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"Firma": ""}, "company_name"),
        ({"PLZ": "123"}, "postcode"),
        ({"Ort": ""}, "city"),
        ({"Land": "Atlantis"}, "country"),
        ({"USt-IdNr": "DE123"}, "vat_id"),
        ({"Steuerfall": "K"}, "tax_case"),
        ({"Rabatt": "120"}, "discount_percent"),
        ({"Kundennummer": "K 1"}, "number"),
        ({"E-Mail": "nobody"}, "email"),
    ],
)
def test_a_faulty_cell_is_named_and_nothing_is_imported(manager, values, column):
    row = dict(zip(HEAD, ["Brandl GmbH", "Werkweg 1", "70565", "Stuttgart", "DE"], strict=True)) | values
    found = upload([*row], [*row.values()], by=manager)
    assert list(found.rows.get().errors) == [column]
    assert not found.can_accept


def test_a_new_row_without_a_city_says_what_it_needs(manager):
    found = upload(["Firma"], ["Brandl GmbH"], by=manager)
    assert "" in found.rows.get().errors


def test_a_row_that_looks_like_a_customer_names_the_number(manager):
    make_customer(company_name="Brandl GmbH & Co. KG", number="K-77", address={"postcode": "70565"})
    make_customer(country="AT", vat_id=AUSTRIAN, number="K-78")
    found = upload(
        [*HEAD, "UID"],
        ["Brandl GmbH", "x", "70565", "Stuttgart", "DE", ""],
        ["Other GmbH", "x", "1010", "Wien", "AT", AUSTRIAN],
        ["Brandl GmbH", "x", "10115", "Berlin", "DE", ""],
        by=manager,
    )
    assert ["K-77" in errors(found)[0][""], "K-78" in errors(found)[1][""], errors(found)[2]] == [True, True, {}]


def test_a_customer_without_a_number_stands_in_one_row_of_a_file(manager):
    row = ["x", "70565", "Stuttgart", "DE"]
    found = upload(
        ["Kundennummer", *HEAD, "UID"],
        ["", "Brandl GmbH", *row, ""],
        ["", "Brandl GmbH & Co. KG", *row, ""],
        ["", "Brandl GmbH", "x", "10115", "Berlin", "DE", ""],
        ["", "Donau GmbH", "x", "1010", "Wien", "AT", AUSTRIAN],
        ["ALT-8", "Other GmbH", "x", "1020", "Wien", "AT", AUSTRIAN],
        ["ALT-9", "Vogel GmbH", *row, ""],
        ["ALT-10", "Vogel GmbH", *row, ""],
        by=manager,
    )
    says = "This looks like the customer of row %s."
    assert errors(found) == [{}, {"": says % 2}, {}, {}, {"": says % 5}, {}, {}]


def test_the_number_of_a_customer_in_the_trash_is_refused(manager):
    make_customer(number="ALT-7").discard(by=manager)
    row = ["alt-7", "Brandl GmbH", "x", "70565", "Stuttgart", "DE"]
    found = upload(["Kundennummer", *HEAD], row, by=manager)
    assert list(found.rows.get().errors) == ["number"]


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_what_was_exported_comes_back_unchanged(manager, rf, format, language):
    make_customer(country="AT", vat_id=AUSTRIAN, skonto_percent=2, skonto_days=10, payment_days=30, notes="=1+1\nx")
    make_customer(last_name="Vogel", salutation="ms", country="CH", address={"state": "Zürich", "extra": "Tor"})
    make_customer(country="US", address={"person": "-dash"}, credit_limit="1234.50")
    with translation.override(language):
        content = body(Customer.objects.all(), CustomerResource, format, rf)
    found = CustomerImport.upload(
        ContentFile(content, name=f"customers.{format}"), by=manager, language=language, options={}
    )
    found.check_rows(by=manager)
    assert list(found.rows.exclude(kind="unchanged").values("key", "changes", "errors")) == []
    assert (found.unchanged_rows, set(found.mapping) - {""}) == (
        3,
        {column.name for column in CustomerResource.importable()},
    )


def test_the_pages_of_the_import_from_upload_to_result(client, as_viewer, as_manager):
    file = text_of(HEAD, ["Brandl GmbH", "Werkweg 1", "70565", "Stuttgart", "DE"])
    url = reverse("customers:import_list")
    assert client.get(url).status_code == 302
    assert as_viewer.post(url, {"file": SimpleUploadedFile("k.csv", file)}).status_code == 403
    answer = as_manager.post(url, {"file": SimpleUploadedFile("k.csv", file)})
    found = CustomerImport.objects.get()
    assert answer.url == found.get_absolute_url()
    page = as_manager.get(found.get_absolute_url()).content.decode()
    assert "Brandl GmbH" in page
    assert reverse("customers:import_accept", args=[found.pk]) in page
    for name in ("check", "accept", "resume"):
        target = reverse(f"customers:import_{name}", args=[found.pk])
        assert as_manager.get(target).status_code == 405
        assert as_viewer.post(target).status_code == 403
    as_manager.post(reverse("customers:import_accept", args=[found.pk]))
    page = as_manager.get(found.get_absolute_url()).content.decode()
    assert "Imported: 1 new, 0 changed." in page
    rows = as_manager.get(reverse("customers:customer_list"), {"imported": found.pk}).context["rows"]
    assert [customer.name for customer in rows] == ["Brandl GmbH"]
    as_manager.get(reverse("customers:import_progress", args=[found.pk])).headers["HX-Refresh"]
    template = as_manager.get(reverse("customers:import_template", args=["xlsx"]))
    assert b"".join(template.streaming_content)[:2] == b"PK"


def test_the_example_of_the_template_changes_no_customer(as_manager, manager):
    make_customer(number="K-10001")
    answer = as_manager.get(reverse("customers:import_template", args=["csv"]))
    found = CustomerImport.upload(ContentFile(answer.content, name="t.csv"), by=manager, language="en", options={})
    found.check_rows(by=manager)
    assert errors(found) == [{"": "This is the example of the template: delete the row."}]


def test_an_upload_that_is_no_table_is_refused_on_the_page(as_manager):
    answer = as_manager.post(
        reverse("customers:import_list"), {"file": SimpleUploadedFile("a.xls", b"\xd0\xcf\x11\xe0")}
    )
    assert answer.status_code == 422
    assert not CustomerImport.everything.exists()
