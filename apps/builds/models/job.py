import datetime
from collections.abc import Iterable
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.builds import news
from apps.builds.models.build import PrinterBuild
from apps.builds.models.checklist import CheckResult, JobCheck
from apps.builds.models.job_part import JobPart
from apps.builds.models.job_state import ACTIVE, OPEN, JobStatus, Priority
from apps.builds.models.job_stock import JobStock, lock_parts, named
from apps.builds.models.revision import Status as RevisionStatus
from apps.numbering.models import Key, next_number
from apps.parts.models import Part, Procurement, Unit
from gmtc.addresses import address_of
from gmtc.bulk import create_all
from gmtc.errors import IllegalMove, Refused
from gmtc.models import MAX_MONEY, AliveManager, Record, RecordQuerySet, audit_log, between
from gmtc.searching import upper
from gmtc.states import move

MAX_PIECES = 10_000


class Shortage(Refused):
    """Not everything for the job is in stock. `missing` is [(part, needed, free), ...]."""

    def __init__(self, job, missing: list[tuple[Part, Decimal, Decimal]]):
        super().__init__(
            _("%(job)s: not everything is in stock (%(parts)s). Release it short to hold what is there.")
            % {"job": job, "parts": named(part for part, _needed, _free in missing)},
            field="short",
        )
        self.missing = missing


def missing_of(lines: Iterable[JobPart]) -> list[tuple[Part, Decimal, Decimal]]:
    return [(line.part, line.quantity, line.part.free_stock) for line in lines if line.lacking_quantity]


class ProductionJobQuerySet(RecordQuerySet):
    def search(self, text: str):
        """Every word somewhere in the number, the part, or the order and its customer."""
        for word in text.split()[:8]:
            word = upper(word)
            self = self.filter(
                Q(number__contains=word)
                | Q(part__search_text__says=word)
                | Q(order_line__order__search_text__says=word)
                | Q(order_line__order__customer__search_text__says=word)
            )
        return self

    def open(self):
        """Neither completed nor cancelled."""
        return self.filter(status__in=OPEN)

    def active(self):
        """Released, being built or tested: their bill is frozen."""
        return self.filter(status__in=ACTIVE)

    def late(self):
        return self.open().filter(due_date__lt=timezone.localdate())

    def short(self):
        """Active, and something that they need is not held for them."""
        return self.active().filter(Exists(JobPart.objects.short().filter(job=OuterRef("pk"))))


