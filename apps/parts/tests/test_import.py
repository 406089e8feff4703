"""From an uploaded file to parts in the database."""

import io
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone, translation

from apps.notifications.models import Notification
from apps.parts.models import Category, Part, PartImport, PartImportRow
from apps.parts.resources import PartResource
from apps.parts.tests.factories import make_category, make_location, make_part, make_stock
from apps.parts.tests.test_export import shut
from gmtc.errors import IllegalMove, Refused
from gmtc.export import template_response
from gmtc.imports import SMALL_ROWS
from gmtc.tasks import forget_import_results, take_up_jobs
from gmtc.testing import race

pytestmark = pytest.mark.django_db


def xlsx(*rows) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def upload(content, *, by, name="parts.xlsx", language="en", **options) -> PartImport:
    content = content.encode() if isinstance(content, str) else content
    found = PartImport.upload(ContentFile(content, name=name), by=by, language=language, options=options)
    found.check_rows(by=by)
    return found


def upload_rows(*rows, by, **options) -> PartImport:
    return upload(xlsx(*rows), by=by, **options)


def counts(data_import) -> tuple[int, int, int, int]:
    """New, changed, unchanged, faulty."""
    d = data_import
    return d.new_rows, d.changed_rows, d.unchanged_rows, d.faulty_rows


def errors(data_import) -> dict[int, dict[str, str]]:
    return {row.number: row.errors for row in data_import.rows.filter(kind="faulty")}


# --- The way of an import


def test_a_check_tells_new_changed_unchanged_and_faulty_and_writes_nothing(manager):
    make_part(sku="OLD", name="Old")
    make_part(sku="SAME", name="Same")
    found = upload_rows(["SKU", "Name"], ["OLD", "Newer"], ["SAME", "Same"], ["NEW", "New"], ["BAD", None], by=manager)
    assert found.status == "checked"
    assert counts(found) == (1, 1, 1, 1)
    assert [row.kind for row in found.rows.all()] == ["changed", "unchanged", "new", "faulty"]
    assert found.rows.get(number=2).changes == {"name": ["Old", "Newer"]}
    assert errors(found) == {5: {"name": "This must not be empty."}}
    assert set(Part.objects.values_list("sku", "name")) == {("OLD", "Old"), ("SAME", "Same")}


def test_accepting_writes_parts_with_history_of_the_user(manager, staff):
    old = make_part(sku="OLD", name="Old", by=staff)
    found = upload_rows(["SKU", "Name"], ["old", "Newer"], ["NEW", "New"], by=manager)
    found.accept(by=manager)
    assert found.status == "accepted"
    old.refresh_from_db()
    assert (old.sku, old.name, old.version, old.updated_by, old.created_by) == ("OLD", "Newer", 2, manager, staff)
    new = Part.objects.get(sku="NEW")
    assert (new.version, new.created_by, new.updated_by) == (1, manager, manager)
    entry = new.history.get()
    assert (entry.history_type, entry.history_user, entry.history_change_reason) == ("+", manager, "import")
    entry = old.history.latest()
    assert (entry.history_type, entry.history_user, entry.history_change_reason) == ("~", manager, "import")
    assert (entry.name, entry.version, entry.prev_record.name) == ("Newer", 2, "Old")
    assert set(found.rows.values_list("record_id", flat=True)) == {old.pk, new.pk}


def test_a_row_that_changes_nothing_gets_no_history_and_keeps_its_version(manager):
    part = make_part(sku="SAME", name="Same")
    found = upload_rows(["SKU", "Name"], ["SAME", "Same"], ["NEW", "New"], by=manager)
    found.accept(by=manager)
    part.refresh_from_db()
    assert (part.version, part.history.count()) == (1, 1)


def test_an_import_with_a_faulty_row_is_refused_and_leaves_no_trace(manager):
    make_part(sku="OLD", name="Old")
    found = upload_rows(["SKU", "Name"], ["OLD", "Newer"], ["NEW", "New"], ["BAD", "x" * 201], by=manager)
    with pytest.raises(Refused, match="faulty"):
        found.accept(by=manager)
    assert found.status == "checked"
    assert Part.objects.get().name == "Old"
    assert Part.history.count() == 1


