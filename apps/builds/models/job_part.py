from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.builds.models.revision import SMALLEST
from apps.parts.models import Reference, Reservation
from gmtc import figures
from gmtc.lined import Line
from gmtc.models import MAX_MONEY, MAX_QUANTITY, AliveManager, Record, RecordQuerySet, audit_log, between


def quantity_field(label, **kwargs) -> models.DecimalField:
    return models.DecimalField(label, max_digits=12, decimal_places=3, **kwargs)


def cost_field() -> models.DecimalField:
    return models.DecimalField(_("unit cost"), max_digits=14, decimal_places=4, null=True, editable=False)


def reservations_of(holders: Iterable) -> dict:
    """What holds stock for each of the lines and extras of a job, the oldest first: {key: [Reservation, ...]}."""
    found: dict = {}
    keys = [each.pk for each in holders]
    kinds = [JobPart._meta.label_lower, ExtraUse._meta.label_lower]
    rows = Reservation.objects.filter(reference_type__in=kinds, reference_id__in=keys, quantity__gt=0)
    for reservation in rows.order_by("pk"):
        found.setdefault(reservation.reference_id, []).append(reservation)
    return found


class Holding:
    """What holds stock for itself: a line of a job, and what was used besides."""

    @property
    def reference(self) -> Reference:
        """What its reservations are for; people call it by the number of the job."""
        return Reference(self._meta.label_lower, self.pk, str(self.job))

    def get_absolute_url(self):
        return self.job.get_absolute_url()


class JobPartQuerySet(RecordQuerySet):
    def stocked(self):
        return self.filter(is_stocked=True)

    def short(self):
        """Less is reserved than will be needed."""
        return self.filter(JobPart.IS_SHORT)


class JobPart(Holding, Line):
    """A line of the bill of materials as it was frozen when the job was released; `quantity` is for the whole job.

    `reserved_quantity` is kept by a trigger from the reservations that name the line; the other running columns by the
    verbs of the job, which lock it. A sub-assembly is a part like others here: a job of its own supplies it.
    """

    IS_SHORT = Q(is_stocked=True, consumed_quantity=0, reserved_quantity__lt=F("quantity") - F("replaced_quantity"))

    running = (
        "reserved_quantity",
        "picked_quantity",
        "replaced_quantity",
        "consumed_quantity",
        "unit_cost",
        "location",
    )

    job = models.ForeignKey(
        "builds.ProductionJob", models.PROTECT, related_name="lines", verbose_name=_("production job"), editable=False
    )
    part = models.ForeignKey("parts.Part", models.PROTECT, related_name="+", verbose_name=_("part"), editable=False)
    quantity = quantity_field(_("quantity"), validators=[MinValueValidator(SMALLEST)], editable=False)
    is_stocked = models.BooleanField(_("is kept in stock"), default=True, editable=False)
    item_number = models.CharField(_("item number"), max_length=80, blank=True, editable=False)

    reserved_quantity = quantity_field(_("reserved"), default=0, editable=False)
    picked_quantity = quantity_field(_("picked"), default=0, editable=False)
    replaced_quantity = quantity_field(_("replaced"), default=0, editable=False)
    consumed_quantity = quantity_field(_("consumed"), default=0, editable=False)
    unit_cost = cost_field()
    location = models.ForeignKey(
        "parts.StorageLocation",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("picked from"),
    )

    objects = AliveManager.from_queryset(JobPartQuerySet)()
    everything = JobPartQuerySet.as_manager()
    history = audit_log(without=running)

    class Meta(Line.Meta):
        verbose_name = _("part of a job")
        verbose_name_plural = _("parts of jobs")
        indexes = [
            models.Index(
                fields=["part"],
                condition=Q(is_stocked=True, consumed_quantity=0, deleted_at=None),
                name="builds_jobpart_open",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["job", "part"], name="builds_jobpart_part"),
            models.CheckConstraint(condition=Q(deleted_at=None), name="builds_jobpart_stays"),
            between("quantity", SMALLEST, MAX_QUANTITY, name="builds_jobpart_quantity"),
            between("replaced_quantity", 0, F("quantity"), name="builds_jobpart_replaced"),
            between("picked_quantity", 0, F("quantity") - F("replaced_quantity"), name="builds_jobpart_picked"),
            between("consumed_quantity", 0, F("quantity") - F("replaced_quantity"), name="builds_jobpart_consumed"),
            between("reserved_quantity", 0, F("quantity"), name="builds_jobpart_reserved"),
            models.CheckConstraint(
                condition=Q(unit_cost=None) | Q(unit_cost__gte=0, unit_cost__lte=MAX_MONEY),
                name="builds_jobpart_unit_cost",
            ),
        ]

    def __str__(self):
        return f"{self.position}. {self.part}"

    # --- Reading

    @property
    def needed_quantity(self) -> Decimal:
        """What the job takes of the part itself: what was put in its place is not needed any more."""
        return self.quantity - self.replaced_quantity

    @property
    def short_quantity(self) -> Decimal:
        """What is not reserved yet."""
        if not self.is_stocked or self.consumed_quantity:
            return Decimal(0)
        return max(self.needed_quantity - self.reserved_quantity, Decimal(0))

    @property
    def lacking_quantity(self) -> Decimal:
        """What free stock does not cover, of a line that is not held yet."""
        if not self.is_stocked:
            return Decimal(0)
        return max(self.needed_quantity - max(self.part.free_stock, Decimal(0)), Decimal(0))

    @property
    def open_quantity(self) -> Decimal:
        """What is still to be picked."""
        if not self.is_stocked or self.consumed_quantity:
            return Decimal(0)
        return self.needed_quantity - self.picked_quantity

    @property
    def pickable_quantity(self) -> Decimal:
        """What is reserved and not picked yet."""
        return max(min(self.open_quantity, self.reserved_quantity - self.picked_quantity), Decimal(0))

    @property
    def cost(self) -> Decimal:
        """Euros of the whole line, once consumed."""
        return (self.unit_cost or Decimal(0)) * self.consumed_quantity

    @classmethod
    def keep(cls, lines: Sequence["JobPart"], *running: str) -> None:
        """Write running columns of `lines`, whose job is locked."""
        cls.everything.bulk_update(lines, running)


