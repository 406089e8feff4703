from datetime import timedelta

from crispy_forms.layout import HTML
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.customers.duplicates import find_duplicates
from apps.customers.models import (
    Address,
    AddressKind,
    Contact,
    Customer,
    Interaction,
    InteractionKind,
    Kind,
    TaxCase,
    VatCheck,
    suggested_tax_case,
)
from apps.customers.models.tax import compact_vat_id, why_not
from gmtc.errors import Refused, StaleEdit
from gmtc.forms import CountryField, DateInput, RecordForm, VerbForm


class MomentInput(forms.DateTimeInput):
    """The browser's own picker of day and time."""

    input_type = "datetime-local"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


# --- Customers --------------------------------------------------------------------------------------------------------

WATCHED = ("kind", "company_name", "first_name", "last_name", "vat_id", "email", "country")
WHO = (
    _("Who it is"),
    [
        ("kind", 8),
        ("number", 4),
        ("company_name", 12),
        ("salutation", 2),
        ("title", 2),
        ("first_name", 4),
        ("last_name", 4),
        ("email", 4),
        ("phone", 4),
        ("website", 4),
        ("language", 4),
    ],
)
REST = [
    (_("Tax"), [("vat_id", 4), ("tax_case", 8)]),
    (
        _("Terms"),
        [("payment_days", 4), ("skonto_percent", 4), ("skonto_days", 4), ("discount_percent", 4), ("credit_limit", 4)],
    ),
    (
        _("Invoices"),
        [("invoice_email", 6), ("buyer_reference", 6), ("address_scheme", 6), ("electronic_address", 6)],
    ),
    (_("Notes"), [("notes", 12)]),
]


