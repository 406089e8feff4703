from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.builds.bills import Bills, lock_bills, products_above
from apps.parts.models import Part
from gmtc import figures
from gmtc.addresses import address_of
from gmtc.bulk import update_all
from gmtc.errors import IllegalMove, Refused
from gmtc.lined import Line, Lined
from gmtc.models import MAX_QUANTITY, AliveManager, RecordQuerySet, audit_log, between, unique_while_alive
from gmtc.states import is_allowed, move

SMALLEST = Decimal("0.001")


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    RELEASED = "released", _("Released")
    RETIRED = "retired", _("Retired")


class RevisionQuerySet(RecordQuerySet):
    def current(self):
        return self.filter(is_current=True)

    def in_use(self):
        """Drafts and released ones: what is or will be built by."""
        return self.exclude(status=Status.RETIRED)


@dataclass(frozen=True)
class Change:
    """A part whose line differs between two revisions; None stands for no line."""

    part: Part
    old: Decimal | None
    new: Decimal | None

    @property
    def difference(self) -> Decimal:
        return (self.new or Decimal(0)) - (self.old or Decimal(0))


@dataclass
class Comparison:
    added: list[Change] = field(default_factory=list)
    removed: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    same: int = 0


class BuildRevision(Lined):
    """A bill of materials as it stood. A draft is edited; once released its lines never change (by trigger)."""

    build = models.ForeignKey(
        "builds.PrinterBuild", models.PROTECT, related_name="revisions", verbose_name=_("build"), editable=False
    )
    number = models.PositiveSmallIntegerField(_("number"), editable=False)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.DRAFT, editable=False)
    is_current = models.BooleanField(_("current"), default=False, editable=False)
    note = models.TextField(_("note"), blank=True, help_text=_("What is different from the revision before."))
    released_at = models.DateTimeField(_("released"), null=True, editable=False)
    released_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("released by")
    )

    objects = AliveManager.from_queryset(RevisionQuerySet)()
    everything = RevisionQuerySet.as_manager()
    history = audit_log()

    class Meta(Lined.Meta):
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["build__model_number", "-number"]
        permissions = [
            ("release_buildrevision", "Can release and retire revisions"),
            ("export_buildrevision", "Can export bills of materials"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["build", "number"],
                name="builds_revision_number",
                violation_error_message=_("This revision exists already."),
            ),
            models.UniqueConstraint(
                fields=["build"],
                condition=Q(is_current=True, deleted_at=None),
                name="builds_revision_current",
                violation_error_message=_("Another revision is the current one."),
            ),
            models.CheckConstraint(
                condition=Q(is_current=False) | Q(status=Status.RELEASED), name="builds_revision_current_released"
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT, released_at=None) | ~Q(status=Status.DRAFT) & ~Q(released_at=None),
                name="builds_revision_released_at",
            ),
            between("number", 1, 32_767, name="builds_revision_number_range"),
        ]

    def __str__(self):
        return f"{self.build} R{self.number}"

    def get_absolute_url(self):
        return address_of("builds:revision_detail", self.pk)

    # --- Reading

    @property
    def is_draft(self) -> bool:
        return self.status == Status.DRAFT

    @property
    def can_release(self) -> bool:
        return is_allowed(BuildRevision.release, self) and not self.deleted_at

    @property
    def can_retire(self) -> bool:
        return is_allowed(BuildRevision.retire, self)

    @property
    def can_become_current(self) -> bool:
        return self.status == Status.RELEASED and not self.is_current

    def explode(self, quantity=1) -> dict[Part, Decimal]:
        """What `quantity` pieces take of each part that is not taken apart further, by SKU."""
        flat = Bills([self.pk]).flat(self.pk)
        parts = Part.everything.filter(pk__in=list(flat)).order_by("sku")
        return {part: flat[part.pk] * Decimal(quantity) for part in parts}

    def compare(self, other) -> Comparison:
        """What changes on the way from `other` to this revision, by part."""
        old = {line.part: line.quantity for line in other.lines.select_related("part")}
        new = {line.part: line.quantity for line in self.lines.select_related("part")}
        found = Comparison()
        for part in sorted(old.keys() | new.keys(), key=lambda part: part.sku.casefold()):
            change = Change(part, old.get(part), new.get(part))
            if change.old is None:
                found.added.append(change)
            elif change.new is None:
                found.removed.append(change)
            elif change.difference:
                found.changed.append(change)
            else:
                found.same += 1
        return found

    def warnings(self) -> list[str]:
        """What somebody should know before releasing, though it is allowed."""
        lines = self.lines.all()
        found = [
            str(_("%(part)s is discontinued.") % {"part": sku})
            for sku in lines.filter(part__is_discontinued=True).values_list("part__sku", flat=True)
        ]
        builds = type(self.build).objects.filter(product__in=lines.values("part"))
        unreleased = builds.exclude(pk__in=type(self).objects.current().values("build"))
        found += [
            str(_("%(build)s has no released revision yet, so it counts as one part.") % {"build": build})
            for build in unreleased.order_by("model_number")
        ]
        return found

    # --- Writing the lines

    def line_changes(self, heads):
        keys = self.lines.model.history.filter(revision=self.pk).values("part")
        self._skus = dict(Part.everything.filter(pk__in=keys).values_list("pk", "sku"))
        return super().line_changes(heads)

    def line_named(self, row):
        return f"{figures.quantity(row.quantity)} × {self._skus.get(row.part_id, '')}"

    def refuse_edit(self):
        self.refuse_trashed()
        if not self.is_draft:
            raise IllegalMove(
                _("%(record)s is released; make a new draft to change its bill of materials.") % {"record": self}
            )

    def _write_lines(self, rows: Iterable[dict], by) -> bool:
        """A line is known by its part, so two of them may change places."""
        rows = list(rows)
        self._check_lines(rows)
        stored = {line.part_id: line.pk for line in self.lines.all()}
        return super()._write_lines(({**row, "id": stored.get(row["part"].pk)} for row in rows), by)

    def _check_lines(self, rows: list[dict]) -> None:
        seen: dict[UUID, int] = {}
        alive = {part.pk: part for part in Part.objects.filter(pk__in=[row["part"].pk for row in rows]).lock_all()}
        for number, row in enumerate(rows, start=1):
            part = alive.get(row["part"].pk)
            if part is None:
                raise Refused(_("Line %(line)s: %(part)s is in the trash.") % {"line": number, "part": row["part"]})
            if part.pk in seen:
                raise Refused(
                    _("%(part)s stands on lines %(first)s and %(second)s. Put the quantities together.")
                    % {"part": part, "first": seen[part.pk], "second": number}
                )
            seen[part.pk] = number
            try:
                row["quantity"] = part.checked_quantity(row["quantity"])
            except Refused as refusal:
                raise Refused(_("Line %(line)s: %(text)s") % {"line": number, "text": refusal}) from None
        self.require_no_circle(seen)

    def require_no_circle(self, parts: Iterable[UUID]) -> None:
        """Raise Refused where one of `parts` is or contains what this revision builds. Holds the bills' lock."""
        lock_bills()
        product = self.build.product_id
        if guilty := set(parts) & products_above([product]):
            names = Part.everything.filter(pk__in=guilty).order_by("sku").values_list("sku", flat=True)
            raise Refused(
                _("%(product)s would contain itself, by way of: %(parts)s.")
                % {"product": self.build.product, "parts": ", ".join(names)}
            )

    # --- Verbs

    @move(Status.DRAFT, to=Status.RELEASED)
    def release(self, *, by):
        """Freeze the bill and build by it from now on."""
        self.refuse_trashed()
        parts = set(self.lines.values_list("part_id", flat=True))
        if not parts:
            raise Refused(_("%(record)s has no lines yet.") % {"record": self})
        self.require_no_circle(parts)
        self._take_over(by)
        self.released_at, self.released_by = timezone.now(), by

    @move(Status.RELEASED)
    def make_current(self, *, by):
        """Build by this released revision again."""
        self._take_over(by)
        return Status.RELEASED

    @move(Status.RELEASED, to=Status.RETIRED)
    def retire(self, *, by):
        """Nobody builds by this revision any more."""
        self.is_current = False

    def _take_over(self, by) -> None:
        self.build.lock()  # two released at once follow one another
        for other in self.build.revisions.current().exclude(pk=self.pk):
            other.lock()
            other.is_current = False
            other.save(by=by, reason="replaced")
        self.is_current = True

    def discard(self, *, by):
        """Only drafts; their lines go with them."""
        with transaction.atomic():
            self.lock()
            if not self.is_draft:
                raise Refused(_("%(record)s was released and stays. Retire it instead.") % {"record": self})
            if self.deleted_at:
                return
            lines = list(self.lines.all())
            super().discard(by=by)
            self._mark_lines(lines, self.deleted_at, by=by, reason="delete")

    def restore(self, *, by):
        with transaction.atomic():
            self.lock()
            if not self.deleted_at:
                return
            went_with_it = BuildPart.everything.filter(revision=self, deleted_at=self.deleted_at)
            lines = list(went_with_it.select_related("part"))
            if trashed := sorted({line.part.sku for line in lines if line.part.deleted_at}):
                raise Refused(
                    _("%(record)s needs what is in the trash, restore it first: %(missing)s.")
                    % {"record": self, "missing": ", ".join(trashed)}
                )
            self.require_no_circle({line.part_id for line in lines})
            super().restore(by=by)
            self._mark_lines(lines, None, by=by, reason="restore")

    def _mark_lines(self, lines: list, deleted_at, *, by, reason: str) -> None:
        for line in lines:
            line.deleted_at = deleted_at
        update_all(lines, ["deleted_at"], by=by, reason=reason)


