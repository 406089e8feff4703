"""The questions that the verbs of an order ask."""

from datetime import timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.company.models import Company
from apps.customers.models import Contact
from apps.documents.models import Document
from apps.orders import papers
from apps.orders.forms import PersonOfCustomer, address_fields, text_area
from gmtc.forms import DateInput, QuantityField, VerbForm
from gmtc.lines import bare


def mail_address(order) -> str:
    """Where the papers of an order usually go."""
    return (order.contact.email if order.contact else "") or order.mailed_to or order.customer.email


class IssueForm(VerbForm):
    """Common to quote and confirm: the PDF may be mailed at once."""

    mail_to = forms.EmailField(
        label=_("Mail to"), required=False, help_text=_("With the PDF attached. Empty: nothing is mailed.")
    )
    message = forms.CharField(
        label=_("Text of the mail"),
        required=False,
        max_length=4000,
        widget=text_area(3),
        help_text=_("Empty: our usual text, in the language of the order."),
    )

    def __init__(self, *args, record, **kwargs):
        initial = {"mail_to": mail_address(record)} | self.suggested(record)
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)

    def suggested(self, order) -> dict:
        return {}


class QuoteForm(IssueForm):
    quote_date = forms.DateField(label=_("Date"), widget=DateInput())
    valid_until = forms.DateField(label=_("Valid until"), widget=DateInput())
    groups = [("", [("quote_date", 6), ("valid_until", 6), ("mail_to", 12), ("message", 12)])]

    def suggested(self, order):
        today = timezone.localdate()
        usual = today + timedelta(days=Company.current().quote_days)
        until = order.valid_until if order.valid_until and order.valid_until >= today else usual
        return {"quote_date": today, "valid_until": until}

    def call(self):
        self.record.quote(by=self.user, **self.cleaned_data)


class ConfirmForm(IssueForm):
    order_date = forms.DateField(label=_("Ordered on"), widget=DateInput())
    promised_date = forms.DateField(label=_("Delivery promised on"), widget=DateInput(), required=False)
    customer_reference = forms.CharField(label=_("Customer's order number"), max_length=60, required=False)
    groups = [
        (
            "",
            [("order_date", 6), ("promised_date", 6), ("customer_reference", 12), ("mail_to", 12), ("message", 12)],
        )
    ]

    def suggested(self, order):
        wanted = order.promised_date or order.requested_date
        return {
            "order_date": timezone.localdate(),
            "promised_date": wanted if wanted and wanted >= timezone.localdate() else None,
            "customer_reference": order.customer_reference,
        }

    def call(self):
        self.record.confirm(by=self.user, **self.cleaned_data)


class ReasonForm(VerbForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class DeclineForm(ReasonForm):
    def call(self):
        self.record.decline(by=self.user, reason=self.cleaned_data["reason"])


class CancelForm(ReasonForm):
    def call(self):
        self.record.cancel(by=self.user, reason=self.cleaned_data["reason"])


class CloseShortForm(ReasonForm):
    def call(self):
        self.record.close_short(by=self.user, reason=self.cleaned_data["reason"])


class ArrangeForm(VerbForm):
    """What may still change after the confirmation."""

    promised_date = forms.DateField(label=_("Delivery promised on"), widget=DateInput(), required=False)
    requested_date = forms.DateField(label=_("Delivery wanted on"), widget=DateInput(), required=False)
    shipping_address = address_fields()["shipping_address"]
    contact = PersonOfCustomer(Contact, label=_("Contact"), empty_label=_("nobody in particular"))
    responsible = forms.ModelChoiceField(User.objects.active(), label=_("Handled by"), required=False)
    internal_notes = forms.CharField(label=_("Notes for us"), required=False, max_length=2000, widget=text_area(2))
    version = forms.IntegerField(widget=forms.HiddenInput)
    groups = [
        (
            "",
            [
                ("promised_date", 6),
                ("requested_date", 6),
                ("shipping_address", 12),
                ("contact", 6),
                ("responsible", 6),
                ("internal_notes", 12),
                "version",
            ],
        )
    ]
    arranged = ("promised_date", "requested_date", "shipping_address", "contact", "responsible", "internal_notes")

    def __init__(self, *args, record, **kwargs):
        kwargs["initial"] = {name: getattr(record, name) for name in (*self.arranged, "version")}
        super().__init__(*args, record=record, **kwargs)
        for name in ("shipping_address", "contact"):
            self.fields[name].offer(record.customer_id)
        self.fields["shipping_address"].required = True  # settled by the confirmation
        self.fields["shipping_address"].empty_label = None

    def call(self):
        data = dict(self.cleaned_data)
        self.record.arrange(by=self.user, version=data.pop("version"), **data)


class MailForm(VerbForm):
    document = forms.ModelChoiceField(Document.objects.none(), label=_("Document"), empty_label=None)
    to = forms.EmailField(label=_("Mail to"))
    message = forms.CharField(label=_("Text of the mail"), max_length=4000, widget=text_area(9))
    groups = [("", [("document", 12), ("to", 12), ("message", 12)])]

    def __init__(self, *args, record, user, **kwargs):
        newest = record.papers.first()
        kwargs["initial"] = {
            "document": newest,
            "to": mail_address(record),
            "message": papers.message(record, newest, user) if newest else "",
        }
        super().__init__(*args, record=record, user=user, **kwargs)
        self.fields["document"].queryset = record.papers
        self.fields["document"].help_text = "" if newest else _("Nothing has been issued yet.")

    def call(self):
        data = self.cleaned_data
        self.record.mail(by=self.user, document=data["document"], to=data["to"], message=data["message"].strip())


class LineReserveForm(VerbForm):
    quantity = QuantityField(min_value=0)

    def __init__(self, *args, record, **kwargs):
        possible = min(record.part.free_stock, record.missing_quantity)
        kwargs["initial"] = {"quantity": bare(possible)}
        super().__init__(*args, record=record, **kwargs)

    def call(self):
        self.record.reserve(self.cleaned_data["quantity"], by=self.user)
