"""REST: carriers, deliveries with lines and printers, returns."""

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.builds.models import Printer
from apps.deliveries.filters import DeliveryFilter, DeliveryReturnFilter
from apps.deliveries.models import (
    Carrier,
    Condition,
    Delivery,
    DeliveryLine,
    DeliveryPrinter,
    DeliveryReturn,
    DeliveryReturnLine,
    Returned,
)
from apps.parts.models import StorageLocation
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
    validate,
    verb,
)

PRINTERS = Prefetch("printers", DeliveryPrinter.objects.select_related("printer"))

# --- What is shown and taken ------------------------------------------------------------------------------------------


class CarrierSerializer(RecordSerializer):
    class Meta:
        model = Carrier
        fields = ["id", "name", "service", "tracking_url", "is_pickup", "is_active", *AUDIT]


class DeliveryLineSerializer(RecordSerializer):
    version = None
    id = serializers.UUIDField(required=False, help_text=_("Of a line that is there already; a new line has none."))
    part = serializers.UUIDField(source="order_line.part_id", read_only=True)
    part_sku = serializers.CharField(source="order_line.part.sku", read_only=True)
    serials = serializers.SerializerMethodField(help_text=_("The printers that went, once it is shipped."))

    class Meta:
        model = DeliveryLine
        fields = [
            "id",
            "position",
            "order_line",
            "part",
            "part_sku",
            "quantity",
            "location",
            "unit_cost",
            "returned_quantity",
            "serials",
        ]
        read_only_fields = ["position", "unit_cost", "returned_quantity"]

    def get_serials(self, line) -> list[str]:
        return [each.printer.serial for each in line.printers.all()]


class DeliverySerializer(RecordSerializer):
    order_number = serializers.CharField(source="order.number", read_only=True)
    customer = serializers.UUIDField(source="order.customer_id", read_only=True)
    customer_name = serializers.CharField(source="order.customer.name", read_only=True)
    tracking_link = serializers.CharField(read_only=True)
    lines = DeliveryLineSerializer(
        many=True,
        required=False,
        help_text=_("All of them, in order. A new delivery without lines gets what can be shipped now."),
    )

    class Meta:
        model = Delivery
        fields = [
            "id",
            "number",
            "status",
            "order",
            "order_number",
            "customer",
            "customer_name",
            "language",
            "name",
            "person",
            "extra",
            "street",
            "postcode",
            "city",
            "state",
            "country",
            "carrier",
            "service",
            "tracking_number",
            "tracking_link",
            "package_count",
            "weight",
            "ship_by",
            "expected_on",
            "shipped_on",
            "delivered_on",
            "received_by",
            "notes",
            "internal_notes",
            "reason",
            "lines",
            *AUDIT,
        ]
        # A new delivery has the address of its order unless another one is sent.
        extra_kwargs = {name: {"required": False} for name in ("name", "street", "city", "country", "language")}


class DeliveryReturnLineSerializer(RecordSerializer):
    version = None
    part = serializers.UUIDField(source="line.order_line.part_id", read_only=True)
    part_sku = serializers.CharField(source="line.order_line.part.sku", read_only=True)
    serials = serializers.SerializerMethodField()

    class Meta:
        model = DeliveryReturnLine
        fields = ["id", "line", "part", "part_sku", "quantity", "condition", "location", "reason", "serials"]

    def get_serials(self, line) -> list[str]:
        return [each.printer.serial for each in line.printers.all()]


class DeliveryReturnSerializer(RecordSerializer):
    delivery_number = serializers.CharField(source="delivery.number", read_only=True)
    lines = DeliveryReturnLineSerializer(many=True, read_only=True)

    class Meta:
        model = DeliveryReturn
        fields = [
            "id",
            "number",
            "delivery",
            "delivery_number",
            "returned_on",
            "note",
            "lines",
            "created_at",
            "created_by",
        ]


# --- Verbs' input -----------------------------------------------------------------------------------------------------


class ShippedPrintersSerializer(Input):
    line = serializers.PrimaryKeyRelatedField(queryset=DeliveryLine.objects.all())
    printers = serializers.PrimaryKeyRelatedField(queryset=Printer.objects.all(), many=True)


class ShipDeliverySerializer(Input):
    printers = ShippedPrintersSerializer(
        many=True, required=False, help_text=_("For each line with serial numbers, exactly as many as its quantity.")
    )
    shipped_on = serializers.DateField(required=False)
    expected_on = serializers.DateField(required=False, allow_null=True)
    carrier = serializers.PrimaryKeyRelatedField(queryset=Carrier.objects.all(), required=False, allow_null=True)
    service = serializers.CharField(max_length=60, required=False, allow_blank=True)
    tracking_number = serializers.CharField(max_length=80, required=False, allow_blank=True)
    package_count = serializers.IntegerField(min_value=1, max_value=99, required=False)
    weight = Quantity(required=False, allow_null=True, help_text=_("In kilograms, of all packages together."))
    mail_to = serializers.EmailField(required=False, help_text=_("With the delivery note and the tracking link."))
    message = serializers.CharField(max_length=4000, required=False)


