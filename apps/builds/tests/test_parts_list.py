"""Parts lists out of CAD: reading, matching, proposing, correcting, accepting all or nothing."""

import zipfile
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import translation
from openpyxl import Workbook

from apps.builds.models import (
    BuildPart,
    BuildRevision,
    ImportStatus,
    PartsListImport,
    PartsListRow,
    PrinterBuild,
    RowKind,
)
from apps.builds.parts_list import find_parts, make_unique, propose
from apps.builds.tests.factories import HEADINGS, faults, make_build, saved, text, xlsx
from apps.parts.models import Part, Procurement, Unit
from apps.parts.tests.factories import execute, make_part
from gmtc.errors import IllegalMove, Refused
from gmtc.testing import race

pytestmark = pytest.mark.django_db

LIST = [
    ("1*", "XP-Frame.Front.Panel", "maria", 2),
    ("2*", "Wuerth_00555  12_ISO 4762 _ DIN 912 Stahl 8.8_LOD_High", None, 50),
    ("3*", "LAPP_ÖLFLEX®CLASSIC_7G0,5", "maria", 1),
    ("4*", "Kaltgerätebuchse", "ob", 1),
]


def upload(rows=LIST, *, model_number="XP900", by=None, **more) -> PartsListImport:
    return PartsListImport.upload(xlsx(rows, **more), by=by, model_number=model_number)


def row_of(record, number: int) -> PartsListRow:
    return record.rows.get(number=number)


def nothing_written() -> bool:
    return not (Part.everything.exists() or BuildRevision.everything.exists() or PrinterBuild.everything.exists())


# --- Reading


def test_a_list_is_kept_row_by_row_and_nothing_else_is_written(staff):
    record = upload(by=staff)
    assert record.status == ImportStatus.CHECKED
    assert [(row.number, row.reference, row.file_name, row.quantity, row.kind) for row in record.rows.all()] == [
        (2, "1", "XP-Frame.Front.Panel", 2, RowKind.NEW),
        (3, "2", "Wuerth_00555  12_ISO 4762 _ DIN 912 Stahl 8.8_LOD_High", 50, RowKind.NEW),
        (4, "3", "LAPP_ÖLFLEX®CLASSIC_7G0,5", 1, RowKind.NEW),
        (5, "4", "Kaltgerätebuchse", 1, RowKind.NEW),
    ]
    assert nothing_written()
    assert record.created_by == staff


@pytest.mark.parametrize(
    "headings",
    [
        ("Position", "Dateiname", "Autor", "Menge"),
        ("Pos.", "Dateiname (ohne Erweiterung)", "Verfasser", "Anzahl"),
        ("ITEM NUMBER", "file name", "author", "qty"),
    ],
)
def test_german_and_english_headings_are_recognised(headings):
    assert upload([("1", "A", "x", 3)], headings=headings).rows.get().quantity == 3


def test_csv_with_semicolons_and_a_decimal_comma_is_read():
    file = text("Position;Dateiname;Menge\n1;Schlauch;2,5\n")
    row = PartsListImport.upload(file, by=None, model_number="X").rows.get()
    assert (row.kind, row.reason) == (RowKind.FAULTY, "Schlauch is counted in whole pcs.")
    assert row.quantity == Decimal("2.5")


def test_unknown_headings_are_mapped_by_hand():
    record = upload([("A", 4)], headings=("Benennung im Modell", "Menge"))
    assert record.status == ImportStatus.UPLOADED
    assert "File name" in record.message
    with pytest.raises(Refused):
        record.check_rows(by=None, mapping=["", "quantity"])
    record.check_rows(by=None, mapping=["file_name", "quantity"])
    assert (record.status, row_of(record, 2).file_name, row_of(record, 2).quantity) == ("checked", "A", 4)


@pytest.mark.parametrize(
    ("quantity", "says"),
    [
        ("zwei", "not a number"),
        (0, "greater than zero"),
        (-3, "greater than zero"),
        ("NaN", "not a number"),
        ("1e400", "not a number"),
        (None, "missing"),
        ("0.0001", "three decimal places"),
        (True, "not a number"),
        (5_000_000_000, "absurd"),
    ],
)
def test_a_bad_quantity_is_named_with_its_cell(quantity, says):
    row = row_of(upload([("1", "GOOD", "x", 1), ("2", "BAD", "x", quantity)]), 3)
    assert row.kind == RowKind.FAULTY
    assert row.reason.startswith("D3: ")
    assert says in row.reason


def test_a_bad_quantity_is_written_as_the_reader_writes_numbers():
    with translation.override("de"):
        assert "0,0001" in row_of(upload([("1", "A", "x", 0.0001)]), 2).reason


