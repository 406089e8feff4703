"""The columns of a model in a file: one declaration for import and export, for pages and back office.

    class PartResource(Resource):
        sku = Column("Part no", "Artikelnummer", example="MGN12_450mm")
        category = Column("Kategorie", widget=Branch())
        free_stock = Column(heading=_("free"), source=F("current_stock") - F("reserved_stock"), widget=Number())

        class Meta:
            model = Part
            filename = "parts"  # exports are called parts-2026-11-22.csv
            import_id_fields = ["sku"]
            fields = ["sku", "name", "category", "minimum_stock", "free_stock"]

Nothing travels that is not named: as an attribute, or in `Meta.fields` where a column needs no more words than its
model field has. `Meta.fields` is also the order; attributes that it leaves out come behind. What a column can say is in
`gmtc/columns.py`, the sorts there are in `gmtc/widgets.py`. Without `import_id_fields` a resource is only for export.
To import, a room adds a model (`gmtc/imports.py`) and the pages (`gmtc/import_views.py`).

Reading: a heading is known by the column's name, its label in every language, and the aliases given. A column that the
file does not have stays as it is in the database; an empty cell in a column that it has empties the field (text becomes
empty, a number or choice goes back to what a new record has). A record is found by the one `import_id_fields`, upper or
lower case alike and never in the trash; that field itself is not rewritten.

A room adds its rules where the library has its hooks: `after_init_instance` (what belongs to the record besides),
`save_instance` (what else is to be stored), and two of ours, `check` (faults that no single cell shows) and `write`.
What is done otherwise than in the library, and why:

- Its row loop only judges; `write` stores what it has collected, all rows or none. With `use_bulk` the library would
  write the good rows beside the faulty ones, and no history; without it a row takes 5 ms.
- Its dry run is a transaction that is rolled back, in which nobody sees the progress: `import_data` goes past that.
- Its preview is a deep copy and an HTML diff of each record; ours is what `Column.save` notes on the way.
- Its export makes an object of each record and holds the whole file in memory; `values` streams (`gmtc/export.py`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext

import tablib
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import formats
from django.utils.translation import gettext as _
from import_export import resources

from gmtc import widgets
from gmtc.bulk import create_all, update_all
from gmtc.columns import Column, normal
from gmtc.decimals import DecimalMark, decimal_marks
from gmtc.errors import Refused
from gmtc.rows import Fault, Finding, FoundTogether, Result, Row, as_read, cell, spoken
from gmtc.spreadsheets import WHOLE, Sheet

CHUNK = 2_000


class Resource(resources.ModelResource):
    """Base of the declarations."""

    in_trash = ""  # what a new record is told whose key one in the trash has, where that would bar it from coming back

    WIDGETS_MAP = {
        "CharField": widgets.Text,
        "TextField": widgets.Text,
        "DecimalField": widgets.Number,
        "IntegerField": widgets.Number,
        "BooleanField": widgets.YesNo,
        "DateField": widgets.Moment,
        "DateTimeField": widgets.Moment,
        "JSONField": widgets.NamedValues,
    }

    class Meta:
        filename = ""
        import_id_fields: list[str] = []
        instance_loader_class = FoundTogether
        use_bulk = True
        batch_size = None
        skip_diff = True
        store_row_values = True

    def __init_subclass__(cls, **kwargs):
        """Called between the library's two steps: the attributes are gathered, the model's fields not yet added."""
        super().__init_subclass__(**kwargs)
        names = getattr(cls.Meta, "fields", [])
        cls.Meta.fields = [*names, *(name for name in cls.fields if name not in names)]
        for name, column in cls.fields.items():
            column.is_key = name in getattr(cls.Meta, "import_id_fields", [])
            column.bind(cls.Meta.model, cls.widget_from_django_field)

    @classmethod
    def widget_from_django_field(cls, f, default=None):
        if f is not None and f.flatchoices:
            return widgets.Choice
        found = super().widget_from_django_field(f, default)
        if found is None:
            raise TypeError(f"{cls.__name__}: a column of {f} needs a widget")
        return found

    @classmethod
    def field_from_django_field(cls, field_name, django_field, readonly):
        column = Column(readonly=readonly)
        column.column_name = field_name
        column.is_key = field_name in cls._meta.import_id_fields
        column.bind(cls._meta.model, cls.widget_from_django_field)
        return column

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.mapped: list[Column] = []
        self.changed_fields: set[str] = set()

    @classmethod
    def get_result_class(cls):
        return Result

    @classmethod
    def get_row_result_class(cls):
        return Finding

    # --- Columns and headings

    @classmethod
    def columns(cls) -> list[Column]:
        return [cls.fields[name] for name in cls._meta.fields]

    @classmethod
    def column(cls, name: str) -> Column:
        return cls.fields[name]

    @classmethod
    def key(cls) -> Column | None:
        return next((cls.fields[name] for name in cls._meta.import_id_fields), None)

    @classmethod
    def importable(cls) -> list[Column]:
        return [column for column in cls.columns() if not column.readonly] if cls.key() else []

    @classmethod
    def recognised(cls) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """Column names by normal heading: as columns are called here, and as others call them. Also of the columns
        that are only exported, so that a file that came from here is known again."""
        ours, others = defaultdict(list), defaultdict(list)
        for column in cls.columns():
            for heading in column.headings():
                ours[heading].append(column.name)
            for heading in column.other_headings():
                others[heading].append(column.name)
        return dict(ours), dict(others)

    @classmethod
    def knows(cls) -> Callable[[str], bool]:
        ours, others = cls.recognised()
        return lambda heading: normal(heading) in ours or normal(heading) in others

    @classmethod
    def map_headings(cls, headings: Iterable[str]) -> list[str]:
        """For each heading the name of its column, "" for one that is not imported. What a column is called here goes
        before what others call it, and then the first of two alike counts."""
        ours, others = cls.recognised()
        headings = [normal(heading) for heading in headings]
        allowed, found = {column.name for column in cls.importable()}, [""] * len(headings)
        for known in (ours, others):
            for number, heading in enumerate(headings):
                if known is ours or heading not in ours:
                    free = (name for name in known.get(heading, ()) if name in allowed and name not in found)
                    found[number] = found[number] or next(free, "")
        return found

    @classmethod
    def check_mapping(cls, mapping: list[str]) -> None:
        """Raises Refused where the mapping cannot be imported."""
        names = [name for name in mapping if name]
        allowed = {column.name for column in cls.importable()}
        for name in names:
            if name not in allowed:
                raise Refused(_("This column cannot be imported."), field="mapping")
            if names.count(name) > 1:
                raise Refused(
                    _("Two columns of the file are both “%(heading)s”. Choose one.")
                    % {"heading": cls.column(name).heading},
                    field="mapping",
                )
        if cls.key().name not in names:
            raise Refused(
                _("The file has no column “%(heading)s”. Without it no row can be told from another.")
                % {"heading": cls.key().heading},
                field="mapping",
            )

    # --- Export

    def get_export_headers(self, selected_fields=None):
        return [column.heading for column in self.get_export_fields(selected_fields)]

    def values(self, queryset, names: Iterable[str] = ()) -> Iterator[list]:
        """What files hold of each record, read from the database as it is asked for; all columns, or those named.

        What depends on the language is settled here and now: a streamed answer is written after the request has ended.
        """
        columns = self.get_export_fields(names)
        for column in columns:
            column.widget.load()
        writers = [column.widget.as_cell for column in columns]
        found = queryset.values_list(*(column.source for column in columns)).iterator(chunk_size=CHUNK)
        return ([write(value) for write, value in zip(writers, values, strict=True)] for values in found)

    def export(self, queryset=None, *, export_fields=(), **kwargs) -> tablib.Dataset:
        rows = self.values(self.get_queryset() if queryset is None else queryset, export_fields)
        return tablib.Dataset(*rows, headers=self.get_export_headers(export_fields))

    # --- Import

    def import_sheet(self, sheet: Sheet, mapping: list[str], **options) -> Result:
        """What importing `sheet` does. `mapping` names for each of its headings the column, "" for none."""
        columns = [(number, name) for number, name in enumerate(mapping, start=1) if name]
        rows = ([cell(sheet, row, number) for number, _name in columns] for row in sheet.rows)
        return self.import_data(
            tablib.Dataset(*rows, headers=[name for _number, name in columns]),
            numbers=[row.number for row in sheet.rows],
            faults={index: row.faults[WHOLE] for index, row in enumerate(sheet.rows) if WHOLE in row.faults},
            delimiter=sheet.delimiter,
            **options,
        )

    def import_data(
        self,
        dataset,
        dry_run=False,
        *,
        user=None,
        numbers: list[int] | None = None,
        faults: dict[int, str] | None = None,
        agreed: Callable[[Result], bool] = lambda result: True,
        mark: str = "",
        delimiter: str = "",
        creates_branches: bool = False,
        progress: Callable[[float], None] = lambda share: None,
        **kwargs,
    ) -> Result:
        """Judge every row and, unless it is a dry run or one is faulty, write all of them in the name of `user`.

        `numbers` are those of the rows in the spreadsheet program; `faults` those of a row as a whole, by its place
        in `dataset`. What is not `agreed` is not written. `mark` is the decimal mark that the user chose, ""
        to judge by the file: other numbers of the column, then of the file, then the `delimiter` of its columns, then
        the language. Unless it is a dry run the records found are locked until the transaction ends.
        """
        self.is_dry_run, self.user, self.progress = dry_run, user, progress
        self.numbers, self.faults = numbers or range(2, len(dataset) + 2), faults or {}
        self.mark, self.delimiter, self.creates_branches = mark, delimiter, creates_branches
        with nullcontext() if dry_run else transaction.atomic(savepoint=False):
            result = self.import_data_inner(
                dataset, dry_run=True, raise_errors=False, using_transactions=False, collect_failed_rows=False
            )
            if not dry_run and not result.has_validation_errors() and agreed(result):
                self.write(result)
                result.is_written = True
        return result

    def before_import(self, dataset, **kwargs):
        """Ask once for the whole file what its rows need to know."""
        self.check_mapping(dataset.headers)
        self.mapped = [self.fields[name] for name in dataset.headers]
        for column in self.mapped:
            column.widget.load()
            column.widget.creates = self.creates_branches
        self.needed = [each for each in self.importable() if each.is_required and each.name not in dataset.headers]
        self._settle_marks(dataset)
        self.keys, self.doubles, self.taken, self.unchecked = [""] * len(dataset), defaultdict(dict), {}, {}
        for index, fault in self.faults.items():
            self.doubles[index][""] = fault
        self.examples = self._examples(dataset.headers)
        for column in self.mapped:
            if column.is_key or column.unique:
                texts = [_text(column, value) for value in dataset[column.name]]
                self._find_doubles(column, texts)
                if column.is_key:
                    self.keys = texts
                else:
                    self._find_taken(column, texts)
        self.trashed = self._find_trashed() if self.in_trash else set()
        self.progress(0.2)

    def _examples(self, names: Iterable[str]) -> dict[str, set[str]]:
        """What each column of the file holds in the template's example; empty where the file lacks one of them."""
        if any(str(column.example) and column.name not in names for column in self.importable()):
            return {}
        return {column.name: column.examples() for column in self.mapped}

    def _is_example(self, row: Row) -> bool:
        return bool(self.examples) and all(
            self.fields[name].written(row[name]) in texts for name, texts in self.examples.items()
        )

    def _settle_marks(self, dataset) -> None:
        numbers = [column for column in self.mapped if column.is_number]
        guess = {";": DecimalMark.COMMA, ",": DecimalMark.POINT}.get(self.delimiter)
        guess = guess or formats.get_format("DECIMAL_SEPARATOR")
        marks = decimal_marks({column.name: dataset[column.name] for column in numbers}, guess)
        for column in numbers:
            column.widget.mark, column.widget.is_strict = self.mark or marks[column.name], bool(self.mark)

    def _find_doubles(self, column: Column, texts: list[str]) -> None:
        """Each value stands in one row of the file only; the fault names the other row."""
        first: dict[str, int] = {}
        message = _("The same value stands in row %(row)s.")
        for index, text in enumerate(texts):
            other = first.setdefault(text.lower() if column.is_key else text, index)
            if text and other != index:
                self.doubles[index][column.name] = message % {"row": self.numbers[other]}
                self.doubles[other].setdefault(column.name, message % {"row": self.numbers[index]})

    def _find_taken(self, column: Column, texts: list[str]) -> None:
        """Who has the values now. Also where this file gives them another: the database checks row by row."""
        owners = self.get_queryset().filter(**{f"{column.name}__in": {text for text in texts if text}})
        self.taken[column.name] = {
            value: (pk, key) for pk, value, key in owners.values_list("pk", column.name, self.key().name)
        }

    def _find_trashed(self) -> set[str]:
        """Lower-case keys of the file that records in the trash have."""
        name, keys = self.key().name, {key.lower() for key in self.keys if key}
        trashed = self._meta.model.everything.trashed().annotate(_key=Lower(name)).filter(_key__in=keys)
        return set(trashed.values_list("_key", flat=True))

    def find(self, keys: set[str], *, lock: bool) -> dict[str, models.Model]:
        """Living records by lower-case key."""
        name = self.key().name
        records = self.get_queryset().alias(_key=Lower(name)).filter(_key__in=keys)
        if lock:
            records = records.order_by("pk").select_for_update(of=("self",))
        return {getattr(record, name).lower(): record for record in records}

    def handle_import_error(self, result, error, raise_errors=False):
        """The library notes even a programming error as the file's; here and in `import_row` it goes on its way."""
        raise error

    # --- One row, in the order in which the library calls

    def get_import_fields(self):
        return self.mapped

    def get_import_id_fields(self):
        """None where the file has only new records; `check_mapping` says whether it may."""
        return [column.name for column in self.mapped if column.is_key]

    def import_row(self, row, instance_loader, **kwargs):
        index = kwargs["row_number"] - 1
        if index % 500 == 499:
            self.progress(0.2 + 0.7 * index / len(self.keys))
        row = Row(row, number=self.numbers[index], key=self.keys[index], errors=self.doubles.get(index, {}))
        if self._is_example(row):
            row.errors[""] = _("This is the example of the template: delete the row.")
        finding = super().import_row(row, instance_loader, **kwargs)
        for error in finding.errors:
            raise error.error
        return finding

    def after_init_instance(self, instance, new, row, **kwargs):
        row.record = instance

    def import_instance(self, instance, row, **kwargs):
        """As the library does it, but a fault is known by its column, and all faults of a row come together."""
        for column in self.mapped:
            try:
                self.import_field(column, instance, row)
            except ValueError as error:
                found = row[column.name]
                row.errors.setdefault(column.name, str(error))
                row.shown[column.name] = "" if found is None or isinstance(found, Fault) else as_read(found)[:200]
        self.check(instance, row)
        if row.errors:
            raise ValidationError({name or NON_FIELD_ERRORS: text for name, text in row.errors.items()})

    def check(self, record, row: Row) -> None:
        """Check `record` as a form would; faults go into `row.errors`."""
        if row.is_new:
            for column in self.needed:
                row.errors.setdefault("", _("“%(heading)s” is needed for a new record.") % {"heading": column.heading})
            if row.key.lower() in self.trashed:
                row.errors.setdefault(self.key().name, str(self.in_trash))
        if own := self.own_fields(row):
            try:
                record.clean_fields(exclude=self._unchecked(frozenset(own)))
                record.clean()
            except ValidationError as error:
                for name, text in spoken(error).items():
                    row.errors.setdefault(name if name in row else "", text)
        for name, owners in self.taken.items():
            if name in row.fields:
                pk, key = owners.get(getattr(record, name), (record.pk, ""))
                if pk != record.pk:
                    row.errors.setdefault(name, _("%(record)s has this value.") % {"record": key})

    def _unchecked(self, changed: frozenset) -> set[str]:
        """Relations were checked as they were read. Most rows of a file change the same columns."""
        if changed not in self.unchecked:
            fields = self._meta.model._meta.fields
            self.unchecked[changed] = {each.name for each in fields if each.is_relation or each.name not in changed}
        return self.unchecked[changed]

    def own_fields(self, row: Row) -> set[str]:
        """The changed columns that are fields of the record itself."""
        return {name for name in row.fields if self.fields[name].is_own}

    def skip_row(self, instance, original, row, import_validation_errors=None):
        return not (import_validation_errors or row.fields or row.is_new)

    def save_instance(self, instance, is_create, row, **kwargs):
        """Note that the record is to be written, in `create_instances` or `update_instances`."""
        super().save_instance(instance, is_create, row, **kwargs)
        if not is_create:
            self.changed_fields |= self.own_fields(row)

    # --- All rows

    def write(self, result: Result) -> None:
        """Store what the rows have come to, in the transaction that has locked them."""
        for finding in result.rows:
            for name, missing in finding.row.missing.items():
                column = self.fields[name]
                setattr(finding.row.record, column.attribute, column.widget.plant(missing, by=self.user))
        create_all(self.create_instances, by=self.user, reason="import")
        update_all(self.update_instances, self.changed_fields, by=self.user, reason="import")


def _text(column: Column, value) -> str:
    try:
        value = column.clean({column.name: value})
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""
