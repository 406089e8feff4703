"""The forms of the settings pages."""

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from apps.company import brand, contrast, pictures
from apps.company.models import Company, DocumentText
from gmtc.forms import CountryField, RecordForm


class LegalForm(RecordForm):
    country = CountryField()
    goods_country = CountryField(label=_("Country of the goods entrance"), required=False)

    groups = [
        (
            _("Name"),
            [
                ("legal_name", 6),
                ("legal_form", 2),
                ("trade_name", 4),
                "directors",
                ("register_court", 3),
                ("register_number", 3),
            ],
        ),
        (_("Address"), [("street", 6), ("postcode", 2), ("city", 4), ("country", 6)]),
        (
            _("Goods entrance"),
            ["goods_name", "goods_street", ("goods_postcode", 2), ("goods_city", 4), ("goods_country", 6)],
        ),
        (_("How we are reached"), [("phone", 4), ("email", 4), ("website", 4)]),
    ]

    class Meta:
        model = Company
        fields = [
            "legal_name", "legal_form", "trade_name", "directors", "register_court", "register_number",
            "street", "postcode", "city", "country",
            "goods_name", "goods_street", "goods_postcode", "goods_city", "goods_country",
            "phone", "email", "website",
        ]  # fmt: skip

    def clean(self):
        data = super().clean()
        given = [name for name in ("goods_street", "goods_postcode", "goods_city") if data.get(name)]
        if given and len(given) < 3:
            self.add_error("goods_street", _("An address of its own needs street, postcode and city."))
        return data


class CompactField(forms.CharField):
    """A number that people write in groups and machines without: DE89 3704 0044 0532 0130 00."""

    def to_python(self, value):
        return "".join(super().to_python(value).split()).upper()


class BankForm(RecordForm):
    groups = [
        (_("Tax"), [("tax_number", 4), ("vat_id", 4), ("eori", 4), ("vat_rate", 4), ("reduced_vat_rate", 4)]),
        (_("Special rules"), ["is_small_business", "uses_oss"]),
        (_("Bank account"), ["account_holder", "bank_name", ("iban", 8), ("bic", 4)]),
        (_("Terms"), [("payment_days", 4), ("quote_days", 4)]),
    ]

    class Meta:
        model = Company
        fields = [
            "tax_number", "vat_id", "eori", "vat_rate", "reduced_vat_rate", "is_small_business", "uses_oss",
            "account_holder", "bank_name", "iban", "bic", "payment_days", "quote_days",
        ]  # fmt: skip
        # Longer than the columns, because blanks are typed too; the columns' own checks follow.
        field_classes = dict.fromkeys(("vat_id", "eori", "iban", "bic"), CompactField)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.Meta.field_classes:
            self.fields[name].widget.attrs["maxlength"] = 50

    def clean(self):
        data = super().clean()
        usual, reduced = data.get("vat_rate"), data.get("reduced_vat_rate")
        if usual is not None and reduced is not None and usual < reduced:
            self.add_error("reduced_vat_rate", _("The reduced rate is above the usual one."))
        return data


class TextForm(RecordForm):
    groups = [("", [("intro", 12), ("closing", 12)])]

    class Meta:
        model = DocumentText
        fields = ["intro", "closing"]
        widgets = {"intro": forms.Textarea({"rows": 3}), "closing": forms.Textarea({"rows": 3})}


class ColourInput(forms.TextInput):
    """The browser's colour picker; brand.js listens to it."""

    input_type = "color"

    def __init__(self, **kwargs):
        super().__init__(attrs={"class": "form-control form-control-color", "data-colour": True}, **kwargs)


class BrandForm(RecordForm):
    """The page's template draws the pictures, each with what is stored; crispy would link to a file nobody serves."""

    groups = [(_("Colours"), [(name, 6) for name in brand.COLOURS])]

    class Meta:
        model = Company
        fields = [*brand.COLOURS, *brand.PICTURES]
        widgets = {name: ColourInput() for name in brand.COLOURS} | {
            name: forms.ClearableFileInput({"accept": ".svg,.png", "class": "form-control"}) for name in brand.PICTURES
        }

    def picture_fields(self):
        return [self[name] for name in brand.PICTURES]

    def picture(self, name: str):
        """A new upload is checked and named by its content; what is stored already stays as it is."""
        value = self.cleaned_data[name]
        return pictures.checked(value) if name in self.files and value else value

    def clean_logo(self):
        return self.picture("logo")

    def clean_logo_dark(self):
        return self.picture("logo_dark")

    def clean_mark(self):
        return self.picture("mark")

    def clean(self):
        data = super().clean()
        colours = {name: data.get(name, "").upper() for name in brand.COLOURS}
        if all(map(contrast.is_colour, colours.values())):  # what is none, the columns' own check names
            data |= colours
            for pair in brand.measured(**colours):
                if not pair.passes and not self.has_error(pair.field):
                    figures = {"ratio": number_format(pair.ratio, 2), "least": number_format(contrast.AA, 1)}
                    self.add_error(
                        pair.field,
                        _("%(what)s: contrast %(ratio)s to 1, readable from %(least)s to 1.")
                        % {"what": pair.what, **figures},
                    )
        return data
