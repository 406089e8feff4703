"""An import on its way from an uploaded file into the database.

uploaded -> checking -> checked -> accepting -> accepted, or failed, or discarded. Checking is a dry run whose result is
kept row by row; accepting reads the file and the database anew and writes everything in one transaction, or nothing.
A small file is worked through in the request, a larger one by a background job, which a dead worker leaves to the next:
a job that finds the import in another state than it was queued for does nothing.

A room that imports declares two models, for the import and for its rows (see `apps/parts/models/part_import.py`):

    class PartImportRow(ImportRow):
        data_import = models.ForeignKey("parts.PartImport", models.CASCADE, related_name="rows")

    class PartImport(DataImport):
        resource_name = "apps.parts.resources.PartResource"
        history = audit_log(without=DataImport.unlogged)

        def tell(self, *, by):
            tell_of_import(self, by=by)

with `Meta(ImportRow.Meta)` and `Meta(DataImport.Meta)` that name them. The jobs in `gmtc/tasks.py` serve every room.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import PurePath
from time import monotonic

from django.db import IntegrityError, connection, models, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from gmtc import figures
from gmtc.errors import IllegalMove, Refused
from gmtc.models import Record
from gmtc.resources import Resource
from gmtc.rows import CHANGED, FAULTY, NEW, UNCHANGED, Result
from gmtc.spreadsheets import Sheet, SheetError, inspect, read
from gmtc.states import move

SMALL_BYTES = 2 * 1024 * 1024  # unpacked: read within the request
SMALL_ROWS = 500
SILENT = timedelta(minutes=2)


class Status(models.TextChoices):
    UPLOADED = "uploaded", gettext_lazy("Uploaded")
    CHECKING = "checking", gettext_lazy("Being checked")
    CHECKED = "checked", gettext_lazy("Checked")
    ACCEPTING = "accepting", gettext_lazy("Being imported")
    ACCEPTED = "accepted", gettext_lazy("Imported")
    FAILED = "failed", gettext_lazy("Failed")
    DISCARDED = "discarded", gettext_lazy("Discarded")


class RowKind(models.TextChoices):
    NEW = NEW, gettext_lazy("New")
    CHANGED = CHANGED, gettext_lazy("Changed")
    UNCHANGED = UNCHANGED, gettext_lazy("Unchanged")
    FAULTY = FAULTY, gettext_lazy("Faulty")


def storage_name(data_import, name: str) -> str:
    """Never the name that the user's computer gave it."""
    return f"imports/{data_import.pk}{PurePath(name).suffix}"


class ImportRow(models.Model):
    """What one row of the file does. `cells` are the values by column name as they were read; `changes` [old, new]."""

    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=9, choices=RowKind)
    key = models.CharField(max_length=200)
    record_id = models.UUIDField(null=True)
    cells = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    errors = models.JSONField(default=dict)

    class Meta:
        abstract = True
        ordering = ["number"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["data_import", "kind", "number"], name="%(app_label)s_importrow_kind"),
            models.Index(fields=["record_id"], name="%(app_label)s_importrow_record"),
        ]

    def __str__(self):
        return str(self.number)