class TrackDeliverySerializer(Input):
    tracking_number = serializers.CharField(max_length=80, allow_blank=True)
    carrier = serializers.PrimaryKeyRelatedField(queryset=Carrier.objects.all(), required=False)
    expected_on = serializers.DateField(required=False, allow_null=True)


class DeliverDeliverySerializer(Input):
    delivered_on = serializers.DateField(required=False)
    received_by = serializers.CharField(max_length=120, required=False, allow_blank=True)


class CancelDeliverySerializer(Input):
    reason = serializers.CharField(max_length=200)


class ReturnedLineSerializer(Input):
    line = serializers.PrimaryKeyRelatedField(queryset=DeliveryLine.objects.all())
    quantity = Quantity()
    condition = serializers.ChoiceField(choices=Condition)
    location = serializers.PrimaryKeyRelatedField(
        queryset=StorageLocation.objects.all(), required=False, help_text=_("Where it is put; scrap is put nowhere.")
    )
    reason = serializers.CharField(max_length=200)
    printers = serializers.PrimaryKeyRelatedField(queryset=Printer.objects.all(), many=True, required=False)


class ReturnDeliverySerializer(Input):
    lines = ReturnedLineSerializer(many=True, allow_empty=False)
    returned_on = serializers.DateField(required=False)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


# --- Addresses --------------------------------------------------------------------------------------------------------


class CarrierViewSet(RecordViewSet):
    queryset = Carrier.objects.all()
    serializer_class = CarrierSerializer
    sorts = ("name", "created_at")


class DeliveryViewSet(LinedViewSet):
    queryset = Delivery.objects.select_related("order__customer", "carrier").prefetch_related(
        Prefetch("lines", DeliveryLine.objects.select_related("order_line__part").prefetch_related(PRINTERS))
    )
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    sorts = ("number", "status", "ship_by", "shipped_on", "delivered_on", "created_at")

    def create_record(self, values):
        lines, order = values.pop("lines", None), values.pop("order")
        record = Delivery.begin(order)
        for name, value in values.items():
            setattr(record, name, value)
        validate(record)
        if lines is None:
            lines = [
                {"order_line": row.order_line, "quantity": row.quantity, "location": row.location}
                for row in Delivery.propose(order)
            ]
        record.write({}, [dict(line) for line in lines], by=self.request.user)
        return record

    @part_list("deliveries.view_delivery", _("The lines of the delivery."), gives=DeliveryLineSerializer)
    def items(self, delivery):
        lines = DeliveryLine.objects.filter(delivery=delivery)
        return lines.select_related("order_line__part").prefetch_related(PRINTERS)

    @verb(
        "deliveries.ship_delivery",
        _("Lets it leave: stock out, number, delivery note, a mail to `mail_to`. Nothing can be edited afterwards."),
        takes=ShipDeliverySerializer,
    )
    def ship(self, delivery, printers=(), **given):
        chosen = {each["line"].pk: each["printers"] for each in printers}
        delivery.ship(by=self.request.user, printers=chosen, **given)

    @verb(
        "deliveries.ship_delivery",
        _("Notes the tracking number while it is on its way."),
        takes=TrackDeliverySerializer,
    )
    def track(self, delivery, **given):
        delivery.track(by=self.request.user, **given)

    @verb("deliveries.deliver_delivery", _("Says that it has arrived."), takes=DeliverDeliverySerializer)
    def deliver(self, delivery, **given):
        delivery.deliver(by=self.request.user, **given)

    @verb("deliveries.cancel_delivery", _("Gives it up while nothing has left."), takes=CancelDeliverySerializer)
    def cancel(self, delivery, **given):
        delivery.cancel(by=self.request.user, **given)

    @verb(
        "deliveries.return_delivery",
        _("Takes goods back: into stock at the cost at which they left, but for scrap."),
        takes=ReturnDeliverySerializer,
        gives=DeliveryReturnSerializer,
    )
    def return_(self, delivery, lines, **given):
        rows = [Returned(**dict(line)) for line in lines]
        return delivery.return_(rows, by=self.request.user, **given)

    # `return` is a word of Python and no name of a method.
    return_.url_path, return_.url_name = "return", "return"


class DeliveryReturnViewSet(ReadViewSet):
    queryset = DeliveryReturn.objects.select_related("delivery").prefetch_related(
        Prefetch(
            "lines", DeliveryReturnLine.objects.select_related("line__order_line__part").prefetch_related(PRINTERS)
        )
    )
    serializer_class = DeliveryReturnSerializer
    filterset_class = DeliveryReturnFilter
    sorts = ("number", "returned_on", "created_at")


router = Router()
router.register("carriers", CarrierViewSet, basename="carrier")
router.register("deliveries", DeliveryViewSet, basename="delivery")
router.register("delivery-returns", DeliveryReturnViewSet, basename="delivery-return")
urlpatterns = router.urls
