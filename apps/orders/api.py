"""REST: quotes and customer orders with their lines."""

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.documents.models import Document
from apps.orders.filters import CustomerOrderFilter
from apps.orders.forms import defaults_of
from apps.orders.models import CustomerOrder, OrderLine
from gmtc.api import AUDIT, Input, LinedViewSet, Quantity, RecordSerializer, Router, part_list, verb

# --- What is shown and taken ------------------------------------------------------------------------------------------


class OrderLineSerializer(RecordSerializer):
    version = None
    id = serializers.UUIDField(required=False, help_text=_("Of a line that is there already; a new line has none."))
    part_sku = serializers.CharField(source="part.sku", read_only=True)
    unit_price = serializers.DecimalField(
        max_digits=14, decimal_places=4, min_value=0, required=False, help_text=_("Left out: the part's sales price.")
    )
    vat_rate = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False, help_text=_("Left out: as usual.")
    )
    open_quantity = Quantity(read_only=True)
    missing_quantity = Quantity(read_only=True)

    class Meta:
        model = OrderLine
        fields = [
            "id",
            "position",
            "part",
            "part_sku",
            "description",
            "details",
            "customizations",
            "quantity",
            "unit",
            "unit_price",
            "discount",
            "vat_rate",
            "net",
            "reserved_quantity",
            "built_quantity",
            "shipped_quantity",
            "delivered_quantity",
            "returned_quantity",
            "invoiced_quantity",
            "open_quantity",
            "missing_quantity",
        ]
        read_only_fields = [
            "position",
            "unit",
            "net",
            "reserved_quantity",
            "built_quantity",
            "shipped_quantity",
            "delivered_quantity",
            "returned_quantity",
            "invoiced_quantity",
        ]

    def validate_part(self, part):
        if not part.is_sellable:
            raise serializers.ValidationError(_("%(part)s is not sold.") % {"part": part})
        return part


class CustomerOrderSerializer(RecordSerializer):
    customer_name = serializers.CharField(source="customer.name", read_only=True)
    lines = OrderLineSerializer(many=True, help_text=_("All of them, in order; what is not sent is removed."))

    class Meta:
        model = CustomerOrder
        fields = [
            "id",
            "number",
            "quote_number",
            "quote_version",
            "status",
            "customer",
            "customer_name",
            "contact",
            "customer_reference",
            "billing_address",
            "shipping_address",
            "responsible",
            "language",
            "tax_case",
            "requested_date",
            "promised_date",
            "quote_date",
            "valid_until",
            "order_date",
            "payment_days",
            "skonto_percent",
            "skonto_days",
            "discount_percent",
            "shipping_cost",
            "intro",
            "notes",
            "internal_notes",
            "net",
            "tax_amount",
            "total",
            "is_closed_short",
            "reason",
            "lines",
            *AUDIT,
        ]


# --- Verbs' input -----------------------------------------------------------------------------------------------------


class QuoteOrderSerializer(Input):
    quote_date = serializers.DateField(required=False)
    valid_until = serializers.DateField(required=False)
    mail_to = serializers.EmailField(required=False, help_text=_("With the PDF attached."))
    message = serializers.CharField(required=False, max_length=4000)


class ConfirmOrderSerializer(Input):
    order_date = serializers.DateField(required=False)
    promised_date = serializers.DateField(required=False)
    customer_reference = serializers.CharField(required=False, max_length=60, allow_blank=True)
    mail_to = serializers.EmailField(required=False, help_text=_("With the PDF attached."))
    message = serializers.CharField(required=False, max_length=4000)


class MailOrderSerializer(Input):
    to = serializers.EmailField()
    message = serializers.CharField(required=False, max_length=4000)
    document = serializers.PrimaryKeyRelatedField(
        queryset=Document.objects.all(), required=False, help_text=_("Left out: the newest one.")
    )


class OrderReasonSerializer(Input):
    reason = serializers.CharField(max_length=200)


