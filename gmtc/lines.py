"""Forms of documents with lines: rows are added and removed without a reload, and the head and its lines are one form.

    class OrderLineForm(LineForm):
        part = LineChoiceField(Part.objects.all(), "parts:part_choices", label=_("Part"))
        cells = [("part", "description"), "quantity", "unit_price"]
        class Meta: model = OrderLine; fields = ["part", "description", "quantity", "unit_price"]

    class OrderForm(DocumentForm):
        lines_class = lines_of(OrderLineForm)

`templates/ui/lines.html` draws the rows, `static/js/lines.js` adds, removes and sums up. Without JavaScript some empty
rows are there to be filled in; an empty row is no line.
"""

from collections.abc import Iterable
from decimal import Decimal

from django import forms
from django.db import transaction
from django.forms.formsets import DELETION_FIELD_NAME, BaseFormSet, formset_factory
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from gmtc.forms import RecordForm, RemoteSelect, Spoken

EMPTY_ROWS = 2
MAX_LINES = 1_000


class LineSelect(RemoteSelect):
    """A remote select whose chosen records were read for all rows at once."""

    def optgroups(self, name, value, attrs=None):
        field = self.choices.field
        chosen = [str(each) for each in value if each]
        options = [self.create_option(name, "", "", not chosen, 0)]
        for index, key in enumerate(chosen, start=1):
            if record := field.known.get(key):
                options.append(self.create_option(name, key, field.label_from_instance(record), True, index))
        return [(None, options, 0)]


class LineChoiceField(forms.ModelChoiceField):
    """One record out of many, in each of many rows: `known` holds what all rows name, read in one query."""

    def __init__(self, queryset, url_name: str, **kwargs):
        super().__init__(queryset, widget=LineSelect(url_name), **kwargs)
        self.known: dict[str, object] = {}

    def to_python(self, value):
        if value in self.empty_values:
            return None
        if str(value) not in self.known:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return self.known[str(value)]

    def read(self, keys: Iterable) -> dict[str, object]:
        uuid = self.queryset.model._meta.pk
        sound = set()
        for key in keys:
            try:
                sound.add(uuid.to_python(key))
            except forms.ValidationError:  # nonsense from outside: nobody is known by it
                continue
        return {str(record.pk): record for record in self.queryset.filter(pk__in=sound)} if sound else {}


def bare(value):
    """A number without the zeros behind it: 20.000 pieces are 20."""
    if not isinstance(value, Decimal):
        return value
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def plain(number: Decimal | int) -> str:
    """As one types it in an input, in the language of the moment."""
    number = Decimal(number).normalize()
    return number_format(number, max(0, -number.as_tuple().exponent), use_l10n=True)


def localise(fields) -> None:
    """Amounts are read and shown in the user's own notation."""
    for field in fields.values():
        if isinstance(field, forms.DecimalField):
            field.localize = True
            field.widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "num", "autocomplete": "off"})
            field.widget.is_localized = True


class LineForm(Spoken, forms.ModelForm):
    """One line. `cells` are the columns; a tuple stands one below the other in one column. What is seldom needed is
    `folded` away below the first column.

    `roles` says which fields the running totals are made of: {"quantity": "quantity", "unit_price": "price", ...}.
    """

    id = forms.UUIDField(widget=forms.HiddenInput, required=False)

    cells: list = []
    folded: tuple[str, ...] = ()
    roles: dict[str, str] = {"quantity": "quantity", "unit_price": "price", "discount": "discount", "vat_rate": "vat"}

    def __init__(self, *args, known: dict[str, dict], **kwargs):
        super().__init__(*args, **kwargs)
        localise(self.fields)
        for name, field in self.fields.items():
            if isinstance(field, LineChoiceField):
                field.known = known.get(name, {})
            select = isinstance(field.widget, forms.Select)
            kind = field.widget.attrs.get("class", "")
            field.widget.attrs["class"] = (
                f"{kind} {'form-select' if select else 'form-control'} form-control-sm".strip()
            )
            field.widget.attrs["aria-label"] = str(field.label)
            if name in self.roles:
                field.widget.attrs["data-role"] = self.roles[name]

    def _get_validation_exclusions(self):
        # What all rows name was read in one query; the model would ask once more for each row.
        chosen = {name for name, field in self.fields.items() if isinstance(field, LineChoiceField)}
        return super()._get_validation_exclusions() | chosen

    def validate_constraints(self):
        """Each check constraint would ask the database once a line; the fields' validators say the same."""

    @property
    def columns(self) -> list[list]:
        """The bound fields of each column."""
        names = self.cells or [name for name in self.fields if name not in ("id", DELETION_FIELD_NAME, *self.folded)]
        return [[self[name] for name in (each if isinstance(each, tuple) else (each,))] for each in names]

    @property
    def folded_fields(self) -> list:
        return [self[name] for name in self.folded]

    @property
    def is_unfolded(self) -> bool:
        """Something stands in the folded fields, or is wrong there."""
        return any(field.value() or field.errors for field in self.folded_fields)

    @property
    def is_blank(self) -> bool:
        """A row that is there to be filled in, and was not."""
        return self.empty_permitted and not (self.is_bound and self.has_changed())

    @property
    def is_removed(self) -> bool:
        return self.is_bound and bool(self.data.get(self.add_prefix(DELETION_FIELD_NAME)))

    def row(self) -> dict:
        """The line as `Lined.write` takes it."""
        values = {name: value for name, value in self.cleaned_data.items() if name in self._meta.fields}
        return values | {"id": self.cleaned_data["id"]}


