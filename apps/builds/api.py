"""REST: builds with their bill of materials, revisions with their lines and verbs."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.builds.filters import BuildFilter, RevisionFilter
from apps.builds.job_api import JobViewSet, PrinterViewSet
from apps.builds.models import BuildPart, BuildRevision, PrinterBuild
from apps.parts.models import Part
from gmtc.api import AUDIT, Input, Quantity, RecordSerializer, RecordViewSet, Router, part_list, verb


class PrinterBuildSerializer(RecordSerializer):
    product_sku = serializers.CharField(source="product.sku", read_only=True)
    specifications = serializers.DictField(
        child=serializers.CharField(max_length=500, allow_blank=True),
        required=False,
        help_text=_("Name and value, such as Build volume: 300 mm."),
    )

    class Meta:
        model = PrinterBuild
        fields = [
            "id",
            "model_number",
            "name",
            "kind",
            "product",
            "product_sku",
            "base_price",
            "description",
            "specifications",
            *AUDIT,
        ]


class BuildPartSerializer(RecordSerializer):
    part_sku = serializers.CharField(source="part.sku", read_only=True)
    part_name = serializers.CharField(source="part.name", read_only=True)
    unit = serializers.CharField(source="part.unit", read_only=True)

    class Meta:
        model = BuildPart
        fields = ["id", "position", "part", "part_sku", "part_name", "quantity", "unit", "reference", "note"]


class BuildRevisionSerializer(RecordSerializer):
    build = serializers.PrimaryKeyRelatedField(queryset=PrinterBuild.objects.all())
    model_number = serializers.CharField(source="build.model_number", read_only=True)

    class Meta:
        model = BuildRevision
        fields = [
            "id",
            "build",
            "model_number",
            "number",
            "status",
            "is_current",
            "note",
            "released_at",
            "released_by",
            *AUDIT,
        ]
        read_only_fields = ["number", "status", "is_current", "released_at", "released_by"]


class BillLineInput(Input):
    part = serializers.PrimaryKeyRelatedField(queryset=Part.objects.all())
    quantity = Quantity()
    reference = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class BillInput(Input):
    version = serializers.IntegerField(min_value=1, help_text=_("The version of the revision that was read."))
    lines = BillLineInput(many=True)


class RevisionDraftInput(Input):
    copy_of = serializers.PrimaryKeyRelatedField(queryset=BuildRevision.objects.all(), required=False)
    note = serializers.CharField(required=False, allow_blank=True)


class BuildViewSet(RecordViewSet):
    queryset = PrinterBuild.objects.select_related("product")
    serializer_class = PrinterBuildSerializer
    filterset_class = BuildFilter
    sorts = ("model_number", "name", "kind", "base_price", "created_at", "updated_at")

    @part_list(
        "builds.view_buildrevision",
        _("The bill of materials of the current revision; empty where there is none."),
        gives=BuildPartSerializer,
        sorts=("position", "part__sku", "quantity"),
    )
    def parts(self, build):
        return BuildPart.objects.filter(
            revision__build=build, revision__is_current=True, revision__deleted_at=None
        ).select_related("part")

    @verb(
        "builds.add_buildrevision",
        _("Makes a new draft, empty or with the lines of another revision."),
        takes=RevisionDraftInput,
        gives=BuildRevisionSerializer,
    )
    def draft_revision(self, build, **given):
        return build.draft_revision(by=self.request.user, **given)


class RevisionViewSet(RecordViewSet):
    queryset = BuildRevision.objects.select_related("build")
    serializer_class = BuildRevisionSerializer
    filterset_class = RevisionFilter
    sorts = ("build__model_number", "number", "status", "released_at", "created_at", "updated_at")

    def create_record(self, values):
        return values["build"].draft_revision(by=self.request.user, note=values.get("note", ""))

    def revise_record(self, record, values, *, version):
        if values.pop("build", record.build) != record.build:
            raise serializers.ValidationError({"build": _("A revision stays with its build.")})
        record.write(values, None, by=self.request.user, version=version)

    @part_list(
        "builds.view_buildrevision",
        _("The bill of materials of the revision."),
        gives=BuildPartSerializer,
        sorts=("position", "part__sku", "quantity"),
    )
    def parts(self, revision):
        return revision.lines.select_related("part")

    @verb(
        "builds.change_buildrevision",
        _("Makes these the lines of a draft, in this order; lines that are not named are removed."),
        takes=BillInput,
    )
    def write_parts(self, revision, *, version, lines):
        revision.write({}, [dict(line) for line in lines], by=self.request.user, version=version)

    @verb("builds.release_buildrevision", _("Freezes the bill of materials and makes the revision the current one."))
    def release(self, revision):
        revision.release(by=self.request.user)

    @verb("builds.release_buildrevision", _("Makes a released revision the current one again."))
    def make_current(self, revision):
        revision.make_current(by=self.request.user)

    @verb("builds.release_buildrevision", _("Takes a released revision out of use."))
    def retire(self, revision):
        revision.retire(by=self.request.user)


router = Router()
router.register("builds", BuildViewSet, basename="build")
router.register("revisions", RevisionViewSet, basename="revision")
router.register("jobs", JobViewSet, basename="job")
router.register("printers", PrinterViewSet, basename="printer")
urlpatterns = router.urls
