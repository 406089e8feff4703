"""A column of a file: what it is called there, and which value of a record it holds."""

import re
from copy import copy

from django.core.exceptions import FieldDoesNotExist
from django.db.models.fields import NOT_PROVIDED
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from import_export.fields import Field

from gmtc.rows import Fault, Row
from gmtc.widgets import Missing, in_every_language


def normal(heading: str) -> str:
    """Headings compare without case, blanks and punctuation: "Artikel-Nr." is "artikel nr"."""
    return re.sub(r"[\W_]+", " ", heading.casefold()).strip()


class Column(Field):
    """`Column("Part no", "Artikelnummer", example="MGN12")`: other headings by which it is known, then options.

    Without options everything follows from the field of the same name: the heading is its label, the help its help
    text, the widget what fits its type. `source`: the path or expression to export instead; a column without a field of
    its own is only exported and names its `heading`, and where the source is an expression its `widget` too.
    `attribute` is where the import writes, `home__city` on `record.home`; `unique` values stand once in the file and
    belong to no other record.
    """

    is_key = False
    is_own = False  # a field of the record itself, not of one beside it
    is_required = False
    field = None

    def __init__(
        self,
        *aliases: str,
        widget=None,
        source=None,
        attribute: str | None = None,
        heading=None,
        help="",
        example="",
        default=NOT_PROVIDED,
        required: bool | None = None,
        readonly: bool = False,
        unique: bool = False,
        width: int | None = None,
    ):
        super().__init__(attribute=attribute, default=default, readonly=readonly)
        self.aliases, self.widget, self.source, self._example = aliases, widget, source, example
        self._heading, self._help, self._required = heading, help, required
        self.unique, self._width = unique, width

    def __deepcopy__(self, memo):
        """Each resource has columns of its own, because what a widget loads holds for one file."""
        twin = copy(self)
        twin.widget = copy(self.widget)
        return twin

    def bind(self, model, widget_for) -> None:
        """Find out what the declaration left to the model."""
        try:
            self.field = model._meta.get_field(self.name)
        except FieldDoesNotExist:
            self.readonly = self.readonly or self.attribute is None
        else:
            self.attribute = self.attribute or self.field.attname
            self.is_own = self.attribute == self.field.attname
            self.is_required = not self.field.blank and not self.field.has_default()
            if self.default is NOT_PROVIDED:
                self.default = None if self.field.null else self.field.get_default
        if self._required is not None:
            self.is_required = self._required
        self.source = self.source or self.attribute
        origin = self.field if self.source == self.attribute else field_at(model, self.source)
        if self.widget is None:
            self.widget = widget_for(origin)()
        self.widget.field = origin
        self.readonly = self.readonly or not self.widget.is_read

    # --- What people read

    @property
    def name(self) -> str:
        return self.column_name

    @property
    def heading(self) -> str:
        return capfirst(str(self._heading or self.field.verbose_name))

    @property
    def help(self) -> str:
        return str(self._help or (self.field.help_text if self.field is not None else ""))

    @property
    def width(self) -> int:
        return self._width or self.widget.width

    @property
    def is_number(self) -> bool:
        return self.widget.is_number

    @property
    def example(self) -> str:
        """As the reader writes it: 24,90 or 24.90."""
        return self.widget.as_example(str(self._example))

    def examples(self) -> set[str]:
        return {self.written(each) for each in in_every_language(lambda: self.example)}

    def written(self, cell) -> str:
        """A cell as it compares with the examples: a spreadsheet program makes 24,9 of 24,90, and keeps an apostrophe
        that CSV puts before a plus."""
        text = "" if cell is None else str(cell).strip().removeprefix("'")
        if self.is_number:
            whole, mark, places = text.replace(",", ".").partition(".")
            text = f"{whole}{mark}{places.rstrip('0')}".rstrip(".")
        return text

    def headings(self) -> set[str]:
        """What the column is called here."""
        label = self._heading or self.field.verbose_name
        return {normal(each) for each in (self.name, *in_every_language(label))}

    def other_headings(self) -> set[str]:
        """What others call it."""
        return {normal(each) for each in self.aliases}

    # --- Import

    def clean(self, row, **kwargs):
        """The value for the record. Raises ValueError with a text for the user."""
        cell = row[self.column_name]
        if isinstance(cell, Fault):
            raise ValueError(cell.text)
        if cell is None and self.is_required:
            raise ValueError(_("This must not be empty."))
        return super().clean(row, **kwargs)

    def save(self, instance, row: Row, is_m2m=False, **kwargs):
        """Put the cell into the record, and into `row` what people should see of it."""
        widget, new = self.widget, self.clean(row, **kwargs)
        *path, attribute = self.attribute.split("__")
        for name in path:
            instance = getattr(instance, name)
        old, is_new = getattr(instance, attribute), instance._state.adding
        shown = row.shown[self.column_name] = widget.as_text(new)
        if widget.is_same(old, new) or (self.is_key and not is_new):
            return
        if not is_new:
            row.changes[self.column_name] = [widget.as_text(old), shown]
        row.fields.append(self.column_name)
        if isinstance(new, Missing):
            row.missing[self.column_name] = new
        else:
            setattr(instance, attribute, new)


def field_at(model, source):
    """The field at the end of a path such as `part__unit`; None for an expression or an annotation."""
    if not isinstance(source, str):
        return None
    for name in source.split("__"):
        try:
            found = model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        model = found.related_model
    return found
