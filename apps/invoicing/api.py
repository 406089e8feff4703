"""REST: invoices with their lines, and payments."""

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from apps.deliveries.models import Delivery
from apps.invoicing.filters import InvoiceFilter, PaymentFilter
from apps.invoicing.forms import defaults_of
from apps.invoicing.models import MONEY_BY, Invoice, InvoiceLine, InvoiceTax, Payment
from apps.orders.models import CustomerOrder
from gmtc.api import AUDIT, Input, LinedViewSet, ReadViewSet, RecordSerializer, Router, part_list, verb

# --- What is shown and taken ------------------------------------------------------------------------------------------


class InvoiceLineSerializer(RecordSerializer):
    version = None
    id = serializers.UUIDField(required=False, help_text=_("Of a line that is there already; a new line has none."))

    class Meta:
        model = InvoiceLine
        fields = ["id", "position", "order_line", *InvoiceLine.TYPED, "part_number", "allowance", "net"]
        read_only_fields = ["position", "order_line", "part_number", "allowance", "net"]

    def validate(self, attrs):
        part = attrs.get("part")
        if not attrs.get("description") and not attrs.get("id"):
            if not part:
                raise serializers.ValidationError({"description": [_("Say what is charged, or choose a part.")]})
            attrs["description"] = part.name
        if "quantity" in attrs and not attrs["quantity"]:
            raise serializers.ValidationError({"quantity": [_("A line needs a quantity.")]})
        return attrs


class InvoiceTaxSerializer(RecordSerializer):
    version = None

    class Meta:
        model = InvoiceTax
        fields = ["category", "rate", "lines_net", "discount", "shipping", "advances", "base", "tax"]
        read_only_fields = fields


class InvoiceSerializer(RecordSerializer):
    lines = InvoiceLineSerializer(many=True, help_text=_("All of them, in order; what is not sent is removed."))
    taxes = InvoiceTaxSerializer(many=True, read_only=True)
    open_amount = serializers.DecimalField(max_digits=12, decimal_places=2, read_only=True)
    is_overdue = serializers.BooleanField(read_only=True)

    class Meta:
        model = Invoice
        fields = [
            "id",
            "number",
            "kind",
            "status",
            "order",
            "customer",
            "buyer_name",
            "customer_reference",
            "buyer_reference",
            "billing_address",
            "shipping_address",
            "responsible",
            "language",
            "tax_case",
            "profile",
            "invoice_date",
            "supply_start",
            "supply_end",
            "payment_days",
            "due_date",
            "skonto_percent",
            "skonto_days",
            "discount_percent",
            "shipping_cost",
            "rounding",
            "deducts_advances",
            "intro",
            "notes",
            "internal_notes",
            "net",
            "tax_amount",
            "total",
            "paid_amount",
            "reduction",
            "open_amount",
            "is_overdue",
            "payment_reference",
            "reverses",
            "reason",
            "mailed_to",
            "mailed_at",
            "lines",
            "taxes",
            *AUDIT,
        ]
        read_only_fields = ["order", "buyer_name"]


class PaymentSerializer(RecordSerializer):
    invoice_number = serializers.CharField(source="invoice.number", read_only=True)

    class Meta:
        model = Payment
        fields = [
            "id",
            "invoice",
            "invoice_number",
            "paid_on",
            "amount",
            "reduction",
            "method",
            "reference",
            "note",
            "reverses",
            "created_at",
            "created_by",
        ]


# --- Verbs' input -----------------------------------------------------------------------------------------------------


def amount_field(**kwargs) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0, **kwargs)


class InvoiceOfOrderSerializer(Input):
    order = serializers.PrimaryKeyRelatedField(queryset=CustomerOrder.objects.all(), required=False)
    delivery = serializers.PrimaryKeyRelatedField(queryset=Delivery.objects.all(), required=False)

    def validate(self, attrs):
        if len(attrs) != 1:
            raise serializers.ValidationError({"order": [_("Name an order or a delivery.")]})
        return attrs


class AdvanceInvoiceSerializer(Input):
    order = serializers.PrimaryKeyRelatedField(queryset=CustomerOrder.objects.all())
    percent = serializers.DecimalField(max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False)
    net = amount_field(required=False)

    def validate(self, attrs):
        if ("percent" in attrs) == ("net" in attrs):
            raise serializers.ValidationError({"percent": [_("Enter either a percentage or an amount.")]})
        return attrs


class IssueInvoiceSerializer(Input):
    invoice_date = serializers.DateField(required=False)
    mail_to = serializers.EmailField(required=False, help_text=_("With the PDF attached."))
    message = serializers.CharField(required=False, max_length=4000)


class MailInvoiceSerializer(Input):
    to = serializers.EmailField()
    message = serializers.CharField(required=False, max_length=4000)


class InvoiceReasonSerializer(Input):
    reason = serializers.CharField(max_length=200)


class RecordPaymentSerializer(Input):
    amount = amount_field(help_text=_("Euros."))
    on = serializers.DateField(required=False)
    method = serializers.ChoiceField(choices=MONEY_BY, required=False)
    reference = serializers.CharField(max_length=140, required=False, allow_blank=True)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)
    skonto = serializers.BooleanField(required=False, help_text=_("The rest is the agreed cash discount."))


