from collections import Counter
from decimal import Decimal
from pathlib import PurePath

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.builds import parts_list
from apps.builds.models.build import PrinterBuild
from apps.builds.models.parts_list_row import PartsListRow, RowKind
from apps.builds.models.revision import BuildPart
from apps.parts.models import Part, Unit
from gmtc.addresses import address_of
from gmtc.bulk import create_all, update_all
from gmtc.errors import Refused
from gmtc.imports import storage_name
from gmtc.models import Record, audit_log
from gmtc.spreadsheets import Sheet, SheetError, inspect
from gmtc.states import move


class ImportStatus(models.TextChoices):
    UPLOADED = "uploaded", gettext_lazy("Columns needed")
    CHECKED = "checked", gettext_lazy("Checked")
    ACCEPTED = "accepted", gettext_lazy("Accepted")
    DISCARDED = "discarded", gettext_lazy("Discarded")


STEPS = {
    parts_list.CAD_NAME: gettext_lazy("The CAD file name is the same."),
    parts_list.SKU: gettext_lazy("The SKU is the same."),
    parts_list.SAME_KEY: gettext_lazy("The same but for blanks, case or level of detail."),
}


class PartsListImport(Record):
    """A parts list out of CAD on its way to a bill of materials.

    uploaded -> checked -> accepted, or discarded. Until it is accepted, nothing but this import is written; accepting
    makes the new parts and a draft revision with its lines in one transaction, once.
    """

    file = models.FileField(gettext_lazy("file"), upload_to=storage_name, max_length=200)
    original_name = models.CharField(gettext_lazy("file name"), max_length=200)
    size = models.PositiveIntegerField(gettext_lazy("size"))
    build = models.ForeignKey(
        "builds.PrinterBuild",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="parts_lists",
        verbose_name=gettext_lazy("build"),
    )
    model_number = models.CharField(gettext_lazy("model number of a new build"), max_length=40, blank=True)
    status = models.CharField(gettext_lazy("status"), max_length=9, choices=ImportStatus, default=ImportStatus.UPLOADED)
    headings = models.JSONField(default=list)
    mapping = models.JSONField(default=list)
    message = models.TextField(gettext_lazy("message"), blank=True)
    revision = models.ForeignKey(
        "builds.BuildRevision",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=gettext_lazy("revision"),
        db_index=False,  # `builds_partslist_revision` is one
    )

    history = audit_log(without=("headings",))

    class Meta(Record.Meta):
        verbose_name = gettext_lazy("parts list from CAD")
        verbose_name_plural = gettext_lazy("parts lists from CAD")
        ordering = ["-id"]
        default_permissions = ()
        permissions = [("import_partslist", "Can import parts lists from CAD")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status=ImportStatus.ACCEPTED) | Q(revision__isnull=False),
                name="builds_partslist_accepted_revision",
            ),
            models.UniqueConstraint(fields=["revision"], name="builds_partslist_revision"),
        ]

    def __str__(self):
        return self.original_name

    def get_absolute_url(self):
        return address_of("builds:import_detail", self.pk)

    # --- Reading

    @property
    def is_open(self) -> bool:
        return self.status in (ImportStatus.UPLOADED, ImportStatus.CHECKED)

    @property
    def target(self) -> str:
        """The model number that the list will be a bill of."""
        return self.build.model_number if self.build else self.model_number

    def counts(self) -> dict[str, int]:
        """Rows by kind, all kinds named; summed rows count with the kind that they share."""
        found = Counter(self.rows.values_list("kind", flat=True))
        return {str(kind): found[kind] for kind in RowKind}

    # --- Verbs

    @classmethod
    def upload(cls, file, *, by, build=None, model_number: str = "") -> "PartsListImport":
        """Keep `file` and check it. Raises SheetError for what is no parts list; then nothing is kept."""
        shape = inspect(file, parts_list.LIMITS)
        file.seek(0)
        sheet = parts_list.read_sheet(file)
        upload = cls(original_name=PurePath(file.name).name[:200], size=file.size, headings=_headings(sheet))
        upload._set_target(build, model_number)
        with transaction.atomic():
            file.seek(0)
            upload.file.save(f"upload.{shape.kind}", file, save=False)
            upload.save(by=by, reason="upload")
            mapping = parts_list.map_headings(upload.headings)
            try:
                parts_list.check_mapping(mapping)
            except Refused as refusal:
                upload.mapping, upload.message = mapping, str(refusal)
                upload.save(by=by, reason="upload")
            else:
                upload.match_rows(by=by, mapping=mapping, sheet=sheet)
        return upload

    def check_rows(self, *, by, mapping: list[str] | None = None) -> None:
        """Match every row anew, with the columns that the user chose. What was corrected by hand is kept."""
        mapping = self.mapping if mapping is None else mapping
        parts_list.check_mapping(mapping)
        self.match_rows(by=by, mapping=mapping, sheet=self._read())

    @move(ImportStatus.UPLOADED, ImportStatus.CHECKED)
    def choose_target(self, *, by, build=None, model_number: str = ""):
        """Which build the list belongs to: one that exists, or a new one by its model number."""
        self._set_target(build, model_number)
        return self.status

    @move(ImportStatus.CHECKED)
    def correct(
        self,
        number: int,
        *,
        by,
        part: Part | None = None,
        skip: bool = False,
        values: dict | None = None,
        quantity: Decimal | None = None,
    ):
        """Settle row `number` by hand: it is `part`, it is left out, or it is a new part with `values`; `quantity`
        where that of the file is not what is meant."""
        row = self.rows.get(number=number)
        row.quantity = row.quantity if quantity is None else quantity
        if part is not None:
            row.kind, row.part, row.reason = RowKind.MATCHED, part, _("Chosen by hand.")
        elif skip:
            row.kind, row.part, row.reason = RowKind.SKIPPED, None, _("Left out by hand.")
        else:
            row.kind, row.part, row.reason = RowKind.NEW, None, _("New part, checked by hand.")
            for name, value in (values or {}).items():
                setattr(row, name, value)
            self._require_free_sku(row)
        if row.quantity is None and row.kind != RowKind.SKIPPED:
            raise Refused(
                _("Row %(row)s has no usable quantity. Write it, or leave the row out.") % {"row": number},
                field="quantity",
            )
        row.is_by_hand = True
        if row.kind != RowKind.SKIPPED:
            (part or Part(sku=row.sku, unit=row.unit)).checked_quantity(row.quantity)
        row.save()
        self._sum_up()
        return self.status

    @move(ImportStatus.CHECKED, to=ImportStatus.ACCEPTED)
    def accept(self, *, by):
        """Make the new parts and a draft revision with the bill of materials, all of it or nothing."""
        rows = list(self.rows.select_related("part"))
        if faulty := [row.number for row in rows if row.kind == RowKind.FAULTY]:
            raise Refused(_("These rows must be settled first: %(rows)s.") % {"rows": ", ".join(map(str, faulty))})
        rows = [row for row in rows if row.kind != RowKind.SKIPPED]
        if not rows:
            raise Refused(_("Every row is left out; there is nothing to accept."))
        if not self.build and not self.model_number:
            raise Refused(_("Choose the build that this parts list belongs to."), field="build")
        try:
            with transaction.atomic():
                self._lock_matched(rows, by)
                self.build = self.build or self._make_build(by)
                self._make_parts(rows, by)
                self.revision = self.build.draft_revision(by=by, note=_("From %(file)s") % {"file": self})
                self._write_bill(rows, by)
        except IntegrityError:
            raise Refused(
                _("Somebody made one of these parts at this moment. Nothing was written, please check again.")
            ) from None

    @move(ImportStatus.UPLOADED, ImportStatus.CHECKED, to=ImportStatus.DISCARDED)
    def discard(self, *, by):
        """Give the import up: its file and rows go, the fact stays. There is no trash for imports."""
        self.rows.all().delete()
        name, storage = self.file.name, self.file.storage
        self.file = ""
        transaction.on_commit(lambda: storage.delete(name))

    # --- Checking

    def _set_target(self, build, model_number: str) -> None:
        model_number = model_number.strip()
        if build is None and model_number:
            build = PrinterBuild.objects.filter(model_number__iexact=model_number).first()
        self.build, self.model_number = build, "" if build else model_number

    def _read(self) -> Sheet:
        try:
            with self.file.open("rb") as file:
                return parts_list.read_sheet(file)
        except FileNotFoundError:
            raise SheetError(_("The file is gone. Please upload it again.")) from None

    @move(ImportStatus.UPLOADED, ImportStatus.CHECKED, to=ImportStatus.CHECKED)
    def match_rows(self, *, by, mapping, sheet):
        """Say of each row of `sheet` what would become of it. Raises SheetError where there is none."""
        entries = parts_list.entries_of(sheet, mapping)
        if not entries:
            raise SheetError(_("There is no row below the headings."))
        by_hand = {(row.number, row.file_name): row for row in self.rows.filter(is_by_hand=True)}
        before = {each.number: each for each in parts_list.entries_of(sheet, self.mapping)} if by_hand else {}
        matches = parts_list.find_parts(entry.file_name for entry in entries)
        parts = Part.objects.in_bulk({part for match in matches.values() for part in match.parts})
        rows, proposals = [], []
        for entry in entries:
            kept = by_hand.get((entry.number, entry.file_name))
            row = self._row(entry, matches.get(entry.file_name), parts, proposals)
            if kept is not None:
                has_own = kept.quantity != before[entry.number].quantity
                row.take_over(kept, quantity=kept.quantity if has_own else entry.quantity)
            rows.append(row)
        parts_list.make_unique([proposal for _row, proposal in proposals])
        for row, proposal in proposals:
            if not row.is_by_hand:
                row.propose(proposal)
        self.rows.all().delete()
        PartsListRow.objects.bulk_create(rows)
        self.mapping, self.message, self.headings = mapping, "", _headings(sheet)
        self._sum_up()

    def _row(self, entry, match, parts, proposals) -> PartsListRow:
        row = PartsListRow(
            parts_list=self,
            number=entry.number,
            reference=entry.reference,
            file_name=entry.file_name,
            author=entry.author,
            quantity=entry.quantity,
        )
        if match:
            row.key = match.key
            row.suggestions = [
                {"id": str(each.part), "sku": each.sku, "name": each.name, "score": each.score}
                for each in match.suggestions
            ]
        if entry.problem:
            row.kind, row.reason = RowKind.FAULTY, entry.problem
        elif len(match.parts) > 1:
            found = [parts[pk] for pk in match.parts if pk in parts]
            row.kind, row.reason = RowKind.FAULTY, _("Several parts have this name. Choose one.")
            row.suggestions = [{"id": str(p.pk), "sku": p.sku, "name": p.name, "score": 100} for p in found]
        elif match.parts:
            row.part = parts[match.parts[0]]
            row.kind, row.reason = RowKind.MATCHED, str(STEPS[match.step])
            if row.part.is_discontinued:
                row.reason += " " + _("This part is discontinued.")
        else:
            proposals.append((row, parts_list.propose(entry.file_name)))
            row.kind = RowKind.NEW
        if row.kind in (RowKind.MATCHED, RowKind.NEW):
            try:
                (row.part or Part(sku=entry.file_name, unit=Unit.PIECE)).checked_quantity(row.quantity)
            except Refused as refusal:
                row.kind, row.reason = RowKind.FAULTY, str(refusal)
        return row

    def _sum_up(self) -> None:
        """Rows of the same part become one line: the later ones say into which row they go."""
        first: dict = {}
        changed = []
        for row in self.rows.select_related("part"):
            into = None
            if row.kind in (RowKind.MATCHED, RowKind.NEW):
                into = first.setdefault(row.identity, row.number)
                into = None if into == row.number else into
            if row.into != into:
                row.into = into
                changed.append(row)
        PartsListRow.objects.bulk_update(changed, ["into"])

    def _require_free_sku(self, row) -> None:
        if not row.sku:
            raise Refused(_("A new part needs an SKU."), field="sku")
        others = self.rows.filter(kind=RowKind.NEW).exclude(pk=row.pk).exclude(key=row.key)
        twin = others.filter(sku__iexact=row.sku).first()
        if twin:
            raise Refused(_("Row %(row)s gets this SKU already.") % {"row": twin.number}, field="sku")
        if Part.objects.filter(sku__iexact=row.sku).exists():
            raise Refused(_("A part with this SKU exists. Choose it instead."), field="sku")
        if Part.objects.filter(cad_name=row.file_name).exists():
            raise Refused(_("A part has this CAD file name already. Choose it instead."))

    # --- Accepting

    def _make_build(self, by) -> PrinterBuild:
        build = PrinterBuild(model_number=self.model_number, name=self.model_number)
        build.save(by=by, reason="import")
        return build

    def _lock_matched(self, rows, by) -> None:
        alive = {
            part.pk: part
            for part in Part.objects.filter(pk__in={row.part_id for row in rows if row.part_id}).lock_all()
        }
        named = set(
            Part.objects.filter(cad_name__in=[row.file_name for row in rows]).values_list("cad_name", flat=True)
        )
        noted = []
        for row in rows:
            if row.kind != RowKind.MATCHED:
                continue
            if row.part_id not in alive:
                raise Refused(_("Row %(row)s: the part has been deleted. Check again.") % {"row": row.number})
            row.part = alive[row.part_id]
            if not row.part.cad_name and row.file_name not in named:  # so that the next list finds it by itself
                row.part.cad_name = row.file_name
                noted.append(row.part)
        update_all(noted, ["cad_name"], by=by, reason="import")

    def _make_parts(self, rows, by) -> None:
        made: dict[str, Part] = {}
        for row in rows:
            if row.kind == RowKind.NEW and row.into is None:
                made[row.key] = row.new_part()
        create_all(list(made.values()), by=by, reason="import")
        for row in rows:
            if row.kind == RowKind.NEW:
                row.part = made[row.key]
        PartsListRow.objects.bulk_update([row for row in rows if row.kind == RowKind.NEW], ["part"])

    def _write_bill(self, rows, by) -> None:
        lines: dict = {}
        for row in rows:
            line = lines.get(row.part.pk)
            if line is None:
                lines[row.part.pk] = BuildPart(
                    revision=self.revision,
                    position=len(lines) + 1,
                    part=row.part,
                    quantity=row.part.checked_quantity(row.quantity),
                    reference=row.reference,
                )
            else:
                line.quantity += row.quantity
                line.reference = ", ".join(filter(None, [line.reference, row.reference]))[:80]
        self.revision.require_no_circle(lines)
        create_all(list(lines.values()), by=by, reason="import")


def _headings(sheet: Sheet) -> list[str]:
    return [str(cell.value or cell.letter) for cell in sheet.headings]
