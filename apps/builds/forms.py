from decimal import Decimal, InvalidOperation

from django import forms
from django.utils.formats import number_format, sanitize_separators
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.builds.models import BuildRevision, PartsListRow, PrinterBuild
from apps.parts.models import Category, Part, Procurement, Unit
from gmtc.forms import KeyValueField, QuantityField, RecordForm, RemoteSelect, VerbForm, shortest
from gmtc.models import MAX_QUANTITY


class PartField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        super().__init__(
            queryset=Part.objects.all(), widget=RemoteSelect("parts:part_choices"), **{"label": _("Part")} | kwargs
        )


class BuildField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        super().__init__(
            queryset=PrinterBuild.objects.all(),
            widget=RemoteSelect("builds:build_choices"),
            **{"label": _("Build")} | kwargs,
        )


class BuildForm(RecordForm):
    product = PartField(
        label=_("Product"),
        required=False,
        help_text=_("The part that is built. Empty: a part with the model number is made."),
    )
    specifications = KeyValueField(
        label=_("Specifications"), required=False, help_text=_("Such as Build volume: 300 mm. An empty name drops it.")
    )

    not_copied = ("model_number", "product")
    groups = [
        (
            _("What it is"),
            [("model_number", 4), ("name", 8), ("kind", 3), ("product", 4), ("base_price", 3), ("days_to_build", 2)],
        ),
        (_("Description"), [("description", 12), ("specifications", 12)]),
    ]

    class Meta:
        model = PrinterBuild
        fields = [
            "model_number",
            "name",
            "kind",
            "product",
            "base_price",
            "days_to_build",
            "description",
            "specifications",
        ]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["product"].required = True
            self.fields["product"].disabled = self.instance.revisions.exclude(released_at=None).exists()


class DraftForm(VerbForm):
    """A new draft of a build: empty, or with the lines of one of its revisions."""

    copy_of = forms.ModelChoiceField(
        BuildRevision.objects.none(), label=_("Begin with the lines of"), required=False, empty_label=_("nothing")
    )
    note = forms.CharField(label=_("What will be different"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, record, **kwargs):
        revisions = record.revisions.select_related("build").order_by("-number")
        newest = next((each for each in revisions if each.is_current), revisions.first())
        kwargs["initial"] = {"copy_of": newest} | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)
        self.fields["copy_of"].queryset = revisions
        for name, kind in (("copy_of", "form-select"), ("note", "form-control")):
            self.fields[name].widget.attrs["class"] = kind

    def call(self):
        self.made = self.record.draft_revision(by=self.user, **self.cleaned_data)


class RevisionForm(forms.Form):
    """A bill of materials as one table: as many rows as were sent, each with part, quantity, item number, note."""

    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, record, user, **kwargs):
        if not args:
            kwargs["initial"] = {"note": record.note, "version": record.version}
        super().__init__(*args, **kwargs)
        self.record, self.user = record, user
        self.problems: dict[int, str] = {}
        self.rows = self._sent() if args else self._stored()

    def _stored(self) -> list[dict]:
        return [
            {"part": line.part, "quantity": line.quantity, "reference": line.reference, "note": line.note}
            for line in self.record.lines.select_related("part")
        ]

    def _sent(self) -> list[dict]:
        columns = [self.data.getlist(f"line-{name}") for name in ("part", "quantity", "reference", "note")]
        keys = {}
        for key in columns[0]:
            try:
                keys[key] = forms.UUIDField(required=False).clean(key)
            except forms.ValidationError:
                keys[key] = None
        parts = Part.everything.in_bulk([key for key in keys.values() if key])
        rows = []
        for key, quantity, reference, note in zip(*columns, strict=False):
            if not any(text.strip() for text in (key, quantity, reference, note)):
                continue  # the empty row at the end
            row = {"part": parts.get(keys[key]), "reference": reference.strip(), "note": note.strip()}
            row["quantity"], problem = _quantity(quantity)
            if row["part"] is None:
                problem = gettext("Choose a part.")
            elif len(row["reference"]) > 80 or len(row["note"]) > 200:
                problem = gettext("This text is too long.")
            if problem:
                self.problems[len(rows)] = problem
            rows.append(row)
        return rows

    def clean(self):
        if self.problems:
            raise forms.ValidationError(_("Some lines need another look."))
        return super().clean()

    def lines(self) -> list[tuple[dict, str]]:
        """Each row with its problem, for the page."""
        return [
            (row | {"typed": typed(row["quantity"])}, self.problems.get(number, ""))
            for number, row in enumerate(self.rows)
        ]

    def save(self):
        self.record.write(
            {"note": self.cleaned_data["note"]}, self.rows, by=self.user, version=self.cleaned_data["version"]
        )
        return self.record


