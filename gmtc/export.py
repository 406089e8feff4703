"""Writing a list into a file, row by row: 100,000 records take no more memory than 2,000.

CSV is made to open with a double click in the Excel of the reader's language: with a byte order mark, German with `;`
and a decimal comma, English with `,` and a decimal point. A text that a spreadsheet program would run as a formula
gets an apostrophe before it, which the import takes away again; in xlsx it is simply stored as text.
"""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from django.http import FileResponse, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from gmtc.columns import Column
from gmtc.resources import Resource
from gmtc.rows import FORMULA
from gmtc.xlsx import Page, write_xlsx

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export_response(queryset, resource_class: type[Resource], *, format: str, request, columns: Iterable[str] = ()):
    """The rows of `queryset` as a download called parts-2026-11-22.csv; all columns, or those named in `columns`."""
    resource = resource_class()
    chosen = resource.get_export_fields(columns)
    name = f"{resource_class._meta.filename}-{timezone.localdate():%Y-%m-%d}.{format}"
    if format == "csv":
        lines = csv_lines(resource.values(queryset, columns), chosen)
        return StreamingHttpResponse(
            lines, content_type=CSV_TYPE, headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )
    if format == "xlsx":
        table = itertools.chain([[column.heading for column in chosen]], resource.values(queryset, columns))
        file = write_xlsx(Page(_title(resource_class), [column.width for column in chosen], table))
        return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX_TYPE)
    return HttpResponseBadRequest(_("Unknown file format."))


def csv_lines(found: Iterable[list], columns: list[Column]) -> Iterator[str]:
    """The text of a CSV file, some hundred lines at a time."""
    headings = [column.heading for column in columns]
    mark = formats.get_format("DECIMAL_SEPARATOR")
    return _csv_pieces(found, headings, mark, delimiter=";" if mark == "," else ",")


def _csv_pieces(found, headings: list[str], mark: str, delimiter: str) -> Iterator[str]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow(headings)
    for values in found:
        writer.writerow([_csv_text(value, mark) for value in values])
        if buffer.tell() > 64 * 1024:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _csv_text(value, mark: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value if FORMULA.match(value) else value
    if isinstance(value, Decimal):
        return format(value, "f").replace(".", mark)
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return str(value)


def template_response(resource_class: type[Resource], *, format: str):
    """An empty table to fill in: the headings in the reader's language and one row as an example.

    In xlsx a second sheet says what each column is for.
    """
    columns = resource_class.importable()
    example = [str(column.example) for column in columns]
    name = f"{resource_class._meta.filename}-{_('template')}.{format}"
    if format == "csv":
        lines = "".join(csv_lines([example], columns))
        return HttpResponse(
            lines, content_type=CSV_TYPE, headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )
    if format != "xlsx":
        return HttpResponseBadRequest(_("Unknown file format."))
    table = [[column.heading for column in columns], example]
    legend = [[_("Column"), _("What it holds"), _("Example")]]
    for column, text in zip(columns, example, strict=True):
        needed = _("Needed for a new record.") if column.is_required else ""
        legend.append([column.heading, " ".join(filter(None, [column.help, needed])), text])
    file = write_xlsx(
        Page(_title(resource_class), [column.width for column in columns], table),
        Page(_("Columns"), [28, 70, 28], legend),
    )
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX_TYPE)


def _title(resource_class: type[Resource]) -> str:
    return capfirst(str(resource_class._meta.model._meta.verbose_name_plural))
