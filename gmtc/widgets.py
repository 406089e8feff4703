"""Text in a cell <-> value of a field, one class for each sort of column.

A widget of ours is one of import-export's with three words of its own, from which the library's `clean` and `render`
are made: `read` (a cell that is not empty -> value, ValueError with a text for the user where that fails), `as_text`
(value -> as people read it, in the language of the moment) and `as_cell` (value -> as it goes into a file: str, int,
Decimal, bool, date, datetime or None). The library's own widgets are not used: they read "1.234" as the server's
language would, take NaN for a number and everything unknown for False, and ask the database once a row.

`load` comes before all of them: what the widget must know of other tables and of the language is read once for a file.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from import_export import widgets

from gmtc.decimals import parse_number

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
LINE_BREAK = re.compile("[\n\u2028\u2029]")
HARMLESS = re.compile("[\u00ad\ufeff]")  # soft hyphen, byte order mark: what copying leaves behind
SHORTENED = re.compile(r"[0-9][.,][0-9]{2,}[eE]\+[0-9]{2,}")
IN_EVERY_LANGUAGE = tuple(code for code, _name in settings.LANGUAGES)


def in_every_language(text) -> set[str]:
    """`text` (a lazy translation, or a function) in every language of the house."""
    found = set()
    for code in IN_EVERY_LANGUAGE:
        with translation.override(code):
            found.add(str(text() if callable(text) else text))
    return found


class Widget(widgets.Widget):
    """`field` is the database field behind the column, where there is one."""

    field = None
    is_number = False
    is_read = True  # else the column is only exported
    width = 16  # of the column in a spreadsheet, in characters

    def load(self):
        """Read what is needed for a whole file."""

    def read(self, value):
        raise NotImplementedError

    def as_text(self, value) -> str:
        return "" if value is None else str(value)

    def as_cell(self, value):
        return value

    def as_example(self, text: str) -> str:
        """An example of the declaration, as the reader writes it."""
        return text

    def is_same(self, old, new) -> bool:
        return old == new

    # --- As the library calls it

    def clean(self, value, row=None, **kwargs):
        return None if value is None else self.read(value)

    def render(self, value, obj=None, *, force_native_type=False, **kwargs):
        return self.as_cell(value) if force_native_type else self.as_text(value)


class Text(Widget):
    width = 24

    def read(self, value):
        has_lines = isinstance(self.field, models.TextField)
        return read_text(value) if has_lines else one_line(read_text(value))

    def is_same(self, old, new):
        return old == new or _plain(old or "") == new


def one_line(text: str) -> str:
    """Without what copying leaves behind. Raises ValueError where two texts could look alike and yet be two: numbers
    and names are found by what people see of them."""
    if text.isprintable():  # almost every text is
        return text.strip()
    text = HARMLESS.sub("", text).strip()
    if LINE_BREAK.search(text):
        raise ValueError(_("There is a line break in this text. Is a quotation mark not closed?"))
    for sign in text:
        if sign != "\t" and unicodedata.category(sign) in ("Cf", "Cc"):
            raise ValueError(
                _("There is an invisible character in this text: U+%(code)s after “%(before)s”.")
                % {"code": f"{ord(sign):04X}", "before": text[: text.index(sign)]}
            )
    return text


def read_text(value) -> str:
    """Raises ValueError where the spreadsheet program has made something else of a text."""
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


def _plain(text: str) -> str:
    """Without blanks around it and with one sort of line break, as a file gives it back."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


class Number(Widget):
    """`mark` is the decimal mark of the column; `is_strict` allows no other."""

    is_number = True
    mark, is_strict = "", False

    def load(self):
        self.separators = str.maketrans(
            {",": formats.get_format("THOUSAND_SEPARATOR"), ".": formats.get_format("DECIMAL_SEPARATOR")}
        )

    def read(self, value):
        return parse_number(value, self.mark, strict=self.is_strict)

    def as_text(self, value):
        # ten times as fast as localize(), which counts with some ten thousand numbers
        return "" if value is None else f"{_bare(value):,f}".translate(self.separators)

    def as_cell(self, value):
        return None if value is None else _bare(value)

    def as_example(self, text):
        return text.replace(".", formats.get_format("DECIMAL_SEPARATOR"))


def _bare(value) -> Decimal:
    """Without the zeros behind: 12.500 is 12.5, 100 stays 100."""
    value = Decimal(value).normalize()
    return value.quantize(Decimal(1)) if 0 < value.as_tuple().exponent < 20 else value


class YesNo(Widget):
    width = 10
    YES = {"1", "x", "y", "yes", "true", "ja", "j", "wahr", "✓"}
    NO = {"0", "-", "n", "no", "false", "nein", "falsch"}

    def load(self):
        self.words = {True: _("yes"), False: _("no")}

    def read(self, value):
        text = str(value).strip().casefold()
        if text in self.YES:
            return True
        if text in self.NO:
            return False
        raise ValueError(_("“%(text)s” is neither yes nor no.") % {"text": value})

    def as_text(self, value):
        return self.words[bool(value)]

    def as_cell(self, value):
        return self.words.get(value)


