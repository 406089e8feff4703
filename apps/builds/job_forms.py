"""Forms of production jobs and printers."""

from decimal import Decimal

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.builds.models import BuildRevision, ExtraKind, JobPart, Pick, Printer, ProductionJob, Status
from apps.parts.models import Part, Procurement, StorageLocation
from gmtc.forms import DateInput, QuantityField, RecordForm, RemoteSelect, VerbForm
from gmtc.lines import LineChoiceField, bare


class LocationField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        super().__init__(
            queryset=StorageLocation.objects.all(),
            widget=RemoteSelect("parts:location_choices"),
            **{"label": _("Storage location")} | kwargs,
        )


class JobForm(RecordForm):
    part = forms.ModelChoiceField(
        Part.objects.filter(procurement=Procurement.MAKE),
        label=_("Product"),
        widget=RemoteSelect("builds:product_choices"),
    )
    due_date = forms.DateField(label=_("Due on"), required=False, widget=DateInput())
    responsible = forms.ModelChoiceField(User.objects.active(), label=_("Responsible"), required=False)
    workplace = LocationField(
        label=_("Workplace"),
        required=False,
        help_text=_("Where it is built; what is picked for the job is brought there."),
    )

    groups = [
        (_("What is built"), [("part", 8), ("quantity", 4)]),
        (_("When and where"), [("due_date", 3), ("priority", 3), ("responsible", 3), ("workplace", 3), ("notes", 12)]),
    ]

    class Meta:
        model = ProductionJob
        fields = ["part", "quantity", "due_date", "priority", "responsible", "workplace", "notes"]
        widgets = {"notes": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial.setdefault("responsible", self.user.pk)
        else:
            self.fields["part"].disabled = not self.instance.is_planned or self.instance.order_line_id is not None
            self.fields["quantity"].disabled = not self.instance.is_planned


class ReleaseJobForm(VerbForm):
    """By which revision, and whether to go on where something is missing; the page names what is."""

    revision = forms.ModelChoiceField(BuildRevision.objects.none(), label=_("Bill of materials"), empty_label=None)
    short = forms.BooleanField(
        label=_("Release it short"),
        required=False,
        help_text=_("What is there is held; the rest is held when it has come."),
    )

    def __init__(self, *args, record, **kwargs):
        build = record.build
        revisions = BuildRevision.objects.none()
        if build:
            revisions = build.revisions.filter(status=Status.RELEASED).select_related("build").order_by("-number")
            current = next((each for each in revisions if each.is_current), None)
            kwargs["initial"] = {"revision": current} | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)
        self.fields["revision"].queryset = revisions
        if not build:
            del self.fields["revision"]

    def call(self):
        self.record.release(by=self.user, short=self.cleaned_data["short"], revision=self.cleaned_data.get("revision"))


class CompleteForm(VerbForm):
    location = LocationField(label=_("Put the product into"))

    def __init__(self, *args, record, **kwargs):
        place = record.part.default_location_id or record.workplace_id
        kwargs["initial"] = {"location": place} | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)

    def call(self):
        self.record.complete(by=self.user, location=self.cleaned_data["location"])


