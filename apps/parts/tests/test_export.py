"""What leaves the house in a file, and that it comes back as it was."""

import csv
import io
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.utils import timezone, translation

from apps.parts.models import Category, Part, PartImport, StockMovement, StorageLocation
from apps.parts.resources import CategoryResource, LocationResource, MovementResource, PartResource
from apps.parts.tests.factories import make_category, make_location, make_part, make_stock
from gmtc.export import export_response

pytestmark = pytest.mark.django_db

NASTY = [
    "=cmd|' /C calc'!A0",
    "+49 89",
    "-5",
    "@SUM(A1)",
    "'=x",
    "''-x",
    "#N/A",
    "1e5",
    "TRUE",
    "00803",
    "a;b,c\td",
    'say "x"',
]


def body(queryset, resource, format, rf, **options) -> bytes:
    response = export_response(queryset, resource, format=format, request=rf.get("/"), **options)
    content = b"".join(response.streaming_content)
    shut(response)
    return content


def shut(response):
    """`response.close()` would also close the database connection of the test."""
    if hasattr(response, "file_to_stream"):
        response.file_to_stream.close()


def csv_rows(content: bytes, delimiter: str = ",") -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def xlsx_rows(content: bytes) -> list[tuple]:
    return list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))


def full_house(by):
    """Parts with everything that could get lost on the way."""
    category = make_category(name="Screws / Bolts", parent=make_category(name="Mechanics"))
    location = make_location(code="B-14")
    make_part(
        sku="MGN12_450mm", name="Rail", description="first\r\nsecond line", category=category, unit="MTR",
        specifications={"Length": "450 mm", "Colour": "black"}, procurement="make", is_sellable=True,
        minimum_stock=Decimal("1.234"), reorder_quantity=Decimal("1000"), unit_price=Decimal("1234.5678"),
        manufacturer="Hiwin", manufacturer_number="00803  12", cad_name="MGN12", barcode="04006381333931",
        is_serialised=True, weight=Decimal("0.355"), customs_number="84828000", country_of_origin="DE",
        default_location=location, by=by,
    )  # fmt: skip
    for text in NASTY:
        make_part(sku=f"x{text}", name=text, specifications={text: text}, by=by)
    make_part(sku="json", specifications={"a; b": "c: d\ne", "n": {"deep": [1, 2.5]}}, name="äöüß€ 电 🙂", by=by)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_what_was_exported_comes_back_unchanged(manager, rf, format, language):
    full_house(manager)
    with translation.override(language):
        content = body(Part.objects.all(), PartResource, format, rf)
    found = PartImport.upload(ContentFile(content, name=f"parts.{format}"), by=manager, language=language, options={})
    found.check_rows(by=manager)
    assert list(found.rows.exclude(kind="unchanged").values("key", "changes", "errors")) == []
    assert (found.unchanged_rows, set(found.mapping) - {""}) == (
        Part.objects.count(),
        {column.name for column in PartResource.importable()},
    )


def test_csv_is_made_for_the_excel_of_the_readers_language(manager, rf):
    make_part(sku="A", name="x", unit_price=Decimal("1234.5"), by=manager)
    columns = ["sku", "unit_price", "weight"]
    with translation.override("en"):
        assert csv_rows(body(Part.objects.all(), PartResource, "csv", rf, columns=columns))[1] == ["A", "1234.5", ""]
    with translation.override("de"):
        german = csv_rows(body(Part.objects.all(), PartResource, "csv", rf, columns=columns), ";")
        assert german[1] == ["A", "1234,5", ""]


def test_the_language_of_a_streamed_file_is_that_of_the_request(manager, rf):
    make_part(sku="A", name="x", unit_price=Decimal("1.5"), by=manager)
    with translation.override("de"):
        response = export_response(Part.objects.all(), PartResource, format="csv", request=rf.get("/"))
    with translation.override("en"):
        rows = csv_rows(b"".join(response.streaming_content), ";")
    assert "1,5" in rows[1]