def test_an_import_that_has_become_faulty_since_its_check_writes_nothing(manager):
    make_part(sku="OLD", name="Old")
    found = upload_rows(["SKU", "Name", "EAN"], ["OLD", "Newer", None], ["NEW", "New", "4006381333931"], by=manager)
    make_part(sku="THIEF", barcode="4006381333931")
    found.accept(by=manager)
    assert found.status == "checked"
    assert found.message == "The data has changed since the check. Nothing was imported."
    assert errors(found) == {3: {"barcode": "THIEF has this value."}}
    assert Part.objects.get(sku="OLD").name == "Old"
    assert not Part.everything.filter(sku="NEW")
    assert Part.history.count() == 2


def test_accepting_reads_the_database_anew(manager):
    part = make_part(sku="A", name="Old", manufacturer="Hiwin")
    found = upload_rows(["SKU", "Name"], ["A", "From the file"], by=manager)
    part.manufacturer = "Bosch"
    part.save(by=manager)
    found.accept(by=manager)
    part.refresh_from_db()
    assert (part.name, part.manufacturer, part.version) == ("From the file", "Bosch", 3)


def test_what_somebody_wrote_since_the_check_is_not_overwritten(manager):
    part, same = make_part(sku="A", unit_price=Decimal("1.234")), make_part(sku="B", unit_price=Decimal(5))
    found = upload_rows(["SKU", "Price"], ["A", 55], ["B", 5], by=manager)
    for each in (part, same):
        each.unit_price = Decimal(77)
        each.save(by=manager)
    found.accept(by=manager)
    assert (found.status, found.message) == (
        "checked",
        "The data has changed since the check. Nothing was imported.",
    )
    assert set(Part.objects.values_list("unit_price", flat=True)) == {77}
    assert [row.changes["unit_price"] for row in found.rows.all()] == [["77", "55"], ["77", "5"]]
    found.accept(by=manager)
    assert (found.status, set(Part.objects.values_list("unit_price", flat=True))) == ("accepted", {55, 5})


def test_nothing_to_do_is_not_accepted(manager):
    make_part(sku="SAME", name="Same")
    found = upload_rows(["SKU", "Name"], ["SAME", "Same"], by=manager)
    assert not found.can_accept
    with pytest.raises(Refused, match="nothing to import"):
        found.accept(by=manager)


def test_an_import_is_accepted_once(manager):
    found = upload_rows(["SKU", "Name"], ["NEW", "New"], by=manager)
    found.accept(by=manager)
    with pytest.raises(IllegalMove):
        found.accept(by=manager)
    with pytest.raises(IllegalMove):
        found.discard(by=manager)
    assert Part.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_who_accept_at_once_import_once(manager):
    found = upload_rows(["SKU", "Name"], *([f"P-{number}", "Part"] for number in range(50)), by=manager)
    outcomes = race(2, lambda _number: PartImport.objects.get(pk=found.pk).accept(by=manager))
    assert sorted(type(outcome) for outcome in outcomes if outcome) == [IllegalMove]
    assert Part.objects.count() == Part.history.count() == 50


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_new_parts_never_make_them_twice(manager):
    rows = [["SKU", "Name"], *([f"P-{number}", "Part"] for number in range(50))]
    imports = [upload_rows(*rows, by=manager) for _number in range(2)]
    race(2, lambda number: PartImport.objects.get(pk=imports[number].pk).accept(by=manager))
    assert Part.objects.count() == Part.history.count() == 50
    assert {"accepted"} <= set(PartImport.objects.values_list("status", flat=True)) <= {"accepted", "failed", "checked"}


def test_the_database_refuses_an_illegal_move(manager):
    found = upload_rows(["SKU", "Name"], ["NEW", "New"], by=manager)
    with pytest.raises(Exception, match="not a legal move"), transaction.atomic():
        PartImport.everything.filter(pk=found.pk).update(status="accepted")


def test_discarding_takes_file_and_rows_away(manager, django_capture_on_commit_callbacks):
    found = upload_rows(["SKU", "Name"], ["NEW", "New"], by=manager)
    storage, name = found.file.storage, found.file.name
    with django_capture_on_commit_callbacks(execute=True):
        found.discard(by=manager)
    assert found.status == "discarded"
    assert not found.rows.exists()
    assert not storage.exists(name)


