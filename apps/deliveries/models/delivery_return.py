from decimal import Decimal
from typing import NamedTuple

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from apps.deliveries.models.delivery_line import SMALLEST, DeliveryLine
from apps.parts.models import StorageLocation
from gmtc import figures
from gmtc.addresses import address_of
from gmtc.errors import Refused
from gmtc.models import MAX_QUANTITY, AliveManager, Record, RecordQuerySet, audit_log, between
from gmtc.searching import upper


class Condition(models.TextChoices):
    """How goods come back; scrap is not put into stock."""

    GOOD = "good", _("As new")
    USED = "used", _("Used")
    DAMAGED = "damaged", _("Damaged, to be repaired")
    SCRAP = "scrap", _("Scrap")


class Returned(NamedTuple):
    """What came back of one line of a delivery, how, why, and where it is put; scrap is put nowhere."""

    line: DeliveryLine
    quantity: Decimal
    condition: str = Condition.GOOD
    location: StorageLocation | None = None
    reason: str = ""
    printers: tuple = ()


class DeliveryReturnQuerySet(RecordQuerySet):
    def search(self, text: str):
        """Every word somewhere in the number, the delivery, its order or the customer."""
        for word in text.split()[:8]:
            word = upper(word)
            self = self.filter(
                Q(number__icontains=word)
                | Q(delivery__search_text__says=word)
                | Q(delivery__order__number__icontains=word)
                | Q(delivery__order__customer__search_text__says=word)
            )
        return self


class DeliveryReturn(Record):
    """Goods of a delivery that came back at one time. Written once, by `Delivery.return_`."""

    number = models.CharField(_("number"), max_length=20, editable=False)
    delivery = models.ForeignKey(
        "deliveries.Delivery", models.PROTECT, related_name="returns", verbose_name=_("delivery")
    )
    returned_on = models.DateField(_("came back on"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = AliveManager.from_queryset(DeliveryReturnQuerySet)()
    everything = DeliveryReturnQuerySet.as_manager()
    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("export_deliveryreturn", "Can export returns")]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="deliveries_return_number"),
            models.CheckConstraint(condition=Q(deleted_at=None) & ~Q(number=""), name="deliveries_return_stays"),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return address_of("deliveries:return_detail", self.pk)

    def discard(self, *, by):
        raise Refused(_("A return is not deleted."))


class DeliveryReturnLine(models.Model):
    """How much of a delivery's line came back; a trigger adds it to the line."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    delivery_return = models.ForeignKey(
        "deliveries.DeliveryReturn", models.PROTECT, related_name="lines", verbose_name=_("return")
    )
    line = models.ForeignKey(
        "deliveries.DeliveryLine", models.PROTECT, related_name="return_lines", verbose_name=_("line")
    )
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    condition = models.CharField(_("condition"), max_length=7, choices=Condition)
    location = models.ForeignKey(
        "parts.StorageLocation", models.PROTECT, null=True, related_name="+", verbose_name=_("storage location")
    )
    reason = models.CharField(_("reason"), max_length=200)

    class Meta:
        verbose_name = _("line of a return")
        verbose_name_plural = _("lines of returns")
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            between("quantity", SMALLEST, MAX_QUANTITY, name="deliveries_returnline_quantity"),
            models.CheckConstraint(
                condition=~Q(condition=Condition.SCRAP) | Q(location=None), name="deliveries_returnline_scrap"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="deliveries_returnline_reason"),
        ]

    def __str__(self):
        return f"{self.line}: {figures.quantity(self.quantity)}"
