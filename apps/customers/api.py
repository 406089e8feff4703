"""REST: customers with their addresses, contacts and contact history."""

import django_filters
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers

from apps.accounts.models import User
from apps.customers.filters import CustomerFilter, InteractionFilter
from apps.customers.models import Address, AddressKind, Contact, Customer, Interaction, InteractionKind, VatCheck
from gmtc.api import AUDIT, Input, RecordSerializer, RecordViewSet, Router, part_list, validate, verb

# --- What is shown and taken ------------------------------------------------------------------------------------------

PLACE = ["name", "person", "street", "extra", "postcode", "city", "state", "country"]


class CustomerSerializer(RecordSerializer):
    name = serializers.CharField(read_only=True)

    class Meta:
        model = Customer
        fields = [
            "id",
            "number",
            "kind",
            "name",
            "company_name",
            "salutation",
            "title",
            "first_name",
            "last_name",
            "email",
            "phone",
            "website",
            "country",
            "postcode",
            "city",
            "vat_id",
            "vat_result",
            "vat_checked_id",
            "vat_checked_at",
            "vat_request",
            "tax_case",
            "language",
            "currency",
            "payment_days",
            "skonto_percent",
            "skonto_days",
            "discount_percent",
            "credit_limit",
            "invoice_email",
            "buyer_reference",
            "address_scheme",
            "electronic_address",
            "is_blocked",
            "blocked_reason",
            "notes",
            *AUDIT,
        ]


class InvoiceAddressSerializer(serializers.ModelSerializer):
    class Meta:
        model = Address
        fields = PLACE


class NewCustomerSerializer(CustomerSerializer):
    address = InvoiceAddressSerializer(write_only=True, help_text=_("The standard invoice address."))

    class Meta(CustomerSerializer.Meta):
        fields = [*CustomerSerializer.Meta.fields, "address"]


class AddressSerializer(RecordSerializer):
    class Meta:
        model = Address
        fields = ["id", "customer", "kind", "is_default", *PLACE, *AUDIT]


class ContactSerializer(RecordSerializer):
    class Meta:
        model = Contact
        fields = [
            "id",
            "customer",
            "salutation",
            "title",
            "first_name",
            "last_name",
            "role",
            "email",
            "phone",
            "mobile",
            "is_primary",
            "agreed_to_news_on",
            "notes",
            *AUDIT,
        ]


class InteractionSerializer(RecordSerializer):
    customer_number = serializers.CharField(source="customer.number", read_only=True)

    class Meta:
        model = Interaction
        fields = [
            "id",
            "customer",
            "customer_number",
            "kind",
            "happened_at",
            "person",
            "contact",
            "text",
            "follow_up_on",
            "follow_up_by",
            "done_at",
            "done_by",
            *AUDIT,
        ]
        read_only_fields = ["person", "done_at", "done_by"]


class BlockSerializer(Input):
    reason = serializers.CharField(max_length=200)


class VatCheckSerializer(Input):
    result = serializers.ChoiceField(VatCheck.choices)
    at = serializers.DateTimeField(required=False, help_text=_("Empty: now."))
    request = serializers.CharField(max_length=60, required=False, allow_blank=True)


class NoteSerializer(Input):
    text = serializers.CharField(max_length=10_000)
    kind = serializers.ChoiceField(InteractionKind.choices, required=False)
    happened_at = serializers.DateTimeField(required=False, help_text=_("Empty: now."))
    contact = serializers.PrimaryKeyRelatedField(queryset=Contact.objects.all(), required=False)
    follow_up_on = serializers.DateField(required=False)
    follow_up_by = serializers.PrimaryKeyRelatedField(queryset=User.objects.active(), required=False)


# --- Filters ----------------------------------------------------------------------------------------------------------


class CustomerApiFilter(CustomerFilter):
    number = django_filters.CharFilter(lookup_expr="iexact", label=_("Customer number"))
    vat_id = django_filters.CharFilter(lookup_expr="iexact", label=_("VAT ID"))
    country = django_filters.CharFilter(lookup_expr="iexact", label=_("Country"))


class AddressFilter(django_filters.FilterSet):
    customer = django_filters.UUIDFilter(label=_("Customer"))
    kind = django_filters.ChoiceFilter(choices=AddressKind, label=_("Kind"))
    is_default = django_filters.BooleanFilter(label=_("Standard"))


class ContactFilter(django_filters.FilterSet):
    customer = django_filters.UUIDFilter(label=_("Customer"))
    email = django_filters.CharFilter(lookup_expr="iexact", label=_("E-mail"))