class RefundInvoiceSerializer(Input):
    amount = amount_field(help_text=_("Euros."))
    on = serializers.DateField(required=False)
    method = serializers.ChoiceField(choices=MONEY_BY, required=False)
    reference = serializers.CharField(max_length=140, required=False, allow_blank=True)


class PaymentNoteSerializer(Input):
    note = serializers.CharField(max_length=200)


# --- Addresses --------------------------------------------------------------------------------------------------------


class InvoiceViewSet(LinedViewSet):
    queryset = Invoice.objects.select_related("customer").prefetch_related(
        Prefetch("lines", InvoiceLine.objects.all()), "taxes"
    )
    serializer_class = InvoiceSerializer
    filterset_class = InvoiceFilter
    sorts = ("number", "status", "buyer_name", "invoice_date", "due_date", "net", "total", "created_at")
    needs = {"from_order": "invoicing.add_invoice", "advance": "invoicing.add_invoice"}

    def create_record(self, values):
        """What is left out are the customer's terms."""
        return super().create_record(defaults_of(values["customer"]) | values)

    @extend_schema(request=InvoiceOfOrderSerializer, responses={201: InvoiceSerializer})
    @action(detail=False, methods=["post"])
    def from_order(self, request):
        given = self.asked(InvoiceOfOrderSerializer)
        if "delivery" in given:
            return self.made(Invoice.from_delivery(given["delivery"], by=request.user))
        return self.made(Invoice.from_order(given["order"], by=request.user))

    from_order.says = _("Drafts an invoice of what was shipped and is not invoiced yet.")

    @extend_schema(request=AdvanceInvoiceSerializer, responses={201: InvoiceSerializer})
    @action(detail=False, methods=["post"])
    def advance(self, request):
        return self.made(Invoice.advance_for(by=request.user, **self.asked(AdvanceInvoiceSerializer)))

    advance.says = _("Drafts an advance invoice over a part of an order.")

    def asked(self, takes) -> dict:
        return self.checked(takes(data=self.request.data))

    def made(self, draft):
        return self.one(self.stored(draft), status=201)

    @part_list("invoicing.view_invoice", _("The lines of the invoice."), gives=InvoiceLineSerializer)
    def items(self, invoice):
        return invoice.lines.all()

    @part_list("invoicing.view_payment", _("The payments of the invoice."), gives=PaymentSerializer)
    def payments(self, invoice):
        return invoice.payments.select_related("invoice")

    @verb(
        "invoicing.issue_invoice",
        _("Issues it: gives the number, stores PDF and e-invoice, mails them to `mail_to`. Final."),
        takes=IssueInvoiceSerializer,
    )
    def issue(self, invoice, **given):
        invoice.issue(by=self.request.user, **given)

    @verb("invoicing.issue_invoice", _("Mails the PDF once more."), takes=MailInvoiceSerializer)
    def mail(self, invoice, **given):
        invoice.mail(by=self.request.user, **given)

    @verb(
        "invoicing.cancel_invoice",
        _("Cancels it by a cancellation invoice, which is what comes back."),
        takes=InvoiceReasonSerializer,
        gives=InvoiceSerializer,
    )
    def cancel(self, invoice, **given):
        return self.stored(invoice.cancel(by=self.request.user, **given))

    @verb(
        "invoicing.record_payment_invoice",
        _("Records money that has come; with `skonto` the rest is the agreed cash discount."),
        takes=RecordPaymentSerializer,
        gives=PaymentSerializer,
    )
    def record_payment(self, invoice, **given):
        return invoice.record_payment(by=self.request.user, **given)

    @verb(
        "invoicing.write_off_invoice",
        _("Writes off what is still open; the invoice counts as paid."),
        takes=PaymentNoteSerializer,
    )
    def write_off(self, invoice, **given):
        invoice.write_off(by=self.request.user, **given)

    @verb(
        "invoicing.refund_invoice",
        _("Notes that money of a cancelled invoice went back."),
        takes=RefundInvoiceSerializer,
        gives=PaymentSerializer,
    )
    def refund(self, invoice, **given):
        return invoice.refund(by=self.request.user, **given)

    @verb("invoicing.add_invoice", _("A new draft with the same lines, without the order."), gives=InvoiceSerializer)
    def copy(self, invoice):
        return self.stored(invoice.copy(by=self.request.user))


class PaymentViewSet(ReadViewSet):
    queryset = Payment.objects.select_related("invoice")
    serializer_class = PaymentSerializer
    filterset_class = PaymentFilter
    sorts = ("paid_on", "amount", "invoice__number", "created_at")

    @verb(
        "invoicing.refund_invoice",
        _("Takes a wrong payment back by a counter-payment."),
        takes=PaymentNoteSerializer,
        gives=PaymentSerializer,
    )
    def reverse(self, payment, **given):
        return payment.invoice.reverse_payment(payment, by=self.request.user, **given)


router = Router()
router.register("invoices", InvoiceViewSet, basename="invoice")
router.register("payments", PaymentViewSet, basename="payment")
urlpatterns = router.urls
