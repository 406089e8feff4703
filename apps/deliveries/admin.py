"""Back office of the deliveries room. Deliveries and returns are written by verbs on their pages; here one reads."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.deliveries.models import Carrier, Delivery, DeliveryLine, DeliveryReturn, DeliveryReturnLine
from apps.deliveries.resources import DeliveryResource, DeliveryReturnResource
from gmtc.admin import Locked, LockedInline, RecordAdmin


class SearchByWords:
    """The admin's search box finds what the list page finds."""

    def get_search_results(self, request, queryset, search_term):
        queryset, _distinct = super().get_search_results(request, queryset, "")
        return (queryset.search(search_term) if search_term else queryset), False


@admin.register(Carrier)
class CarrierAdmin(RecordAdmin):
    list_page = "deliveries:carrier_list"
    list_display = ["name", "service", "tracking_url", "is_pickup", "is_active", "updated_at"]
    list_filter = ["is_active"]
    search_fields = ["name"]


class LineInline(LockedInline):
    model = DeliveryLine
    fields = ["position", "order_line", "quantity", "location", "unit_cost", "returned_quantity"]

    def get_queryset(self, request):
        rows = super().get_queryset(request).filter(deleted_at=None)
        return rows.select_related("order_line__order", "location", "delivery")


@admin.register(Delivery)
class DeliveryAdmin(SearchByWords, Locked, RecordAdmin):
    list_page = "deliveries:delivery_list"
    resource = DeliveryResource
    list_display = ["__str__", "order", "status", "name", "city", "carrier", "shipped_on", "delivered_on"]
    list_filter = ["status", "shipped_on"]
    search_fields = ["number"]
    inlines = [LineInline]
    fieldsets = [
        (None, {"fields": ["number", "status", "order", "ship_by", "shipped_on", "delivered_on", "received_by"]}),
        (_("Ship to"), {"fields": ["name", "person", "street", "extra", "postcode", "city", "state", "country"]}),
        (
            _("Shipping"),
            {"fields": ["carrier", "service", "tracking_number", "expected_on", "package_count", "weight", "language"]},
        ),
        (_("Texts"), {"fields": ["notes", "internal_notes", "reason", "bill_to", "mailed_to", "mailed_at"]}),
    ]


class ReturnLineInline(LockedInline):
    model = DeliveryReturnLine
    fields = ["line", "quantity", "condition", "location", "reason"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("line__order_line", "location")


@admin.register(DeliveryReturn)
class DeliveryReturnAdmin(SearchByWords, Locked, RecordAdmin):
    list_page = "deliveries:return_list"
    resource = DeliveryReturnResource
    list_display = ["number", "delivery", "returned_on", "note", "created_by"]
    list_filter = ["returned_on"]
    search_fields = ["number"]
    inlines = [ReturnLineInline]
    fieldsets = [(None, {"fields": ["number", "delivery", "returned_on", "note"]})]
