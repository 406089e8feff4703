"""Back office of the builds room. Bills of materials are edited on their page, as a whole; here they can be read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.builds.models import (
    BuildPart,
    BuildRevision,
    ExtraUse,
    JobCheck,
    JobPart,
    PartsListImport,
    Printer,
    PrinterBuild,
    ProductionJob,
)
from apps.builds.resources import JobResource, PrinterResource
from gmtc.admin import Locked, LockedInline, RecordAdmin, RecordForm
from gmtc.forms import KeyValueField


class BuildForm(RecordForm):
    specifications = KeyValueField(
        label=_("Specifications"), required=False, help_text=_("Such as Build volume: 300 mm. An empty name drops it.")
    )


@admin.register(PrinterBuild)
class PrinterBuildAdmin(RecordAdmin):
    form = BuildForm
    list_page = "builds:build_list"
    list_display = ["model_number", "name", "kind", "product", "base_price", "updated_at"]
    list_filter = ["kind"]
    search_fields = ["model_number", "name"]
    fieldsets = [
        (None, {"fields": ["model_number", "name", "kind", "product", "base_price", "days_to_build"]}),
        (_("Description"), {"fields": ["description", "specifications"]}),
    ]


class LineInline(LockedInline):
    model = BuildPart
    fields = ["position", "part", "quantity", "reference", "note"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("part")


class ReadOnly(Locked, RecordAdmin):
    """Written only by the verbs of the pages."""


@admin.register(BuildRevision)
class BuildRevisionAdmin(ReadOnly):
    list_page = "builds:build_list"
    list_display = ["__str__", "status", "is_current", "released_at", "released_by", "updated_at"]
    list_filter = ["status", "is_current"]
    list_select_related = ["build", "released_by"]
    search_fields = ["build__model_number", "build__name", "note"]
    fields = ["build", "number", "status", "is_current", "note", "released_at", "released_by"]
    inlines = [LineInline]

    def get_list_select_related(self, request):
        return self.list_select_related

    def get_fieldsets(self, request, obj=None):
        return [(None, {"fields": self.fields})]

    def get_readonly_fields(self, request, obj=None):
        return self.fields


@admin.register(PartsListImport)
class PartsListImportAdmin(ReadOnly):
    list_page = "builds:import_list"
    list_display = ["original_name", "build", "status", "revision", "created_at", "created_by"]
    list_filter = ["status"]
    search_fields = ["original_name"]
    fields = ["original_name", "size", "build", "model_number", "status", "message", "revision"]

    def get_fieldsets(self, request, obj=None):
        return [(None, {"fields": self.fields})]

    def get_readonly_fields(self, request, obj=None):
        return self.fields

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("builds.import_partslist")

    def has_module_permission(self, request):
        return request.user.has_perm("builds.import_partslist")


class JobPartInline(LineInline):
    model = JobPart
    fields = ["position", "part", "quantity", "reserved_quantity", "picked_quantity", "consumed_quantity", "unit_cost"]


class ExtraInline(LineInline):
    model = ExtraUse
    fields = ["part", "kind", "quantity", "reason", "consumed_quantity", "unit_cost"]


class CheckInline(LockedInline):
    model = JobCheck
    fields = ["piece", "position", "name", "result", "note", "checked_by", "checked_at"]


@admin.register(ProductionJob)
class ProductionJobAdmin(ReadOnly):
    list_page = "builds:job_list"
    resource = JobResource
    list_display = ["number", "part", "quantity", "status", "due_date", "responsible", "updated_at"]
    list_filter = ["status", "priority"]
    search_fields = ["number", "part__sku", "part__name"]
    fields = [
        "number",
        "status",
        "part",
        "revision",
        "quantity",
        "order_line",
        "priority",
        "due_date",
        "responsible",
        "workplace",
        "notes",
        "released_at",
        "started_at",
        "completed_at",
        "cost",
        "reason",
    ]
    inlines = [JobPartInline, ExtraInline, CheckInline]

    def get_fieldsets(self, request, obj=None):
        return [(None, {"fields": self.fields})]

    def get_readonly_fields(self, request, obj=None):
        return self.fields


@admin.register(Printer)
class PrinterAdmin(ReadOnly):
    list_page = "builds:printer_list"
    resource = PrinterResource
    list_display = ["serial", "part", "status", "owner", "shipped_on", "warranty_until", "updated_at"]
    list_filter = ["status"]
    search_fields = ["serial", "part__sku", "owner__name"]
    fields = [
        "serial",
        "part",
        "job",
        "piece",
        "order_line",
        "owner",
        "status",
        "shipped_on",
        "warranty_until",
        "notes",
    ]

    def get_fieldsets(self, request, obj=None):
        return [(None, {"fields": self.fields})]

    def get_readonly_fields(self, request, obj=None):
        return self.fields
