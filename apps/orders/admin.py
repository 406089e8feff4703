"""Back office of the orders room. Orders are written by verbs on their pages; here they can be read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.orders.models import CustomerOrder, OrderLine
from apps.orders.resources import CustomerOrderResource
from gmtc.admin import Locked, LockedInline, RecordAdmin


class LineInline(LockedInline):
    model = OrderLine
    fields = [
        "position",
        "part",
        "quantity",
        "unit_price",
        "discount",
        "vat_rate",
        "net",
        "reserved_quantity",
        "shipped_quantity",
        "invoiced_quantity",
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(deleted_at=None).select_related("part", "order")


@admin.register(CustomerOrder)
class CustomerOrderAdmin(Locked, RecordAdmin):
    list_page = "orders:order_list"
    resource = CustomerOrderResource
    list_display = [
        "__str__",
        "customer",
        "status",
        "quote_number",
        "order_date",
        "promised_date",
        "net",
        "responsible",
    ]
    list_filter = ["status", "order_date"]
    search_fields = ["number"]
    inlines = [LineInline]
    fieldsets = [
        (None, {"fields": ["number", "quote_number", "status", "customer", "contact", "customer_reference"]}),
        (_("Dates"), {"fields": ["quote_date", "valid_until", "order_date", "requested_date", "promised_date"]}),
        (
            _("Terms"),
            {
                "fields": [
                    "tax_case",
                    "language",
                    "payment_days",
                    "skonto_percent",
                    "skonto_days",
                    "discount_percent",
                    "shipping_cost",
                    "billing_address",
                    "shipping_address",
                ]
            },
        ),
        (_("Texts"), {"fields": ["intro", "notes", "internal_notes", "reason"]}),
    ]

    def get_search_results(self, request, queryset, search_term):
        queryset, _distinct = super().get_search_results(request, queryset, "")
        return (queryset.search(search_term) if search_term else queryset), False