class CustomerForm(RecordForm):
    """`confirmed`: the user has seen those who look alike, and it is somebody else."""

    confirmed = forms.BooleanField(required=False)

    not_copied = ("number", "vat_id", "email", "invoice_email")
    groups = [WHO, *REST]

    class Meta:
        model = Customer
        fields = [
            "kind",
            "number",
            "company_name",
            "salutation",
            "title",
            "first_name",
            "last_name",
            "email",
            "phone",
            "website",
            "language",
            "vat_id",
            "tax_case",
            "payment_days",
            "skonto_percent",
            "skonto_days",
            "discount_percent",
            "credit_limit",
            "invoice_email",
            "buyer_reference",
            "address_scheme",
            "electronic_address",
            "notes",
        ]
        widgets = {"kind": forms.RadioSelect, "notes": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.duplicates = []
        self.fields["vat_id"].max_length = None  # with blanks and dots it is longer than what is kept
        self.fields["vat_id"].widget.attrs["maxlength"] = 24
        self.fields["vat_id"].validators = [ProhibitNullCharactersValidator()]
        if not self.instance._state.adding:
            self.fields["number"].required = True
            self.fields["number"].help_text = ""
        query = "" if self.instance._state.adding else f"?besides={self.instance.pk}"
        included = ", ".join(f"[name={name}]" for name in WATCHED)
        for name in WATCHED:
            if name in self.fields:
                self.fields[name].widget.attrs |= {
                    "hx-get": reverse("customers:customer_hints") + query,
                    "hx-include": included,
                    "hx-trigger": "change",
                    "hx-target": "#hints",
                }

    @property
    def helper(self):
        helper = super().helper
        helper.layout.insert(1, HTML('{% include "customers/beside_form.html" %}'))
        return helper

    def clean_vat_id(self):
        return compact_vat_id(self.cleaned_data["vat_id"])

    def clean(self):
        cleaned = super().clean()
        named = {"company_name", "first_name", "last_name", "vat_id", "email"}
        if cleaned.get("confirmed") or not named & set(self.changed_data):
            return cleaned
        is_company = cleaned.get("kind") == Kind.COMPANY
        self.duplicates = find_duplicates(
            name=cleaned.get("company_name", "")
            if is_company
            else f"{cleaned.get('first_name', '')} {cleaned.get('last_name', '')}",
            vat_id=cleaned.get("vat_id", ""),
            email=cleaned.get("email", ""),
            besides=None if self.instance._state.adding else self.instance.pk,
        )
        for field in dict.fromkeys(duplicate.field for duplicate in self.duplicates):
            place = {"name": "company_name" if is_company else "last_name"}.get(field, field)
            names = ", ".join(
                f"{each.customer} ({each.customer.number})" for each in self.duplicates if each.field == field
            )
            self.add_error(place, _("There is a customer like this: %(names)s.") % {"names": names})
        return cleaned


class NewCustomerForm(CustomerForm):
    """A new customer with the invoice address."""

    person = forms.CharField(
        label=_("Department or person"), max_length=120, required=False, help_text=_("Such as: Purchasing, Ms Klein.")
    )
    street = forms.CharField(label=_("Street and number"), max_length=120)
    extra = forms.CharField(label=_("Additional line"), max_length=120, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=12, required=False)
    city = forms.CharField(label=_("City"), max_length=80)
    state = forms.CharField(label=_("State or province"), max_length=60, required=False)
    country = CountryField(initial="DE")
    tax_case = forms.ChoiceField(
        label=_("Tax case"),
        choices=[("", _("as usual for the country and the VAT ID")), *TaxCase.choices],
        required=False,
    )

    address_fields = ("person", "street", "extra", "postcode", "city", "state", "country")
    groups = [
        WHO,
        (
            _("Invoice address"),
            [("street", 6), ("extra", 6), ("postcode", 2), ("city", 5), ("country", 5), ("person", 6), ("state", 6)],
        ),
        *REST,
    ]

    def clean(self):
        cleaned = super().clean()
        address = Address(**{name: cleaned.get(name, "") for name in self.address_fields})
        try:
            address.clean()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                if name not in self.errors:
                    self.add_error(name, messages)
        cleaned["postcode"] = address.postcode
        place = {"country": cleaned.get("country", ""), "vat_id": cleaned.get("vat_id", "")}
        cleaned["tax_case"] = cleaned.get("tax_case") or suggested_tax_case(**place)
        if "country" in cleaned and "vat_id" in cleaned and (problem := why_not(cleaned["tax_case"], **place)):
            self.add_error("tax_case", problem)
        return cleaned

    def save(self, commit=True):
        address = Address(**{name: self.cleaned_data[name] for name in self.address_fields})
        return self.instance.register(address, by=self.user)


class BlockForm(VerbForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)
    groups = [("", [("reason", 12)])]

    def call(self):
        self.record.block(self.cleaned_data["reason"], by=self.user)


class VatCheckForm(VerbForm):
    result = forms.ChoiceField(label=_("Answer of the tax office"), choices=VatCheck, widget=forms.RadioSelect)
    at = forms.DateTimeField(label=_("When"), required=False, widget=MomentInput, help_text=_("Empty: now."))
    request = forms.CharField(label=_("Number of the inquiry"), max_length=60, required=False)
    groups = [("", [("result", 12), ("at", 6), ("request", 6)])]

    def call(self):
        data = self.cleaned_data
        self.record.record_vat_check(data["result"], at=data["at"], request=data["request"], by=self.user)


# --- What belongs to a customer, edited in dialogs --------------------------------------------------------------------


class DialogForm(RecordForm):
    """A record of a customer in a dialog: `record` is the customer for a new one, else the record itself."""

    def __init__(self, *args, record, **kwargs):
        is_new = isinstance(record, Customer)
        instance = self._meta.model(customer=record) if is_new else record
        super().__init__(*args, instance=instance, **kwargs)

    def try_call(self) -> bool:
        """Whether it was saved. Where the business refused, the form carries the reason."""
        try:
            self.save()
        except StaleEdit as conflict:
            self.data = self.data.copy()
            self.data[self.add_prefix("version")] = conflict.record.version
            self.add_error(
                None, f"{conflict} {_('Compare with the page, then save again to put your version on top.')}"
            )
        except Refused as refusal:
            self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))
        except ValidationError as error:
            self.add_error(None, error.message_dict.get(NON_FIELD_ERRORS, error.messages))
        else:
            return True
        return False


