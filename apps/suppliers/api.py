"""REST: suppliers and their contacts, offers with price breaks, purchase orders with lines, goods receipts."""

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.parts.models import StorageLocation
from apps.suppliers.filters import GoodsReceiptFilter, PurchaseOrderFilter, SupplierFilter, SupplierPartFilter
from apps.suppliers.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    Received,
    Supplier,
    SupplierContact,
    SupplierPart,
)
from gmtc.api import (
    AUDIT,
    Input,
    LinedViewSet,
    Quantity,
    ReadViewSet,
    RecordSerializer,
    RecordViewSet,
    Router,
    part_list,
    verb,
)

# --- What is shown and taken ------------------------------------------------------------------------------------------


class SupplierSerializer(RecordSerializer):
    class Meta:
        model = Supplier
        fields = [
            "id",
            "number",
            "name",
            "customer_number",
            "rating",
            "street",
            "address_extra",
            "postcode",
            "city",
            "country",
            "email",
            "phone",
            "website",
            "vat_id",
            "language",
            "currency",
            "exchange_rate",
            "payment_days",
            "discount_percent",
            "discount_days",
            "incoterm",
            "delivery_terms",
            "minimum_order_value",
            "lead_time_days",
            "is_blocked",
            "notes",
            *AUDIT,
        ]


class SupplierContactSerializer(RecordSerializer):
    class Meta:
        model = SupplierContact
        fields = ["id", "supplier", "name", "function", "email", "phone", "takes_orders", "notes", *AUDIT]


class PriceBreakSerializer(RecordSerializer):
    version = None

    class Meta:
        model = PriceBreak
        fields = ["quantity", "price"]


class SupplierPartSerializer(RecordSerializer):
    supplier_name = serializers.CharField(source="supplier.name", read_only=True)
    part_sku = serializers.CharField(source="part.sku", read_only=True)
    currency = serializers.CharField(source="supplier.currency", read_only=True)
    price_breaks = PriceBreakSerializer(many=True, help_text=_("All of them; what is not sent is removed."))

    class Meta:
        model = SupplierPart
        fields = [
            "id",
            "supplier",
            "supplier_name",
            "part",
            "part_sku",
            "supplier_sku",
            "name",
            "url",
            "price",
            "currency",
            "price_date",
            "price_breaks",
            "moq",
            "pack_size",
            "lead_time_days",
            "is_preferred",
            *AUDIT,
        ]
        read_only_fields = ["is_preferred"]


class PurchaseOrderLineSerializer(RecordSerializer):
    version = None
    id = serializers.UUIDField(required=False, help_text=_("Of a line that is there already; a new line has none."))
    part_sku = serializers.CharField(source="part.sku", read_only=True)
    open_quantity = serializers.DecimalField(max_digits=12, decimal_places=3, read_only=True)

    class Meta:
        model = PurchaseOrderLine
        fields = [
            "id",
            "position",
            "part",
            "part_sku",
            "supplier_sku",
            "description",
            "quantity",
            "unit",
            "unit_price",
            "discount",
            "tolerance",
            "expected_date",
            "net",
            "received_quantity",
            "rejected_quantity",
            "open_quantity",
        ]
        # Validated with the order's own fields; their model checks run per line below.
        read_only_fields = ["position", "unit", "net", "received_quantity", "rejected_quantity"]


class PurchaseOrderSerializer(RecordSerializer):
    supplier_name = serializers.CharField(source="supplier.name", read_only=True)
    lines = PurchaseOrderLineSerializer(many=True, help_text=_("All of them, in order; what is not sent is removed."))

    class Meta:
        model = PurchaseOrder
        fields = [
            "id",
            "number",
            "status",
            "supplier",
            "supplier_name",
            "ordered_by",
            "order_date",
            "expected_delivery_date",
            "supplier_reference",
            "language",
            "currency",
            "exchange_rate",
            "notes",
            "internal_notes",
            "ship_to",
            "payment_days",
            "discount_percent",
            "discount_days",
            "delivery_terms",
            "total",
            "is_closed_short",
            "reason",
            "lines",
            *AUDIT,
        ]


class GoodsReceiptLineSerializer(RecordSerializer):
    version = None
    part = serializers.UUIDField(source="line.part_id", read_only=True)
    part_sku = serializers.CharField(source="line.part.sku", read_only=True)

    class Meta:
        model = GoodsReceiptLine
        fields = ["id", "line", "part", "part_sku", "accepted", "rejected", "reason", "location", "unit_cost"]


class GoodsReceiptSerializer(RecordSerializer):
    order_number = serializers.CharField(source="purchase_order.number", read_only=True)
    lines = GoodsReceiptLineSerializer(many=True, read_only=True)

    class Meta:
        model = GoodsReceipt
        fields = [
            "id",
            "number",
            "purchase_order",
            "order_number",
            "delivery_note",
            "received_on",
            "note",
            "reverses",
            "lines",
            "created_at",
            "created_by",
        ]


# --- Verbs' input -----------------------------------------------------------------------------------------------------


class SendOrderSerializer(Input):
    order_date = serializers.DateField(required=False)
    mail_to = serializers.EmailField(required=False, help_text=_("With the PDF attached."))
    message = serializers.CharField(required=False, max_length=4000)


class ReceivedLineSerializer(Input):
    line = serializers.PrimaryKeyRelatedField(queryset=PurchaseOrderLine.objects.all())
    accepted = Quantity(min_value=0, required=False)
    rejected = Quantity(min_value=0, required=False)
    location = serializers.PrimaryKeyRelatedField(queryset=StorageLocation.objects.all(), required=False)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class ReceiveGoodsSerializer(Input):
    lines = ReceivedLineSerializer(many=True, allow_empty=False)
    delivery_note = serializers.CharField(max_length=60, required=False, allow_blank=True)
    received_on = serializers.DateField(required=False)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)
    over_delivery = serializers.BooleanField(required=False, help_text=_("More than ordered is meant."))