def test_the_file_is_kept_under_a_name_of_ours(manager):
    found = upload(xlsx(["SKU", "Name"], ["A", "x"]), name="../../etc/passwd.xlsx", by=manager)
    assert found.file.name == f"imports/{found.pk}.xlsx"
    assert found.original_name == "passwd.xlsx"


def test_a_lost_file_makes_the_import_fail_with_a_reason(manager):
    found = upload_rows(["SKU", "Name"], ["NEW", "New"], by=manager)
    found.file.storage.delete(found.file.name)
    found.check_rows(by=manager)
    assert (found.status, found.message) == ("failed", "The file is gone. Please upload it again.")


def test_results_go_after_ninety_days_but_the_import_stays(manager):
    found = upload_rows(["SKU", "Name"], ["NEW", "New"], by=manager)
    found.accept(by=manager)
    forget_import_results(timestamp=0)
    assert found.rows.count() == 1
    PartImport.everything.filter(pk=found.pk).update(updated_at=timezone.now() - timedelta(days=91))
    forget_import_results(timestamp=0)
    assert found.rows.count() == 0
    assert PartImport.objects.get() == found


# --- Large files go to a worker


def many(number: int, name: str = "Part") -> list:
    return [["SKU", "Name"], *([f"P-{each:05}", name] for each in range(number))]


@pytest.mark.django_db(transaction=True)
def test_a_large_file_is_checked_and_imported_by_a_job(manager, run_jobs):
    found = upload_rows(*many(SMALL_ROWS + 1), by=manager)
    assert (found.status, found.row_count) == ("checking", 0)
    run_jobs()
    found.refresh_from_db()
    assert (found.status, counts(found)) == ("checked", (501, 0, 0, 0))
    found.accept(by=manager)
    assert found.status == "accepting"
    assert Part.objects.count() == 0
    run_jobs()
    found.refresh_from_db()
    assert found.status == "accepted"
    assert Part.objects.count() == Part.history.filter(history_user=manager).count() == 501


@pytest.mark.django_db(transaction=True)
def test_who_started_a_large_import_is_told_what_has_become_of_it(manager, run_jobs):
    found = upload_rows(*many(SMALL_ROWS + 1), by=manager)
    run_jobs()
    found.refresh_from_db()
    found.accept(by=manager)
    run_jobs()
    lost = upload_rows(*many(SMALL_ROWS + 1), by=manager)
    lost.file.storage.delete(lost.file.name)
    run_jobs()
    told = Notification.objects.order_by("id").values_list("user", "kind", "title", "body", "url")
    assert list(told) == [
        (manager.pk, "imports", title, body, each.get_absolute_url())
        for title, body, each in [
            ("parts.xlsx was checked: 501 new, 0 changed, 0 faulty.", "", found),
            ("parts.xlsx was imported: 501 new, 0 changed.", "", found),
            ("parts.xlsx could not be imported.", "The file is gone. Please upload it again.", lost),
        ]
    ]


def test_nobody_is_told_of_what_was_done_at_once(manager):
    upload_rows(["SKU", "Name"], ["NEW", "New"], by=manager).accept(by=manager)
    assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_job_that_comes_twice_or_too_late_does_nothing(manager, run_jobs):
    found = upload_rows(*many(SMALL_ROWS + 1), by=manager)
    found.discard(by=manager)
    run_jobs()
    found.refresh_from_db()
    assert (found.status, found.rows.count()) == ("discarded", 0)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_while_importing_leaves_nothing_and_the_next_one_finishes(manager, run_jobs):
    found = upload_rows(*many(SMALL_ROWS + 1), by=manager)
    run_jobs()
    found.refresh_from_db()
    found.accept(by=manager)

    class Died(BaseException):
        pass

    def wrapper(execute, sql, params, many, context):
        if 'INSERT INTO "parts_historicalpart"' in sql:
            raise Died
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper), pytest.raises(Died):
        PartImport.objects.get(pk=found.pk).work(by=manager)
    assert Part.everything.count() == 0
    assert PartImport.objects.get().status == "accepting"
    run_jobs()
    assert PartImport.objects.get().status == "accepted"
    assert Part.objects.count() == Part.history.count() == 501


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_dead_worker_is_given_to_the_next(manager, run_jobs):
    found = upload_rows(*many(SMALL_ROWS + 1), by=manager)
    with connection.cursor() as cursor:  # as a killed worker leaves it: taken, and nobody's heart beats
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = 'imports.work'")
    take_up_jobs.defer(timestamp=0)
    run_jobs()
    run_jobs()
    found.refresh_from_db()
    assert found.status == "checked"


