"""What the columns of a table in a file mean: one declaration for import and export of a model.

    class PartResource(Resource):
        model = Part
        key = "sku"
        columns = (Text("sku", "Article number", "Artikelnummer"), Number("minimum_stock"), ...)

Reading: a heading is known by the column's name, its label in every language, and the aliases given. A column that the
file does not have stays as it is in the database; an empty cell in a column that it has empties the field (text
becomes empty, a number or choice goes back to what a new record has). A record is found by its key, upper or lower
case alike and never in the trash; the key itself is not rewritten.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import formats, timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from gmtc.bulk import create_all, update_all
from gmtc.errors import Refused
from gmtc.spreadsheets import DecimalMark, Sheet, decimal_mark, number_readings, parse_number

NEW, CHANGED, UNCHANGED, FAULTY = "new", "changed", "unchanged", "faulty"
IN_EVERY_LANGUAGE = tuple(code for code, _name in settings.LANGUAGES)
EMPTY = object()

# A cell that begins like this is a formula to a spreadsheet program; in CSV an apostrophe before it makes it text.
FORMULA = re.compile(r"'*[=+\-@\t\r]")
GUARDED = re.compile(r"'+[=+\-@\t\r]")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
SHORTENED = re.compile(r"[0-9][.,][0-9]{2,}[eE]\+[0-9]{2,}")


def normal(heading: str) -> str:
    """Headings compare without case, blanks and punctuation: "Artikel-Nr." is "artikel nr"."""
    return re.sub(r"[\W_]+", " ", heading.casefold()).strip()


def in_every_language(text) -> set[str]:
    """`text` (a lazy translation) in every language of the house."""
    found = set()
    for code in IN_EVERY_LANGUAGE:
        with translation.override(code):
            found.add(str(text))
    return found


@dataclass
class Lookup:
    """The records that a column can point to, read once."""

    by_text: dict[str, object] = field(default_factory=dict)
    by_pk: dict[object, str] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Missing:
    """A branch of a tree that the import is allowed to create: the names down to it."""

    names: tuple[str, ...]

    def __str__(self):
        return " / ".join(self.names)


# --- Columns ---------------------------------------------------------------------------------------------------------


class Column:
    """A column. `source` is the database path or expression to export, by default the field called `name`."""

    is_number = False
    width = 16  # of the column in a spreadsheet, in characters

    def __init__(
        self,
        name: str,
        *aliases: str,
        source=None,
        heading=None,
        help="",
        example: str = "",
        readonly: bool = False,
        unique: bool = False,
        width: int | None = None,
    ):
        self.name, self.aliases, self.source, self.example = name, aliases, source or name, example
        self._heading, self._help, self.readonly, self.unique = heading, help, readonly, unique
        self.width = width or self.width
        self.field = None

    def bind(self, model):
        try:
            self.field = model._meta.get_field(self.name)
        except FieldDoesNotExist:  # computed, as the free stock is
            self.readonly = True

    @property
    def heading(self) -> str:
        return capfirst(str(self._heading or self.field.verbose_name))

    @property
    def help(self) -> str:
        return str(self._help or (self.field.help_text if self.field is not None else ""))

    @property
    def is_required(self) -> bool:
        return self.field is not None and not self.field.blank and not self.field.has_default()

    @property
    def attribute(self) -> str:
        return self.field.attname

    def headings(self) -> set[str]:
        label = self._heading or self.field.verbose_name
        return {normal(each) for each in (self.name, *self.aliases, *in_every_language(label))}

    def look_up(self) -> Lookup | None:
        """What the column needs to know about other tables, asked once for a whole file."""
        return None

    def read(self, value, run: "Run"):
        """The value for the field. Raises ValueError with a text for the user."""
        raise NotImplementedError

    def empty(self):
        """What an empty cell stands for. Raises ValueError where there must be something."""
        if self.is_required:
            raise ValueError(_("This must not be empty."))
        return None if self.field.null else self.field.get_default()

    def is_same(self, old, new) -> bool:
        return old == new

    def show(self, value, run: "Run") -> str:
        """As people read it, in the language of the moment."""
        return "" if value is None else str(value)

    def export(self, value, lookup: Lookup | None):
        """As it goes into a file: str, int, Decimal, bool, date, datetime or None."""
        return value


class Text(Column):
    width = 24

    def read(self, value, run):
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, int | Decimal):
            digits = str(value) if isinstance(value, int) else format(value, "f")
            if len(digits.strip("-").replace(".", "")) > 15:
                raise ValueError(_("The spreadsheet program has rounded this number. Format the column as text."))
            return digits
        if not isinstance(value, str):
            raise ValueError(_("The spreadsheet program has made a date of this. Format the column as text."))
        if CONTROL.search(value):
            raise ValueError(_("There are control characters in this text."))
        if SHORTENED.fullmatch(value.strip()):
            raise ValueError(_("The spreadsheet program has shortened this number. Format the column as text."))
        return _plain(value)

    def is_same(self, old, new):
        return old == new or _plain(old) == new


def _plain(text: str) -> str:
    """Without blanks around it and with one sort of line break, as a file gives it back."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