class BuildPart(Line):
    """A line of a bill of materials: so much of a part, in its unit, for one piece. A part stands on one line only."""

    revision = models.ForeignKey(
        "builds.BuildRevision", models.CASCADE, related_name="lines", verbose_name=_("revision"), editable=False
    )
    part = models.ForeignKey("parts.Part", models.PROTECT, related_name="+", verbose_name=_("part"))
    quantity = models.DecimalField(
        _("quantity"), max_digits=12, decimal_places=3, validators=[MinValueValidator(SMALLEST)]
    )
    reference = models.CharField(
        _("item number"), max_length=80, blank=True, help_text=_("Where the part stands in the CAD drawing.")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    history = audit_log()

    class Meta(Line.Meta):
        verbose_name = _("line of a bill of materials")
        verbose_name_plural = _("lines of bills of materials")
        constraints = [
            unique_while_alive(
                "revision", "part", name="builds_line_part", message=_("This part stands on the bill already.")
            ),
            between("quantity", SMALLEST, MAX_QUANTITY, name="builds_line_quantity"),
        ]

    def __str__(self):
        return f"{self.position}. {self.part}"

    def copy_to(self, revision) -> "BuildPart":
        return BuildPart(
            revision=revision,
            position=self.position,
            part_id=self.part_id,
            quantity=self.quantity,
            reference=self.reference,
            note=self.note,
        )