class CancelOrderSerializer(Input):
    reason = serializers.CharField(max_length=200)


class CloseShortSerializer(Input):
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class PurchaseOrderNoteSerializer(Input):
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class AcknowledgeOrderSerializer(Input):
    supplier_reference = serializers.CharField(max_length=60, allow_blank=True)
    expected_delivery_date = serializers.DateField(allow_null=True)


# --- Addresses --------------------------------------------------------------------------------------------------------


class SupplierViewSet(RecordViewSet):
    queryset = Supplier.objects.all()
    serializer_class = SupplierSerializer
    filterset_class = SupplierFilter
    sorts = ("number", "name", "city", "rating", "created_at", "updated_at")

    @part_list("suppliers.view_suppliercontact", _("The people there."), gives=SupplierContactSerializer)
    def contacts(self, supplier):
        return supplier.contacts.all()

    @part_list(
        "suppliers.view_supplierpart",
        _("What they sell to us."),
        gives=SupplierPartSerializer,
        filters=SupplierPartFilter,
    )
    def parts(self, supplier):
        return supplier.items.with_breaks()


class ContactViewSet(RecordViewSet):
    queryset = SupplierContact.objects.all()
    serializer_class = SupplierContactSerializer
    sorts = ("name", "created_at")


class SupplierPartViewSet(LinedViewSet):
    queryset = SupplierPart.objects.with_breaks()
    serializer_class = SupplierPartSerializer
    filterset_class = SupplierPartFilter
    lines_name = "price_breaks"
    sorts = ("part__sku", "supplier__name", "supplier_sku", "price", "price_date", "created_at", "updated_at")

    @verb("suppliers.prefer_supplierpart", _("Makes this the preferred offer of its part."))
    def prefer(self, item):
        item.prefer(by=self.request.user)


class PurchaseOrderViewSet(LinedViewSet):
    queryset = PurchaseOrder.objects.select_related("supplier").prefetch_related(
        Prefetch("lines", PurchaseOrderLine.objects.select_related("part"))
    )
    serializer_class = PurchaseOrderSerializer
    filterset_class = PurchaseOrderFilter
    sorts = ("number", "status", "supplier__name", "order_date", "expected_delivery_date", "total", "created_at")

    @part_list("suppliers.view_purchaseorder", _("The lines of the order."), gives=PurchaseOrderLineSerializer)
    def items(self, order):
        return order.lines.select_related("part")

    @verb(
        "suppliers.send_purchaseorder",
        _("Orders it: gives the number, issues the PDF, mails it to `mail_to`. Nothing can be edited afterwards."),
        takes=SendOrderSerializer,
    )
    def send(self, order, **given):
        order.send(by=self.request.user, **given)

    @verb(
        "suppliers.receive_purchaseorder",
        _("Takes goods into stock, at the price of their line."),
        takes=ReceiveGoodsSerializer,
        gives=GoodsReceiptSerializer,
    )
    def receive(self, order, lines, **given):
        rows = [Received(**{"accepted": 0} | dict(line)) for line in lines]
        return order.receive(rows, by=self.request.user, **given)

    @verb(
        "suppliers.cancel_purchaseorder", _("Gives the order up while nothing has come."), takes=CancelOrderSerializer
    )
    def cancel(self, order, **given):
        order.cancel(by=self.request.user, **given)

    @verb("suppliers.cancel_purchaseorder", _("Says that the rest will not come."), takes=CloseShortSerializer)
    def close_short(self, order, **given):
        order.close_short(by=self.request.user, **given)

    @verb("suppliers.cancel_purchaseorder", _("Takes `close_short` back."))
    def reopen(self, order):
        order.reopen(by=self.request.user)

    @verb(
        "suppliers.change_purchaseorder", _("Notes what the supplier has confirmed."), takes=AcknowledgeOrderSerializer
    )
    def acknowledge(self, order, **given):
        order.acknowledge(by=self.request.user, **given)

    @verb(
        "suppliers.add_purchaseorder",
        _("A new draft with the same lines, at the prices of today."),
        gives=PurchaseOrderSerializer,
    )
    def copy(self, order):
        return order.copy(by=self.request.user)


class GoodsReceiptViewSet(ReadViewSet):
    queryset = GoodsReceipt.objects.select_related("purchase_order").prefetch_related(
        Prefetch("lines", GoodsReceiptLine.objects.select_related("line__part"))
    )
    serializer_class = GoodsReceiptSerializer
    filterset_class = GoodsReceiptFilter
    sorts = ("number", "received_on", "created_at")

    @verb(
        "suppliers.reverse_goodsreceipt",
        _("Takes everything of this receipt back, by a counter receipt."),
        takes=PurchaseOrderNoteSerializer,
        gives=GoodsReceiptSerializer,
    )
    def reverse(self, receipt, **given):
        return receipt.reverse(by=self.request.user, **given)


router = Router()
router.register("suppliers", SupplierViewSet, basename="supplier")
router.register("supplier-contacts", ContactViewSet, basename="supplier-contact")
router.register("supplier-parts", SupplierPartViewSet, basename="supplier-part")
router.register("purchase-orders", PurchaseOrderViewSet, basename="purchase-order")
router.register("goods-receipts", GoodsReceiptViewSet, basename="goods-receipt")
urlpatterns = router.urls
