from django import forms
from django.utils.translation import gettext_lazy as _

from apps.parts.models import Category, Part, StorageLocation
from gmtc.forms import (
    CountryField,
    KeyValueField,
    QuantityField,
    RecordForm,
    RemoteSelect,
    UnitPriceField,
    VerbForm,
)


class LocationField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        super().__init__(
            queryset=StorageLocation.objects.all(),
            widget=RemoteSelect("parts:location_choices"),
            **{"label": _("Storage location")} | kwargs,
        )


class PartForm(RecordForm):
    category = forms.ModelChoiceField(
        Category.objects.all(), label=_("Category"), required=False, widget=RemoteSelect("parts:category_choices")
    )
    default_location = LocationField(
        label=_("Usual place"), required=False, help_text=_("Where goods are put unless you say otherwise.")
    )
    country_of_origin = CountryField(label=_("Country of origin"), required=False)
    specifications = KeyValueField(
        label=_("Specifications"), required=False, help_text=_("Such as Length: 450 mm. An empty name drops the row.")
    )

    not_copied = ("sku", "cad_name", "barcode", "image")
    groups = [
        (
            _("What it is"),
            [("sku", 4), ("name", 8), ("category", 4), ("unit", 4), ("procurement", 4), ("description", 12)],
        ),
        (
            _("Stock and price"),
            [("minimum_stock", 3), ("reorder_quantity", 3), ("unit_price", 3), ("default_location", 3)],
        ),
        (_("How it is handled"), [("is_sellable", 4), ("is_serialised", 4), ("is_discontinued", 4)]),
        (
            _("Numbers and origin"),
            [
                ("manufacturer", 6),
                ("manufacturer_number", 6),
                ("cad_name", 6),
                ("barcode", 6),
                ("weight", 4),
                ("customs_number", 4),
                ("country_of_origin", 4),
            ],
        ),
        (_("Specifications and picture"), [("specifications", 8), ("image", 4)]),
    ]

    class Meta:
        model = Part
        fields = [
            "sku",
            "name",
            "category",
            "unit",
            "procurement",
            "description",
            "minimum_stock",
            "reorder_quantity",
            "default_location",
            "unit_price",
            "is_sellable",
            "is_serialised",
            "is_discontinued",
            "manufacturer",
            "manufacturer_number",
            "cad_name",
            "barcode",
            "weight",
            "customs_number",
            "country_of_origin",
            "specifications",
            "image",
        ]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}


class CategoryForm(RecordForm):
    parent = forms.ModelChoiceField(
        Category.objects.all(), label=_("Belongs to"), required=False, widget=RemoteSelect("parts:category_choices")
    )
    groups = [(_("Category"), ["name", "parent", ("description", 12)])]

    class Meta:
        model = Category
        fields = ["name", "parent", "description"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}


class LocationForm(RecordForm):
    parent = LocationField(label=_("Inside"), required=False)
    groups = [(_("Storage location"), [("code", 4), ("name", 8), ("parent", 12)])]

    class Meta:
        model = StorageLocation
        fields = ["code", "name", "parent"]


class StockForm(VerbForm):
    """What every movement asks: how much and where. The usual place is filled in."""

    quantity = QuantityField()
    location = LocationField()
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args, record, **kwargs):
        kwargs["initial"] = {"location": record.default_location_id} | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)
        self.fields["quantity"].label = f"{_('Quantity')} ({record.get_unit_display()})"


class ReceiveForm(StockForm):
    unit_cost = UnitPriceField(label=_("Cost for one unit (€)"), min_value=0, required=False)
    groups = [("", [("quantity", 6), ("unit_cost", 6), ("location", 12), ("note", 12)])]

    def call(self):
        data = self.cleaned_data
        self.record.receive(
            data["quantity"],
            location=data["location"],
            unit_cost=self.record.average_cost if data["unit_cost"] is None else data["unit_cost"],
            note=data["note"],
            by=self.user,
        )


class IssueForm(StockForm):
    groups = [("", [("quantity", 12), ("location", 12), ("note", 12)])]

    def call(self):
        data = self.cleaned_data
        self.record.issue(data["quantity"], location=data["location"], note=data["note"], by=self.user)


class AdjustForm(StockForm):
    """A correction: what was lost or found, and why."""

    groups = [("", [("quantity", 12), ("location", 12), ("note", 12)])]

    def __init__(self, *args, record, **kwargs):
        super().__init__(*args, record=record, **kwargs)
        self.fields["quantity"].label = f"{_('Change')} ({record.get_unit_display()})"
        self.fields["quantity"].help_text = _("With a minus for a loss, such as −2.")
        self.fields["note"].required = True
        self.fields["note"].label = _("Reason")

    def call(self):
        data = self.cleaned_data
        self.record.adjust(data["quantity"], location=data["location"], note=data["note"], by=self.user)


class TransferForm(VerbForm):
    quantity = QuantityField()
    source = LocationField(label=_("From"))
    target = LocationField(label=_("To"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    groups = [("", [("quantity", 12), ("source", 6), ("target", 6), ("note", 12)])]

    def call(self):
        data = self.cleaned_data
        self.record.transfer(
            data["quantity"], source=data["source"], target=data["target"], note=data["note"], by=self.user
        )


class ReserveForm(VerbForm):
    quantity = QuantityField()
    note = forms.CharField(label=_("What for"), max_length=200)
    groups = [("", [("quantity", 12), ("note", 12)])]

    def call(self):
        self.record.reserve(self.cleaned_data["quantity"], note=self.cleaned_data["note"], by=self.user)


class BulkForm(forms.Form):
    """What is done to the parts that are ticked on the list."""

    action = forms.ChoiceField(
        choices=[
            ("category", _("Set category")),
            ("discontinue", _("Discontinue")),
            ("continue", _("Continue")),
            ("discard", _("Move to trash")),
        ]
    )
    selected = forms.ModelMultipleChoiceField(Part.objects.all())
    category = forms.ModelChoiceField(Category.objects.all(), required=False)

    def clean(self):
        data = super().clean()
        if data.get("action") == "category" and not data.get("category"):
            self.add_error("category", _("Choose the category first."))
        return data

    def act(self, part, *, by):
        """Raises Refused where the verb does."""
        action = self.cleaned_data["action"]
        if action == "discard":
            part.discard(by=by)
        elif action == "category":
            part.revise({"category": self.cleaned_data["category"]}, by=by, version=part.version)
        else:
            part.revise({"is_discontinued": action == "discontinue"}, by=by, version=part.version)
