"""Files as people send them, and as attackers do."""

import io
import random
import struct
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from gmtc.decimals import decimal_mark, number_readings, parse_number
from gmtc.spreadsheets import LIMITS, WHOLE, SheetError, inspect, read


def recognise(heading):
    return heading.strip().casefold() in ("sku", "name", "quantity")


def xlsx(*rows, prepare=lambda sheet: None) -> io.BytesIO:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    prepare(sheet)
    file = io.BytesIO()
    book.save(file)
    return file


def csv_file(text: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(text.encode(encoding))


def read_it(file, **limits):
    return read(file, recognise=recognise, limits=replace(LIMITS, **limits))


def with_part(file: io.BytesIO, name: str, content: bytes) -> io.BytesIO:
    """The same archive with one part replaced."""
    changed = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, content if part.filename == name else old.read(part))
    return changed


SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def sheet_xml(rows: str) -> bytes:
    return f"<worksheet {NAMESPACE}><sheetData>{rows}</sheetData></worksheet>".encode()


def text_cells(*texts: str) -> str:
    return "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)


# --- What is read


def test_an_xlsx_gives_headings_rows_and_addresses():
    sheet = read_it(xlsx(["SKU", "Name"], ["A-1", "Rail"], [None, None], ["A-2", "Screw"]))
    assert [cell.value for cell in sheet.headings] == ["SKU", "Name"]
    assert [(row.number, row.values) for row in sheet.rows] == [(2, ("A-1", "Rail")), (4, ("A-2", "Screw"))]
    assert sheet.cell(sheet.rows[1], 2).address == "B4"


def test_numbers_dates_and_truth_keep_their_kind():
    sheet = read_it(xlsx(["SKU", "Name", "Quantity", "x"], [803, 0.1 + 0.2, True, date(2026, 11, 22)]))
    sku, name, quantity, _x = sheet.rows[0].values
    assert (sku, name, quantity) == (803, Decimal("0.3"), True)
    assert sheet.rows[0].values[3].date() == date(2026, 11, 22)


def test_the_heading_row_is_found_below_a_title():
    sheet = read_it(xlsx(["Parts of the FP24"], [], ["exported today"], ["sku ", "Author", "NAME"], ["A", "o", "Rail"]))
    assert [cell.address for cell in sheet.headings] == ["A4", "B4", "C4"]
    assert sheet.rows[0].number == 5


def test_a_title_that_sounds_like_a_heading_loses_against_the_real_row():
    sheet = read_it(xlsx(["Name"], ["SKU", "Name"], ["A-1", "Rail"]))
    assert sheet.headings[0].row == 2