def test_progress_is_written_while_checking(manager):
    found = upload_rows(*many(SMALL_ROWS + 1), by=manager)
    steps = []
    wrapper = lambda execute, sql, params, many, context: (  # noqa: E731
        steps.append(params[0]) if sql.startswith('UPDATE "parts_partimport" SET "progress"') else None,
        execute(sql, params, many, context),
    )[1]
    with connection.execute_wrapper(wrapper):
        found.work(by=manager)
    assert steps[0] == 25
    assert steps == sorted(steps)


# --- Finding parts


def test_the_number_of_a_part_in_the_trash_is_refused(manager):
    make_part(sku="A").discard(by=manager)
    found = upload_rows(["SKU", "Name"], ["a", "Another"], ["B", "x"], by=manager)
    assert errors(found) == {2: {"sku": "A part in the trash has this number: restore it first."}}


def test_the_same_sku_twice_is_a_fault_of_both_rows(manager):
    found = upload_rows(["SKU", "Name"], ["A", "x"], ["B", "y"], ["a", "z"], by=manager)
    assert errors(found) == {
        2: {"sku": "The same value stands in row 4."},
        4: {"sku": "The same value stands in row 2."},
    }


def test_a_file_without_a_sku_column_asks_for_it(manager):
    found = upload_rows(["Name", "Thing"], ["Rail", "A-1"], by=manager)
    assert found.status == "uploaded"
    assert "no column “SKU”" in found.message
    assert found.mapping == ["name", ""]
    found.check_rows(by=manager, mapping=["name", "sku"])
    assert (found.status, counts(found)) == ("checked", (1, 0, 0, 0))


@pytest.mark.parametrize("mapping", [["sku", "sku"], ["name", ""], ["sku", "average_cost"], ["sku", "version"]])
def test_a_mapping_that_cannot_work_is_refused(manager, mapping):
    found = upload_rows(["SKU", "Name"], ["A", "x"], by=manager)
    with pytest.raises(Refused):
        found.check_rows(by=manager, mapping=mapping)
    assert found.status == "checked"


def test_headings_are_known_in_german_and_english_whatever_their_case():
    headings = ["Artikel-Nr.", "BEZEICHNUNG", "minimum_stock", "Min  Stock", "Einheit", "Bestand", "Foo"]
    assert PartResource.map_headings(headings) == ["sku", "name", "minimum_stock", "", "unit", "", ""]


def test_what_a_column_is_called_here_goes_before_what_others_call_it():
    label = str(PartResource.column("unit_price").heading)
    assert PartResource.map_headings(["SKU", "Preis", "Price", label]) == ["sku", "", "", "unit_price"]
    assert PartResource.map_headings(["SKU", "Preis", "Price"]) == ["sku", "unit_price", ""]


def test_a_row_with_more_cells_than_headings_is_faulty(manager):
    found = upload("SKU;Name\nA;x\nB;y;z\n", name="p.csv", by=manager)
    assert list(errors(found)) == [3]
    assert "more cells than headings" in errors(found)[3][""]


def test_a_quotation_mark_that_is_not_closed_makes_no_part(manager):
    found = upload('SKU;Name;Unit\nA;"never closed;Stk\nB;y;Stk\n', name="p.csv", by=manager)
    assert (found.status, found.row_count) == ("failed", 0)
    assert "Row 2: a quotation mark is not closed" in found.message


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_the_example_of_the_template_is_no_part(manager, format):
    for language in ("de", "en"):
        with translation.override(language):
            response = template_response(PartResource, format=format)
        content = response.content if format == "csv" else b"".join(response.streaming_content)
        shut(response)
        found = upload(content, name=f"t.{format}", by=manager, creates_branches=True)
        assert errors(found) == {2: {"": "This is the example of the template: delete the row."}}


