"""Writing a plain xlsx workbook: text, numbers, yes/no, dates, a bold head that stays in sight.

Straight into the XML of ECMA-376, because openpyxl takes five times as long for the 2.6 million cells of 100,000 parts
and would hold a worker past its time limit. Rows are written as they come, so memory does not grow with them. Text is
always stored as text, so nothing in it is ever a formula.
"""

import re
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
PLAIN, BOLD, DAY, MOMENT = range(4)
STYLES = f"""{HEAD}<styleSheet xmlns="{MAIN}">
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>
<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>
<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="22" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""
# XML 1.0 has no place for these; nor for what stands for them in no character set.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
NOT_IN_TITLE = re.compile(r"[\[\]:*?/\\]")
LONGEST = 32_767


class Page(NamedTuple):
    """One sheet. `widths` in characters, one a column; the first of `rows` is the head."""

    title: str
    widths: Sequence[int]
    rows: Iterable[Sequence]


def write_xlsx(*pages: Page):
    """An open temporary file, which is gone when it is closed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    numbers = range(1, len(pages) + 1)
    sheets = "".join(
        f'<sheet name={quoteattr(NOT_IN_TITLE.sub(" ", page.title)[:31])} sheetId="{n}" r:id="rId{n}"/>'
        for n, page in zip(numbers, pages, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{TYPE}.worksheet+xml"/>' for n in numbers
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{links}'
        f'<Relationship Id="styles" Type="{LINKS}/styles" Target="styles.xml"/></Relationships>',
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, content in parts.items():
            archive.writestr(name, HEAD + content)
        archive.writestr("xl/styles.xml", STYLES)
        for number, page in zip(numbers, pages, strict=True):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as sheet:
                _write_sheet(sheet, page)
    file.seek(0)
    return file


def _write_sheet(sheet, page: Page) -> None:
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(page.widths, start=1)
    )
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    sheet.write(
        f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>".encode()
    )
    letters = [get_column_letter(n) for n in range(1, len(page.widths) + 1)]
    pieces = []
    for number, values in enumerate(page.rows, start=1):
        style = BOLD if number == 1 else PLAIN
        cells = (
            _cell(f"{letter}{number}", value, style)
            for letter, value in zip(letters, values, strict=True)
            if value is not None and value != ""
        )
        pieces.append(f'<row r="{number}">{"".join(cells)}</row>')
        if len(pieces) == 500:
            sheet.write("".join(pieces).encode())
            pieces.clear()
    sheet.write(("".join(pieces) + "</sheetData></worksheet>").encode())


def _cell(address: str, value, style: int) -> str:
    if isinstance(value, str):
        text = escape(NOT_IN_XML.sub("", value)[:LONGEST])
        return f'<c r="{address}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    if isinstance(value, bool):
        return f'<c r="{address}" t="b"><v>{value:d}</v></c>'
    if isinstance(value, Decimal):
        return f'<c r="{address}"><v>{value:f}</v></c>'
    if isinstance(value, int):
        return f'<c r="{address}"><v>{value}</v></c>'
    if isinstance(value, date):  # a datetime too, of local time without a zone
        kind = MOMENT if hasattr(value, "hour") else DAY
        return f'<c r="{address}" s="{kind}"><v>{to_excel(value)}</v></c>'
    raise TypeError(f"{type(value)} has no place in a spreadsheet")
