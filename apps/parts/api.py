"""REST: categories, storage locations, parts with their stock, the ledger, reservations."""

from uuid import UUID

import django_filters
from django.db.models import Q
from django.http import FileResponse, Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from apps.parts.filters import MovementFilter, PartFilter
from apps.parts.models import Category, Part, Reservation, StockLevel, StockMovement, StorageLocation
from gmtc.api import (
    AUDIT,
    Input,
    Quantity,
    ReadViewSet,
    RecordSerializer,
    RecordViewSet,
    Router,
    UnitPrice,
    part_list,
    verb,
)
from gmtc.envelope import JsonRenderer

# --- What is shown and taken ------------------------------------------------------------------------------------------


class CategorySerializer(RecordSerializer):
    class Meta:
        model = Category
        fields = ["id", "name", "parent", "description", *AUDIT]


class LocationSerializer(RecordSerializer):
    class Meta:
        model = StorageLocation
        fields = ["id", "code", "name", "parent", *AUDIT]


class PartSerializer(RecordSerializer):
    category_name = serializers.CharField(source="category.name", read_only=True, allow_null=True)
    default_location_code = serializers.CharField(source="default_location.code", read_only=True, allow_null=True)
    specifications = serializers.DictField(
        child=serializers.CharField(max_length=500, allow_blank=True),
        required=False,
        help_text=_("Name and value, such as Length: 450 mm."),
    )

    class Meta:
        model = Part
        fields = [
            "id",
            "sku",
            "name",
            "description",
            "category",
            "category_name",
            "specifications",
            "unit",
            "procurement",
            "is_sellable",
            "is_serialised",
            "is_discontinued",
            "current_stock",
            "reserved_stock",
            "free_stock",
            "minimum_stock",
            "reorder_quantity",
            "unit_price",
            "average_cost",
            "manufacturer",
            "manufacturer_number",
            "cad_name",
            "barcode",
            "weight",
            "customs_number",
            "country_of_origin",
            "default_location",
            "default_location_code",
            "image",
            *AUDIT,
        ]

    free_stock = serializers.DecimalField(max_digits=12, decimal_places=3, read_only=True)
    image = serializers.SerializerMethodField()

    def get_image(self, part) -> str | None:
        return reverse("part-image", args=[part.pk]) if part.image else None

    def validate_specifications(self, pairs):
        if any("\x00" in name or not name.strip() for name in pairs):
            raise serializers.ValidationError(_("Each specification needs a name."))
        return pairs


class LevelSerializer(RecordSerializer):
    location_code = serializers.CharField(source="location.code", read_only=True)

    class Meta:
        model = StockLevel
        fields = ["part", "location", "location_code", "quantity"]


class MovementSerializer(RecordSerializer):
    part_sku = serializers.CharField(source="part.sku", read_only=True)
    location_code = serializers.CharField(source="location.code", read_only=True)

    class Meta:
        model = StockMovement
        fields = [
            "id",
            "part",
            "part_sku",
            "location",
            "location_code",
            "kind",
            "quantity",
            "unit_cost",
            "reference_type",
            "reference_id",
            "reference_number",
            "note",
            "created_at",
            "created_by",
        ]


class ReservationSerializer(RecordSerializer):
    part_sku = serializers.CharField(source="part.sku", read_only=True)

    class Meta:
        model = Reservation
        fields = [
            "id",
            "part",
            "part_sku",
            "quantity",
            "reference_type",
            "reference_id",
            "reference_number",
            "note",
            *AUDIT,
        ]


class Place(serializers.PrimaryKeyRelatedField):
    def __init__(self, **kwargs):
        super().__init__(queryset=StorageLocation.objects.all(), **kwargs)


class ReceiveSerializer(Input):
    quantity = Quantity()
    location = Place()
    unit_cost = UnitPrice(required=False)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class IssueSerializer(Input):
    quantity = Quantity()
    location = Place()
    reservation = serializers.PrimaryKeyRelatedField(queryset=Reservation.objects.all(), required=False)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class AdjustSerializer(Input):
    quantity = Quantity(min_value=None, help_text=_("Positive or negative, in its unit."))
    location = Place()
    note = serializers.CharField(max_length=200)


class TransferSerializer(Input):
    quantity = Quantity()
    source = Place()
    target = Place()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class ReserveSerializer(Input):
    quantity = Quantity()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class ReleaseSerializer(Input):
    quantity = Quantity(required=False, help_text=_("All of it without one."))


# --- Filters: those of the pages, and what only programs ask for ------------------------------------------------------


class PartApiFilter(PartFilter):
    category = django_filters.CharFilter(method="in_category", label=_("Category: id or name"))

    def in_category(self, parts, name, text):
        """By id, or by name as in `category=electronics`; categories below it are included."""
        try:
            found = Category.objects.filter(pk=UUID(text))
        except ValueError:
            found = Category.objects.filter(name__iexact=text)
        inside = Q()
        for category in found:
            inside |= Q(category__in=Category.objects.below(category))
        return parts.filter(inside) if inside else parts.none()


class CategoryFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label=_("Search"))
    parent = django_filters.UUIDFilter(label=_("Belongs to"))


class LocationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Search"))
    parent = django_filters.UUIDFilter(label=_("Inside"))

    def search(self, locations, name, text):
        return locations.filter(Q(code__icontains=text) | Q(name__icontains=text))


class ReservationFilter(django_filters.FilterSet):
    part = django_filters.UUIDFilter(label=_("Part"))
    reference_id = django_filters.UUIDFilter(label=_("For (id)"))
    open = django_filters.BooleanFilter(method="still_open", label=_("Still held"))

    def still_open(self, reservations, name, yes):
        return reservations.filter(quantity__gt=0) if yes else reservations.filter(quantity=0)


class PictureRenderer(JsonRenderer):
    """Lets a client ask for `image/*`; only refusals are rendered, the picture is sent as the file it is."""

    media_type = "image/*"
    format = "image"


# --- Addresses --------------------------------------------------------------------------------------------------------


class CategoryViewSet(RecordViewSet):
    queryset = Category.objects.all()
    serializer_class = CategorySerializer
    filterset_class = CategoryFilter
    sorts = ("name", "created_at", "updated_at")


class LocationViewSet(RecordViewSet):
    queryset = StorageLocation.objects.all()
    serializer_class = LocationSerializer
    filterset_class = LocationFilter
    sorts = ("code", "name", "created_at", "updated_at")


class PartViewSet(RecordViewSet):
    queryset = Part.objects.select_related("category", "default_location")
    serializer_class = PartSerializer
    filterset_class = PartApiFilter
    sorts = (
        "sku",
        "name",
        "category__name",
        "current_stock",
        "reserved_stock",
        "minimum_stock",
        "unit_price",
        "average_cost",
        "created_at",
        "updated_at",
    )

    @verb(
        "parts.receive_part",
        _("Takes goods into stock at its cost; the average cost follows."),
        takes=ReceiveSerializer,
        gives=MovementSerializer,
    )
    def receive(self, part, **given):
        return part.receive(by=self.request.user, **given)

    @verb(
        "parts.issue_part",
        _("Takes goods out of stock, out of a reservation of this part if one is named."),
        takes=IssueSerializer,
        gives=MovementSerializer,
    )
    def issue(self, part, **given):
        return part.issue(by=self.request.user, **given)

    @verb(
        "parts.adjust_part",
        _("Corrects the stock by a positive or negative quantity; the note says why."),
        takes=AdjustSerializer,
        gives=MovementSerializer,
    )
    def adjust(self, part, **given):
        return part.adjust(by=self.request.user, **given)

    @verb("parts.transfer_part", _("Moves stock from one place to another."), takes=TransferSerializer)
    def transfer(self, part, **given):
        part.transfer(by=self.request.user, **given)

    @verb(
        "parts.reserve_part",
        _("Promises free stock; the reservation holds it until it is released or issued."),
        takes=ReserveSerializer,
        gives=ReservationSerializer,
    )
    def reserve(self, part, **given):
        return part.reserve(by=self.request.user, **given)

    @part_list(
        "parts.view_stockmovement",
        _("The ledger of the part, newest first."),
        gives=MovementSerializer,
        filters=MovementFilter,
        sorts=("created_at",),
    )
    def movements(self, part):
        return part.movements.select_related("part", "location")

    @part_list(
        "parts.view_stocklevel", _("How much of the part lies where."), gives=LevelSerializer, sorts=("quantity",)
    )
    def levels(self, part):
        return part.levels.filter(quantity__gt=0).select_related("location")

    @part_list(
        "parts.view_reservation",
        _("To what the part is promised."),
        gives=ReservationSerializer,
        filters=ReservationFilter,
    )
    def reservations(self, part):
        return part.reservations.alive().select_related("part")

    @extend_schema(responses={(200, "image/*"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], renderer_classes=[JsonRenderer, PictureRenderer])
    def image(self, request, pk):
        part = self.get_object(self.get_queryset().exclude(image=""))
        try:
            return FileResponse(part.image.open())
        except FileNotFoundError as missing:
            raise Http404 from missing

    image.permission, image.says = "parts.view_part", _("The picture of the part.")


class MovementViewSet(ReadViewSet):
    queryset = StockMovement.objects.select_related("part", "location")
    serializer_class = MovementSerializer
    filterset_class = MovementFilter
    sorts = ("created_at", "part__sku", "location__code", "kind", "quantity")


class ReservationViewSet(ReadViewSet):
    queryset = Reservation.objects.select_related("part")
    serializer_class = ReservationSerializer
    filterset_class = ReservationFilter
    sorts = ("created_at", "part__sku", "quantity")

    @verb("parts.reserve_part", _("Gives the quantity back to the free stock."), takes=ReleaseSerializer)
    def release(self, reservation, **given):
        reservation.free(by=self.request.user, **given)


router = Router()
router.register("categories", CategoryViewSet, basename="category")
router.register("locations", LocationViewSet, basename="location")
router.register("parts", PartViewSet, basename="part")
router.register("movements", MovementViewSet, basename="movement")
router.register("reservations", ReservationViewSet, basename="reservation")
urlpatterns = router.urls
