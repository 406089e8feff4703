"""Forms of the pages. A form checks what was typed; its `save()` only calls a verb of the model."""

from decimal import Decimal
from itertools import chain

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Fieldset, Layout
from django import forms
from django.db.models.fields import BLANK_CHOICE_LABEL
from django.utils.translation import gettext_lazy as _

from gmtc import figures
from gmtc.addresses import address
from gmtc.countries import name_of, right_country
from gmtc.errors import Refused


class RemoteSelect(forms.Select):
    """A choice out of many: the page holds only the chosen option, the rest is searched at `url_name` as one types."""

    def __init__(self, url_name: str, **kwargs):
        super().__init__(**kwargs)
        self.url_name = url_name

    def build_attrs(self, base_attrs, extra_attrs=None):
        return super().build_attrs(base_attrs, extra_attrs) | {"data-remote": address(self.url_name)}

    def optgroups(self, name, value, attrs=None):
        chosen = [str(each) for each in value if each]
        field = getattr(self.choices, "field", None)
        empty = self.create_option(name, "", "", not chosen, 0)
        options = [empty]
        if field and chosen:
            known = getattr(field, "found", None)
            try:
                found = (
                    [known]
                    if known and len(chosen) == 1
                    else list(field.queryset.filter(**{f"{field.to_field_name or 'pk'}__in": chosen}))
                )
            except (ValueError, forms.ValidationError):  # nonsense in the address: nothing is chosen
                found = []
            options += [
                self.create_option(name, str(field.prepare_value(each)), field.label_from_instance(each), True, index)
                for index, each in enumerate(found, start=1)
            ]
        return [(None, options, 0)]


class CountrySelect(forms.Select):
    """A country, searched as one types; the page holds only the chosen one."""

    def build_attrs(self, base_attrs, extra_attrs=None):
        return super().build_attrs(base_attrs, extra_attrs) | {"data-remote": address("country_choices")}

    def optgroups(self, name, value, attrs=None):
        chosen = [each for each in value if each]
        empty = [] if self.is_required else [self.create_option(name, "", "", not chosen, 0)]
        return [(None, empty + [self.create_option(name, code, name_of(code), True, 1) for code in chosen], 0)]


class CountryField(forms.CharField):
    """A country by its two letters."""

    def __init__(self, **kwargs):
        super().__init__(
            max_length=2, validators=[right_country], widget=CountrySelect, **{"label": _("Country")} | kwargs
        )

    def to_python(self, value):
        return super().to_python(value).upper()


class KeyValueWidget(forms.Widget):
    """A JSON object as rows of name and value; a row is added or left empty without a reload."""

    template_name = "ui/key_value.html"

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        pairs = list(value.items()) if isinstance(value, dict) else []
        context["widget"]["pairs"] = [*pairs, ("", "")]
        return context

    def value_from_datadict(self, data, files, name):
        keys, values = data.getlist(f"{name}-key"), data.getlist(f"{name}-value")
        return {key.strip(): text.strip() for key, text in zip(keys, values, strict=False) if key.strip()}

    def value_omitted_from_data(self, data, files, name):
        return f"{name}-key" not in data


class KeyValueField(forms.Field):
    """Names and values, as a dict of strings."""

    widget = KeyValueWidget

    def has_changed(self, initial, data):
        return (initial or {}) != (data or {})

    def clean(self, value):
        pairs = super().clean(value) or {}
        if len(pairs) > 60:
            raise forms.ValidationError(_("At most 60 rows."))
        return pairs


class DateInput(forms.DateInput):
    """The browser's own date picker; it speaks ISO whatever the language."""

    input_type = "date"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%d", **kwargs)


def layout_of(groups) -> Layout:
    """Cards of fields: `groups` is [(title, [field or (field, width in twelfths), ...]), ...]."""
    cards = []
    for title, fields in groups:
        cells = []
        for each in fields:
            name, width = each if isinstance(each, tuple) else (each, 6)
            cells.append(Div(Field(name), css_class=f"col-12 col-md-{width}"))
        cards.append(Fieldset(title, Div(*cells, css_class="row"), css_class="form-group-card"))
    return Layout(*cards)


