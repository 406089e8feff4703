from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from gmtc.lined import Line
from gmtc.models import MAX_MONEY, MAX_QUANTITY, audit_log, between

SMALLEST = Decimal("0.001")


class DeliveryLine(Line):
    """How much of an order line goes with the delivery, and where it is taken from.

    `unit_cost` is the average cost, in euros for one unit, at which it left stock; what comes back comes at that cost.
    """

    # What people enter; the rest is computed.
    TYPED = ("order_line", "quantity", "location")

    running = ("returned_quantity", "unit_cost")

    delivery = models.ForeignKey(
        "deliveries.Delivery", models.CASCADE, related_name="lines", verbose_name=_("delivery")
    )
    order_line = models.ForeignKey(
        "orders.OrderLine", models.PROTECT, related_name="+", verbose_name=_("line of the order")
    )
    quantity = models.DecimalField(
        _("quantity"), max_digits=12, decimal_places=3, validators=[MinValueValidator(SMALLEST)]
    )
    location = models.ForeignKey(
        "parts.StorageLocation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("storage location"),
    )
    unit_cost = models.DecimalField(_("unit cost"), max_digits=14, decimal_places=4, default=0, editable=False)
    returned_quantity = models.DecimalField(_("returned"), max_digits=12, decimal_places=3, default=0, editable=False)

    history = audit_log(without=("returned_quantity", "unit_cost"))

    class Meta(Line.Meta):
        verbose_name = _("line of a delivery")
        verbose_name_plural = _("lines of deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "order_line", "location"],
                condition=Q(deleted_at=None),
                nulls_distinct=False,
                name="deliveries_line_once",
            ),
            between("quantity", SMALLEST, MAX_QUANTITY, name="deliveries_line_quantity"),
            between("unit_cost", 0, MAX_MONEY, name="deliveries_line_unit_cost"),
            between(
                "returned_quantity",
                0,
                F("quantity"),
                name="deliveries_line_returned",
                message=_("More would come back than was shipped."),
            ),
        ]

    def __str__(self):
        return f"{self.position}. {self.order_line.description}"

    @property
    def part(self):
        return self.order_line.part

    @property
    def kept_quantity(self) -> Decimal:
        """What was shipped and has not come back."""
        return self.quantity - self.returned_quantity

    @property
    def has_serials(self) -> bool:
        """Whether each piece is a printer of ours with a number; those of bought parts are their maker's."""
        return self.order_line.part.is_serialised and self.order_line.is_made

    def printers_out(self) -> list:
        """The printers that went with the line and are still out there."""
        return [each.printer for each in self.printers.all() if each.return_line_id is None]


class DeliveryPrinter(models.Model):
    """A printer that went with a line, written once when it is shipped; `return_line` says that it came back.

    A trigger lets nothing else change, and a printer be out only once.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    line = models.ForeignKey(
        "deliveries.DeliveryLine", models.PROTECT, related_name="printers", verbose_name=_("line of a delivery")
    )
    printer = models.ForeignKey("builds.Printer", models.PROTECT, related_name="+", verbose_name=_("printer"))
    return_line = models.ForeignKey(
        "deliveries.DeliveryReturnLine",
        models.PROTECT,
        null=True,
        related_name="printers",
        verbose_name=_("came back with"),
    )

    class Meta:
        verbose_name = _("shipped printer")
        verbose_name_plural = _("shipped printers")
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["printer"], condition=Q(return_line=None), name="deliveries_printer_is_out_once"
            ),
            models.UniqueConstraint(fields=["line", "printer"], name="deliveries_printer_line"),
        ]

    def __str__(self):
        return str(self.printer)
