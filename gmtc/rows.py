"""The rows of a file on their way through an import, and what became of them."""

import re
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from import_export import results
from import_export.instance_loaders import BaseInstanceLoader

from gmtc import figures
from gmtc.spreadsheets import Sheet
from gmtc.widgets import Missing

# A cell that begins like this is a formula to a spreadsheet program; in CSV an apostrophe before it makes it text.
FORMULA = re.compile(r"'*[=+\-@\t\r]")
GUARDED = re.compile(r"'+[=+\-@\t\r]")

NEW, CHANGED, UNCHANGED, FAULTY = "new", "changed", "unchanged", "faulty"


@dataclass(frozen=True)
class Fault:
    """Stands in the place of a cell that could not be read from the file."""

    text: str


def cell(sheet: Sheet, row, number: int):
    """What the import reads: the value, None for nothing, or the Fault that keeps it from being read."""
    if fault := row.faults.get(number):
        return Fault(fault)
    value = row.values[number - 1]
    if isinstance(value, str):
        if sheet.kind == "csv" and GUARDED.match(value):
            value = value[1:]
        return value if value.strip() else None
    return value


def as_read(value) -> str:
    """What stands in a cell, as the reader writes figures."""
    return figures.quantity(value) if isinstance(value, Decimal) and value.is_finite() else str(value)


class Row(dict):
    """A row of the file: its cells by column, and what the import finds out about it.

    `number` is that of the spreadsheet program. `shown` and `changes` ([old, new]) are texts for people, by column;
    so are `errors`, where "" is the row as a whole. `fields` names the columns that differ from the record's,
    `missing` the branches of a tree that are to be created first.
    """

    def __init__(self, cells, *, number: int, key: str, errors: dict[str, str]):
        super().__init__(cells)
        self.number, self.key, self.errors = number, key, errors
        self.shown: dict[str, str] = {}
        self.changes: dict[str, list[str]] = {}
        self.fields: list[str] = []
        self.missing: dict[str, Missing] = {}
        self.record = None

    @property
    def is_new(self) -> bool:
        return self.record._state.adding


class Finding(results.RowResult):
    """What a row would do, or has done."""

    KINDS = {"new": NEW, "update": CHANGED, "skip": UNCHANGED, "invalid": FAULTY}

    @property
    def kind(self) -> str:
        return self.KINDS[self.import_type]

    @property
    def row(self) -> Row:
        return self.row_values


class Result(results.Result):
    """`rows` are Findings in the order of the file. `is_written` says that they were not only judged."""

    is_written = False

    def count(self, kind: str) -> int:
        return sum(1 for finding in self.rows if finding.kind == kind)

    @property
    def branches(self) -> dict[str, list[str]]:
        """By column: the paths that will be created."""
        found: dict[str, list[str]] = {}
        for finding in self.rows:
            for name, missing in finding.row.missing.items():
                if finding.kind != FAULTY and str(missing) not in found.setdefault(name, []):
                    found[name].append(str(missing))
        return found


def spoken(error: ValidationError) -> dict[str, str]:
    """What is wrong, by field; limits as the reader writes figures: at least 0,001."""
    return {name: " ".join(say_figures(each) for each in errors) for name, errors in error.error_dict.items()}


def say_figures(error: ValidationError) -> str:
    if not error.params:
        return str(error.message)
    params = {name: as_read(each) if isinstance(each, Decimal) else each for name, each in error.params.items()}
    return str(error.message % params)


class FoundTogether(BaseInstanceLoader):
    """The records of all rows, found in one question."""

    def __init__(self, resource, dataset=None):
        super().__init__(resource, dataset)
        self.records = resource.find({key.lower() for key in resource.keys if key}, lock=not resource.is_dry_run)

    def get_instance(self, row):
        return self.records.get(row.key.lower())
