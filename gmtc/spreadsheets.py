"""Reading a CSV or xlsx file that somebody uploaded, without trusting a byte of it.

    sheet = read(file, recognise=lambda heading: heading.casefold() in ("sku", "name"))
    sheet.headings              cells of the heading row
    sheet.rows                  rows below it, each with the number it has in the spreadsheet program
    sheet.cell(row, 3).address  "D17"

What the file is decides its content, never its name. Nothing is unpacked before the size of the unpacked data is
known, and nothing is parsed before it has been unpacked once in small pieces and measured.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

# The parser beneath openpyxl's read-only sheets: those pad a row numbered 999999999 with as many empty rows, and
# forget which cells are merged.
from openpyxl.worksheet._reader import WorkSheetParser

from gmtc.errors import Refused

Value = str | int | Decimal | bool | date | datetime | time | timedelta | None


@dataclass(frozen=True)
class Limits:
    """How much of a file is read. The defaults hold one worker to about a minute and 500 MB at worst."""

    bytes: int = 20 * 1024 * 1024
    unpacked: int = 150 * 1024 * 1024
    ratio: int = 200  # unpacked to packed, of parts over 1 MB; real sheets stay below 60
    parts: int = 1_000
    nodes: int = 8_000_000  # XML elements
    row_bytes: int = 4 * 1024 * 1024
    rows: int = 50_000
    columns: int = 200


LIMITS = Limits()
HEADING_WITHIN = 10
CHUNK = 256 * 1024
TOO_LARGE = gettext_lazy("Unpacked, this file would be far too large. Split it, or save the table as CSV.")
WHOLE = 0  # where a column is counted from 1
LONGEST_CELL = 32_767  # Excel's own limit; it cuts longer texts off without a word

# What openpyxl raises on a workbook whose parts do not fit together; SyntaxError is how both XML parsers call theirs.
DAMAGED = (
    *(AttributeError, EOFError, IndexError, InvalidFileException, KeyError, NotImplementedError, OSError),
    *(OverflowError, RuntimeError, SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error),
)


class SheetError(Refused):
    """The file, or one cell of it, cannot be read. `cell` is the address, such as D17, where it is about one cell."""

    def __init__(self, message, cell: str | None = None):
        super().__init__(message, field="file")
        self.cell = cell


@dataclass(frozen=True, slots=True)
class Cell:
    """Row and column as the spreadsheet program counts them, from 1."""

    row: int
    column: int
    value: Value

    @property
    def letter(self) -> str:
        return get_column_letter(self.column)

    @property
    def address(self) -> str:
        return f"{self.letter}{self.row}"


class Row(NamedTuple):
    """`values` has one entry a heading; `faults` says, by column, why a cell could not be read; WHOLE is the row's."""

    number: int
    values: tuple
    faults: dict[int, str]


@dataclass
class Sheet:
    kind: str
    name: str
    headings: list[Cell]
    rows: list[Row]
    delimiter: str = ""

    def cell(self, row: Row, column: int) -> Cell:
        """The cell of `row` in `column`, which is counted from 1."""
        return Cell(row.number, column, row.values[column - 1])

    def column(self, column: int) -> Iterator[Value]:
        return (row.values[column - 1] for row in self.rows)


class Shape(NamedTuple):
    """What a look from outside says: the kind of the file and how many bytes it is when unpacked."""

    kind: str
    unpacked: int


# --- Entry points ----------------------------------------------------------------------------------------------------


