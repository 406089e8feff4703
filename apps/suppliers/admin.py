"""Back office of the suppliers room. Orders and receipts are written by verbs on their pages; here they can be read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.suppliers.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    Supplier,
    SupplierContact,
    SupplierPart,
)
from apps.suppliers.resources import (
    GoodsReceiptResource,
    PurchaseOrderResource,
    SupplierPartResource,
    SupplierResource,
)
from gmtc.admin import Locked, LockedInline, RecordAdmin


class SearchByWords:
    """The admin's search box finds what the list page finds."""

    def get_search_results(self, request, queryset, search_term):
        queryset, _distinct = super().get_search_results(request, queryset, "")
        return (queryset.search(search_term) if search_term else queryset), False


@admin.register(Supplier)
class SupplierAdmin(SearchByWords, RecordAdmin):
    list_page = "suppliers:supplier_list"
    resource = SupplierResource
    list_display = ["number", "name", "city", "rating", "currency", "is_blocked", "updated_at"]
    list_filter = ["currency", "is_blocked", "rating"]
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "customer_number", "rating", "vat_id", "language", "is_blocked", "notes"]}),
        (_("Address"), {"fields": ["street", "address_extra", "postcode", "city", "country"]}),
        (_("Where to reach them"), {"fields": ["email", "phone", "website"]}),
        (
            _("Terms"),
            {
                "fields": [
                    "currency",
                    "exchange_rate",
                    "payment_days",
                    "discount_percent",
                    "discount_days",
                    "incoterm",
                    "delivery_terms",
                    "minimum_order_value",
                    "lead_time_days",
                ]
            },
        ),
    ]


@admin.register(SupplierContact)
class SupplierContactAdmin(RecordAdmin):
    list_page = "suppliers:supplier_list"
    list_display = ["name", "supplier", "function", "email", "phone", "takes_orders"]
    search_fields = ["name", "email", "supplier__name"]


class PriceBreakInline(LockedInline):
    model = PriceBreak
    fields = ["quantity", "price"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(deleted_at=None)


@admin.register(SupplierPart)
class SupplierPartAdmin(SearchByWords, Locked, RecordAdmin):
    list_page = "suppliers:supplier_part_list"
    resource = SupplierPartResource
    import_page = "suppliers:import_list"
    list_display = ["part", "supplier", "supplier_sku", "price", "price_date", "is_preferred", "updated_at"]
    list_filter = ["is_preferred"]
    search_fields = ["supplier_sku"]
    inlines = [PriceBreakInline]
    fieldsets = [
        (None, {"fields": ["supplier", "part", "supplier_sku", "name", "url", "is_preferred"]}),
        (_("Terms"), {"fields": ["price", "moq", "pack_size", "lead_time_days"]}),
    ]


class LineInline(LockedInline):
    model = PurchaseOrderLine
    fields = ["position", "part", "quantity", "unit_price", "discount", "net", "received_quantity", "rejected_quantity"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(deleted_at=None).select_related("part", "purchase_order")


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(SearchByWords, Locked, RecordAdmin):
    list_page = "suppliers:purchase_order_list"
    resource = PurchaseOrderResource
    list_display = ["__str__", "supplier", "status", "order_date", "total", "currency", "ordered_by"]
    list_filter = ["status", "order_date"]
    search_fields = ["number"]
    inlines = [LineInline]
    fieldsets = [
        (None, {"fields": ["number", "status", "supplier", "ordered_by", "order_date", "expected_delivery_date"]}),
        (_("Terms"), {"fields": ["currency", "exchange_rate", "payment_days", "discount_percent", "delivery_terms"]}),
        (_("Texts"), {"fields": ["supplier_reference", "notes", "internal_notes", "reason", "ship_to"]}),
    ]


class ReceiptLineInline(LockedInline):
    model = GoodsReceiptLine
    fields = ["line", "accepted", "rejected", "reason", "location", "unit_cost"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("line__part", "location")


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(SearchByWords, Locked, RecordAdmin):
    list_page = "suppliers:goods_receipt_list"
    resource = GoodsReceiptResource
    list_display = ["number", "purchase_order", "received_on", "delivery_note", "created_by"]
    list_filter = ["received_on"]
    search_fields = ["number"]
    inlines = [ReceiptLineInline]
    fieldsets = [(None, {"fields": ["number", "purchase_order", "received_on", "delivery_note", "note", "reverses"]})]
