"""The ledger, what it adds up to, and what is promised.

The database keeps the sums: a trigger adds each new movement to its stock level and to its part, another keeps the
part's reserved stock, and guards refuse any other hand. So stock on hand is always the sum of the ledger.
"""

from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from gmtc import figures
from gmtc.errors import Refused
from gmtc.models import MAX_MONEY, MAX_QUANTITY, Record, audit_log, between


class Reference(NamedTuple):
    """What a movement or a reservation is for: `type` is "app.model", `number` what people call it."""

    type: str
    id: UUID
    number: str

    @classmethod
    def to(cls, record) -> "Reference":
        return cls(record._meta.label_lower, record.pk, str(record))


class Referring(models.Model):
    """The columns that hold a Reference; empty where an office hand moved the stock."""

    reference_type = models.CharField(_("for (kind)"), max_length=60, blank=True, editable=False)
    reference_id = models.UUIDField(_("for (id)"), null=True, blank=True, editable=False)
    reference_number = models.CharField(_("for"), max_length=60, blank=True, editable=False)

    class Meta:
        abstract = True


def reference_columns(reference: Reference | None) -> dict:
    if reference is None:
        return {}
    return {
        "reference_type": reference.type,
        "reference_id": reference.id,
        "reference_number": reference.number[:60],
    }


class MovementKind(models.TextChoices):
    PURCHASE = "purchase", _("Purchase")
    SALE = "sale", _("Sale")
    PRODUCTION = "production", _("Production")
    ADJUSTMENT = "adjustment", _("Adjustment")
    TRANSFER = "transfer", _("Transfer")
    COUNT = "count", _("Stock count")


class StockMovement(Referring):
    """One line of the ledger. Written once by a verb of Part, never changed; a correction is a counter-movement.

    `quantity` is signed, in the part's unit; `unit_cost` in euros for one unit.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Without an index of its own: `parts_movement_part` begins with it, and this is the longest table.
    part = models.ForeignKey(
        "parts.Part", models.PROTECT, related_name="movements", verbose_name=_("part"), db_index=False
    )
    location = models.ForeignKey(
        "parts.StorageLocation", models.PROTECT, related_name="movements", verbose_name=_("storage location")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=MovementKind)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    unit_cost = models.DecimalField(_("unit cost"), max_digits=14, decimal_places=4)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("when"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["-id"]  # UUIDv7: the order in which they were written
        default_permissions = ("view",)
        permissions = [("export_stockmovement", "Can export stock movements")]
        indexes = [
            models.Index(fields=["part", "-id"], name="parts_movement_part"),
            models.Index(fields=["created_at"], name="parts_movement_date"),
            models.Index(fields=["reference_type", "reference_id"], name="parts_movement_reference"),
        ]
        constraints = [
            between("quantity", -MAX_QUANTITY, MAX_QUANTITY, name="parts_movement_quantity"),
            models.CheckConstraint(condition=~models.Q(quantity=0), name="parts_movement_not_zero"),
            between("unit_cost", 0, MAX_MONEY, name="parts_movement_unit_cost"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.quantity.normalize():+f}"


class StockLevel(models.Model):
    """How much of a part lies at a location. Kept by the ledger's trigger; no other hand may write it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    part = models.ForeignKey("parts.Part", models.PROTECT, related_name="levels", verbose_name=_("part"))
    location = models.ForeignKey(
        "parts.StorageLocation", models.PROTECT, related_name="levels", verbose_name=_("storage location")
    )
    quantity = models.DecimalField(_("on hand"), max_digits=12, decimal_places=3, default=0)

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        ordering = ["location__code"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["part", "location"], name="parts_level_part_location"),
            between("quantity", 0, MAX_QUANTITY, name="parts_level_quantity"),
        ]

    def __str__(self):
        return f"{self.location}: {figures.quantity(self.quantity)}"


class Reservation(Referring, Record):
    """Stock on hand that is promised to an order or a job. `quantity` is what is still promised; 0 when it is over."""

    part = models.ForeignKey("parts.Part", models.PROTECT, related_name="reservations", verbose_name=_("part"))
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    note = models.CharField(_("note"), max_length=200, blank=True)

    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ["created_at"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["part"], condition=models.Q(quantity__gt=0), name="parts_reservation_open"),
            models.Index(fields=["reference_type", "reference_id"], name="parts_reservation_reference"),
        ]
        constraints = [between("quantity", 0, MAX_QUANTITY, name="parts_reservation_quantity")]

    def __str__(self):
        return f"{self.reference_number or self.note or self.part}: {figures.quantity(self.quantity)}"

    @classmethod
    def held_for(cls, holder: models.Model) -> models.QuerySet:
        """What still holds stock for this order line, job or printer, the oldest first."""
        reference = Reference.to(holder)
        rows = cls.objects.filter(reference_type=reference.type, reference_id=reference.id, quantity__gt=0)
        return rows.order_by("pk")

    def require_part(self, part) -> None:
        """Raise Refused where another part than `part` is promised."""
        if self.part_id != part.pk:
            raise Refused(_("This reservation is for another part."), field="reservation")

    def release(self, *, by, quantity=None):
        """Give back `quantity` (all of it without one) to the free stock. Raises Refused for more than is held."""
        with transaction.atomic():
            self.part.lock()
            self.lock()
            given_back = self.quantity if quantity is None else self.part.checked_quantity(quantity)
            if given_back > self.quantity:
                raise Refused(_("Only %(held)s are reserved here.") % {"held": figures.quantity(self.quantity)})
            self.quantity -= given_back
            self.save(by=by, reason="release")

    def free(self, *, by, quantity=None):
        """`release` by hand. Raises Refused for what an order or a job holds: that is given up there."""
        if self.reference_type:
            raise Refused(_("%(number)s holds this; free it there.") % {"number": self.reference_number})
        self.release(by=by, quantity=quantity)