def inspect(file, limits: Limits = LIMITS) -> Shape:
    """Say what `file` is. Raises SheetError for everything that is not an honest CSV or xlsx of bearable size."""
    file.seek(0, io.SEEK_END)
    size = file.tell()
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    if not size or not head.strip(b"\x00 \r\n\t"):
        raise SheetError(_("The file is empty."))
    if size > limits.bytes:
        raise SheetError(_("The file is too large: at most %(limit)s MB.") % {"limit": limits.bytes // 1024**2})
    if head.startswith(b"PK\x03\x04"):
        return Shape("xlsx", _weigh(file, limits))
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError(
            _("This is an old Excel file (.xls) or one with a password. Save it as .xlsx without a password.")
        )
    _decode(head, cut=size > len(head))
    return Shape("csv", size)


def read(file, *, recognise: Callable[[str], bool], limits: Limits = LIMITS) -> Sheet:
    """The first visible sheet of `file` below its heading row, which is the one of the first ten rows with the most
    headings that `recognise` knows. Raises SheetError; a single bad cell is noted in its row's `faults` instead.
    """
    shape = inspect(file, limits)
    file.seek(0)
    sheet = _read_xlsx(file, recognise, limits) if shape.kind == "xlsx" else _read_csv(file, recognise, limits)
    if not sheet.rows:
        raise SheetError(_("There are no rows below the headings."))
    return sheet


# --- xlsx ------------------------------------------------------------------------------------------------------------


def _weigh(file, limits: Limits) -> int:
    """Check a zip archive from outside, by its directory. `_measure` does not believe what it says there."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except DAMAGED:
        raise SheetError(_("The file is damaged and cannot be opened.")) from None
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names and "[Content_Types].xml" not in names:
        raise SheetError(_("This is not a spreadsheet. Save it as .xlsx or CSV."))
    if any(part.flag_bits & 1 for part in parts):
        raise SheetError(_("The file has a password. Save it without one."))
    unpacked = sum(part.file_size for part in parts)
    puffed = any(p.file_size > 1024**2 and p.file_size > limits.ratio * max(p.compress_size, 1) for p in parts)
    if len(parts) > limits.parts or len(names) != len(parts) or unpacked > limits.unpacked or puffed:
        raise SheetError(str(TOO_LARGE))
    return unpacked


def _measure(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Unpack everything once in small pieces and throw it away: sizes as they are, not as the directory claims, and
    how much the XML in them would grow to as objects (a row is held whole while it is read)."""
    unpacked = marks = 0
    for part in archive.infolist():
        has_rows = part.filename.startswith(("xl/worksheets/", "xl/sharedStrings"))
        tail, in_row = b"", 0
        with archive.open(part) as source:
            while piece := source.read(CHUNK):
                window = tail + piece
                unpacked += len(piece)
                marks += piece.count(b"<")
                in_row = 0 if b"row>" in window or b"</si>" in window else in_row + len(piece)
                if unpacked > limits.unpacked or marks > 2 * limits.nodes or (has_rows and in_row > limits.row_bytes):
                    raise SheetError(str(TOO_LARGE))
                if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                    raise SheetError(_("The file is damaged and cannot be opened."))
                tail = piece[-16:]


class _Book(ExcelReader):
    """Opens a workbook up to its list of sheets. openpyxl itself would go on to parse each sheet for its size."""

    def read_worksheets(self):
        self.sheets = [
            (sheet.name, relation.target, sheet.state)
            for sheet, relation in self.parser.find_sheets()
            if relation.target in self.valid_files and "chartsheet" not in relation.Type
        ]


class _Parser(WorkSheetParser):
    """Row by row as openpyxl reads, but a cell with nonsense in it does not end the sheet."""

    def parse_cell(self, element):
        try:
            return super().parse_cell(element)
        except (ValueError, IndexError, OverflowError, TypeError):
            return {"row": self.row_counter, "column": self.col_counter, "value": None, "data_type": "bad"}

    def parse_formula(self, element):
        return "="  # what it says does not matter, it is refused


def _read_xlsx(file, recognise, limits: Limits) -> Sheet:
    try:
        with zipfile.ZipFile(file) as archive:
            _measure(archive, limits)
        reader = _Book(file, read_only=True, keep_links=False)
        reader.read()
        visible = [(name, part) for name, part, state in reader.sheets if state == "visible"]
        if not visible:
            raise SheetError(_("All sheets of the file are hidden."))
        name, part = visible[0]
        with reader.archive.open(part) as source:
            parser = _Parser(
                source,
                reader.shared_strings,
                epoch=reader.wb.epoch,
                date_formats=reader.wb._date_formats,
                timedelta_formats=reader.wb._timedelta_formats,
            )
            sheet = _table("xlsx", name, _xlsx_rows(parser), recognise, limits)
    except DAMAGED:
        raise SheetError(_("The file is damaged and cannot be opened.")) from None
    for area in parser.merged_cells.mergeCell if parser.merged_cells else ():
        if area.max_row >= sheet.headings[0].row and area.min_col <= len(sheet.headings):
            raise SheetError(
                _("The cells %(range)s are merged. Split them, so that each row has its own values.")
                % {"range": area.coord},
                cell=area.coord.split(":")[0],
            )
    return sheet


def _xlsx_rows(parser) -> Iterator[tuple[int, dict[int, Value], dict[int, str]]]:
    for number, cells in parser.parse():
        values, faults = {}, {}
        for cell in cells:
            column, value, kind = cell["column"], cell["value"], cell["data_type"]
            if kind == "f":
                faults[column] = _("There is a formula here. Paste its value instead.")
            elif kind == "e":
                faults[column] = _("The spreadsheet shows the error %(error)s here.") % {"error": value}
            elif kind == "bad":
                faults[column] = _("This cell cannot be read.")
            elif isinstance(value, float):
                if value != value or value in (float("inf"), float("-inf")):
                    faults[column] = _("This is not a number.")
                else:
                    # 15 digits is what a spreadsheet shows; the rest is binary noise (0.1 + 0.2)
                    values[column] = Decimal(format(value, ".15g"))
            elif isinstance(value, str):
                if len(value) >= LONGEST_CELL:
                    faults[column] = _("The spreadsheet program has cut this text off.")
                elif value:
                    values[column] = value
            elif value is not None:
                values[column] = value
        yield number, values, faults


# --- CSV -------------------------------------------------------------------------------------------------------------


def _decode(content: bytes, *, cut: bool = False) -> str:
    """Text of a CSV file: UTF-8, UTF-16 with its mark, else Windows-1252. Raises SheetError for anything binary."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        codecs = ["utf-16"]
    else:
        codecs = ["utf-8-sig", "cp1252"]
    for codec in codecs:
        if cut:  # the piece may end in the middle of a character
            text = content.decode(codec, errors="ignore")
            if codec == "utf-8-sig" and len(text.encode()) < len(content) - 6:
                continue
        else:
            try:
                text = content.decode(codec)
            except UnicodeDecodeError:
                continue
        if not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
            return text
    raise SheetError(_("This is not a spreadsheet. Save it as .xlsx or CSV."))


def _read_csv(file, recognise, limits: Limits) -> Sheet:
    text = _decode(file.read())
    first, _end, rest = text.partition("\n")
    offset = 0
    if hint := re.fullmatch(r'"?sep=([;,\t])"?', first.strip("\r")):
        delimiter, text, offset = hint[1], rest, 1
    else:
        delimiter = max(";\t,", key=lambda each: _heading_score(text, each, recognise))
    # A record counts as one row even where a cell holds several lines, as in the spreadsheet program.
    records = enumerate(_records(text, delimiter, offset), start=1 + offset)
    rows = (
        (number, {column: value for column, value in enumerate(record, start=1) if value.strip()}, {})
        for number, record in records
    )
    sheet = _table("csv", "", rows, recognise, limits)
    sheet.delimiter = delimiter
    return sheet


def _records(text: str, delimiter: str, number: int = 0) -> Iterator[list[str]]:
    """`strict`, as the reader would else put the following rows into a cell whose quotation mark is not closed."""
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            number += 1
            yield record
    except csv.Error as error:
        if "unexpected end of data" in str(error) or "expected after" in str(error):
            raise SheetError(
                _("Row %(row)s: a quotation mark is not closed. One that belongs to the text is written twice.")
                % {"row": number + 1}
            ) from None
        raise SheetError(_("The CSV file cannot be read: %(error)s.") % {"error": error}) from None


def _heading_score(text: str, delimiter: str, recognise) -> tuple[int, int]:
    best = (0, 0)
    records = _records(text[:CHUNK], delimiter)
    for _number in range(HEADING_WITHIN):
        try:
            record = next(records, None)
        except SheetError:
            break
        if record is None:
            break
        best = max(best, (sum(1 for value in record if recognise(value)), len(record)))
    return best


# --- Both ------------------------------------------------------------------------------------------------------------


def _table(kind: str, name: str, rows: Iterable, recognise, limits: Limits) -> Sheet:
    """Find the heading row and keep what stands below it."""
    start, headings, kept, above = 0, [], [], []
    rows = iter(rows)
    for number, values, faults in rows:
        above.append((number, values, faults))
        if number >= HEADING_WITHIN or len(above) >= HEADING_WITHIN:
            break
    if not any(values or faults for _number, values, faults in above):
        above += [row for row in rows if row[1] or row[2]][:1]
        if not any(values or faults for _number, values, faults in above):
            raise SheetError(_("The sheet is empty."))
    scores = [sum(1 for v in values.values() if isinstance(v, str) and recognise(v)) for _n, values, _f in above]
    best = max(scores)
    if not best:
        raise SheetError(
            _("There is no heading row: none of the first %(rows)s rows has a heading that is known here.")
            % {"rows": HEADING_WITHIN}
        )
    start = scores.index(best)
    number, values, _faults = above[start]
    width = max(values)
    if width > limits.columns:
        raise SheetError(_("The table has too many columns: at most %(limit)s.") % {"limit": limits.columns})
    headings = [Cell(number, column, str(values.get(column, "")).strip()) for column in range(1, width + 1)]
    for number, values, faults in above[start + 1 :]:
        _keep(kept, number, values, faults, width)
    for number, values, faults in rows:
        _keep(kept, number, values, faults, width)
        if len(kept) > limits.rows:
            raise SheetError(
                _("The table has too many rows: at most %(limit)s. Split the file.") % {"limit": limits.rows}
            )
    return Sheet(kind, name, headings, kept)


def _keep(kept: list[Row], number: int, values: dict, faults: dict, width: int) -> None:
    """Rows with nothing below the headings are passed over; a cell to the right of them may be the end of one that a
    separator has cut in two."""
    row = Row(
        number,
        tuple(values.get(column) for column in range(1, width + 1)),
        {column: fault for column, fault in faults.items() if column <= width},
    )
    if not row.faults and all(value is None for value in row.values):
        return
    last = max((*values, *faults))
    if last > width:
        row.faults[WHOLE] = _(
            "There are more cells than headings in this row: %(cells)s, not %(headings)s. "
            "A text with a separator in it stands in quotation marks."
        ) % {"cells": last, "headings": width}
    kept.append(row)