def typed(quantity) -> str:
    """As one would type it: 1234,5 without groups or needless zeros."""
    return quantity if isinstance(quantity, str) else number_format(shortest(quantity), use_l10n=True)


def _quantity(text: str):
    """A quantity in the user's notation, or the text as it was typed with what is wrong with it."""
    try:
        quantity = Decimal(sanitize_separators(text.strip()))
        if not quantity.is_finite() or not 0 < quantity <= MAX_QUANTITY:  # 1e400 is a number too
            raise ValueError("not a quantity")
    except (InvalidOperation, ValueError):
        return text, gettext("The quantity must be a number greater than zero.")
    return quantity, ""


class ReleaseForm(VerbForm):
    """No questions; the page shows what releasing means."""

    def call(self):
        self.record.release(by=self.user)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"), widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt", "class": "form-control"})
    )
    build = BuildField(label=_("Build that exists"), required=False)
    model_number = forms.CharField(
        label=_("or model number of a new build"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["build"].widget.attrs["class"] = "form-select"
        if not user.has_perm("builds.add_printerbuild"):
            del self.fields["model_number"]

    def target(self) -> dict:
        return {"build": self.cleaned_data["build"], "model_number": self.cleaned_data.get("model_number", "")}


class TargetForm(UploadForm):
    file = None


class RowForm(VerbForm):
    """What a row of a parts list is: a part that we have, a new one, or nothing that we want."""

    MATCHED, NEW, SKIPPED = "matched", "new", "skipped"

    decision = forms.ChoiceField(
        label=_("What this row is"),
        choices=[(MATCHED, _("A part that we have")), (NEW, _("A new part")), (SKIPPED, _("Nothing: leave it out"))],
        widget=forms.RadioSelect,
    )
    part = PartField(required=False)
    quantity = QuantityField(required=False, min_value=Decimal("0.001"))
    sku = forms.CharField(label=_("SKU"), max_length=80, required=False)
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    category = forms.ModelChoiceField(
        Category.objects.all(), label=_("Category"), required=False, widget=RemoteSelect("parts:category_choices")
    )
    unit = forms.ChoiceField(label=_("Unit"), choices=Unit)
    procurement = forms.ChoiceField(label=_("Procurement"), choices=Procurement)
    manufacturer = forms.CharField(label=_("Manufacturer"), max_length=120, required=False)
    manufacturer_number = forms.CharField(label=_("Manufacturer's number"), max_length=120, required=False)

    groups = [
        ("", [("decision", 12), ("part", 8), ("quantity", 4)]),
        (
            _("As a new part"),
            [
                ("sku", 6),
                ("name", 6),
                ("unit", 4),
                ("procurement", 4),
                ("category", 4),
                ("manufacturer", 6),
                ("manufacturer_number", 6),
            ],
        ),
    ]
    COPIED = ("sku", "name", "category", "unit", "procurement", "manufacturer", "manufacturer_number")

    def __init__(self, *args, record: PartsListRow, initial=None, **kwargs):
        stored = {name: getattr(record, name) for name in self.COPIED}
        first = record.suggestions[0]["id"] if record.suggestions else None
        is_known = record.kind in (self.MATCHED, self.NEW, self.SKIPPED)
        stored |= {
            "decision": record.kind if is_known else "",
            "part": record.part_id or first,
            "quantity": shortest(record.quantity),
        }
        super().__init__(*args, record=record, initial=stored | (initial or {}), **kwargs)

    def clean(self):
        data = super().clean()
        if data.get("decision") == self.MATCHED and not data.get("part"):
            self.add_error("part", _("Choose a part."))
        if data.get("decision") == self.NEW:
            for name in ("sku", "name"):
                if not data.get(name):
                    self.add_error(name, _("A new part needs this."))
        return data

    def call(self):
        data, row = self.cleaned_data, self.record
        values = {name: data[name] for name in self.COPIED}
        row.parts_list.correct(
            row.number,
            by=self.user,
            part=data["part"] if data["decision"] == self.MATCHED else None,
            skip=data["decision"] == self.SKIPPED,
            values=values if data["decision"] == self.NEW else None,
            quantity=data["quantity"],
        )