def test_thousands_are_read_as_they_are_meant():
    assert row_of(upload([("1", "A", "x", "1.234,00")]), 2).quantity == 1234


def test_a_formula_is_named_with_its_cell():
    row = row_of(upload([("1", "A", "x", "=1+1")]), 2)
    assert row.kind == RowKind.FAULTY
    assert "D2" in row.reason
    assert "formula" in row.reason


def test_a_row_without_a_name_is_to_be_settled():
    row = row_of(upload([("1", None, "x", 2)]), 2)
    assert (row.kind, row.reason) == (RowKind.FAULTY, "B2: The file name is missing.")


def merged():
    book = Workbook()
    book.active.append(HEADINGS)
    book.active.append(("1", "A", "x", 2))
    book.active.append(("2", None, "x", 2))
    book.active.merge_cells("B2:B3")
    return saved(book)


def bomb():
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 200_000_000)
    return SimpleUploadedFile("list.xlsx", buffer.getvalue())


@pytest.mark.parametrize(
    "make",
    [
        merged,
        bomb,
        lambda: SimpleUploadedFile("list.xlsx", b"MZ\x90\x00" + bytes(range(256)) * 20),
        lambda: SimpleUploadedFile("list.csv", b""),
        lambda: xlsx([("a", "b")], headings=("Foo", "Bar")),
        lambda: xlsx([]),
        lambda: saved(Workbook()),
    ],
    ids=["merged", "bomb", "exe", "empty file", "other headings", "no rows", "empty sheet"],
)
def test_what_is_no_parts_list_is_refused_and_leaves_nothing(make):
    with pytest.raises(Refused) as refusal:
        PartsListImport.upload(make(), by=None, model_number="X")
    assert len(str(refusal.value)) > 10
    assert not PartsListImport.everything.exists()
    assert nothing_written()


# --- Matching


def test_the_same_cad_name_comes_first_then_the_sku_then_what_differs_in_blanks_case_or_detail():
    exact = make_part(sku="EXACT", cad_name="Winkel 30x30")
    by_sku = make_part(sku="MGN12_400mm")
    loose = make_part(sku="LOOSE", cad_name="Wuerth_00555 12_ISO 4762_LOD_Medium_2")
    found = find_parts(["Winkel 30x30", "mgn12_400MM", "wuerth_00555  12_ISO 4762_LOD_High", "Nothing"])
    assert found["Winkel 30x30"].parts == [exact.pk]
    assert found["mgn12_400MM"].parts == [by_sku.pk]
    assert found["wuerth_00555  12_ISO 4762_LOD_High"].parts == [loose.pk]
    assert found["Nothing"].parts == []


@pytest.mark.parametrize(
    ("ours", "theirs"), [("M2_5x6", "M25x6"), ("Decoupler v1", "Decoupler v1_mir"), ("Nut", "Nut_2"), ("M3x8", "M3x35")]
)
def test_names_that_mean_another_part_are_never_taken_for_it(ours, theirs):
    make_part(sku="OURS", cad_name=ours)
    assert find_parts([theirs])[theirs].parts == []


def test_what_is_alike_is_suggested_whether_it_differs_at_the_beginning_or_at_the_end():
    begin = make_part(sku="BEGIN", cad_name="XP24-Cover.MID.Panel.M")
    end = make_part(sku="END", cad_name="Zylinderschraube_M6x40")
    found = find_parts(["XP24.R-Cover.MID.Panel.M", "Zylinderschraube_M6x45", "Quite different"])
    assert [each.part for each in found["XP24.R-Cover.MID.Panel.M"].suggestions] == [begin.pk]
    assert [each.part for each in found["Zylinderschraube_M6x45"].suggestions] == [end.pk]
    assert found["Quite different"].suggestions == []


def test_parts_in_the_trash_are_not_matched(manager):
    make_part(cad_name="GONE").discard(by=manager)
    assert find_parts(["GONE"])["GONE"].parts == []


def test_of_several_that_fit_none_is_taken():
    one, two = make_part(sku="ONE", cad_name="Stift_LOD_High"), make_part(sku="TWO", cad_name="STIFT")
    row = row_of(upload([("1", "Stift_LOD_Low", "x", 1)]), 2)
    assert row.kind == RowKind.FAULTY
    assert {each["id"] for each in row.suggestions} == {str(one.pk), str(two.pk)}


def test_a_discontinued_part_is_matched_and_said_to_be():
    make_part(cad_name="OLD", is_discontinued=True)
    row = row_of(upload([("1", "OLD", "x", 1)]), 2)
    assert row.kind == RowKind.MATCHED
    assert "discontinued" in row.reason


