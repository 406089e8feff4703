"""How invoices and payments are narrowed down; the same for pages, exports and the API."""

import django_filters
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Customer
from apps.invoicing.models import Invoice, Kind, Method, Payment, Status
from apps.orders.models import CustomerOrder
from gmtc.filters import ChoiceFilter, RemoteFilter, YesNoFilter
from gmtc.forms import DateInput


class InvoiceState(models.TextChoices):
    """The statuses, and what follows from them and from the due date."""

    DRAFT = "draft", _("Draft")
    OPEN = "open", _("Open")
    OVERDUE = "overdue", _("Overdue")
    PARTIAL = "partially_paid", _("Partly paid")
    PAID = "paid", _("Paid")
    CANCELLED = "cancelled", _("Cancelled")
    REFUND = "refund", _("To be refunded")


class SearchFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Search"))

    def search(self, rows, name, text):
        return rows.search(text)


def customer_filter(**kwargs) -> RemoteFilter:
    return RemoteFilter(
        url_name="customers:customer_choices",
        queryset=lambda request: Customer.everything.all(),
        **{"label": _("Customer")} | kwargs,
    )


class InvoiceFilter(SearchFilter):
    status = ChoiceFilter(choices=InvoiceState, method="in_state", label=_("Status"))
    kind = ChoiceFilter(choices=Kind, label=_("Kind"))
    customer = customer_filter()
    order = django_filters.UUIDFilter(label=_("Order (id)"), widget=django_filters.widgets.forms.HiddenInput)
    since = django_filters.DateFilter(
        field_name="invoice_date", lookup_expr="gte", widget=DateInput, label=_("Issued from")
    )
    until = django_filters.DateFilter(
        field_name="invoice_date", lookup_expr="lte", widget=DateInput, label=_("Issued until")
    )
    due_until = django_filters.DateFilter(
        field_name="due_date", lookup_expr="lte", widget=DateInput, label=_("Due until")
    )
    total_min = django_filters.NumberFilter(field_name="total", lookup_expr="gte", label=_("Total from"))
    total_max = django_filters.NumberFilter(field_name="total", lookup_expr="lte", label=_("Total up to"))
    mailed = YesNoFilter(method="was_mailed", label=_("Mailed"))

    class Meta:
        model = Invoice
        fields = []

    def in_state(self, invoices, name, state):
        match state:
            case InvoiceState.OPEN:
                return invoices.open()
            case InvoiceState.OVERDUE:
                return invoices.overdue()
            case InvoiceState.REFUND:
                return invoices.to_refund()
        return invoices.filter(status=Status(state))

    def was_mailed(self, invoices, name, yes):
        return invoices.filter(mailed_at__isnull=not yes)


class PaymentFilter(SearchFilter):
    customer = customer_filter(field_name="invoice__customer")
    method = ChoiceFilter(choices=Method, label=_("Method"))
    since = django_filters.DateFilter(field_name="paid_on", lookup_expr="gte", widget=DateInput, label=_("Paid from"))
    until = django_filters.DateFilter(field_name="paid_on", lookup_expr="lte", widget=DateInput, label=_("Paid until"))
    amount_min = django_filters.NumberFilter(field_name="amount", lookup_expr="gte", label=_("Amount from"))
    amount_max = django_filters.NumberFilter(field_name="amount", lookup_expr="lte", label=_("Amount up to"))
    back = YesNoFilter(method="went_back", label=_("Refunded or reversed"))

    class Meta:
        model = Payment
        fields = []

    def went_back(self, payments, name, yes):
        return payments.filter(amount__lt=0) if yes else payments.filter(amount__gt=0)


class ToInvoiceFilter(SearchFilter):
    """Orders of which something was shipped and not invoiced."""

    customer = customer_filter()
    since = django_filters.DateFilter(
        field_name="order_date", lookup_expr="gte", widget=DateInput, label=_("Ordered from")
    )

    class Meta:
        model = CustomerOrder
        fields = []
