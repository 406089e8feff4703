"""The questions that the verbs of an invoice ask."""

from decimal import Decimal

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.invoicing.models import MONEY_BY, Invoice, Method
from apps.orders.forms import text_area
from gmtc.forms import AmountField, DateInput, VerbForm


def message_field() -> forms.CharField:
    return forms.CharField(
        label=_("Text of the mail"),
        required=False,
        max_length=4000,
        widget=text_area(3),
        help_text=_("Empty: our usual text, in the language of the invoice."),
    )


def money_input(**kwargs) -> AmountField:
    return AmountField(max_digits=12, decimal_places=2, min_value=Decimal("0.01"), **kwargs)


def mail_address(invoice) -> str:
    return invoice.mailed_to or invoice.bill_to.email


class IssueForm(VerbForm):
    invoice_date = forms.DateField(label=_("Date of the invoice"), widget=DateInput())
    mail_to = forms.EmailField(
        label=_("Mail to"), required=False, help_text=_("With the PDF attached. Empty: nothing is mailed.")
    )
    message = message_field()
    groups = [("", [("invoice_date", 6), ("mail_to", 6), ("message", 12)])]

    def __init__(self, *args, record, **kwargs):
        initial = {"invoice_date": timezone.localdate(), "mail_to": mail_address(record)}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)

    def call(self):
        data = self.cleaned_data
        self.record.issue(
            by=self.user,
            invoice_date=data["invoice_date"],
            mail_to=data["mail_to"],
            message=data["message"].strip(),
        )


class MailForm(VerbForm):
    to = forms.EmailField(label=_("Mail to"))
    message = message_field()
    groups = [("", [("to", 12), ("message", 12)])]

    def __init__(self, *args, record, **kwargs):
        kwargs["initial"] = {"to": mail_address(record)} | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)

    def call(self):
        self.record.mail(by=self.user, to=self.cleaned_data["to"], message=self.cleaned_data["message"].strip())


class CancelForm(VerbForm):
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("Stands on the cancellation invoice."))

    def call(self):
        self.record.cancel(by=self.user, reason=self.cleaned_data["reason"])


class PaymentForm(VerbForm):
    amount = money_input(label=_("Amount"))
    on = forms.DateField(label=_("Paid on"), widget=DateInput())
    method = forms.ChoiceField(label=_("Method"), choices=MONEY_BY)
    reference = forms.CharField(
        label=_("Reference"), max_length=140, required=False, help_text=_("As on the bank statement.")
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    skonto = forms.BooleanField(
        label=_("The rest is cash discount"), required=False, help_text=_("The invoice counts as paid.")
    )
    groups = [("", [("amount", 6), ("on", 6), ("method", 6), ("reference", 6), ("note", 12), ("skonto", 12)])]

    def __init__(self, *args, record, **kwargs):
        today = timezone.localdate()
        is_early = bool(record.skonto_until) and today <= record.skonto_until and record.open_amount == record.total
        amount = record.open_amount - (record.most_skonto if is_early else 0)
        initial = {"amount": amount, "on": today, "method": Method.TRANSFER, "skonto": is_early}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)
        if not record.skonto_percent:
            del self.fields["skonto"]

    @property
    def helper(self):
        self.groups = [(title, [each for each in fields if each[0] in self.fields]) for title, fields in self.groups]
        return super().helper

    def call(self):
        self.record.record_payment(by=self.user, **self.cleaned_data)


class WriteOffForm(VerbForm):
    note = forms.CharField(label=_("Reason"), max_length=200)

    def call(self):
        self.record.write_off(by=self.user, **self.cleaned_data)


class ReverseForm(VerbForm):
    """The record is the payment."""

    note = forms.CharField(label=_("Reason"), max_length=200)

    def call(self):
        invoice = Invoice.everything.get(pk=self.record.invoice_id)
        invoice.reverse_payment(self.record, by=self.user, note=self.cleaned_data["note"])


class RefundForm(VerbForm):
    amount = money_input(label=_("Amount"))
    on = forms.DateField(label=_("Paid back on"), widget=DateInput())
    method = forms.ChoiceField(label=_("Method"), choices=MONEY_BY)
    reference = forms.CharField(label=_("Reference"), max_length=140, required=False)
    groups = [("", [("amount", 6), ("on", 6), ("method", 6), ("reference", 6)])]

    def __init__(self, *args, record, **kwargs):
        initial = {"amount": record.to_refund, "on": timezone.localdate(), "method": Method.TRANSFER}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)

    def call(self):
        self.record.refund(by=self.user, **self.cleaned_data)


class AdvanceForm(VerbForm):
    """The record is the order; `made` is the draft."""

    percent = AmountField(label=_("Per cent of the order"), max_digits=5, decimal_places=2, required=False)
    net = AmountField(label=_("or net amount (€)"), max_digits=12, decimal_places=2, required=False)
    groups = [("", [("percent", 6), ("net", 6)])]
    made = None

    def clean(self):
        data = super().clean()
        if not self.errors and (data.get("percent") is None) == (data.get("net") is None):
            self.add_error("percent", _("Enter either a percentage or an amount."))
        return data

    def call(self):
        data = self.cleaned_data
        self.made = Invoice.advance_for(self.record, by=self.user, percent=data["percent"], net=data["net"])