class Lines(BaseFormSet):
    """All lines of a document. Take a subclass from `lines_of`."""

    least = 0  # so many lines there must be

    def __init__(self, data=None, *, document=None, rows: list[dict] | None = None, **kwargs):
        """`rows` fill a new document in advance: the values of each line by field name."""
        self.stored = list(document.lines.all()) if document is not None else []
        initial = [self._initial_of(line) for line in self.stored] or rows or []
        super().__init__(data, initial=initial, prefix="lines", **kwargs)

    def _initial_of(self, line) -> dict:
        fields = self.form._meta.fields
        return {"id": line.pk} | {name: bare(getattr(line, line._meta.get_field(name).attname)) for name in fields}

    @cached_property
    def known(self) -> dict[str, dict]:
        """What the remote selects of all rows name, one query a column."""
        found = {}
        for name, field in self.form.base_fields.items():
            if isinstance(field, LineChoiceField):
                if self.is_bound:
                    keys = [self.data.get(f"{self.prefix}-{n}-{name}") for n in range(self.total_form_count())]
                else:
                    keys = [each.get(name) for each in self.initial]
                found[name] = field.read(key for key in keys if key)
        return found

    def get_form_kwargs(self, index):
        return super().get_form_kwargs(index) | {"known": self.known}

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.fields[DELETION_FIELD_NAME].widget.attrs["class"] = "form-check-input"
        form.fields[DELETION_FIELD_NAME].label = _("Remove")

    def clean(self):
        if any(self.errors):
            return
        if len(self.rows()) < self.least:
            raise forms.ValidationError(_("At least one line is needed."))

    def rows(self) -> list[dict]:
        """The filled lines, in order, as `Lined.write` takes them."""
        return [form.row() for form in self.forms if form not in self.deleted_forms and self._is_filled(form)]

    @staticmethod
    def _is_filled(form) -> bool:
        return form.has_changed() or not form.empty_permitted

    @property
    def heads(self) -> list:
        """The first field of each column, which names it."""
        return [column[0] for column in self.empty_form.columns]


def lines_of(form: type[LineForm], *, least: int = 0) -> type[Lines]:
    """The formset of a line form; at least so many lines must be filled in."""
    formset = formset_factory(
        form, formset=Lines, extra=EMPTY_ROWS, can_delete=True, max_num=MAX_LINES, absolute_max=MAX_LINES + EMPTY_ROWS
    )
    formset.least = least
    return formset


class DocumentForm(RecordForm):
    """Head and lines as one form: valid together, saved together, with one version check (409 in the page)."""

    lines_class: type[Lines]

    def __init__(self, data=None, files=None, *, user, rows: list[dict] | None = None, **kwargs):
        super().__init__(data, files, user=user, **kwargs)
        document = None if self.instance._state.adding else self.instance
        self.lines = self.lines_class(data, document=document, rows=rows)

    def is_valid(self):
        # both, so that all errors are shown at once
        return all([super().is_valid(), self.lines.is_valid()])

    def values(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name in self._meta.fields}

    def save(self, commit=True):
        with transaction.atomic():
            self.instance.write(
                self.values(), self.lines.rows(), by=self.user, version=self.cleaned_data["version"] or None
            )
        return self.instance