class ReserveLineSerializer(Input):
    line = serializers.PrimaryKeyRelatedField(
        queryset=OrderLine.objects.all(), required=False, help_text=_("Left out: all lines.")
    )
    quantity = Quantity(min_value=0, required=False, help_text=_("Of that line. Left out: as much as is missing."))


class UnreserveLineSerializer(Input):
    line = serializers.PrimaryKeyRelatedField(queryset=OrderLine.objects.all())


# --- Addresses --------------------------------------------------------------------------------------------------------


class CustomerOrderViewSet(LinedViewSet):
    queryset = CustomerOrder.objects.select_related("customer").prefetch_related(
        Prefetch("lines", OrderLine.objects.select_related("part"))
    )
    serializer_class = CustomerOrderSerializer
    filterset_class = CustomerOrderFilter
    sorts = (
        "number",
        "quote_number",
        "status",
        "customer__name",
        "order_date",
        "promised_date",
        "net",
        "total",
        "created_at",
    )

    def create_record(self, values):
        """What is left out are the customer's terms."""
        return super().create_record(defaults_of(values["customer"]) | values)

    @part_list("orders.view_customerorder", _("The lines of the order."), gives=OrderLineSerializer)
    def items(self, order):
        return order.lines.select_related("part")

    @verb(
        "orders.quote_customerorder",
        _("Quotes it: gives the number, issues the PDF, mails it to `mail_to`."),
        takes=QuoteOrderSerializer,
    )
    def quote(self, order, **given):
        order.quote(by=self.request.user, **given)

    @verb("orders.quote_customerorder", _("Takes the quote back, to change it."))
    def withdraw(self, order):
        order.withdraw(by=self.request.user)

    @verb("orders.quote_customerorder", _("The customer does not want it."), takes=OrderReasonSerializer)
    def decline(self, order, **given):
        order.decline(by=self.request.user, **given)

    @verb(
        "orders.confirm_customerorder",
        _("Takes the order: holds what is in stock, gives the number, issues the confirmation."),
        takes=ConfirmOrderSerializer,
    )
    def confirm(self, order, **given):
        order.confirm(by=self.request.user, **given)

    @verb(
        "orders.cancel_customerorder", _("Gives the order up while nothing was shipped."), takes=OrderReasonSerializer
    )
    def cancel(self, order, **given):
        order.cancel(by=self.request.user, **given)

    @verb("orders.cancel_customerorder", _("The rest will not be shipped any more."), takes=OrderReasonSerializer)
    def close_short(self, order, **given):
        order.close_short(by=self.request.user, **given)

    @verb("orders.reserve_customerorder", _("Holds free stock for a line or for all."), takes=ReserveLineSerializer)
    def reserve(self, order, line=None, quantity=None):
        if line is None:
            order.reserve(by=self.request.user)
        else:
            line = self._own(order, line)
            line.reserve(line.missing_quantity if quantity is None else quantity, by=self.request.user)

    @verb("orders.reserve_customerorder", _("Frees what is held for a line."), takes=UnreserveLineSerializer)
    def unreserve(self, order, line):
        self._own(order, line).unreserve(by=self.request.user)

    @verb("orders.add_customerorder", _("A new draft with the same lines."), gives=CustomerOrderSerializer)
    def copy(self, order):
        return order.copy(by=self.request.user)

    @verb("orders.quote_customerorder", _("Mails an issued quote or confirmation."), takes=MailOrderSerializer)
    def mail(self, order, to, message="", document=None):
        document = document or order.papers.first()
        if document is None:
            raise serializers.ValidationError({"document": [_("Nothing has been issued yet.")]})
        order.mail(by=self.request.user, document=document, to=to, message=message)

    @staticmethod
    def _own(order, line) -> OrderLine:
        if line.order_id != order.pk:
            raise serializers.ValidationError(
                {"line": [_("This line does not belong to %(order)s.") % {"order": order}]}
            )
        return line


router = Router()
router.register("orders", CustomerOrderViewSet, basename="order")
urlpatterns = router.urls