# --- Addresses of the API ---------------------------------------------------------------------------------------------


class CustomerViewSet(RecordViewSet):
    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer
    filterset_class = CustomerApiFilter
    sorts = ("name", "number", "city", "country", "created_at", "updated_at")

    def get_serializer_class(self):
        return NewCustomerSerializer if self.action == "create" else super().get_serializer_class()

    def create_record(self, values):
        address = Address(**values.pop("address"))
        customer = Customer(**values)
        validate(customer)
        address.clean_fields(exclude=["customer"])
        address.clean()
        return customer.register(address, by=self.request.user)

    @verb("customers.block_customer", _("No more orders and deliveries until it is lifted."), takes=BlockSerializer)
    def block(self, customer, **given):
        customer.block(by=self.request.user, **given)

    @verb("customers.block_customer", _("The customer may buy again."))
    def unblock(self, customer):
        customer.unblock(by=self.request.user)

    @verb(
        "customers.check_customer", _("Keeps what the tax office answered about the VAT ID."), takes=VatCheckSerializer
    )
    def record_vat_check(self, customer, **given):
        customer.record_vat_check(by=self.request.user, **given)

    @verb(
        "customers.note_customer",
        _("Writes down what was said, and until when who does something about it."),
        takes=NoteSerializer,
        gives=InteractionSerializer,
    )
    def note(self, customer, **given):
        return customer.note(by=self.request.user, **given)

    @part_list(
        "customers.view_address",
        _("Where invoices and goods go."),
        gives=AddressSerializer,
        filters=AddressFilter,
        sorts=("city", "created_at"),
    )
    def addresses(self, customer):
        return customer.addresses.filter(deleted_at=None)

    @part_list(
        "customers.view_contact",
        _("The people at the customer."),
        gives=ContactSerializer,
        filters=ContactFilter,
        sorts=("last_name",),
    )
    def contacts(self, customer):
        return customer.contacts.filter(deleted_at=None)

    @part_list(
        "customers.view_interaction",
        _("The contact history, newest first."),
        gives=InteractionSerializer,
        filters=InteractionFilter,
        sorts=("happened_at",),
    )
    def interactions(self, customer):
        return customer.interactions.filter(deleted_at=None).select_related("customer")


class BelongingViewSet(RecordViewSet):
    """What belongs to a customer and stays with that customer."""

    def revise_record(self, record, values, *, version):
        customer = values.pop("customer", record.customer)
        if customer != record.customer:
            message = _("This stays with its customer; make a new one there.")
            raise exceptions.ValidationError({"customer": [message]}, code="invalid")
        super().revise_record(record, values, version=version)


class AddressViewSet(BelongingViewSet):
    queryset = Address.objects.filter(customer__deleted_at=None).select_related("customer")
    serializer_class = AddressSerializer
    filterset_class = AddressFilter
    sorts = ("city", "country", "created_at", "updated_at")

    @verb("customers.change_address", _("The standard of its kind from now on."))
    def make_default(self, address):
        address.make_default(by=self.request.user)


class ContactViewSet(BelongingViewSet):
    queryset = Contact.objects.filter(customer__deleted_at=None).select_related("customer")
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    sorts = ("last_name", "first_name", "created_at", "updated_at")

    @verb("customers.change_contact", _("The first contact of its customer from now on."))
    def make_primary(self, contact):
        contact.make_primary(by=self.request.user)


class InteractionViewSet(BelongingViewSet):
    queryset = Interaction.objects.filter(customer__deleted_at=None).select_related("customer")
    serializer_class = InteractionSerializer
    filterset_class = InteractionFilter
    sorts = ("happened_at", "follow_up_on", "created_at", "updated_at")
    needs = {"create": "customers.note_customer"}

    def create_record(self, values):
        customer = values.pop("customer")
        return customer.note(values.pop("text"), by=self.request.user, **values)

    @verb("customers.finish_interaction", _("The follow-up is done."))
    def finish(self, interaction):
        interaction.finish(by=self.request.user)

    @verb("customers.finish_interaction", _("It was not done after all."))
    def reopen(self, interaction):
        interaction.reopen(by=self.request.user)


router = Router()
router.register("customers", CustomerViewSet, basename="customer")
router.register("addresses", AddressViewSet, basename="address")
router.register("contacts", ContactViewSet, basename="contact")
router.register("interactions", InteractionViewSet, basename="interaction")
urlpatterns = router.urls