class AddressForm(DialogForm):
    country = CountryField(initial="DE")
    groups = [
        (
            "",
            [
                ("kind", 6),
                ("is_default", 6),
                ("name", 12),
                ("person", 12),
                ("street", 6),
                ("extra", 6),
                ("postcode", 4),
                ("city", 8),
                ("country", 6),
                ("state", 6),
            ],
        )
    ]

    class Meta:
        model = Address
        fields = ["kind", "is_default", "name", "person", "street", "extra", "postcode", "city", "country", "state"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        stored = self.instance
        if not stored._state.adding and stored.is_default and stored.kind == AddressKind.BILLING:
            for name in ("kind", "is_default"):  # another one takes its place, this one cannot simply go
                self.fields[name].disabled = True


class ContactForm(DialogForm):
    groups = [
        (
            "",
            [
                ("salutation", 4),
                ("title", 8),
                ("first_name", 6),
                ("last_name", 6),
                ("role", 12),
                ("email", 12),
                ("phone", 6),
                ("mobile", 6),
                ("agreed_to_news_on", 6),
                ("is_primary", 6),
                ("notes", 12),
            ],
        )
    ]

    class Meta:
        model = Contact
        fields = [
            "salutation",
            "title",
            "first_name",
            "last_name",
            "role",
            "email",
            "phone",
            "mobile",
            "agreed_to_news_on",
            "is_primary",
            "notes",
        ]
        widgets = {"notes": forms.Textarea(attrs={"rows": 2}), "agreed_to_news_on": DateInput}


class InteractionForm(DialogForm):
    """An entry of the contact history that is already there."""

    groups = [
        (
            "",
            [
                ("kind", 6),
                ("happened_at", 6),
                ("contact", 12),
                ("text", 12),
                ("follow_up_on", 6),
                ("follow_up_by", 6),
            ],
        )
    ]

    class Meta:
        model = Interaction
        fields = ["kind", "happened_at", "contact", "text", "follow_up_on", "follow_up_by"]
        widgets = {"happened_at": MomentInput, "text": forms.Textarea(attrs={"rows": 5}), "follow_up_on": DateInput}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["contact"].queryset = self.instance.customer.contacts.filter(deleted_at=None)
        self.fields["follow_up_by"].queryset = User.objects.active()


class NoteForm(forms.Form):
    """The quick entry above the contact history."""

    kind = forms.ChoiceField(label=_("Kind"), choices=InteractionKind, initial=InteractionKind.CALL)
    text = forms.CharField(
        label=_("Text"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"})
    )
    contact = forms.ModelChoiceField(Contact.objects.none(), label=_("With whom"), required=False, empty_label="–")
    happened_at = forms.DateTimeField(label=_("When"), required=False, widget=MomentInput)
    follow_up_on = forms.DateField(label=_("Follow up on"), required=False, widget=DateInput)
    follow_up_by = forms.ModelChoiceField(
        User.objects.active(), label=_("Follow-up by"), required=False, empty_label=_("myself")
    )

    def __init__(self, *args, customer, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.customer, self.user = customer, user
        self.fields["contact"].queryset = customer.contacts.filter(deleted_at=None)
        for name, field in self.fields.items():
            is_select = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select" if is_select else "form-control"
            if name in self.errors:
                field.widget.attrs["class"] += " is-invalid"

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("follow_up_on") and not cleaned.get("follow_up_by"):
            cleaned["follow_up_by"] = self.user
        if not cleaned.get("follow_up_on"):
            cleaned["follow_up_by"] = None
        if cleaned.get("happened_at") and cleaned["happened_at"] > timezone.now() + timedelta(minutes=5):
            self.add_error("happened_at", _("This lies in the future; a follow-up has a day of its own."))
        return cleaned

    def save(self) -> Interaction:
        return self.customer.note(by=self.user, **self.cleaned_data)
