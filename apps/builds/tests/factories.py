"""Builds, revisions and parts lists for tests; each valid as it comes, any field may be given."""

import io
import itertools
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from apps.builds.models import BuildRevision, PrinterBuild
from apps.builds.verify import RULES
from apps.parts.tests.factories import make_part

numbers = itertools.count(1)
HEADINGS = ("Item Number", "File Name (no extension)", "Author", "Quantity")


def make_build(*, by=None, **fields) -> PrinterBuild:
    number = next(numbers)
    build = PrinterBuild(**{"model_number": f"XP{number:03}", "name": f"Printer {number}"} | fields)
    build.save(by=by, reason="create")
    return build


def make_revision(build=None, parts=None, *, by=None, released: bool = False) -> BuildRevision:
    """A draft with a line for each of `parts`: {part: quantity}, or one part of its own."""
    revision = (build or make_build(by=by)).draft_revision(by=by)
    parts = {make_part(): 1} if parts is None else parts
    fill(revision, parts, by=by)
    if released:
        revision.release(by=by)
    return revision


def fill(revision, parts: dict, *, by=None) -> None:
    rows = [row(part, quantity) for part, quantity in parts.items()]
    revision.write({}, rows, by=by, version=revision.version)


def row(part, quantity=1, reference: str = "", note: str = "") -> dict:
    return {"part": part, "quantity": Decimal(quantity), "reference": reference, "note": note}


def xlsx(rows, *, name: str = "list.xlsx", headings=HEADINGS) -> SimpleUploadedFile:
    """A parts list as CAD writes it."""
    book = Workbook()
    for each in (headings, *rows):
        book.active.append(each)
    return saved(book, name)


def saved(book, name: str = "list.xlsx") -> SimpleUploadedFile:
    buffer = io.BytesIO()
    book.save(buffer)
    return SimpleUploadedFile(name, buffer.getvalue())


def text(content: str, name: str = "list.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode())


def faults() -> list:
    """What `manage.py verify` finds wrong in this room."""
    return [fault for rule in RULES for fault in rule.find()]
