"""REST: production jobs with their parts, tests and verbs; printers."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.builds.filters import JobFilter, PrinterFilter
from apps.builds.models import BuildRevision, ExtraKind, ExtraUse, JobCheck, JobPart, Pick, Printer, ProductionJob
from apps.parts.models import Part, StorageLocation
from gmtc.api import AUDIT, Input, Quantity, ReadViewSet, RecordSerializer, RecordViewSet, part_list, verb


class JobSerializer(RecordSerializer):
    part_sku = serializers.CharField(source="part.sku", read_only=True)

    class Meta:
        model = ProductionJob
        fields = [
            "id",
            "number",
            "status",
            "part",
            "part_sku",
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
            *AUDIT,
        ]
        read_only_fields = [
            "number",
            "status",
            "revision",
            "order_line",
            "released_at",
            "started_at",
            "completed_at",
            "cost",
            "reason",
        ]


class JobPartSerializer(RecordSerializer):
    part_sku = serializers.CharField(source="part.sku", read_only=True)
    part_name = serializers.CharField(source="part.name", read_only=True)
    unit = serializers.CharField(source="part.unit", read_only=True)
    short_quantity = serializers.DecimalField(max_digits=12, decimal_places=3, read_only=True)

    class Meta:
        model = JobPart
        fields = [
            "id",
            "position",
            "part",
            "part_sku",
            "part_name",
            "quantity",
            "unit",
            "is_stocked",
            "reserved_quantity",
            "picked_quantity",
            "replaced_quantity",
            "short_quantity",
            "consumed_quantity",
            "unit_cost",
            "location",
        ]


class JobCheckSerializer(RecordSerializer):
    class Meta:
        model = JobCheck
        fields = ["id", "piece", "position", "name", "result", "note", "checked_at", "checked_by"]


class ExtraUseSerializer(RecordSerializer):
    part_sku = serializers.CharField(source="part.sku", read_only=True)

    class Meta:
        model = ExtraUse
        fields = [
            "id",
            "part",
            "part_sku",
            "kind",
            "quantity",
            "location",
            "reason",
            "replaces",
            "replaced_quantity",
            "consumed_quantity",
            "unit_cost",
        ]


class PrinterSerializer(RecordSerializer):
    model_number = serializers.CharField(source="part.sku", read_only=True)

    class Meta:
        model = Printer
        fields = [
            "id",
            "serial",
            "part",
            "model_number",
            "job",
            "piece",
            "order_line",
            "owner",
            "status",
            "shipped_on",
            "warranty_until",
            "notes",
            *AUDIT,
        ]


class ReleaseJobInput(Input):
    revision = serializers.PrimaryKeyRelatedField(
        queryset=BuildRevision.objects.all(), required=False, help_text=_("The current one without it.")
    )
    short = serializers.BooleanField(
        required=False, default=False, help_text=_("Hold what is there where something is missing.")
    )


class PickInput(Input):
    line = serializers.PrimaryKeyRelatedField(queryset=JobPart.objects.all())
    quantity = Quantity()
    location = serializers.PrimaryKeyRelatedField(queryset=StorageLocation.objects.all())


class PickJobInput(Input):
    workplace = serializers.PrimaryKeyRelatedField(queryset=StorageLocation.objects.all(), required=False)
    lines = PickInput(many=True)


class ExtraInput(Input):
    part = serializers.PrimaryKeyRelatedField(queryset=Part.objects.all())
    quantity = Quantity()
    location = serializers.PrimaryKeyRelatedField(queryset=StorageLocation.objects.all())
    kind = serializers.ChoiceField(choices=ExtraKind)
    reason = serializers.CharField(max_length=200)
    replaces = serializers.PrimaryKeyRelatedField(queryset=JobPart.objects.all(), required=False)
    replaced_quantity = Quantity(required=False)


class ChecksInput(Input):
    checks = serializers.PrimaryKeyRelatedField(queryset=JobCheck.objects.all(), many=True, allow_empty=False)
    passed = serializers.BooleanField()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class CompleteJobInput(Input):
    location = serializers.PrimaryKeyRelatedField(
        queryset=StorageLocation.objects.all(), required=False, help_text=_("The product's usual place without it.")
    )


class CancelJobInput(Input):
    reason = serializers.CharField(max_length=200)


class PrinterNotesInput(Input):
    version = serializers.IntegerField(min_value=1, help_text=_("The version that was read."))
    notes = serializers.CharField(max_length=2000, allow_blank=True)


class JobViewSet(RecordViewSet):
    queryset = ProductionJob.objects.select_related("part")
    serializer_class = JobSerializer
    filterset_class = JobFilter
    sorts = ("number", "status", "part__sku", "quantity", "priority", "due_date", "completed_at", "created_at")
    http_method_names = ["get", "post", "put", "patch", "head", "options"]  # a job is cancelled, never deleted
    restore = None

    def create_record(self, values):
        job = ProductionJob(**values)
        job.full_clean(exclude=["number"])  # which it gets when it is saved
        job.save(by=self.request.user, reason="create")
        return job

    @part_list("builds.view_productionjob", _("The frozen bill of materials."), gives=JobPartSerializer)
    def parts(self, job):
        return job.lines.select_related("part")

    @part_list("builds.view_productionjob", _("The tests of each piece."), gives=JobCheckSerializer)
    def checks(self, job):
        return job.checks.all()

    @part_list("builds.view_productionjob", _("What was used besides the bill."), gives=ExtraUseSerializer)
    def extras(self, job):
        return job.extras.select_related("part")

    @part_list("builds.view_printer", _("The printers that it built."), gives=PrinterSerializer)
    def printers(self, job):
        return job.printers.select_related("part")

    @verb(
        "builds.release_productionjob",
        _("Freezes the bill of materials and holds the stock for it."),
        takes=ReleaseJobInput,
    )
    def release(self, job, **given):
        job.release(by=self.request.user, **given)

    @verb("builds.release_productionjob", _("Holds what has come into stock since the release."))
    def reserve_missing(self, job):
        job.reserve_missing(by=self.request.user)

    @verb("builds.start_productionjob", _("Work begins; the order learns of it."))
    def start(self, job):
        job.start(by=self.request.user)

    @verb("builds.pick_productionjob", _("Takes parts and brings them to the workplace."), takes=PickJobInput)
    def pick(self, job, lines, **given):
        job.pick([Pick(**line) for line in lines], by=self.request.user, **given)

    @verb("builds.pick_productionjob", _("Writes down what was used besides the bill."), takes=ExtraInput)
    def use_extra(self, job, **given):
        job.use_extra(by=self.request.user, **given)

    @verb("builds.test_productionjob", _("It is built and is tested now."))
    def test(self, job):
        job.test(by=self.request.user)

    @verb("builds.test_productionjob", _("Ticks off tests as passed, or notes that they were not."), takes=ChecksInput)
    def record_checks(self, job, **given):
        job.record_checks(by=self.request.user, **given)

    @verb(
        "builds.complete_productionjob",
        _("Takes the parts out of stock and the product into it, and makes the printers."),
        takes=CompleteJobInput,
    )
    def complete(self, job, **given):
        job.complete(by=self.request.user, **given)

    @verb("builds.cancel_productionjob", _("Gives the job up and what it holds back."), takes=CancelJobInput)
    def cancel(self, job, **given):
        job.cancel(by=self.request.user, **given)


class PrinterViewSet(ReadViewSet):
    queryset = Printer.objects.select_related("part")
    serializer_class = PrinterSerializer
    filterset_class = PrinterFilter
    sorts = ("serial", "status", "part__sku", "shipped_on", "warranty_until", "created_at")

    @part_list("builds.view_printer", _("What was built in, for all pieces of its job."), gives=JobPartSerializer)
    def parts(self, printer):
        return JobPart.objects.filter(job=printer.job_id).select_related("part")

    @verb("builds.change_printer", _("Writes the notes anew."), takes=PrinterNotesInput)
    def write_notes(self, printer, *, version, notes):
        printer.revise({"notes": notes}, by=self.request.user, version=version)

    @verb("builds.change_printer", _("A printer that came back may be sold again."))
    def restock(self, printer):
        printer.restock(by=self.request.user)