class ProductionJob(JobStock, Record):
    """`quantity` whole pieces of `part` are built, for `order_line` or, where that is empty, for stock.

    Releasing freezes the bill of materials of the current revision into `lines` and holds the stock. A part without a
    build, such as one that we print ourselves, has no bill and takes nothing out of stock.
    """

    number = models.CharField(_("number"), max_length=20, editable=False)
    status = models.CharField(_("status"), max_length=13, choices=JobStatus, default=JobStatus.PLANNED, editable=False)
    part = models.ForeignKey("parts.Part", models.PROTECT, related_name="+", verbose_name=_("product"))
    revision = models.ForeignKey(
        "builds.BuildRevision",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="jobs",
        verbose_name=_("revision"),
    )
    quantity = models.PositiveIntegerField(
        _("pieces"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_PIECES)]
    )
    order_line = models.ForeignKey(
        "orders.OrderLine",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("for the order"),
    )
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    due_date = models.DateField(_("due on"), null=True, blank=True)
    responsible = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("responsible")
    )
    workplace = models.ForeignKey(
        "parts.StorageLocation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("workplace"),
        help_text=_("Where it is built; what is picked for the job is brought there."),
    )
    notes = models.TextField(_("notes"), blank=True, max_length=2000)

    released_at = models.DateTimeField(_("released"), null=True, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    completed_at = models.DateTimeField(_("completed"), null=True, editable=False)
    cost = models.DecimalField(
        _("material cost"), max_digits=14, decimal_places=4, null=True, editable=False, help_text=_("Of all pieces.")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True, editable=False)

    objects = AliveManager.from_queryset(ProductionJobQuerySet)()
    everything = ProductionJobQuerySet.as_manager()
    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("production job")
        verbose_name_plural = _("production jobs")
        ordering = ["-id"]
        default_permissions = ("add", "change", "view")
        permissions = [
            ("plan_productionjob", "Can carry out the planning"),
            ("release_productionjob", "Can release production jobs"),
            ("start_productionjob", "Can start production jobs"),
            ("pick_productionjob", "Can pick parts for production jobs"),
            ("test_productionjob", "Can test what a production job has built"),
            ("complete_productionjob", "Can complete production jobs"),
            ("cancel_productionjob", "Can cancel production jobs"),
            ("export_productionjob", "Can export production jobs"),
        ]
        indexes = [
            models.Index(fields=["status", "due_date"], name="builds_job_due"),
            models.Index(fields=["part"], condition=Q(status__in=OPEN), name="builds_job_part_open"),
            models.Index(fields=["completed_at"], name="builds_job_completed"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="builds_job_number"),
            models.CheckConstraint(condition=~Q(number="") & Q(deleted_at=None), name="builds_job_stays"),
            between("quantity", 1, MAX_PIECES, name="builds_job_quantity"),
            between("priority", 1, 3, name="builds_job_priority"),
            models.CheckConstraint(
                condition=~Q(status__in=ACTIVE) & ~Q(status=JobStatus.COMPLETED) | Q(released_at__isnull=False),
                name="builds_job_released_at",
            ),
            models.CheckConstraint(
                condition=Q(status=JobStatus.COMPLETED, completed_at__isnull=False)
                & Q(cost__gte=0, cost__lte=MAX_MONEY)
                | ~Q(status=JobStatus.COMPLETED) & Q(completed_at=None, cost=None),
                name="builds_job_completed_at",
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return address_of("builds:job_detail", self.pk)

    # --- Reading

    @property
    def is_planned(self) -> bool:
        return self.status == JobStatus.PLANNED

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_completed(self) -> bool:
        return self.status == JobStatus.COMPLETED

    @property
    def is_late(self) -> bool:
        return self.is_open and bool(self.due_date) and self.due_date < timezone.localdate()

    @property
    def build(self) -> PrinterBuild | None:
        """How the product is built; None for one without a bill."""
        return self.revision.build if self.revision else PrinterBuild.objects.filter(product=self.part_id).first()

    # --- Writing

    def clean(self):
        if self.part_id and self.part.procurement != Procurement.MAKE:
            raise ValidationError({"part": _("%(part)s is bought, not made.") % {"part": self.part}})
        if self.part_id and self.part.unit == Unit.HOUR:
            raise ValidationError({"part": _("%(part)s is a service and not built.") % {"part": self.part}})

    def save(self, *, by=None, reason: str = "", **kwargs):
        """A new job gets its number at once: the board, the planning and the shop call it by it from the first day.

        So none is ever thrown away: a job that nobody wants is cancelled, and its number says so.
        """
        if not self._state.adding:
            super().save(by=by, reason=reason, **kwargs)
            return
        with transaction.atomic():
            if self.order_line_id and self.order_line.part_id != self.part_id:
                raise Refused(_("The order is for another part."), field="part")
            self.number = self.number or next_number(Key.JOB)
            super().save(by=by, reason=reason, **kwargs)

    def revise(self, values: dict, *, by, version: int):
        with transaction.atomic():
            self.lock()
            self.refuse_unless(*OPEN)
            if not self.is_planned:
                for name in ("quantity", "part"):
                    if name in values and values[name] != getattr(self, name):
                        raise Refused(
                            _("%(job)s is released, its bill of materials is frozen.") % {"job": self}, field=name
                        )
            workplace = values.get("workplace", self.workplace)
            if workplace != self.workplace and self.lines.filter(picked_quantity__gt=0).exists():
                raise Refused(_("Parts have been picked to %(place)s.") % {"place": self.workplace}, field="workplace")
            super().revise(values, by=by, version=version)

    def discard(self, *, by):
        raise Refused(_("A job keeps its number: cancel it instead."))

    def refuse_unless(self, *states) -> None:
        if self.status not in states:
            raise IllegalMove(
                _("%(record)s is “%(state)s”, so this is not possible any more.")
                % {"record": self, "state": self.get_status_display()}
            )

    # --- The way of a job. What it does with stock stands in JobStock.

    @move(JobStatus.PLANNED, to=JobStatus.RELEASED)
    def release(self, *, by, short: bool = False, revision=None):
        """Freeze the bill of `revision` (the current one without it) and hold the stock for it.

        Raises Shortage where something is missing, unless `short` says to hold what is there; Refused where the
        product has a build but no released revision.
        """
        build = self._choose_revision(revision)
        lines = self._freeze()
        parts = lock_parts(lines)
        missing = missing_of(lines)
        if missing and not short:
            raise Shortage(self, missing)
        if trashed := [part for part in parts.values() if part.deleted_at]:
            raise Refused(_("In the trash, restore first: %(parts)s.") % {"parts": named(trashed)})
        create_all(lines, by=by, reason="release")
        self._hold([(line, min(line.part.free_stock, line.quantity)) for line in lines if line.is_stocked], by=by)
        self._copy_test_steps(build, by)
        self.released_at = timezone.now()
        if missing:
            news.short(self, [part for part, _needed, _free in missing], by=by)

    def would_take(self) -> list[JobPart]:
        """The lines that a release would freeze right now, not stored. Raises as `release` does."""
        before = self.revision
        try:
            self._choose_revision(None)
            return self._freeze()
        finally:
            self.revision = before

    def would_miss(self) -> list[tuple[Part, Decimal, Decimal]]:
        """What a release would find missing right now: [(part, needed, free), ...]. Raises as `release` does."""
        return missing_of(self.would_take())

    def _choose_revision(self, revision) -> PrinterBuild | None:
        build = PrinterBuild.objects.filter(product=self.part).first()
        if build:
            self.revision = revision or build.current
            if self.revision is None:
                raise Refused(_("%(build)s has no released bill of materials yet.") % {"build": build})
            if self.revision.build_id != build.pk or self.revision.status != RevisionStatus.RELEASED:
                raise Refused(_("%(revision)s is not released.") % {"revision": self.revision}, field="revision")
        return build

    def _freeze(self) -> list[JobPart]:
        if not self.revision:
            return []
        return [
            JobPart(
                job=self,
                position=line.position,
                part=line.part,
                quantity=line.part.checked_quantity(line.quantity * self.quantity),
                is_stocked=line.part.unit != Unit.HOUR,
                item_number=line.reference,
            )
            for line in self.revision.lines.select_related("part")
        ]

    def _copy_test_steps(self, build, by) -> None:
        if not build:
            return
        pieces = self.quantity if self.part.is_serialised else 1  # what has no serial number is tested as one lot
        steps = list(build.test_steps.all())
        checks = [
            JobCheck(job=self, piece=piece, position=position, name=step.name)
            for piece in range(1, pieces + 1)
            for position, step in enumerate(steps, start=1)
        ]
        create_all(checks, by=by, reason="release")

    @move(JobStatus.RELEASED, to=JobStatus.PRODUCTION)
    def start(self, *, by):
        """Work begins, and the order learns of it. Something may still be missing by then."""
        if self.order_line:
            order = self.order_line.order
            order.lock()
            if order.is_open:
                order.record_production(by=by)
        self.started_at = timezone.now()

    @move(JobStatus.PRODUCTION, to=JobStatus.TESTING)
    def test(self, *, by):
        """It is built; the test steps follow."""

    @move(JobStatus.PRODUCTION, JobStatus.TESTING)
    def record_checks(self, checks, *, by, passed: bool, note: str = ""):
        """Tick off test steps: all of `checks` (JobChecks of this job) passed, or failed. `note` says what was found.

        A failed step keeps the job from being completed until somebody ticks it off as passed.
        """
        if not passed and not note.strip():
            raise Refused(_("Say what was found."), field="note")
        for check in checks:
            check.lock()
            if check.job_id != self.pk:
                raise Refused(_("This test belongs to another job."))
            check.result = CheckResult.PASSED if passed else CheckResult.FAILED
            check.note, check.checked_at, check.checked_by = note.strip()[:200], timezone.now(), by
            check.save(by=by, reason="record_checks")
        if checks and not passed:
            news.failed(self, checks, note=note.strip(), by=by)
        return self.status

    @move(JobStatus.PRODUCTION, JobStatus.TESTING, to=JobStatus.COMPLETED)
    def complete(self, *, by, location=None):
        """All pieces are done: the parts leave stock, the product comes into stock at what they cost, at `location`
        (the product's usual place without it). A printer is made for each piece of a product with serial numbers.

        All or nothing, and all pieces at once; a lot that is finished bit by bit is several jobs. Raises Refused where
        a part has not been picked or a test has not been passed.
        """
        self._require_tests()
        self._consume_and_build(location=location, by=by)
        self.completed_at = timezone.now()
        news.completed(self, by=by)

    def _require_tests(self) -> None:
        checks = list(self.checks.all())
        if checks and self.status == JobStatus.PRODUCTION:
            raise Refused(_("%(job)s has to be tested first.") % {"job": self})
        waiting = [check for check in checks if not check.is_passed]
        if waiting:
            raise Refused(
                _("Not passed yet: %(tests)s.") % {"tests": named(dict.fromkeys(check.name for check in waiting))}
            )

    @move(*OPEN, to=JobStatus.CANCELLED)
    def cancel(self, *, by, reason: str):
        """Give the job up: what is held for it is free again, what was picked goes back to where it came from.

        What was written down as broken or lost leaves stock, because it is gone.
        """
        if not reason.strip():
            raise Refused(_("Say why the job is cancelled."), field="reason")
        self.reason = reason.strip()
        self._give_everything_back(by=by)
        news.cancelled(self, by=by)

    def shortages(self):
        """The lines that are not fully held, in the order of the bill."""
        return self.lines.short().select_related("part").order_by("position")

    @property
    def start_by(self) -> datetime.date | None:
        """The last day to begin, if it shall be ready in time."""
        build = self.build
        days = build.days_to_build if build else 0
        return self.due_date - datetime.timedelta(days=days) if self.due_date else None
