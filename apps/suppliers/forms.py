from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.parts.models import Part
from apps.suppliers.models import PriceBreak, Supplier, SupplierContact, SupplierPart
from gmtc.forms import CountryField, RecordForm, RemoteSelect
from gmtc.lines import DocumentForm, LineForm, lines_of


def text_area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class SupplierField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        super().__init__(
            queryset=Supplier.objects.all(),
            widget=RemoteSelect("suppliers:supplier_choices"),
            **{"label": _("Supplier")} | kwargs,
        )


class PartField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        super().__init__(
            queryset=Part.objects.all(), widget=RemoteSelect("parts:part_choices"), **{"label": _("Part")} | kwargs
        )


class SupplierForm(RecordForm):
    country = CountryField(initial="DE")

    not_copied = ("name", "customer_number")
    groups = [
        (_("Who it is"), [("name", 8), ("rating", 4), ("customer_number", 4), ("vat_id", 4), ("language", 4)]),
        (
            _("Address"),
            [("street", 6), ("address_extra", 6), ("postcode", 2), ("city", 5), ("country", 5)],
        ),
        (_("Where to reach them"), [("email", 4), ("phone", 4), ("website", 4)]),
        (
            _("Terms"),
            [
                ("currency", 4),
                ("exchange_rate", 4),
                ("minimum_order_value", 4),
                ("payment_days", 4),
                ("discount_percent", 4),
                ("discount_days", 4),
                ("incoterm", 4),
                ("delivery_terms", 5),
                ("lead_time_days", 3),
            ],
        ),
        (_("Notes"), [("notes", 12), ("is_blocked", 12)]),
    ]

    class Meta:
        model = Supplier
        fields = [
            "name",
            "rating",
            "customer_number",
            "vat_id",
            "language",
            "street",
            "address_extra",
            "postcode",
            "city",
            "country",
            "email",
            "phone",
            "website",
            "currency",
            "exchange_rate",
            "minimum_order_value",
            "payment_days",
            "discount_percent",
            "discount_days",
            "incoterm",
            "delivery_terms",
            "lead_time_days",
            "notes",
            "is_blocked",
        ]
        widgets = {"notes": text_area(3)}


class ContactForm(RecordForm):
    supplier = forms.ModelChoiceField(Supplier.objects.all(), widget=forms.HiddenInput)
    groups = [
        (
            "",
            [("name", 6), ("function", 6), ("email", 6), ("phone", 6), ("takes_orders", 12), ("notes", 12), "supplier"],
        )
    ]

    class Meta:
        model = SupplierContact
        fields = ["supplier", "name", "function", "email", "phone", "takes_orders", "notes"]


class PriceBreakForm(LineForm):
    roles = {}

    class Meta:
        model = PriceBreak
        fields = ["quantity", "price"]


class SupplierPartForm(DocumentForm):
    """An offer with its price breaks."""

    lines_class = lines_of(PriceBreakForm)
    supplier = SupplierField()
    part = PartField()
    is_preferred = forms.BooleanField(
        label=_("Preferred"), required=False, help_text=_("Where we usually buy the part.")
    )

    not_copied = ("supplier", "supplier_sku", "url")
    groups = [
        (
            "",
            [
                ("supplier", 6),
                ("part", 6),
                ("supplier_sku", 4),
                ("name", 8),
                ("price", 3),
                ("moq", 3),
                ("pack_size", 3),
                ("lead_time_days", 3),
                ("url", 8),
                ("is_preferred", 4),
            ],
        )
    ]

    class Meta:
        model = SupplierPart
        fields = ["supplier", "part", "supplier_sku", "name", "price", "moq", "pack_size", "lead_time_days", "url"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            for name in ("supplier", "part"):  # another part or supplier is another offer
                self.fields[name].disabled = True
            self.fields["is_preferred"].initial = self.instance.is_preferred

    def save(self, commit=True):
        with transaction.atomic():
            item, wanted = super().save(), self.cleaned_data["is_preferred"]
            if wanted and not item.is_preferred:
                item.prefer(by=self.user)
            elif item.is_preferred and not wanted:
                item.write({"is_preferred": False}, None, by=self.user, version=item.version)
        return item