def test_csv_disarms_formulas_and_xlsx_stores_them_as_text(manager, rf):
    for number, text in enumerate(NASTY):
        make_part(sku=f"{number:02}", name=text, by=manager)
    names = [row[1] for row in csv_rows(body(Part.objects.all(), PartResource, "csv", rf, columns=["sku", "name"]))[1:]]
    assert not [name for name in names if name[:1] in ("=", "+", "-", "@", "\t", "\r")]
    content = body(Part.objects.all(), PartResource, "xlsx", rf, columns=["sku", "name"])
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert [cell.value for cell in sheet["B"][1:]] == NASTY
    assert {cell.data_type for cell in sheet["B"]} == {"s"}


def test_xlsx_has_real_numbers_and_dates_and_a_head_that_stays(manager, rf):
    part = make_part(sku="A", name="x", unit_price=Decimal("1234.5678"), by=manager)
    content = body(Part.objects.all(), PartResource, "xlsx", rf, columns=["sku", "unit_price", "updated_at"])
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert [cell.value for cell in sheet[1]] == ["SKU", "Sales price", "Last changed"]
    assert all(cell.font.bold for cell in sheet[1])
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].width == 24
    sku, price, changed = (cell.value for cell in sheet[2])
    assert (sku, price) == ("A", 1234.5678)
    assert abs(changed - timezone.localtime(part.updated_at).replace(tzinfo=None)).total_seconds() < 1


def test_control_characters_do_not_break_an_xlsx(manager, rf):
    make_part(sku="A", name="bell\x07 and tab\x0b", by=manager)
    assert xlsx_rows(body(Part.objects.all(), PartResource, "xlsx", rf, columns=["name"]))[1] == ("bell and tab",)


def test_stock_is_exported_with_what_is_free_and_worth(manager, rf):
    part = make_part(sku="A", name="x", by=manager)
    make_stock(part, 10, unit_cost=Decimal("2.5"))
    part.reserve(4, by=manager)
    columns = ["current_stock", "reserved_stock", "free_stock", "average_cost", "stock_value"]
    assert xlsx_rows(body(Part.objects.all(), PartResource, "xlsx", rf, columns=columns))[1] == (10, 4, 6, 2.5, 25)


def test_only_the_rows_of_the_queryset_leave(manager, rf):
    make_part(sku="A", by=manager)
    make_part(sku="B", by=manager)
    make_part(sku="GONE", by=manager).discard(by=manager)
    rows = csv_rows(body(Part.objects.filter(sku__gt="A"), PartResource, "csv", rf, columns=["sku"]))
    assert rows == [["SKU"], ["B"]]


def test_the_file_is_named_after_its_content_and_day(rf):
    for format, kind in (("csv", "text/csv; charset=utf-8"), ("xlsx", "officedocument.spreadsheetml.sheet")):
        response = export_response(Part.objects.all(), PartResource, format=format, request=rf.get("/"))
        assert response.headers["Content-Disposition"] == (
            f'attachment; filename="parts-{timezone.localdate():%Y-%m-%d}.{format}"'
        )
        assert response.headers["Content-Type"].endswith(kind)
        shut(response)


def test_an_unknown_format_is_refused(rf):
    assert export_response(Part.objects.all(), PartResource, format="exe", request=rf.get("/")).status_code == 400


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_the_number_of_queries_does_not_grow_with_the_rows(manager, rf, count_queries, parts, format):
    for _number in range(parts):
        make_part(category=make_category(), default_location=make_location(), by=manager)
    with count_queries() as queries:
        body(Part.objects.all(), PartResource, format, rf)
    assert len(queries) == 3  # parts, categories, locations


def test_categories_locations_and_the_ledger_are_exported(manager, rf):
    make_category(name="Screws", parent=make_category(name="Mechanics"))
    part = make_part(sku="A", name="Rail", by=manager)
    location = make_stock(part, 5, unit_cost=Decimal("2"), by=manager)
    categories = csv_rows(body(Category.objects.order_by("name"), CategoryResource, "csv", rf))
    assert [row[0] for row in categories] == ["Path", "Mechanics", "Mechanics / Screws"]
    assert csv_rows(body(StorageLocation.objects.all(), LocationResource, "csv", rf))[1][0] == location.code
    (movement,) = csv_rows(body(StockMovement.objects.all(), MovementResource, "csv", rf))[1:]
    assert movement[1:9] == ["A", "Rail", "Purchase", "5", "pcs", location.code, "2", "10"]
    assert movement[-1] == "Manager Example"