def test_a_row_that_is_only_like_the_example_is_imported(manager):
    make_category(name="Rails", parent=make_category(name="Mechanics"))
    head = [column.name for column in PartResource.importable()]
    row = [column.example for column in PartResource.importable()]
    whole = upload_rows(head, row, by=manager)
    assert list(errors(whole)) == [2]
    row[head.index("unit_price")] = "25"
    assert counts(upload_rows(head, row, by=manager)) == (1, 0, 0, 0)
    assert counts(upload_rows(["SKU", "Name"], row[:2], by=manager)) == (1, 0, 0, 0)


def test_examples_are_written_as_the_reader_writes_numbers():
    column = PartResource.column("unit_price")
    with translation.override("de"):
        assert column.example == "24,90"
    with translation.override("en"):
        assert column.example == "24.90"


def test_the_preview_shows_a_faulty_number_as_the_reader_writes_it(manager):
    found = upload_rows(["SKU", "Name", "Unit"], ["A", "x", 12.5], by=manager, language="de")
    assert found.rows.get().cells["unit"] == "12,5"


def test_a_new_part_needs_a_name_even_where_the_file_has_none(manager):
    make_part(sku="OLD")
    found = upload_rows(["SKU", "Price"], ["OLD", 5], ["NEW", 5], by=manager)
    assert counts(found) == (0, 1, 0, 1)
    assert errors(found) == {3: {"": "“Name” is needed for a new record."}}


# --- Values


def test_an_absent_column_stays_and_an_empty_cell_empties(manager):
    part = make_part(sku="A", name="n", description="d", manufacturer="m", weight=2, minimum_stock=5, is_sellable=True)
    upload_rows(
        ["SKU", "Description", "Weight", "Min stock", "Sellable"], ["A", None, None, None, " "], by=manager
    ).accept(by=manager)
    part.refresh_from_db()
    assert (part.description, part.weight, part.minimum_stock, part.is_sellable) == ("", None, 0, False)
    assert (part.name, part.manufacturer) == ("n", "m")


def test_every_kind_of_column_is_read(manager):
    make_category(name="Screws", parent=make_category(name="Mechanics"))
    make_location(code="B-14")
    found = upload(
        "SKU;Bezeichnung;Kategorie;Technische Daten;Einheit;Beschaffung;Verkäuflich;Preis;Gewicht;Lagerort;EAN\r\n"
        'A;Schraube;mechanics/SCREWS;"Länge: 12 mm; Farbe: rot";Stk;Fertigung;ja;1.234,5;0,355;b-14;4006381333931\r\n',
        name="teile.csv",
        language="de",
        by=manager,
    )
    assert errors(found) == {}
    found.accept(by=manager)
    part = Part.objects.get()
    assert part.category.path == "Mechanics / Screws"
    assert part.specifications == {"Länge": "12 mm", "Farbe": "rot"}
    assert (part.unit, part.procurement, part.is_sellable) == ("H87", "make", True)
    assert (part.unit_price, part.weight) == (Decimal("1234.5"), Decimal("0.355"))
    assert (part.default_location.code, part.barcode) == ("B-14", "4006381333931")


FAULTS = {
    "text in a number": ("Price", "abc", "“abc” is not a number."),
    "NaN": ("Price", "NaN", "“NaN” is not a number."),
    "infinity": ("Price", "inf", "“inf” is not a number."),
    "1e400": ("Price", "1e400", "“1e400” is not a number."),
    "negative price": ("Price", -1, "Ensure this value is greater than or equal to 0."),
    "five places": ("Price", "1.23456", "Ensure that there are no more than 4 decimal places."),
    "beyond the column": ("Min stock", 10**12, "Ensure that there are no more than 12 digits in total."),
    "formula": ("Price", "=1+1", "There is a formula here. Paste its value instead."),
    "unit": ("Unit", "bushel", "“bushel” is not one of: pcs, set, pair, m, kg, l, h."),
    "yes or no": ("Sellable", "maybe", "“maybe” is neither yes nor no."),
    "category": ("Category", "Nowhere", "There is no category “Nowhere”."),
    "location": ("Location", "X-1", "There is no storage location “X-1”."),
    "specifications": ("Specs", "black", "This is not written as “Length: 450 mm; Colour: black”."),
    "country": ("Origin", "Germany", "Two letters, such as DE."),
    "line break": ("Brand", "x\ny", "There is a line break in this text."),
    "zero-width space": ("CAD name", "A\u200b1", "an invisible character in this text: U+200B after “A”."),
    "other direction": ("Brand", "x\u202ey", "an invisible character in this text: U+202E after “x”."),
    "control character": ("MPN", "x\u0085y", "an invisible character in this text: U+0085 after “x”."),
    "rounded number": ("EAN", 12345678901234567890, "The spreadsheet program has rounded this number."),
    "shortened number": ("EAN", "4,00638E+12", "The spreadsheet program has shortened this number."),
}  # fmt: skip