class Choice(Widget):
    """A field with choices: by its code, its label in every language, or one of `synonyms` {"stk": "H87"}."""

    def __init__(self, *, synonyms: dict[str, str] | None = None):
        super().__init__()
        self.synonyms = synonyms or {}

    def load(self):
        self.labels, self.codes = {}, {}
        for code, label in self.field.flatchoices:
            self.labels[code] = str(label)
            for text in (code, *in_every_language(label)):
                self.codes[str(text).casefold()] = code
        self.codes |= {text.casefold(): code for text, code in self.synonyms.items()}

    def read(self, value):
        code = self.codes.get(str(value).strip().casefold())
        if code is None:
            raise ValueError(
                _("“%(text)s” is not one of: %(choices)s.")
                % {"text": value, "choices": ", ".join(self.labels.values())}
            )
        return code

    def as_text(self, value):
        return self.labels.get(value, str(value))

    def as_cell(self, value):
        return self.labels.get(value, value)


class Link(Widget):
    """A foreign key, named by `by`, a unique text of the other record."""

    def __init__(self, *, by: str):
        super().__init__()
        self.by = by

    def load(self):
        self.names, self.keys = {}, {}
        for pk, text, deleted in self.field.related_model.everything.values_list("pk", self.by, "deleted_at"):
            self.names[pk] = text
            if not deleted:
                self.keys[text.casefold()] = pk

    def read(self, value):
        text = one_line(read_text(value))
        pk = self.keys.get(text.casefold())
        if pk is None:
            raise ValueError(
                _("There is no %(noun)s “%(text)s”.")
                % {"noun": self.field.related_model._meta.verbose_name, "text": text}
            )
        return pk

    def as_text(self, value):
        return "" if value is None else self.names.get(value, str(value))

    def as_cell(self, value):
        return self.names.get(value, "") if value else None


@dataclass(frozen=True)
class Missing:
    """A branch of a tree that the import is allowed to create: the names down to it."""

    names: tuple[str, ...]

    def __str__(self):
        return " / ".join(self.names)


class Branch(Link):
    """A foreign key into a tree, or the tree's own key, written as the names down to it: Mechanics / Screws.

    A path that does not exist is a fault, unless `creates` is set: then it is read as a Missing.
    """

    width = 28
    creates = False

    def __init__(self):
        super().__init__(by="name")

    @property
    def tree(self):
        return self.field.related_model or self.field.model

    @staticmethod
    def key(path: str) -> str:
        return re.sub(r"\s*/\s*", "/", " ".join(path.split())).casefold()

    def load(self):
        self.names, self.keys, self.twice = {}, {}, set()
        for branch in self.tree.everything.with_path():
            self.names[branch.pk] = branch.path
            if not branch.deleted_at:
                key = self.key(branch.path)
                if key in self.keys:
                    self.twice.add(key)
                self.keys[key] = branch.pk

    def read(self, value):
        text = one_line(read_text(value))
        key, noun = self.key(text), self.tree._meta.verbose_name
        if key in self.twice:
            raise ValueError(_("There are several of “%(text)s”.") % {"text": text})
        if key in self.keys:
            return self.keys[key]
        if self.creates:
            return self._missing(text)
        ends = [path for path in self.names.values() if self.key(path).endswith("/" + key)]
        if len(ends) == 1:
            raise ValueError(
                _("There is no %(noun)s “%(text)s”. Is it “%(path)s”?") % {"noun": noun, "text": text, "path": ends[0]}
            )
        raise ValueError(_("There is no %(noun)s “%(text)s”.") % {"noun": noun, "text": text})

    def _missing(self, text: str) -> Missing:
        names = tuple(" ".join(each.split()) for each in text.split(" / " if " / " in text else "/"))
        longest = self.tree._meta.get_field("name").max_length
        if not all(names) or any(len(name) > longest for name in names):
            raise ValueError(_("“%(text)s” is not a path such as “A / B”.") % {"text": text})
        return Missing(names)

    def as_text(self, value):
        return str(value) if isinstance(value, Missing) else super().as_text(value)

    def plant(self, missing: Missing, *, by):
        """The key of a branch that was missing; it and what lacks above it are created, once."""
        pk = None
        for depth in range(1, len(missing.names) + 1):
            key = self.key(" / ".join(missing.names[:depth]))
            if key not in self.keys:
                branch = self.tree(name=missing.names[depth - 1], parent_id=pk)
                branch.save(by=by, reason="import")
                self.keys[key] = branch.pk
            pk = self.keys[key]
        return pk


class NamedValues(Widget):
    """A JSON object of texts, written as "Length: 450 mm; Colour: black"; as JSON where that would not come back."""

    width = 40

    def read(self, value):
        text = read_text(value)
        if not text.startswith("{"):
            return self.parse(text)
        try:
            return json.loads(text)
        except ValueError:
            raise ValueError(_("This is not written as “Length: 450 mm; Colour: black”.")) from None

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

    def as_text(self, value):
        if not value:
            return ""
        text = "; ".join(f"{name}: {each}" for name, each in value.items())
        try:
            if self.parse(text) == value and not text.startswith("{"):
                return text
        except ValueError:
            pass
        return json.dumps(value, ensure_ascii=False)

    def as_cell(self, value):
        return self.as_text(value)


class Moment(Widget):
    """A date or a time; only for export."""

    width = 18
    is_read = False

    def as_cell(self, value):
        return timezone.localtime(value).replace(tzinfo=None) if isinstance(value, datetime) else value
