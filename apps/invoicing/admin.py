"""Back office of billing. Invoices and payments are written by verbs on their pages; here they can be read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.invoicing.models import Invoice, InvoiceLine, InvoiceTax, Payment
from apps.invoicing.resources import InvoiceResource, PaymentResource
from gmtc.admin import Locked, LockedInline, RecordAdmin


class SearchByWords:
    """The admin's search box finds what the list page finds."""

    def get_search_results(self, request, queryset, search_term):
        queryset, _distinct = super().get_search_results(request, queryset, "")
        return (queryset.search(search_term) if search_term else queryset), False


class LineInline(LockedInline):
    model = InvoiceLine
    fields = [
        "position",
        "part_number",
        "description",
        "quantity",
        "unit_price",
        "discount",
        "vat_rate",
        "net",
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(deleted_at=None).select_related("invoice")


class TaxInline(LockedInline):
    model = InvoiceTax
    fields = ["category", "rate", "lines_net", "discount", "shipping", "advances", "base", "tax"]


class PaymentInline(LockedInline):
    model = Payment
    fields = ["paid_on", "amount", "reduction", "method", "reference", "note", "created_by"]


@admin.register(Invoice)
class InvoiceAdmin(SearchByWords, Locked, RecordAdmin):
    list_page = "invoicing:invoice_list"
    resource = InvoiceResource
    list_display = ["__str__", "kind", "status", "customer", "invoice_date", "due_date", "total", "paid_amount"]
    list_filter = ["kind", "status", "invoice_date"]
    search_fields = ["number"]
    inlines = [LineInline, TaxInline, PaymentInline]
    fieldsets = [
        (None, {"fields": ["number", "kind", "status", "order", "customer", "buyer_name", "responsible"]}),
        (
            _("Dates and terms"),
            {
                "fields": [
                    "invoice_date",
                    "supply_start",
                    "supply_end",
                    "due_date",
                    "payment_days",
                    "skonto_percent",
                    "skonto_days",
                    "discount_percent",
                    "shipping_cost",
                    "rounding",
                    "tax_case",
                    "language",
                    "profile",
                    "payment_reference",
                    "customer_reference",
                    "buyer_reference",
                ]
            },
        ),
        (_("Parties"), {"classes": ["collapse"], "fields": ["seller", "buyer", "ship_to"]}),
        (_("Texts"), {"fields": ["intro", "notes", "internal_notes", "reverses", "reason", "mailed_to"]}),
    ]


@admin.register(Payment)
class PaymentAdmin(SearchByWords, Locked, RecordAdmin):
    list_page = "invoicing:payment_list"
    resource = PaymentResource
    list_display = ["paid_on", "invoice", "amount", "reduction", "method", "reference", "created_by"]
    list_filter = ["method", "paid_on"]
    search_fields = ["reference"]
    fieldsets = [
        (None, {"fields": ["invoice", "paid_on", "amount", "reduction", "method", "reference", "note", "reverses"]})
    ]