def test_matching_takes_the_same_queries_for_one_row_and_for_many(count_queries):
    for number in range(20):
        make_part(cad_name=f"PART {number}")

    def queries(count: int) -> int:
        with count_queries() as found:
            upload([(str(n), f"PART {n}", "x", 1) for n in range(count)] + [("99", "unknown", "x", 1)])
        return len(found)

    assert queries(1) == queries(20)


# --- Proposing


@pytest.mark.parametrize(
    ("file_name", "sku", "name", "procurement", "manufacturer", "number"),
    [
        ("FP99-Cover.BOT.Panel", "FP99-Cover.BOT.Panel", "FP99-Cover BOT Panel", Procurement.MAKE, "", ""),
        (
            "Wuerth_00555  12_ISO 4762 _ DIN 912 Stahl 8.8_LOD_High_2",
            "Wuerth_00555 12_ISO 4762 _ DIN 912 Stahl 8.8",
            "Würth 00555 12 ISO 4762 / DIN 912 Stahl 8.8",
            Procurement.BUY,
            "Würth",
            "00555 12",
        ),
        ("SUNON_MF99", "SUNON_MF99", "SUNON MF99", Procurement.BUY, "Sunon", "MF99"),
        ("Insert_M2_5x3", "Insert_M2_5x3", "Insert M2_5x3", Procurement.BUY, "", ""),
        ("AMZ-B0_Fuss", "AMZ-B0_Fuss", "AMZ-B0 Fuss", Procurement.BUY, "", ""),
    ],
)
def test_a_new_part_is_proposed_by_its_file_name(file_name, sku, name, procurement, manufacturer, number):
    found = propose(file_name)
    assert (found.sku, found.name, found.procurement) == (sku, name, procurement)
    assert (found.manufacturer, found.manufacturer_number) == (manufacturer, number)


def test_a_body_without_a_name_is_pointed_out():
    assert "Is this a part?" in propose("SOLID").hint
    assert "Is this a part?" in row_of(upload([("1", "COMPOUND", None, 1)]), 2).reason


def test_skus_are_short_and_unique():
    make_part(sku="taken")
    proposals = [propose("Taken"), propose("x" * 120), propose("x" * 121), propose("Free")]
    make_unique(proposals)
    assert [each.sku for each in proposals] == ["Taken-2", "x" * 80, "x" * 78 + "-2", "Free"]


# --- Correcting by hand


def test_a_row_is_settled_by_choosing_a_part(staff):
    record, part = upload(), make_part()
    record.correct(2, by=staff, part=part)
    row = row_of(record, 2)
    assert (row.kind, row.part, row.is_by_hand) == (RowKind.MATCHED, part, True)
    assert record.history.latest().history_user == staff


def test_a_row_is_left_out():
    record = upload()
    record.correct(3, by=None, skip=True)
    record.accept(by=None)
    assert record.revision.lines.count() == 3


def test_a_new_part_is_corrected_and_its_sku_must_be_free():
    record = upload()
    make_part(sku="USED")
    for sku, says in (("used", "exists"), ("Kaltgerätebuchse", "Row 5"), ("", "needs an SKU")):
        with pytest.raises(Refused, match=says):
            record.correct(2, by=None, values={"sku": sku, "name": "x"})
    record.correct(2, by=None, values={"sku": "PANEL-1", "name": "Front panel", "procurement": Procurement.MAKE})
    record.accept(by=None)
    part = Part.objects.get(sku="PANEL-1")
    assert (part.name, part.cad_name, part.procurement) == ("Front panel", LIST[0][1], Procurement.MAKE)


def test_metres_may_be_cut():
    record = upload([("1", "Schlauch", "x", 2.5)])
    record.correct(2, by=None, values={"sku": "S", "name": "Schlauch", "unit": Unit.METRE})
    record.accept(by=None)
    assert record.revision.lines.get().quantity == Decimal("2.5")


def test_what_was_settled_by_hand_stays_when_the_list_is_checked_again():
    record, part = upload(), make_part()
    record.correct(2, by=None, part=part)
    record.check_rows(by=None)
    assert row_of(record, 2).part == part