def test_the_first_visible_sheet_counts():
    def prepare(sheet):
        sheet.sheet_state = "hidden"
        other = sheet.parent.create_sheet("Seen")
        other.append(["SKU"])
        other.append(["visible"])

    sheet = read_it(xlsx(["SKU"], ["hidden"], prepare=prepare))
    assert (sheet.name, sheet.rows[0].values) == ("Seen", ("visible",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_is_read_in_every_encoding_and_with_every_delimiter(encoding, delimiter):
    lines = [["SKU", "Name"], ["A-1", "Schraube für Gehäuse"]]
    sheet = read_it(csv_file("\r\n".join(delimiter.join(line) for line in lines), encoding))
    assert sheet.rows[0].values == ("A-1", "Schraube für Gehäuse")
    assert sheet.delimiter == delimiter


def test_a_delimiter_inside_a_quoted_cell_does_not_split_it():
    sheet = read_it(csv_file('SKU,Name\r\n"A;1;2;3","Rail, ""long""\nsecond line"\r\nB,x'))
    assert [(row.number, row.values) for row in sheet.rows] == [
        (2, ("A;1;2;3", 'Rail, "long"\nsecond line')),
        (3, ("B", "x")),
    ]


def test_excels_own_sep_line_is_believed_and_counted():
    sheet = read_it(csv_file("sep=;\r\nSKU;Name\r\nA,1;Rail"))
    assert (sheet.rows[0].number, sheet.rows[0].values) == (3, ("A,1", "Rail"))


# --- What is wrong with a row


def test_a_cell_beyond_the_headings_is_a_fault_of_its_row():
    rows = read_it(csv_file("SKU;Name\nA;x;;\nB;10: 1; 100: 2\n;;note\n")).rows
    assert [(row.number, row.faults) for row in rows] == [
        (2, {}),
        (
            3,
            {
                WHOLE: "There are more cells than headings in this row: 3, not 2. "
                "A text with a separator in it stands in quotation marks."
            },
        ),
    ]
    assert WHOLE in read_it(xlsx(["SKU", "Name"], ["A", "x", None, "more"])).rows[0].faults


@pytest.mark.parametrize("text", ['SKU;Name\nA;x\nB;"never\nC;y\n', 'SKU;Name\nA;x\nB;"never\nC;"y"\n'])
def test_a_quotation_mark_that_is_not_closed_is_named_with_its_row(text):
    with pytest.raises(SheetError, match="Row 3: a quotation mark is not closed"):
        read_it(csv_file(text))
    with pytest.raises(SheetError, match="Row 4: a quotation mark is not closed"):
        read_it(csv_file("sep=;\n" + text))


# --- What is wrong with a cell


def test_a_formula_is_a_fault_of_its_cell():
    row = read_it(xlsx(["SKU", "Name"], ["A-1", "=1+1"])).rows[0]
    assert row.values == ("A-1", None)
    assert row.faults == {2: "There is a formula here. Paste its value instead."}


def test_an_excel_error_is_a_fault_of_its_cell():
    row = read_it(xlsx(["SKU", "Name"], ["A-1", "#N/A"])).rows[0]
    assert row.faults == {2: "The spreadsheet shows the error #N/A here."}


@pytest.mark.parametrize("value", ["1e400", "-1e400", "NaN", "inf", "0x12", "9" * 5000])
def test_a_number_that_is_none_is_a_fault_of_its_cell(value):
    rows = f"<row r='1'>{text_cells('SKU', 'Quantity')}</row><row r='2'>{text_cells('A')}<c><v>{value}</v></c></row>"
    file = with_part(xlsx(["SKU"]), SHEET, sheet_xml(rows))
    row = read_it(file).rows[0]
    assert row.values == ("A", None)
    assert list(row.faults) == [2]


def test_a_text_that_excel_cut_off_is_a_fault():
    row = read_it(xlsx(["SKU", "Name"], ["A", "x" * 32_767])).rows[0]
    assert row.faults == {2: "The spreadsheet program has cut this text off."}


# --- What is refused


def refusal(file, **limits) -> str:
    with pytest.raises(SheetError) as refused:
        read_it(file, **limits)
    return str(refused.value)


def test_merged_cells_in_the_table_are_refused_by_their_range():
    file = xlsx(["SKU", "Name"], ["A", "x"], ["B", "y"], prepare=lambda sheet: sheet.merge_cells("B2:B3"))
    with pytest.raises(SheetError) as refused:
        read_it(file)
    assert "B2:B3" in str(refused.value)
    assert refused.value.cell == "B2"


def test_merged_cells_of_the_title_do_not_matter():
    file = xlsx(["Our parts"], ["SKU", "Name"], ["A", "x"], prepare=lambda sheet: sheet.merge_cells("A1:B1"))
    assert read_it(file).rows[0].values == ("A", "x")


@pytest.mark.parametrize("content", [b"", b"\r\n \r\n", b"\x00\x00\x00"])
def test_an_empty_file_is_refused(content):
    assert refusal(io.BytesIO(content)) == "The file is empty."


def test_an_empty_sheet_is_refused():
    assert refusal(xlsx()) == "The sheet is empty."


def test_headings_without_rows_are_refused():
    assert refusal(xlsx(["SKU", "Name"])) == "There are no rows below the headings."


def test_a_table_without_known_headings_is_refused():
    assert "no heading row" in refusal(xlsx(["Foo", "Bar"], ["1", "2"]))


def test_a_workbook_of_hidden_sheets_is_refused():
    def prepare(sheet):
        sheet.parent.create_sheet("chart")  # openpyxl wants one visible sheet when it saves
        sheet.sheet_state = "hidden"

    file = xlsx(["SKU"], ["A"], prepare=prepare)
    with zipfile.ZipFile(file) as archive:
        book = archive.read("xl/workbook.xml").replace(b'state="visible"', b'state="hidden"')
    assert refusal(with_part(file, "xl/workbook.xml", book)) == "All sheets of the file are hidden."


NOT_A_TABLE = {
    "renamed.exe": b"MZ\x90\x00\x03" + bytes(range(256)) * 8,
    "a.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\x00",
    "a.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "2 MB of junk": random.Random(7).randbytes(2 * 1024 * 1024),
    "utf-16 without its mark": "SKU;Name\r\nA;B".encode("utf-16-le"),
}


@pytest.mark.parametrize("content", NOT_A_TABLE.values(), ids=NOT_A_TABLE)
def test_what_is_not_a_table_is_refused_whatever_its_name(content):
    assert refusal(io.BytesIO(content)) == "This is not a spreadsheet. Save it as .xlsx or CSV."


def test_junk_behind_an_honest_beginning_is_refused():
    content = b"SKU;Name\r\n" + b"A;B\r\n" * 2000 + random.Random(7).randbytes(50_000)
    assert refusal(io.BytesIO(content)) == "This is not a spreadsheet. Save it as .xlsx or CSV."


def test_an_old_or_locked_excel_file_is_told_apart():
    assert "old Excel file" in refusal(io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512))


def test_another_zip_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("setup.exe", b"MZ")
    assert refusal(file) == "This is not a spreadsheet. Save it as .xlsx or CSV."


def test_a_cut_off_xlsx_is_refused():
    content = xlsx(["SKU"], ["A"]).getvalue()
    assert "damaged" in refusal(io.BytesIO(content[: len(content) // 2]))


def test_an_xlsx_with_scrambled_parts_is_refused():
    for part in (SHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/styles.xml"):
        assert "damaged" in refusal(with_part(xlsx(["SKU"], ["A"]), part, b"<oops"))


# --- Attacks


def bomb() -> io.BytesIO:
    """300 MB of rows in a file of about 600 KB."""
    file = xlsx(["SKU"])
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(SHEET + "x", "w") as part:
        rows = b"<row><c><v>1</v></c></row>" * 40_000
        for _piece in range(300):
            part.write(rows)
    return file


def test_a_bomb_is_refused_by_its_directory_before_anything_is_unpacked(monkeypatch):
    file = bomb()
    assert file.getbuffer().nbytes < 1024 * 1024
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *args, **kwargs: pytest.fail("it was unpacked"))
    assert "far too large" in refusal(file)


def test_a_bomb_that_lies_about_its_size_is_refused():
    content = bytearray(with_part(xlsx(["SKU"]), SHEET, sheet_xml("x" * 40_000_000)).getvalue())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):  # local header, directory
        at = content.find(signature)
        while at >= 0:
            if content[at + offset : at + offset + 4] == struct.pack("<I", len(sheet_xml("x" * 40_000_000))):
                content[at + offset : at + offset + 4] = struct.pack("<I", 1000)
            at = content.find(signature, at + 1)
    assert inspect(io.BytesIO(content)).unpacked < 1024 * 1024
    assert "damaged" in refusal(io.BytesIO(content))


def test_a_sheet_of_more_elements_than_bearable_is_refused_before_it_is_parsed():
    rows = f"<row>{text_cells('SKU')}</row>" + "<row><c/></row>" * 5_000
    assert "far too large" in refusal(with_part(xlsx(["SKU"]), SHEET, sheet_xml(rows)), nodes=5_000)


def test_a_row_without_end_is_refused_before_it_is_parsed():
    rows = f"<row>{text_cells('SKU')}</row><row>" + "<c/>" * 1_000_000 + "</row>"
    assert "far too large" in refusal(with_part(xlsx(["SKU"]), SHEET, sheet_xml(rows)), row_bytes=1024 * 1024)


def test_entities_are_refused():
    laughs = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + sheet_xml("<row/>")
    assert "damaged" in refusal(with_part(xlsx(["SKU"]), SHEET, laughs))


def test_a_row_with_a_giant_number_is_not_padded():
    rows = f"<row r='1'>{text_cells('SKU')}</row><row r='999999999'>{text_cells('A')}</row>"
    sheet = read_it(with_part(xlsx(["SKU"]), SHEET, sheet_xml(rows)))
    assert [row.number for row in sheet.rows] == [999_999_999]


def test_too_many_rows_or_columns_are_refused():
    assert "too many rows" in refusal(csv_file("SKU\r\n" + "A\r\n" * 11), rows=10)
    assert "too many columns" in refusal(csv_file("SKU;" + ";".join("abcdefghijk") + "\r\nA"), columns=10)


def test_a_file_over_the_limit_is_refused_unread():
    assert "too large" in refusal(io.BytesIO(b"SKU\r\n" + b"A\r\n" * 1000), bytes=1000)


# --- Numbers


@pytest.mark.parametrize(
    ("text", "comma", "point"),
    [
        ("1.234,56", "1234.56", None),
        ("1,234.56", None, "1234.56"),
        ("1234.56", None, "1234.56"),
        ("1234,56", "1234.56", None),
        ("1.234", "1234", "1.234"),
        ("1,234", "1.234", "1234"),
        ("1.234.567", "1234567", None),
        ("0.125", None, "0.125"),
        ("12", "12", "12"),
        ("-3", "-3", "-3"),
        ("−3,5", "-3.5", None),
        (",5", "0.5", None),
        ("1 234,5", "1234.5", None),
        ("1\u202f234,5 €", "1234.5", None),
        ("EUR 1'234.50", None, "1234.50"),
        ("NaN", None, None),
        ("inf", None, None),
        ("1e400", None, None),
        ("1.23.4", None, None),
        ("12.34,567.8", None, None),
        ("", None, None),
        (".", None, None),
        ("١٢", None, None),
        ("9" * 41, None, None),
    ],
)
def test_what_a_number_can_mean(text, comma, point):
    expected = {mark: Decimal(value) for mark, value in ((",", comma), (".", point)) if value}
    assert number_readings(text) == expected


def test_other_numbers_decide_how_an_ambiguous_one_is_meant():
    assert decimal_mark(["1.234", "12,5", "x"]) == ","
    assert decimal_mark(["1.234", "12.5"]) == "."
    assert decimal_mark(["1.234", "5"]) == ""
    assert decimal_mark(["12,5", "12.5"]) == ""


def test_an_ambiguous_number_without_a_mark_is_refused():
    assert parse_number("1.234", ",") == 1234
    assert parse_number("1.234", ".") == Decimal("1.234")
    with pytest.raises(ValueError, match="two ways"):
        parse_number("1.234")


def test_a_chosen_mark_allows_no_other():
    assert parse_number("12.5", ",") == Decimal("12.5")
    with pytest.raises(ValueError, match="not a number"):
        parse_number("12.5", ",", strict=True)


@pytest.mark.parametrize("value", ["abc", "NaN", "1e400", True, None, date(2026, 1, 1)])
def test_what_is_no_number_says_so(value):
    with pytest.raises(ValueError, match="not a number"):
        parse_number(value)