class Number(Column):
    is_number = True

    def read(self, value, run):
        return parse_number(value, run.marks.get(self.name, ""), strict=run.is_strict)

    def show(self, value, run):
        # ten times as fast as localize(), which counts with some ten thousand numbers
        return "" if value is None else f"{_bare(value):,f}".translate(run.separators)

    def export(self, value, lookup):
        return None if value is None else _bare(value)


def _bare(value) -> Decimal:
    """Without the zeros behind: 12.500 is 12.5, 100 stays 100."""
    value = Decimal(value).normalize()
    return value.quantize(Decimal(1)) if 0 < value.as_tuple().exponent < 20 else value


class YesNo(Column):
    width = 10
    YES = {"1", "x", "y", "yes", "true", "ja", "j", "wahr", "✓"}
    NO = {"0", "-", "n", "no", "false", "nein", "falsch"}

    def read(self, value, run):
        text = str(value).strip().casefold()
        if text in self.YES:
            return True
        if text in self.NO:
            return False
        raise ValueError(_("“%(text)s” is neither yes nor no.") % {"text": value})

    def look_up(self):
        return Lookup(by_pk={True: _("yes"), False: _("no")})

    def show(self, value, run):
        return run.lookups[self.name].by_pk[bool(value)]

    def export(self, value, lookup):
        return lookup.by_pk.get(value)