class DataImport(Record):
    """Base of the imports of each room, whose resource is named by its path because that imports the models.

    `mapping` has for each heading of the file the name of a column, or "". `options`: decimal_mark, creates_branches.
    Texts in the results are in `language`, that of the user who uploaded.
    """

    running = ("progress", "seen_alive")
    unlogged = ("progress", "seen_alive", "headings")
    resource_name: str

    file = models.FileField(gettext_lazy("file"), upload_to=storage_name, max_length=200)
    original_name = models.CharField(gettext_lazy("file name"), max_length=200)
    size = models.PositiveIntegerField(gettext_lazy("size"))
    unpacked = models.PositiveIntegerField(gettext_lazy("unpacked size"))
    language = models.CharField(gettext_lazy("language"), max_length=5)
    status = models.CharField(gettext_lazy("status"), max_length=9, choices=Status, default=Status.UPLOADED)
    headings = models.JSONField(default=list)
    mapping = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    branches = models.JSONField(default=dict)
    new_rows = models.PositiveIntegerField(gettext_lazy("new"), default=0)
    changed_rows = models.PositiveIntegerField(gettext_lazy("changed"), default=0)
    unchanged_rows = models.PositiveIntegerField(gettext_lazy("unchanged"), default=0)
    faulty_rows = models.PositiveIntegerField(gettext_lazy("faulty"), default=0)
    progress = models.PositiveSmallIntegerField(gettext_lazy("progress"), default=0)
    seen_alive = models.DateTimeField(default=timezone.now)
    message = models.TextField(gettext_lazy("message"), blank=True)

    class Meta(Record.Meta):
        abstract = True
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self):
        return self.original_name

    def get_absolute_url(self):
        return reverse(f"{self._meta.app_label}:import_detail", args=[self.pk])

    # --- Reading

    @property
    def resource(self) -> type[Resource]:
        return import_string(self.resource_name)

    def make_resource(self) -> Resource:
        """For an import whose rows all belong to one record, such as a price list to its supplier."""
        return self.resource()

    @property
    def row_count(self) -> int:
        return self.new_rows + self.changed_rows + self.unchanged_rows + self.faulty_rows

    @property
    def is_busy(self) -> bool:
        return self.status in (Status.CHECKING, Status.ACCEPTING)

    @property
    def is_silent(self) -> bool:
        """A job should be at work but has not been heard of for two minutes."""
        return self.is_busy and timezone.now() - self.seen_alive > SILENT

    @property
    def is_open(self) -> bool:
        """It waits for its user."""
        return self.status in (Status.UPLOADED, Status.CHECKED, Status.FAILED)

    @property
    def can_accept(self) -> bool:
        return self.status == Status.CHECKED and not self.faulty_rows and bool(self.new_rows + self.changed_rows)

    # --- Verbs

    @classmethod
    def upload(cls, file, *, by, language: str, options: dict, **columns):
        """Keep `file`; `columns` is what a room's import knows besides, such as whose price list it is.

        Raises SheetError for what is not a CSV or xlsx file of bearable size; then nothing is kept.
        """
        shape = inspect(file)
        upload = cls(
            original_name=PurePath(file.name).name[:200],
            size=file.size,
            unpacked=shape.unpacked,
            language=language,
            options=options,
            **columns,
        )
        with transaction.atomic():
            file.seek(0)
            upload.file.save(f"upload.{shape.kind}", file, save=False)
            upload.save(by=by, reason="upload")
        return upload

    def check_rows(self, *, by, mapping: list[str] | None = None, options: dict | None = None):
        """Find out what the import would do. Raises Refused for a mapping that cannot work."""
        if mapping is not None:
            self.resource.check_mapping(mapping)
        with transaction.atomic():
            self._begin_check(by=by, mapping=mapping, options=options)
            self._work_or_queue(by)

    def accept(self, *, by):
        """Import everything or nothing. Raises Refused where rows are faulty or there is nothing to do, IllegalMove
        where somebody has done it already."""
        with transaction.atomic():
            self._begin_accept(by=by)
            self._work_or_queue(by)

    def resume(self, *, by):
        """Queue the work once more, where its worker has died without a word."""
        if self.is_busy:
            self._queue(by)

    @move(Status.UPLOADED, Status.CHECKING, Status.CHECKED, Status.FAILED, to=Status.DISCARDED)
    def discard(self, *, by):
        """Give the import up: its file and its results go, the fact stays. There is no trash for imports."""
        self.rows.all().delete()
        name, storage = self.file.name, self.file.storage
        self.file = ""
        transaction.on_commit(lambda: storage.delete(name))

    def work(self, *, by) -> bool:
        """Do what the state asks for; called by the job, or at once for small files. False where that was nothing."""
        try:
            with translation.override(self.language):
                if self.status == Status.CHECKING:
                    self._check(by)
                elif self.status == Status.ACCEPTING:
                    self._accept(by)
                else:
                    return False
        except IllegalMove:
            return False  # discarded in the meantime, or a second worker was faster
        return True

    def tell(self, *, by):
        """A job has done its work for `by`, who has gone elsewhere meanwhile. Rooms know how people are told."""
        raise NotImplementedError

    def outcome(self) -> str:
        """What a job has come to, in a few words."""
        if self.status == Status.ACCEPTED:
            text = _("%(file)s was imported: %(new)s new, %(changed)s changed.")
        elif self.status == Status.FAILED:
            text = _("%(file)s could not be imported.")
        elif self.status == Status.UPLOADED or self.message:
            text = _("%(file)s was not imported.")
        else:
            text = _("%(file)s was checked: %(new)s new, %(changed)s changed, %(faulty)s faulty.")
        return text % {
            "file": self,
            "new": figures.quantity(self.new_rows),
            "changed": figures.quantity(self.changed_rows),
            "faulty": figures.quantity(self.faulty_rows),
        }

    # --- Steps

    @move(Status.UPLOADED, Status.CHECKED, Status.FAILED, to=Status.CHECKING)
    def _begin_check(self, *, by, mapping, options):
        if mapping is not None:
            self.mapping = mapping
        if options is not None:
            self.options = options
        self.message = ""
        self._set_progress(0)

    @move(Status.CHECKED, to=Status.ACCEPTING)
    def _begin_accept(self, *, by):
        if self.faulty_rows:
            raise Refused(_("There are faulty rows. Nothing was imported."))
        if not self.new_rows + self.changed_rows:
            raise Refused(_("There is nothing to import: no row is new or changed."))
        self._set_progress(0)

    def _work_or_queue(self, by) -> None:
        if self.unpacked <= SMALL_BYTES and (self.row_count or self._count_rows()) <= SMALL_ROWS:
            self.work(by=by)
        else:
            self._queue(by)

    def _queue(self, by) -> None:
        key, user = str(self.pk), str(by.pk) if by else None
        job = app.configure_task("imports.work", lock=key, queueing_lock=key)
        try:
            with transaction.atomic():
                job.defer(model=self._meta.label_lower, import_id=key, user_id=user)
        except AlreadyEnqueued:
            return

    def _count_rows(self) -> int:
        try:
            return len(self._read().rows)
        except SheetError:
            return 0  # the check will say so

    def _read(self) -> Sheet:
        try:
            with self.file.open("rb") as file:
                return read(file, recognise=self.resource.knows())
        except FileNotFoundError:
            raise SheetError(_("The file is gone. Please upload it again.")) from None

    def _run(self, sheet: Sheet, mapping: list[str], **options) -> Result:
        return self.make_resource().import_sheet(
            sheet,
            mapping,
            mark=self.options.get("decimal_mark", ""),
            creates_branches=bool(self.options.get("creates_branches")),
            **options,
        )

    def _check(self, by) -> None:
        try:
            sheet = self._read()
        except SheetError as error:
            self._fail(by=by, message=str(error))
            return
        self._set_progress(25)
        headings = [cell.value or cell.letter for cell in sheet.headings]
        known = self.mapping and self.headings == headings
        mapping = self.mapping if known else self.resource.map_headings(headings)
        try:
            self.resource.check_mapping(mapping)
        except Refused as refusal:
            self._ask(by=by, headings=headings, mapping=mapping, message=str(refusal))
            return
        result = self._run(sheet, mapping, dry_run=True, progress=self._report(25, 85))
        self._finish_check(by=by, headings=headings, mapping=mapping, result=result)

    def _accept(self, by) -> None:
        try:
            sheet = self._read()
            self._set_progress(25)
            self._carry_out(by=by, sheet=sheet)
        except SheetError as error:
            self._fail(by=by, message=str(error))
        except IntegrityError:
            self._fail(
                by=by,
                message=_(
                    "Somebody changed the same records at this moment. Nothing was imported, please check again."
                ),
            )

    @move(Status.CHECKING, to=Status.CHECKED)
    def _finish_check(self, *, by, headings, mapping, result):
        self.headings, self.mapping = headings, mapping
        self._keep(result)

    @move(Status.CHECKING, to=Status.UPLOADED)
    def _ask(self, *, by, headings, mapping, message):
        """The columns could not all be recognised: the user has to say which is which."""
        self.headings, self.mapping, self.message = headings, mapping, message

    @move(Status.CHECKING, Status.ACCEPTING, to=Status.FAILED)
    def _fail(self, *, by, message):
        self.message = message

    @move(Status.ACCEPTING)
    def _carry_out(self, *, by, sheet):
        """The state lock is held from here to the end, so nobody else accepts the same import."""
        result = self._run(sheet, self.mapping, user=by, agreed=self._is_as_checked)
        if not result.is_written:
            self._keep(result)
            self.message = _("The data has changed since the check. Nothing was imported.")
            return Status.CHECKED
        self._name_records(result)
        return Status.ACCEPTED

    def _is_as_checked(self, result: Result) -> bool:
        """What somebody has written since the check is not overwritten: the rows do what their user has agreed to."""
        found = [(each.row.number, each.kind, each.row.changes) for each in result.rows]
        return list(self.rows.values_list("number", "kind", "changes")) == found

    def _name_records(self, result: Result) -> None:
        """The results of the check still hold; what they lack is which records were made."""
        made = [(each.row.number, each.row.record.pk) for each in result.rows if each.kind == NEW]
        numbers, keys = [number for number, _key in made], [key for _number, key in made]
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {self.rows.model._meta.db_table} AS row SET record_id = made.pk "  # noqa: S608 - our own table
                "FROM unnest(%s::int[], %s::uuid[]) AS made(number, pk) "
                "WHERE row.data_import_id = %s AND row.number = made.number",
                [numbers, keys, self.pk],
            )

    def _keep(self, result: Result) -> None:
        model = self.rows.model
        self.rows.all().delete()
        model.objects.bulk_create(
            (
                model(
                    data_import=self,
                    number=row.number,
                    kind=kind,
                    key=row.key[:200],
                    record_id=None if row.is_new else row.record.pk,
                    cells=row.shown,
                    changes=row.changes,
                    errors=row.errors,
                )
                for row, kind in ((each.row, each.kind) for each in result.rows)
            ),
            batch_size=2_000,
        )
        self.new_rows, self.changed_rows = result.count(NEW), result.count(CHANGED)
        self.unchanged_rows, self.faulty_rows = result.count(UNCHANGED), result.count(FAULTY)
        self.branches, self.message = result.branches, ""

    def _report(self, start: int, end: int) -> Callable[[float], None]:
        """Progress of a part of the work, written at most twice a second."""
        last = monotonic()

        def report(share: float) -> None:
            nonlocal last
            if monotonic() - last > 0.5:
                last = monotonic()
                self._set_progress(round(start + (end - start) * share))

        return report

    def _set_progress(self, percent: int) -> None:
        self.progress, self.seen_alive = percent, timezone.now()
        type(self).everything.filter(pk=self.pk).update(progress=percent, seen_alive=self.seen_alive)