def test_a_quantity_that_can_be_read_in_two_ways_is_written_by_hand():
    rows = "Item;File Name;Quantity\n1;A;1.000\n2;B;2\n".replace(";", ",")
    record = PartsListImport.upload(SimpleUploadedFile("bom.csv", rows.encode()), by=None, model_number="X")
    row = row_of(record, 2)
    assert (row.kind, row.quantity) == (RowKind.FAULTY, None)
    assert row.reason == "C2: “1.000” can be read in two ways. Write the quantity yourself."
    record.correct(2, by=None, part=make_part(), quantity=Decimal(1))
    record.correct(3, by=None, part=make_part(), quantity=Decimal(7))
    record.check_rows(by=None)
    assert [(row.kind, row.quantity) for row in record.rows.all()] == [(RowKind.MATCHED, 1), (RowKind.MATCHED, 7)]
    record.accept(by=None)
    assert sorted(record.revision.lines.values_list("quantity", flat=True)) == [1, 7]


def test_a_row_settled_by_hand_takes_the_quantity_of_the_column_that_is_chosen():
    file = xlsx([("A", 2, 5)], headings=("File Name", "Quantity", "Other"))
    record = PartsListImport.upload(file, by=None, model_number="X")
    record.correct(2, by=None, part=make_part())
    record.check_rows(by=None, mapping=["file_name", "", "quantity"])
    assert (row_of(record, 2).kind, row_of(record, 2).quantity) == (RowKind.MATCHED, 5)


def test_invisible_characters_in_a_name_are_a_fault_of_its_cell():
    row = row_of(upload([("1", "A\u200bB", "x", 2)]), 2)
    assert row.kind == RowKind.FAULTY
    assert "U+200B" in row.reason


def test_a_row_without_a_usable_quantity_can_only_be_left_out():
    record = upload([("1", "A", "x", 1), ("2", "B", "x", "many")])
    with pytest.raises(Refused, match="no usable quantity"):
        record.correct(3, by=None, part=make_part())
    record.correct(3, by=None, skip=True)
    record.accept(by=None)
    assert record.revision.lines.count() == 1


# --- Accepting


def test_accepting_makes_parts_build_and_draft_with_history(staff):
    known = make_part(cad_name="Kaltgerätebuchse")
    record = upload(by=staff)
    record.accept(by=staff)
    revision = record.revision
    assert (record.status, str(revision), revision.status) == (ImportStatus.ACCEPTED, "XP900 R1", "draft")
    assert [(line.position, line.reference, line.part.cad_name, line.quantity) for line in revision.lines.all()] == [
        (number, str(number), name, quantity) for number, (_item, name, _author, quantity) in enumerate(LIST, 1)
    ]
    assert revision.lines.last().part == known
    for record_made in (revision, revision.lines.first(), revision.lines.first().part, revision.build.product):
        assert record_made.history.get().history_user == staff
    assert faults() == []


def test_the_next_list_finds_what_the_first_one_brought():
    upload().accept(by=None)
    record = upload([*LIST, ("5*", "Brandneu", "ob", 1)], model_number="XP901")
    assert record.counts() == {"matched": 4, "new": 1, "skipped": 0, "faulty": 0}
    record.accept(by=None)
    assert Part.objects.filter(cad_name__in=[name for _item, name, *_rest in LIST]).count() == 4


def test_a_second_list_of_the_same_build_is_its_next_revision():
    build = make_build()
    for number in (1, 2):
        record = upload(model_number=build.model_number.lower())
        assert record.build == build
        record.accept(by=None)
        assert record.revision.number == number


def test_rows_of_the_same_part_are_summed_and_it_is_said():
    record = upload([("1", "Mutter_LOD_High", "x", 4), ("2", "Other", "x", 1), ("3", "MUTTER", "x", 6)])
    assert [row.into for row in record.rows.all()] == [None, None, 2]
    record.accept(by=None)
    line = record.revision.lines.first()
    assert (line.quantity, line.reference, record.revision.lines.count()) == (10, "1, 3", 2)
    assert Part.objects.filter(cad_name__istartswith="mutter").count() == 1


def test_rows_that_become_the_same_part_by_hand_are_summed():
    record, part = upload([("1", "A", "x", 4), ("2", "B", "x", 6)]), make_part()
    record.correct(2, by=None, part=part)
    record.correct(3, by=None, part=part)
    record.accept(by=None)
    assert record.revision.lines.get().quantity == 10


def test_a_part_without_a_cad_name_gets_the_one_that_was_matched():
    part = make_part(sku="Kaltgerätebuchse")
    upload().accept(by=None)
    part.refresh_from_db()
    assert part.cad_name == "Kaltgerätebuchse"
    assert part.history.count() == 2


def test_faulty_rows_keep_everything_out():
    record = upload([*LIST, ("5", "BAD", "x", "many")])
    with pytest.raises(Refused, match="settled first: 6"):
        record.accept(by=None)
    assert nothing_written()


def test_a_list_without_a_build_is_not_accepted():
    record = upload(model_number="")
    with pytest.raises(Refused, match="Choose the build"):
        record.accept(by=None)
    record.choose_target(by=None, model_number="XP902")
    record.accept(by=None)
    assert record.build.model_number == "XP902"