@pytest.mark.parametrize(("heading", "value", "message"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_cell_says_what_is_wrong(manager, heading, value, message):
    found = upload_rows(["SKU", "Name", heading], ["A", "x", value], by=manager)
    name = PartResource.map_headings([heading])[0]
    (cell,) = errors(found)[2].items()
    assert cell[0] == name
    assert message in cell[1]


def test_a_part_is_never_made_beside_one_that_looks_the_same(manager):
    make_part(sku="A-1", name="x")
    found = upload_rows(["SKU", "Name"], ["A-\u200b1", "x"], ["A-2", "\u202ex"], by=manager)
    assert {number: list(each) for number, each in errors(found).items()} == {2: ["sku"], 3: ["name"]}


def test_soft_hyphens_and_byte_order_marks_are_taken_away(manager):
    upload_rows(["SKU", "Name"], ["\ufeffA-1", "Linear\u00adführung"], by=manager).accept(by=manager)
    assert Part.objects.values_list("sku", "name").get() == ("A-1", "Linearführung")


def test_a_date_that_excel_made_of_a_sku_is_a_fault(manager):
    found = upload_rows(["SKU", "Name"], [timezone.localdate(), "x"], by=manager)
    assert "made a date of this" in errors(found)[2]["sku"]


def test_the_other_numbers_of_the_column_decide_how_an_ambiguous_one_is_read(manager):
    upload("SKU\tName\tPrice\nA\tx\t1.234\nB\ty\t12,5\n", name="p.csv", by=manager).accept(by=manager)
    assert dict(Part.objects.values_list("sku", "unit_price")) == {"A": 1234, "B": Decimal("12.5")}


def test_the_preview_shows_how_an_ambiguous_number_is_read(manager):
    german = upload("SKU\tName\tPrice\nA\tx\t1.234\n", name="p.csv", language="de", by=manager)
    english = upload("SKU\tName\tPrice\nA\tx\t1.234\n", name="p.csv", language="en", by=manager)
    assert german.rows.get().cells["unit_price"] == "1.234"  # one thousand …
    assert english.rows.get().cells["unit_price"] == "1.234"  # one and a bit
    german.accept(by=manager)
    assert Part.objects.get().unit_price == 1234


def test_a_column_of_both_sorts_leaves_the_ambiguous_cell_to_the_user(manager):
    text = "SKU\tName\tPrice\nA\tx\t1.234,56\nB\ty\t1,234.56\nC\tz\t1.234\n"
    found = upload(text, name="p.csv", by=manager)
    assert list(errors(found)) == [4]
    assert "two ways" in errors(found)[4]["unit_price"]
    found.check_rows(by=manager, options={"decimal_mark": ","})
    assert list(errors(found)) == [3]


def test_numbers_in_a_text_column_become_text(manager):
    upload_rows(["SKU", "Name", "MPN"], [803, 12.5, 84], by=manager).accept(by=manager)
    part = Part.objects.get()
    assert (part.sku, part.name, part.manufacturer_number) == ("803", "12.5", "84")


def test_a_category_with_a_similar_path_is_suggested(manager):
    make_category(name="Screws", parent=make_category(name="Mechanics"))
    found = upload_rows(["SKU", "Name", "Category"], ["A", "x", "Screws"], by=manager)
    assert errors(found)[2]["category"] == "There is no category “Screws”. Is it “Mechanics / Screws”?"


def test_no_category_is_created_beside_one_that_looks_the_same(manager):
    make_category(name="Mechanics")
    found = upload_rows(["SKU", "Name", "Category"], ["A", "x", "Mecha\u200bnics"], by=manager, creates_branches=True)
    assert "U+200B" in errors(found)[2]["category"]


def test_missing_categories_are_announced_and_then_created(manager):
    root = make_category(name="Mechanics")
    found = upload_rows(
        ["SKU", "Name", "Category"],
        ["A", "x", "Mechanics / Screws / M3"],
        ["B", "y", "mechanics/screws/m3"],
        ["C", "z", "Electronics"],
        by=manager,
        creates_branches=True,
    )
    assert counts(found) == (3, 0, 0, 0)
    assert Category.objects.count() == 1
    found.accept(by=manager)
    paths = {category.path for category in Category.objects.with_path()}
    assert paths == {"Mechanics", "Mechanics / Screws", "Mechanics / Screws / M3", "Electronics"}
    assert {part.sku: part.category.path for part in Part.objects.all()} == {
        "A": "Mechanics / Screws / M3",
        "B": "Mechanics / Screws / M3",
        "C": "Electronics",
    }
    assert Category.objects.get(name="M3").history.get().history_change_reason == "import"
    assert Category.objects.get(name="Screws").parent == root


def test_a_barcode_stands_once_in_the_file_and_the_house(manager):
    make_part(sku="OWNER", barcode="111")
    found = upload_rows(
        ["SKU", "Name", "EAN"], ["A", "x", "111"], ["B", "y", "222"], ["C", "z", "222"], ["D", "v", None], by=manager
    )
    assert errors(found) == {
        2: {"barcode": "OWNER has this value."},
        3: {"barcode": "The same value stands in row 4."},
        4: {"barcode": "The same value stands in row 3."},
    }


def test_the_unit_of_a_part_that_has_moved_is_a_fault_of_its_cell(manager):
    make_stock(make_part(sku="MOVED"), 5)
    make_part(sku="NEVER")
    rows = [["SKU", "Unit"], ["MOVED", "m"], ["NEVER", "m"]]
    found = upload_rows(*rows, by=manager)
    assert errors(found) == {
        2: {"unit": "MOVED has moved in stock, so its unit stays. Make a new part for another unit."}
    }
    german = upload_rows(*rows, by=manager, language="de")
    assert errors(german)[2]["unit"].startswith("MOVED wurde im Lager schon bewegt")


def test_a_part_that_has_moved_since_the_check_keeps_its_unit(manager):
    part = make_part(sku="HOSE")
    found = upload_rows(["SKU", "Unit"], ["HOSE", "m"], by=manager)
    make_stock(part, 5)
    found.accept(by=manager)
    assert (found.status, errors(found)[2].keys()) == ("checked", {"unit"})
    assert Part.objects.get().unit == "H87"


def test_stock_is_never_imported(manager):
    part = make_part(sku="A", name="x")
    make_stock(part, 5, unit_cost=Decimal("2"))
    found = upload_rows(
        ["SKU", "Name", "On hand", "Average cost", "current_stock"], ["A", "Newer", 99, 99, 99], by=manager
    )
    assert found.mapping == ["sku", "name", "", "", ""]
    found.accept(by=manager)
    part.refresh_from_db()
    assert (part.name, part.current_stock, part.average_cost) == ("Newer", 5, 2)


def test_the_preview_is_in_the_language_of_the_user_who_uploaded(manager):
    rows = ["SKU", "Name", "Price"], ["A", "x", 1234.5]
    assert upload_rows(*rows, by=manager, language="de").rows.get().cells["unit_price"] == "1.234,5"
    assert upload_rows(*rows, by=manager, language="en").rows.get().cells["unit_price"] == "1,234.5"


@pytest.mark.parametrize("rows", [1, 40])
def test_the_number_of_queries_does_not_grow_with_the_rows(manager, count_queries, rows):
    category, location = make_category(name="C"), make_location(code="L")
    for number in range(rows):
        make_part(sku=f"OLD-{number}", category=category)
    found = upload_rows(
        ["SKU", "Name", "Category", "Location", "EAN", "CAD name"],
        *([f"OLD-{number}", "changed", "C", location.code, f"{number}", f"cad-{number}"] for number in range(rows)),
        *([f"NEW-{number}", "new", "C", location.code, f"n{number}", f"ncad-{number}"] for number in range(rows)),
        by=manager,
    )
    with count_queries() as queries:
        found.check_rows(by=manager)
    assert len(queries) == 22
    with count_queries() as queries:
        found.accept(by=manager)
    assert len(queries) == 30
    assert PartImportRow.objects.filter(data_import=found, kind="faulty").count() == 0