class CancelJobForm(VerbForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def call(self):
        self.record.cancel(by=self.user, reason=self.cleaned_data["reason"])


class PutBackForm(VerbForm):
    """Of one line."""

    quantity = QuantityField()
    location = LocationField(label=_("To"))
    groups = [("", [("quantity", 6), ("location", 6)])]

    def __init__(self, *args, record, **kwargs):
        initial = {"quantity": bare(record.picked_quantity), "location": record.location_id}
        super().__init__(*args, record=record, initial=initial | (kwargs.pop("initial", None) or {}), **kwargs)

    def call(self):
        self.record.job.put_back(self.record, by=self.user, **self.cleaned_data)


class ExtraForm(VerbForm):
    kind = forms.ChoiceField(label=_("What happened"), choices=ExtraKind)
    part = forms.ModelChoiceField(
        Part.objects.all(), label=_("Part that was taken"), widget=RemoteSelect("parts:part_choices")
    )
    quantity = QuantityField()
    location = LocationField(label=_("Taken from"))
    replaces = forms.ModelChoiceField(
        JobPart.objects.none(),
        label=_("In place of"),
        required=False,
        help_text=_("Only where another part was used."),
    )
    replaced_quantity = QuantityField(
        label=_("Stands for"), required=False, help_text=_("So much of that line; empty: as much as was taken.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)
    groups = [
        (
            "",
            [
                ("kind", 12),
                ("part", 6),
                ("quantity", 6),
                ("location", 6),
                ("reason", 6),
                ("replaces", 6),
                ("replaced_quantity", 6),
            ],
        )
    ]

    def __init__(self, *args, record, **kwargs):
        super().__init__(*args, record=record, **kwargs)
        self.fields["replaces"].queryset = record.lines.stocked().select_related("part")
        for name, css in (("kind", "form-select"), ("replaces", "form-select")):
            self.fields[name].widget.attrs["class"] = css

    def clean(self):
        data = super().clean()
        is_substitute = data.get("kind") == ExtraKind.SUBSTITUTE
        if not is_substitute and (data.get("replaces") or data.get("replaced_quantity")):
            self.add_error("kind", _("Say that another part was used, or leave the line empty."))
        return data

    def call(self):
        self.record.use_extra(by=self.user, **self.cleaned_data)


class FailForm(VerbForm):
    """Of one test."""

    note = forms.CharField(label=_("What was found"), max_length=200)

    def call(self):
        self.record.job.record_checks([self.record], passed=False, note=self.cleaned_data["note"], by=self.user)


class TestStepsForm(VerbForm):
    __test__ = False

    steps = forms.CharField(
        label=_("Test steps"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 12, "class": "form-control"}),
        help_text=_("One a line. Jobs that are released already keep the steps they have."),
    )

    def __init__(self, *args, record, **kwargs):
        initial = {"steps": "\n".join(step.name for step in record.test_steps.all())}
        super().__init__(*args, record=record, initial=initial | (kwargs.pop("initial", None) or {}), **kwargs)

    def call(self):
        self.record.write_test_steps(self.cleaned_data["steps"].splitlines(), by=self.user)


class PrinterForm(RecordForm):
    groups = [(_("Notes"), [("notes", 12)])]

    class Meta:
        model = Printer
        fields = ["notes"]
        widgets = {"notes": forms.Textarea(attrs={"rows": 6})}


# --- Picking


class WorkplaceForm(forms.Form):
    workplace = LocationField(label=_("Bring it to"))


class PickRow(forms.Form):
    quantity = QuantityField(label=_("Picked"), required=False, min_value=0)
    location = LineChoiceField(
        StorageLocation.objects.all(), "parts:location_choices", label=_("Storage location"), required=False
    )

    def __init__(self, *args, line: JobPart, number: int, known: dict, **kwargs):
        super().__init__(*args, prefix=f"pick-{line.pk}-{number}", **kwargs)
        self.line = line
        self.fields["location"].known = known
        for name, field in self.fields.items():
            extra = "form-select" if name == "location" else "form-control"
            field.widget.attrs["class"] = f"{field.widget.attrs.get('class', '')} {extra} form-control-sm".strip()
            field.widget.attrs["aria-label"] = f"{field.label}: {line.part.sku}"

    def clean(self):
        data = super().clean()
        if data.get("quantity") and not data.get("location") and "location" not in self.errors:
            self.add_error("location", _("Say where it was taken from."))
        return data

    def pick(self) -> Pick | None:
        quantity = self.cleaned_data["quantity"]
        return Pick(self.line, quantity, self.cleaned_data["location"]) if quantity else None


class PickForm:
    """The workplace and a row for each suggested pick; what is not held yet may be typed in too."""

    def __init__(self, job: ProductionJob, data=None, *, usual_workplace=None):
        self.job, self.data = job, data
        self.head = WorkplaceForm(data, initial={"workplace": job.workplace_id or usual_workplace})
        self.head.fields["workplace"].widget.attrs["class"] = "form-select"
        if job.workplace_id and job.lines.filter(picked_quantity__gt=0).exists():
            self.head.fields["workplace"].disabled = True

    @cached_property
    def rows(self) -> list[PickRow]:
        suggested: dict = {}
        for pick in self.job.suggested_picks():
            suggested.setdefault(pick.line.pk, []).append(pick)
        wanted: list[tuple[JobPart, int, dict]] = []
        for line in self.job.lines.stocked().select_related("part").order_by("position"):
            if not line.open_quantity and not (self.data and f"pick-{line.pk}-0-quantity" in self.data):
                continue
            picks = suggested.get(line.pk) or [Pick(line, Decimal(0), None)]
            count = len(picks)
            if self.data is not None:
                count = next(n for n in range(100) if f"pick-{line.pk}-{n}-quantity" not in self.data)
            for number in range(count):
                pick = picks[number] if number < len(picks) else Pick(line, Decimal(0), None)
                place = pick.location.pk if pick.location else line.part.default_location_id
                initial = {"quantity": bare(pick.quantity) if pick.quantity else None, "location": place}
                wanted.append((line, number, initial))
        location = PickRow.base_fields["location"]
        keys = {initial["location"] for _line, _number, initial in wanted}
        if self.data is not None:
            keys |= {self.data.get(f"pick-{line.pk}-{number}-location") for line, number, _initial in wanted}
        known = location.read(key for key in keys if key)
        rows = [
            PickRow(self.data, line=line, number=number, known=known, initial=initial)
            for line, number, initial in wanted
        ]
        # in the order of the walk through the store
        codes = {str(key): place.code for key, place in known.items()}
        return sorted(rows, key=lambda row: (codes.get(str(row.initial["location"]), "~"), row.line.position))

    def is_valid(self) -> bool:
        return all([self.head.is_valid(), *[row.is_valid() for row in self.rows]])

    def save(self, *, by) -> None:
        picks = [pick for row in self.rows if (pick := row.pick())]
        self.job.pick(picks, workplace=self.head.cleaned_data["workplace"], by=by)