class ExtraKind(models.TextChoices):
    SCRAP = "scrap", _("Broken or lost")
    SUBSTITUTE = "substitute", _("In place of another part")
    MORE = "more", _("More was needed")


class ExtraUse(Holding, Record):
    """What a job takes besides its bill, and why. Held from the moment it is written down, out of stock at completion.

    A substitute stands for `replaced_quantity` of the line `replaces`, which the job then takes so much less of.
    """

    running = ("consumed_quantity", "unit_cost")

    job = models.ForeignKey(
        "builds.ProductionJob", models.PROTECT, related_name="extras", verbose_name=_("production job"), editable=False
    )
    part = models.ForeignKey("parts.Part", models.PROTECT, related_name="+", verbose_name=_("part"))
    kind = models.CharField(_("kind"), max_length=10, choices=ExtraKind)
    quantity = quantity_field(_("quantity"), validators=[MinValueValidator(SMALLEST)])
    location = models.ForeignKey(
        "parts.StorageLocation", models.PROTECT, related_name="+", verbose_name=_("picked from")
    )
    reason = models.CharField(_("reason"), max_length=200)
    replaces = models.ForeignKey(
        "builds.JobPart", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("in place of")
    )
    replaced_quantity = quantity_field(_("replaced quantity"), default=0)

    consumed_quantity = quantity_field(_("consumed"), default=0, editable=False)
    unit_cost = cost_field()

    history = audit_log(without=running)

    class Meta(Record.Meta):
        verbose_name = _("extra consumption")
        verbose_name_plural = _("extra consumptions")
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            between("quantity", SMALLEST, MAX_QUANTITY, name="builds_extrause_quantity"),
            between("consumed_quantity", 0, F("quantity"), name="builds_extrause_consumed"),
            models.CheckConstraint(
                condition=Q(kind=ExtraKind.SUBSTITUTE, replaces__isnull=False)
                & Q(replaced_quantity__gte=SMALLEST, replaced_quantity__lte=MAX_QUANTITY)
                | ~Q(kind=ExtraKind.SUBSTITUTE) & Q(replaces=None, replaced_quantity=0),
                name="builds_extrause_replaces",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="builds_extrause_reason"),
        ]

    def __str__(self):
        return f"{self.part} × {figures.quantity(self.quantity)}"

    @property
    def cost(self) -> Decimal:
        return (self.unit_cost or Decimal(0)) * self.consumed_quantity
