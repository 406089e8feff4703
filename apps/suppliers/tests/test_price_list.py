"""From a supplier's price list to offers."""

import io
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import translation

from apps.parts.tests.factories import make_part
from apps.parts.tests.test_export import body
from apps.suppliers.models import PriceListImport, SupplierPart
from apps.suppliers.resources import PriceListResource, SupplierPartResource
from apps.suppliers.tests.factories import faults, make_offer, make_supplier

pytestmark = pytest.mark.django_db


def xlsx(*rows) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def upload(supplier, *rows, by, language="en") -> PriceListImport:
    file = ContentFile(xlsx(*rows), name="list.xlsx")
    found = PriceListImport.upload(file, by=by, language=language, options={}, supplier=supplier)
    found.check_rows(by=by)
    return found


def kinds(found) -> list[str]:
    return [row.kind for row in found.rows.all()]


def errors(found) -> dict:
    return {row.number: row.errors for row in found.rows.filter(kind="faulty")}


HEAD = ["Supplier SKU", "Our SKU", "Price", "MOQ", "Pack size", "Price breaks"]


def test_a_list_changes_known_offers_and_makes_new_ones_with_breaks(manager):
    supplier = make_supplier()
    old = make_offer(supplier=supplier, supplier_sku="S-1", price=Decimal(1), breaks={10: "0.9", 50: "0.8"})
    same = make_offer(supplier=supplier, supplier_sku="S-2", price=Decimal(5), breaks={10: "4"})
    elsewhere = make_offer(supplier_sku="S-1", price=Decimal(7))
    part = make_part(sku="NEW-1")
    found = upload(
        supplier,
        HEAD,
        ["s-1", None, "1.20", 1, 1, "10: 1.10; 100: 1"],
        ["S-2", same.part.sku, "5", 1, 1, "10: 4"],
        ["S-3", "new-1", "0.042", 100, 50, "500: 0.038"],
        by=manager,
    )
    # an empty cell would empty the part of a known offer
    assert kinds(found) == ["faulty", "unchanged", "new"]
    found = upload(
        supplier,
        HEAD,
        ["s-1", old.part.sku, "1.20", 1, 1, "10: 1.10; 100: 1"],
        ["S-2", same.part.sku, "5", 1, 1, "10: 4"],
        ["S-3", "new-1", "0.042", 100, 50, "500: 0.038"],
        by=manager,
    )
    assert kinds(found) == ["changed", "unchanged", "new"]
    assert found.rows.get(number=2).changes["breaks"] == ["10: 0.9; 50: 0.8", "10: 1.1; 100: 1"]
    found.accept(by=manager)
    assert found.status == "accepted"
    old.refresh_from_db()
    assert (old.price, old.version, old.updated_by) == (Decimal("1.2"), 2, manager)
    assert [(each.quantity, each.price) for each in old.price_breaks.all()] == [(10, Decimal("1.1")), (100, 1)]
    new = SupplierPart.objects.get(supplier_sku="S-3")
    assert (new.supplier, new.part, new.moq, new.price_for(500)) == (supplier, part, 100, Decimal("0.038"))
    elsewhere.refresh_from_db()
    assert elsewhere.price == 7
    assert faults() == []


def test_a_change_of_breaks_alone_is_a_change(manager):
    offer = make_offer(supplier_sku="S-1", breaks={10: "1"})
    found = upload(offer.supplier, ["Supplier SKU", "Price breaks"], ["S-1", None], by=manager)
    assert kinds(found) == ["changed"]
    found.accept(by=manager)
    assert not offer.price_breaks.exists()
    offer.refresh_from_db()
    assert offer.version == 2
    assert faults() == []


def test_what_cannot_be_is_faulty_and_says_why(manager):
    supplier = make_supplier()
    offer = make_offer(supplier=supplier, supplier_sku="S-1")
    other = make_part(sku="OTHER")
    found = upload(
        supplier,
        HEAD,
        ["S-1", "OTHER", "1", 1, 1, ""],
        ["S-2", offer.part.sku, "1", 1, 1, ""],
        ["S-3", "nowhere", "1", 1, 1, ""],
        ["S-4", "OTHER", "-1", 1, 1, ""],
        [None, "OTHER", "1", 1, 1, ""],
        ["S-6", "OTHER", "1", 0, 1, "10=1"],
        ["S-7", "OTHER", "1", 1, 1, "10: 1; 10: 2"],
        by=manager,
    )
    said = errors(found)
    assert said[2] == {"part": "This number belongs to another part of ours."}
    assert said[3] == {"part": "This supplier has an offer for this part already: S-1."}
    assert "There is no" in said[4]["part"]
    assert "price" in said[5]
    assert said[6]["supplier_sku"] == "This must not be empty."
    assert "moq" in said[7]
    assert "breaks" in said[7]
    assert "two prices" in said[8]["breaks"]
    assert other.sku == "OTHER"
    assert SupplierPart.objects.count() == 1