def test_a_part_that_was_deleted_since_the_check_keeps_everything_out(manager):
    part = make_part(cad_name="Kaltgerätebuchse")
    record = upload()
    part.discard(by=manager)
    with pytest.raises(Refused, match="Row 5"):
        record.accept(by=None)
    assert not BuildRevision.everything.exists()
    assert not PrinterBuild.everything.exists()
    assert Part.everything.count() == 1


def test_a_part_that_somebody_made_since_the_check_keeps_everything_out():
    record = upload()
    make_part(sku="Kaltgerätebuchse")
    with pytest.raises(Refused, match="Nothing was written"):
        record.accept(by=None)
    assert Part.everything.count() == 1
    record.refresh_from_db()
    assert (record.status, record.build) == (ImportStatus.CHECKED, None)


def test_a_list_that_contains_its_own_product_is_refused():
    build = make_build()
    record = upload([("1", build.model_number, "x", 1)], model_number=build.model_number)
    with pytest.raises(Refused, match="would contain itself"):
        record.accept(by=None)
    assert not BuildRevision.everything.exists()


def test_accepting_twice_is_refused():
    record = upload()
    record.accept(by=None)
    with pytest.raises(IllegalMove):
        record.accept(by=None)
    with pytest.raises(IllegalMove):
        record.correct(2, by=None, skip=True)
    assert BuildRevision.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_at_once_make_one_revision():
    record = upload()
    results = race(2, lambda i: PartsListImport.objects.get(pk=record.pk).accept(by=None))
    assert sorted(type(each).__name__ for each in results) == ["IllegalMove", "NoneType"]
    assert (BuildRevision.objects.count(), BuildPart.objects.count()) == (1, 4)


def test_the_database_knows_the_legal_moves():
    record = upload()
    record.discard(by=None)
    with pytest.raises(Exception, match="not a legal move"):
        execute("UPDATE builds_partslistimport SET status = 'checked' WHERE id = %s", record.pk)


def test_a_discarded_list_leaves_no_file_and_no_rows(django_capture_on_commit_callbacks):
    record = upload()
    storage, name = record.file.storage, record.file.name
    with django_capture_on_commit_callbacks(execute=True):
        record.discard(by=None)
    assert not storage.exists(name)
    assert not PartsListRow.objects.exists()


# --- The command


@pytest.fixture
def on_disk(tmp_path):
    def write(rows=LIST):
        path = tmp_path / "list.xlsx"
        path.write_bytes(xlsx(rows).read())
        return str(path)

    return write


def test_the_command_shows_each_row_and_the_totals_and_writes_nothing(on_disk, capsys):
    make_part(sku="BUCHSE", cad_name="Kaltgerätebuchse")
    call_command("import_parts_list", on_disk(), model="XP903")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert lines[3].split("->")[1].split()[0] == "BUCHSE"
    assert lines[4] == "4 rows: 1 matched, 3 new, 0 left out, 0 to be settled"
    assert not PrinterBuild.objects.exists()
    assert Part.objects.count() == 1


def test_the_command_accepts_and_the_next_one_matches(on_disk, capsys):
    path = on_disk()
    call_command("import_parts_list", path, model="XP903", accept=True)
    assert capsys.readouterr().out.splitlines()[-1] == "XP903 R1: 4 lines written, as a draft."
    call_command("import_parts_list", path, model="XP904")
    assert "4 matched, 0 new" in capsys.readouterr().out


def test_the_command_fails_with_nothing_written(on_disk):
    with pytest.raises(CommandError, match="settled first: 2. Nothing was written"):
        call_command("import_parts_list", on_disk([("1", "A", "x", "many")]), model="X", accept=True)
    with pytest.raises(CommandError, match="no file"):
        call_command("import_parts_list", "/nowhere.xlsx", model="X")
    assert not PartsListImport.everything.exists()
    assert nothing_written()


@pytest.mark.parametrize(
    ("file_name", "number"),
    [
        ("Atomic_Parts_List-FP24.R.xlsx", "FP24.R"),
        ("Atomic_Parts_List-FP24.xlsx", "FP24"),
        ("fp24_2026.csv", "FP24"),
        ("FP242.xlsx", None),
        ("list.xlsx", None),
    ],
)
def test_the_name_of_a_file_says_which_build_it_is_for(file_name, number, manager):
    for each in ("FP24", "FP24.R"):
        make_build(model_number=each, by=manager)
    found = PrinterBuild.objects.named_in(file_name)
    assert (found and found.model_number) == number
