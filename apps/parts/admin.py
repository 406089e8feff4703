"""Back office of the parts room. The ledger, what it adds up to, and reservations can only be read here."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.parts.models import Category, Part, Reservation, StockLevel, StockMovement, StorageLocation
from apps.parts.resources import CategoryResource, LocationResource, MovementResource, PartResource
from gmtc.admin import Locked, LockedAdmin, LockedInline, RecordAdmin, RecordForm, link_to_list
from gmtc.forms import KeyValueField


@admin.register(Category)
class CategoryAdmin(RecordAdmin):
    list_page = "parts:category_list"
    resource = CategoryResource
    export_permission = "parts.export_part"
    list_display = ["name", "parent", "updated_at", "updated_by"]
    search_fields = ["name"]


@admin.register(StorageLocation)
class StorageLocationAdmin(RecordAdmin):
    list_page = "parts:location_list"
    resource = LocationResource
    export_permission = "parts.export_part"
    list_display = ["code", "name", "parent", "updated_at", "updated_by"]
    search_fields = ["code", "name"]


class PartForm(RecordForm):
    specifications = KeyValueField(
        label=_("Specifications"), required=False, help_text=_("Such as Length: 450 mm. An empty name drops the row.")
    )


class LevelInline(LockedInline):
    model = StockLevel
    fields = ["location", "quantity"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(quantity__gt=0).select_related("location")


@admin.register(Part)
class PartAdmin(RecordAdmin):
    form = PartForm
    list_page = "parts:part_list"
    resource = PartResource
    import_page = "parts:import_list"
    list_display = ["sku", "name", "category", "unit", "current_stock", "reserved_stock", "unit_price", "updated_at"]
    list_filter = ["procurement", "is_sellable", "is_serialised", "is_discontinued"]
    search_fields = ["sku", "name", "cad_name", "manufacturer_number", "barcode"]
    readonly_fields = ["movements"]
    inlines = [LevelInline]
    fieldsets = [
        (None, {"fields": ["sku", "name", "description", "category", "specifications", "image"]}),
        (_("Use"), {"fields": ["unit", "procurement", "is_sellable", "is_serialised", "is_discontinued"]}),
        (_("Stock"), {"fields": ["minimum_stock", "reorder_quantity", "default_location", "movements"]}),
        (_("Price"), {"fields": ["unit_price"]}),
        (_("Origin"), {"fields": ["manufacturer", "manufacturer_number", "cad_name", "barcode"]}),
        (_("Shipping"), {"fields": ["weight", "customs_number", "country_of_origin"]}),
    ]

    def get_search_results(self, request, queryset, search_term):
        queryset, _distinct = super().get_search_results(request, queryset, "")
        return queryset.search(search_term), False

    @admin.display(description=_("stock movements"))
    def movements(self, part):
        return link_to_list(StockMovement, _("All movements of this part"), part__id__exact=part.pk)


@admin.register(StockMovement)
class StockMovementAdmin(LockedAdmin):
    resource = MovementResource
    list_display = ["created_at", "part", "location", "kind", "quantity", "unit_cost", "reference_number", "created_by"]
    list_filter = ["kind", "created_at"]
    list_select_related = ["part", "location", "created_by"]
    search_fields = ["part__search_text", "reference_number", "note"]


@admin.register(Reservation)
class ReservationAdmin(Locked, RecordAdmin):
    list_display = ["part", "quantity", "reference_number", "note", "created_at", "created_by"]
    search_fields = ["part__search_text", "reference_number", "note"]
    fieldsets = [
        (None, {"fields": ["part", "quantity", "reference_type", "reference_id", "reference_number", "note"]}),
    ]