def test_two_rows_for_one_part_are_refused(manager):
    part = make_part(sku="P-1")
    head = ["Supplier SKU", "Our SKU", "Price"]
    found = upload(make_supplier(), head, ["A", part.sku, 1], ["B", part.sku, 1], by=manager)
    assert errors(found) == {3: {"part": "The same value stands in row 2."}}


def test_german_headings_and_numbers_are_read(manager):
    part = make_part(sku="P-1")
    found = upload(
        make_supplier(),
        ["Bestellnummer", "Unsere Artikelnummer", "Einzelpreis", "VPE", "Staffelpreise"],
        ["A", part.sku, "1.234,50", "10", "ab 10: 1.200,00; ab 100: 0,95"],
        by=manager,
        language="de",
    )
    assert kinds(found) == ["new"]
    found.accept(by=manager)
    offer = SupplierPart.objects.get()
    assert (offer.price, offer.price_for(10), offer.price_for(100)) == (Decimal("1234.5"), 1200, Decimal("0.95"))


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_exported_offers_come_back_unchanged(manager, rf, format, language):
    supplier = make_supplier()
    for number in ("S-1", "=S-2", ""):
        part = make_part(sku=f"P-{number}")
        make_offer(
            supplier=supplier, part=part, supplier_sku=number, price=Decimal("1.234"), breaks={10: "0.038", 500: "0.03"}
        )
    with translation.override(language):
        content = body(SupplierPart.objects.all(), SupplierPartResource, format, rf)
    file = ContentFile(content, name=f"offers.{format}")
    found = PriceListImport.upload(file, by=manager, language=language, options={}, supplier=supplier)
    found.check_rows(by=manager)
    assert list(found.rows.exclude(kind="unchanged").values("key", "changes", "errors")) == []
    assert (found.unchanged_rows, set(found.mapping) - {""}) == (
        3,
        {column.name for column in PriceListResource.importable()},
    )


def test_an_offer_without_a_number_is_found_by_its_part(manager):
    offer = make_offer(part=make_part(sku="P-1"), supplier_sku="", price=Decimal(5))
    known = make_offer(supplier=offer.supplier, part=make_part(sku="P-2"), supplier_sku="S-2")
    head = ["Supplier SKU", "Our SKU", "Price"]
    found = upload(offer.supplier, head, [None, "p-1", 6], by=manager)
    assert kinds(found) == ["changed"]
    found.accept(by=manager)
    offer.refresh_from_db()
    assert (offer.price, offer.supplier_sku) == (6, "")
    rows = [None, "P-1", 7], [None, "P-1", 8], [None, known.part.sku, 1]
    found = upload(offer.supplier, head, *rows, by=manager)
    assert errors(found) == {
        3: {"part": "The same value stands in row 2."},
        4: {"supplier_sku": "This must not be empty."},
    }


def test_a_number_beside_that_of_the_supplier_is_ours():
    assert PriceListResource.map_headings(["Artikelnummer", "Preis"]) == ["supplier_sku", "price"]
    headings = ["Artikelnummer", "Teil", "Artikelnummer des Lieferanten"]
    assert PriceListResource.map_headings(headings) == ["part", "", "supplier_sku"]


def test_the_example_of_the_template_is_no_offer(as_manager, manager):
    make_part(sku="DIN912-M5x25")
    answer = as_manager.get(reverse("suppliers:import_template", args=["csv"]))
    file = ContentFile(answer.content, name="t.csv")
    found = PriceListImport.upload(file, by=manager, language="en", options={}, supplier=make_supplier())
    found.check_rows(by=manager)
    assert errors(found) == {2: {"": "This is the example of the template: delete the row."}}


def test_examples_and_limits_are_written_as_the_reader_writes_numbers(manager):
    with translation.override("de"):
        assert PriceListResource.column("breaks").example == "500: 0,038; 1000: 0,034"
    part = make_part(sku="P-1")
    found = upload(make_supplier(), HEAD, ["A", part.sku, "1", "0", "1", ""], by=manager, language="de")
    assert "0,001" in errors(found)[2]["moq"]


def test_a_price_list_is_uploaded_on_its_page(as_manager):
    part, supplier = make_part(sku="P-1"), make_supplier()
    url = reverse("suppliers:import_list")
    page = as_manager.get(url, {"supplier": supplier.pk})
    assert page.context["form"]["supplier"].value() == supplier.pk
    file = ContentFile(xlsx(["Supplier SKU", "Our SKU", "Price"], ["A", part.sku, 1]), name="list.xlsx")
    answer = as_manager.post(url, {"supplier": supplier.pk, "file": file})
    found = PriceListImport.objects.get()
    assert (answer.url, found.supplier) == (found.get_absolute_url(), supplier)
    assert "P-1" in as_manager.get(answer.url).content.decode()
    as_manager.post(reverse("suppliers:import_accept", args=[found.pk]))
    assert SupplierPart.objects.get().supplier == supplier
    assert as_manager.post(url, {"file": ContentFile(b"x", name="a.csv")}).status_code == 422
    assert as_manager.get(url, {"supplier": "nonsense"}).status_code == 200
