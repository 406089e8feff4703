"""Back office of the customers room. A customer is made on the pages, together with the invoice address."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Address, Contact, Customer, Interaction
from apps.customers.resources import ContactResource, CustomerResource
from gmtc.admin import LockedInline, RecordAdmin, link_to_list


class AddressInline(LockedInline):
    model = Address
    fields = ["kind", "is_default", "name", "street", "postcode", "city", "country"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(deleted_at=None).select_related("customer")


@admin.register(Customer)
class CustomerAdmin(RecordAdmin):
    list_page = "customers:customer_list"
    resource = CustomerResource
    import_page = "customers:import_list"
    list_display = ["number", "name", "kind", "city", "country", "vat_id", "tax_case", "is_blocked", "updated_at"]
    list_filter = ["kind", "tax_case", "language", "is_blocked"]
    search_fields = ["search_text"]
    readonly_fields = [
        "vat_checked_id",
        "vat_checked_at",
        "vat_result",
        "vat_request",
        "is_blocked",
        "blocked_reason",
        "belongings",
    ]
    inlines = [AddressInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "number",
                    "kind",
                    "company_name",
                    "salutation",
                    "title",
                    "first_name",
                    "last_name",
                    "email",
                    "phone",
                    "website",
                    "language",
                    "notes",
                    "belongings",
                ]
            },
        ),
        (
            _("Tax"),
            {"fields": ["vat_id", "tax_case", "vat_result", "vat_checked_id", "vat_checked_at", "vat_request"]},
        ),
        (
            _("Terms"),
            {
                "fields": [
                    "payment_days",
                    "skonto_percent",
                    "skonto_days",
                    "discount_percent",
                    "credit_limit",
                    "is_blocked",
                    "blocked_reason",
                ]
            },
        ),
        (_("Invoices"), {"fields": ["invoice_email", "buyer_reference", "address_scheme", "electronic_address"]}),
    ]

    def has_add_permission(self, request):
        return False

    def get_search_results(self, request, queryset, search_term):
        queryset, _distinct = super().get_search_results(request, queryset, "")
        return queryset.search(search_term), False

    @admin.display(description=_("belongs to the customer"))
    def belongings(self, customer):
        return link_to_list(Interaction, _("Contact history"), customer__id__exact=customer.pk)


@admin.register(Address)
class AddressAdmin(RecordAdmin):
    list_display = ["customer", "kind", "is_default", "street", "postcode", "city", "country", "updated_at"]
    list_filter = ["kind", "is_default"]
    search_fields = ["customer__search_text", "name", "street", "city"]

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(["customer"] if obj else [])]


@admin.register(Contact)
class ContactAdmin(RecordAdmin):
    resource = ContactResource
    export_permission = "customers.export_customer"
    list_display = ["last_name", "first_name", "customer", "role", "email", "phone", "is_primary", "updated_at"]
    list_filter = ["is_primary"]
    search_fields = ["first_name", "last_name", "email", "customer__search_text"]

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(["customer"] if obj else [])]


@admin.register(Interaction)
class InteractionAdmin(RecordAdmin):
    list_display = ["happened_at", "customer", "kind", "person", "follow_up_on", "follow_up_by", "done_at"]
    list_filter = ["kind", "happened_at"]
    search_fields = ["text", "customer__search_text"]
    readonly_fields = ["done_at", "done_by"]

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(["customer"] if obj else [])]