class Choice(Column):
    """A field with choices: by its code, its label in every language, or one of `synonyms` {"stk": "H87"}."""

    def __init__(self, *args, synonyms: dict[str, str] | None = None, choices=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.synonyms, self._choices = synonyms or {}, choices

    def look_up(self):
        lookup = Lookup()
        for code, label in self._choices or self.field.flatchoices:
            lookup.by_pk[code] = str(label)
            for text in (code, *in_every_language(label)):
                lookup.by_text[str(text).casefold()] = code
        lookup.by_text |= {text.casefold(): code for text, code in self.synonyms.items()}
        return lookup

    def read(self, value, run):
        lookup = run.lookups[self.name]
        code = lookup.by_text.get(str(value).strip().casefold())
        if code is None:
            raise ValueError(
                _("“%(text)s” is not one of: %(choices)s.")
                % {"text": value, "choices": ", ".join(lookup.by_pk.values())}
            )
        return code

    def show(self, value, run):
        return run.lookups[self.name].by_pk.get(value, str(value))

    def export(self, value, lookup):
        return lookup.by_pk.get(value, value)


class Link(Column):
    """A foreign key, named by `by`, a unique text of the other record."""

    def __init__(self, name, *args, by: str, **kwargs):
        super().__init__(name, *args, source=kwargs.pop("source", f"{name}_id"), **kwargs)
        self.by = by

    def look_up(self):
        lookup = Lookup()
        model = self.field.remote_field.model
        for pk, text, deleted in model.everything.values_list("pk", self.by, "deleted_at"):
            lookup.by_pk[pk] = text
            if not deleted:
                lookup.by_text[text.casefold()] = pk
        return lookup

    def read(self, value, run):
        text = Text.read(self, value, run)
        pk = run.lookups[self.name].by_text.get(text.casefold())
        if pk is None:
            raise ValueError(
                _("There is no %(noun)s “%(text)s”.")
                % {"noun": self.field.remote_field.model._meta.verbose_name, "text": text}
            )
        return pk

    def show(self, value, run):
        return "" if value is None else run.lookups[self.name].by_pk.get(value, str(value))

    def export(self, value, lookup):
        return lookup.by_pk.get(value, "") if value else None


class Branch(Link):
    """A foreign key into a tree, written as the names down to it: Mechanics / Screws.

    A path that does not exist is a fault, unless the run may create branches.
    """

    width = 28

    def __init__(self, name, *args, **kwargs):
        super().__init__(name, *args, by="name", **kwargs)

    def look_up(self):
        lookup = Lookup()
        for branch in self.tree.everything.with_path():
            lookup.by_pk[branch.pk] = branch.path
            if not branch.deleted_at:
                key = self.path_key(branch.path)
                if key in lookup.by_text:
                    lookup.twice.add(key)
                lookup.by_text[key] = branch.pk
        return lookup

    @property
    def tree(self):
        """The model of the branches; a resource of the tree itself writes its own path into the column `id`."""
        return self.field.remote_field.model if self.field.is_relation else self.field.model

    @staticmethod
    def path_key(path: str) -> str:
        return re.sub(r"\s*/\s*", "/", " ".join(path.split())).casefold()

    def read(self, value, run):
        text = Text.read(self, value, run)
        lookup, key = run.lookups[self.name], self.path_key(text)
        noun = self.tree._meta.verbose_name
        if key in lookup.twice:
            raise ValueError(_("There are several of “%(text)s”.") % {"text": text})
        if key in lookup.by_text:
            return lookup.by_text[key]
        if run.creates_branches:
            names = tuple(" ".join(each.split()) for each in text.split(" / " if " / " in text else "/"))
            longest = self.tree._meta.get_field("name").max_length
            if not all(names) or any(len(name) > longest for name in names):
                raise ValueError(_("“%(text)s” is not a path such as “A / B”.") % {"text": text})
            return Missing(names)
        ends = [path for path in lookup.by_pk.values() if self.path_key(path).endswith("/" + key)]
        if len(ends) == 1:
            raise ValueError(
                _("There is no %(noun)s “%(text)s”. Is it “%(path)s”?") % {"noun": noun, "text": text, "path": ends[0]}
            )
        raise ValueError(_("There is no %(noun)s “%(text)s”.") % {"noun": noun, "text": text})

    def show(self, value, run):
        return str(value) if isinstance(value, Missing) else super().show(value, run)


class NamedValues(Column):
    """A JSON object of texts, written as "Length: 450 mm; Colour: black"; as JSON where that would not come back."""

    width = 40

    def read(self, value, run):
        text = Text.read(self, value, run)
        if text.startswith("{"):
            try:
                found = json.loads(text)
            except ValueError:
                raise ValueError(_("This is not written as “Length: 450 mm; Colour: black”.")) from None
            return found
        return self.parse(text)

    @staticmethod
    def parse(text: str) -> dict:
        found = {}
        for pair in re.split(r"[;\n]", text):
            if not pair.strip():
                continue
            name, colon, value = pair.partition(":")
            if not colon or not name.strip():
                raise ValueError(_("This is not written as “Length: 450 mm; Colour: black”."))
            found[name.strip()] = value.strip()
        return found

    def write(self, value: dict) -> str:
        if not value:
            return ""
        text = "; ".join(f"{name}: {each}" for name, each in value.items())
        try:
            if self.parse(text) == value and not text.startswith("{"):
                return text
        except ValueError:
            pass
        return json.dumps(value, ensure_ascii=False)

    def show(self, value, run):
        return self.write(value or {})

    def export(self, value, lookup):
        return self.write(value or {})


class Moment(Column):
    """A date or a time; only for export."""

    width = 18

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs, readonly=True)

    def export(self, value, lookup):
        return timezone.localtime(value).replace(tzinfo=None) if isinstance(value, datetime) else value


# --- Reading a sheet into records ------------------------------------------------------------------------------------


@dataclass
class Run:
    """What holds for one reading of a file."""

    lookups: dict[str, Lookup]
    marks: dict[str, str]  # decimal mark by column
    is_strict: bool = False
    creates_branches: bool = False
    separators: dict[int, str] = field(default_factory=dict)  # from 1,234.5 to the language of the moment


@dataclass(slots=True)
class RowResult:
    """What a row would do. `shown` and `changes` are texts for people; `errors` go by column, "" is the whole row."""

    number: int
    key: str = ""
    kind: str = ""
    values: dict = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    changes: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    record: models.Model | None = None
    fields: list[str] = field(default_factory=list)


@dataclass
class Analysis:
    rows: list[RowResult]
    branches: dict[str, list[str]]  # by column: paths that will be created

    def count(self, kind: str) -> int:
        return sum(1 for row in self.rows if row.kind == kind)