class Spoken:
    """Messages of validators name their limits as the reader writes figures: at least 0,001."""

    def add_error(self, field, error):
        by_field = getattr(error, "error_dict", {}).values()
        for each in chain(getattr(error, "error_list", ()), *by_field):
            if each.params:
                each.params = {
                    name: figures.quantity(value) if isinstance(value, Decimal) and value.is_finite() else value
                    for name, value in each.params.items()
                }
        super().add_error(field, error)


class Crisp(Spoken):
    """Makes the crispy helper from `groups`; the page's template writes the `<form>` around it."""

    groups: list = []

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.layout = layout_of(self.groups) if self.groups else Layout(*[Field(name) for name in self.fields])
        return helper


def shortest(value, *, places: int = 0):
    """A decimal without needless zeros, but with at least `places`: 20.000 is 20, 9.9000 is 9.90."""
    if not isinstance(value, Decimal) or not value.is_finite():
        return value
    return value.quantize(Decimal(1).scaleb(min(value.normalize().as_tuple().exponent, -places)))


def amount_widget():
    return forms.TextInput(attrs={"inputmode": "decimal", "class": "num", "autocomplete": "off"})


class RecordForm(Crisp, forms.ModelForm):
    """Create or edit a Record. The hidden `version` is what the user saw; StaleEdit is for the view to show."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    # What a copy leaves empty: what must be unique, and files.
    not_copied: tuple[str, ...] = ()

    @classmethod
    def copied(cls) -> list[str]:
        return [name for name in cls._meta.fields if name not in cls.not_copied]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["version"].initial = None if self.instance._state.adding else self.instance.version
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                if field.empty_label == BLANK_CHOICE_LABEL:
                    field.empty_label = "–"
            elif isinstance(field, forms.ChoiceField):
                field.choices = [(key, "–" if text == BLANK_CHOICE_LABEL else text) for key, text in field.choices]
            if isinstance(field, forms.DecimalField):
                field.localize = True
                field.widget = amount_widget()
                field.widget.is_localized = True
                # Four places are a unit price, which is money; three are a quantity.
                if name in self.initial:
                    self.initial[name] = shortest(self.initial[name], places=2 if field.decimal_places == 4 else 0)

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        if self.groups:
            helper.layout.append(Field("version"))
        return helper

    def _get_validation_exclusions(self):
        # Django skips a constraint whose condition names a field that the form does not have, and what is unique here
        # is unique while `deleted_at` is empty: a doublet would come back as an error of the database.
        return super()._get_validation_exclusions() - {"deleted_at"}

    def save(self, commit=True):
        values = {name: value for name, value in self.cleaned_data.items() if name in self._meta.fields}
        if self.instance._state.adding:
            self.instance.save(by=self.user, reason="create")
        else:
            self.instance.revise(values, by=self.user, version=self.cleaned_data["version"] or 0)
        return self.instance


class VerbForm(Crisp, forms.Form):
    """The few questions that a verb asks. A subclass writes `call()`; a refusal comes back beside its field."""

    def __init__(self, *args, record, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.record, self.user = record, user

    def call(self):
        raise NotImplementedError

    def try_call(self) -> bool:
        """Whether the verb was done. Where the business refused, the form carries the reason."""
        try:
            self.call()
        except Refused as refusal:
            self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))
            return False
        return True


class AmountField(forms.DecimalField):
    """A number typed in the user's own notation: 1.234,5 or 1,234.5."""

    def __init__(self, *, max_digits: int, decimal_places: int, **kwargs):
        super().__init__(
            max_digits=max_digits, decimal_places=decimal_places, localize=True, widget=amount_widget(), **kwargs
        )


class QuantityField(AmountField):
    def __init__(self, **kwargs):
        super().__init__(max_digits=12, decimal_places=3, **{"label": _("Quantity")} | kwargs)


class UnitPriceField(AmountField):
    """Euros for one unit."""

    def __init__(self, **kwargs):
        super().__init__(max_digits=14, decimal_places=4, **{"label": _("Price")} | kwargs)