class Resource:
    """Base of the declarations. `key` names the column that tells which record a row means."""

    model: type[models.Model]
    key: str = ""
    columns: tuple[Column, ...] = ()
    filename: str = ""  # "parts": exports are called parts-2026-11-22.csv

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for column in cls.columns:
            column.bind(cls.model)

    @classmethod
    def column(cls, name: str) -> Column:
        return next(column for column in cls.columns if column.name == name)

    @classmethod
    def importable(cls) -> list[Column]:
        return [column for column in cls.columns if not column.readonly]

    @classmethod
    def recognised(cls) -> dict[str, str]:
        """Column names by normal heading; also of the columns that are only exported, so that a file that came from
        here is known again."""
        found = {}
        for column in cls.columns:
            for heading in column.headings():
                found.setdefault(heading, column.name)
        return found

    @classmethod
    def knows(cls) -> Callable[[str], bool]:
        known = cls.recognised()
        return lambda heading: normal(heading) in known

    @classmethod
    def map_headings(cls, headings: Iterable[str]) -> list[str]:
        """For each heading the name of its column, "" for one that is not imported. The first of two alike counts."""
        known, found = cls.recognised(), []
        for heading in headings:
            name = known.get(normal(heading), "")
            is_free = name and name not in found and not cls.column(name).readonly
            found.append(name if is_free else "")
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
        if cls.key not in names:
            raise Refused(
                _("The file has no column “%(heading)s”. Without it no row can be told from another.")
                % {"heading": cls.column(cls.key).heading},
                field="mapping",
            )

    def analyse(
        self,
        sheet: Sheet,
        mapping: list[str],
        *,
        mark: str = "",
        creates_branches: bool = False,
        lock: bool = False,
        progress: Callable[[float], None] = lambda share: None,
    ) -> Analysis:
        """What importing `sheet` would do now; writes nothing. `mark` is the decimal mark the user chose, "" to judge
        by the file: other numbers of the column, then of the file, then what separates its columns, then the language.
        With `lock` the records found are locked until the transaction ends.
        """
        self.check_mapping(mapping)
        columns = [(number, self.column(name)) for number, name in enumerate(mapping, start=1) if name]
        run = Run(
            lookups={column.name: lookup for _n, column in columns if (lookup := column.look_up()) is not None},
            marks=self._marks(sheet, columns, mark),
            is_strict=bool(mark),
            creates_branches=creates_branches,
            separators=str.maketrans(
                {",": formats.get_format("THOUSAND_SEPARATOR"), ".": formats.get_format("DECIMAL_SEPARATOR")}
            ),
        )
        rows = [self._read(sheet, row, columns, run) for row in sheet.rows]
        progress(0.3)
        self._find_twice(rows, self.key)
        found = self._find({row.key for row in rows if row.key}, lock=lock)
        progress(0.4)
        for position, row in enumerate(rows):
            self._apply(row, found.get(row.key.lower()), columns, run)
            if position % 500 == 499:
                progress(0.4 + 0.5 * position / len(rows))
        for _number, column in columns:
            if column.unique:
                self._find_twice(rows, column.name)
                self._find_taken(rows, column)
        branches: dict[str, list[str]] = {}
        for row in rows:
            if row.errors:
                row.kind = FAULTY
            elif row.record._state.adding:
                row.kind = NEW
            else:
                row.kind = CHANGED if row.fields else UNCHANGED
            for name, value in row.values.items():
                if isinstance(value, Missing) and not row.errors and str(value) not in branches.setdefault(name, []):
                    branches[name].append(str(value))
        return Analysis(rows, branches)

    def write(self, analysis: Analysis, *, by) -> None:
        """Write what `analysis` found, in the transaction in which it was made with `lock=True`.

        Raises Refused where a row is faulty.
        """
        if analysis.count(FAULTY):
            raise Refused(_("There are faulty rows. Nothing was imported."))
        self._create_branches(analysis, by)
        create_all([row.record for row in analysis.rows if row.kind == NEW], by=by, reason="import")
        changed = [row for row in analysis.rows if row.kind == CHANGED]
        update_all(
            [row.record for row in changed], {name for row in changed for name in row.fields}, by=by, reason="import"
        )

    # --- Steps

    def _marks(self, sheet: Sheet, columns, chosen: str) -> dict[str, str]:
        numbers = [(number, column) for number, column in columns if column.is_number]
        if chosen:
            return {column.name: chosen for _number, column in numbers}
        texts = {
            column.name: [value for value in sheet.column(number) if isinstance(value, str)]
            for number, column in numbers
        }
        seen = {name: decimal_mark(values) for name, values in texts.items()}
        in_file = set(seen.values()) - {""}
        guess = {";": DecimalMark.COMMA, ",": DecimalMark.POINT}.get(sheet.delimiter)
        guess = guess or formats.get_format("DECIMAL_SEPARATOR")
        fallback = in_file.pop() if len(in_file) == 1 else guess
        marks = {}
        for name, mark in seen.items():
            has_both = not mark and any(len(number_readings(text)) == 1 for text in texts[name])
            marks[name] = mark or ("" if has_both else fallback)
        return marks

    def _read(self, sheet: Sheet, row, columns, run: Run) -> RowResult:
        result = RowResult(row.number)
        for number, column in columns:
            value = row.values[number - 1]
            if fault := row.faults.get(number):
                result.errors[column.name] = fault
                continue
            if isinstance(value, str):
                if sheet.kind == "csv" and GUARDED.match(value):
                    value = value[1:]
                if not value.strip():
                    value = None
            try:
                result.values[column.name] = EMPTY if value is None else column.read(value, run)
                if value is None:
                    column.empty()
            except ValueError as error:
                result.errors[column.name] = str(error)
                result.shown[column.name] = "" if value is None else str(value)[:200]
        key = result.values.get(self.key)
        result.key = key if isinstance(key, str) else ""
        return result

    def _find(self, keys: set[str], *, lock: bool) -> dict[str, models.Model]:
        """Living records by lower-case key."""
        lowered = {key.lower() for key in keys}
        records = self.model.objects.alias(_key=Lower(self.key)).filter(_key__in=lowered)
        if lock:
            records = records.order_by("pk").select_for_update(of=("self",))
        return {getattr(record, self.key).lower(): record for record in records}

    def _find_twice(self, rows: list[RowResult], name: str) -> None:
        """Each value of a unique column stands in one row of the file only; the fault names the other row."""
        first: dict[str, RowResult] = {}
        for row in rows:
            value = row.values.get(name)
            if not isinstance(value, str) or not value or name in row.errors:
                continue
            text = value.lower() if name == self.key else value
            other = first.setdefault(text, row)
            if other is not row:
                message = _("The same value stands in row %(row)s.")
                row.errors[name] = message % {"row": other.number}
                other.errors.setdefault(name, message % {"row": row.number})

    def _find_taken(self, rows: list[RowResult], column: Column) -> None:
        """No other record has the value. Also not one that this file gives another: the database checks row by row."""
        wanted = {
            value: row
            for row in rows
            if row.record is not None
            and column.name in row.fields
            and isinstance(value := row.values.get(column.name), str)
            and value
        }
        taken = self.model.objects.filter(**{f"{column.name}__in": list(wanted)})
        for pk, value, key in taken.values_list("pk", column.name, self.key):
            if wanted[value].record.pk != pk:
                wanted[value].errors.setdefault(column.name, _("%(record)s has this value.") % {"record": key})

    def _apply(self, row: RowResult, record, columns, run: Run) -> None:
        """Put the values of the row into `record` (None: a new one) and check it as a form would."""
        is_new = record is None
        if is_new:
            record = self.model()
        row.record = record
        for _number, column in columns:
            name = column.name
            if name not in row.values:
                continue
            new, old = row.values[name], getattr(record, column.attribute)
            if new is EMPTY:
                if name in row.errors:
                    continue
                new = row.values[name] = column.empty()
            row.shown.setdefault(name, column.show(new, run))
            if name == self.key and not is_new:
                continue
            if column.is_same(old, new):
                continue
            if not is_new:
                row.changes[name] = [column.show(old, run), row.shown[name]]
            row.fields.append(name)
            if not isinstance(new, Missing):
                setattr(record, column.attribute, new)
        present = {column.name for _number, column in columns}
        checked = {name for name in row.fields if not self.model._meta.get_field(name).is_relation}
        if is_new:
            for column in self.importable():
                if column.is_required and column.name not in present:
                    row.errors.setdefault(
                        "", _("“%(heading)s” is needed for a new record.") % {"heading": column.heading}
                    )
        if not row.fields:
            return
        others = [each.name for each in self.model._meta.fields if each.name not in checked]
        try:
            record.clean_fields(exclude=others)
            record.clean()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                place = name if name in present else ""
                row.errors.setdefault(place, " ".join(messages))

    def _create_branches(self, analysis: Analysis, by) -> None:
        for name in analysis.branches:
            column = self.column(name)
            model, created = column.tree, {}
            known = column.look_up().by_text
            for row in analysis.rows:
                missing = row.values.get(name)
                if not isinstance(missing, Missing) or row.kind == FAULTY:
                    continue
                parent = None
                for depth in range(1, len(missing.names) + 1):
                    key = column.path_key(" / ".join(missing.names[:depth]))
                    pk = known.get(key) or created.get(key)
                    if pk is None:
                        branch = model(name=missing.names[depth - 1], parent_id=parent)
                        branch.save(by=by, reason="import")
                        pk = created[key] = branch.pk
                    parent = pk
                setattr(row.record, column.attribute, parent)
