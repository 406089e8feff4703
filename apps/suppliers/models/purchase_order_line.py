import datetime
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.suppliers.models.supplier import percent_field
from apps.suppliers.models.supplier_part import SMALLEST
from gmtc.lined import Line
from gmtc.models import MAX_MONEY, MAX_QUANTITY, audit_log, between
from gmtc.money import line_net, unit_price


class PurchaseOrderLine(Line):
    """A part of the order. `quantity` is in the part's unit; `unit_price` net for one unit, in the order's currency.

    Up to `tolerance` percent more than ordered may be received if that is confirmed.
    """

    # What people enter; the rest is computed.
    TYPED = ("part", "supplier_sku", "description", "quantity", "unit_price", "discount", "expected_date", "tolerance")

    running = ("received_quantity", "rejected_quantity")

    purchase_order = models.ForeignKey(
        "suppliers.PurchaseOrder", models.CASCADE, related_name="lines", verbose_name=_("purchase order")
    )
    part = models.ForeignKey("parts.Part", models.PROTECT, related_name="+", verbose_name=_("part"))
    supplier_sku = models.CharField(_("supplier's part number"), max_length=80, blank=True)
    description = models.CharField(
        _("description"), max_length=300, blank=True, help_text=_("Empty: the name of the part.")
    )
    quantity = models.DecimalField(
        _("quantity"), max_digits=12, decimal_places=3, validators=[MinValueValidator(SMALLEST)]
    )
    unit = models.CharField(_("unit"), max_length=3, editable=False)
    unit_price = models.DecimalField(
        _("price"),
        max_digits=14,
        decimal_places=4,
        validators=[MinValueValidator(0)],
        help_text=_("Net, for one unit."),
    )
    discount = percent_field(_("discount (%)"))
    tolerance = percent_field(_("over-delivery up to (%)"))
    expected_date = models.DateField(_("expected on"), null=True, blank=True)
    net = models.DecimalField(_("net"), max_digits=12, decimal_places=2, editable=False)
    received_quantity = models.DecimalField(_("received"), max_digits=12, decimal_places=3, default=0, editable=False)
    rejected_quantity = models.DecimalField(_("rejected"), max_digits=12, decimal_places=3, default=0, editable=False)

    history = audit_log(without=("received_quantity", "rejected_quantity"))

    class Meta(Line.Meta):
        verbose_name = _("line of a purchase order")
        verbose_name_plural = _("lines of purchase orders")
        indexes = [
            models.Index(
                fields=["part"],
                condition=Q(deleted_at=None, received_quantity__lt=F("quantity")),
                name="suppliers_poline_open",
            )
        ]
        constraints = [
            between("quantity", SMALLEST, MAX_QUANTITY, name="suppliers_poline_quantity"),
            between("unit_price", 0, MAX_MONEY, name="suppliers_poline_price"),
            between("discount", 0, 100, name="suppliers_poline_discount"),
            between("tolerance", 0, 100, name="suppliers_poline_tolerance"),
            between("net", 0, MAX_MONEY, name="suppliers_poline_net"),
            between("rejected_quantity", 0, MAX_QUANTITY, name="suppliers_poline_rejected"),
            between(
                "received_quantity",
                0,
                F("quantity") * (F("tolerance") + 100) / 100,
                name="suppliers_poline_received",
                message=_("More would be received than was ordered."),
            ),
        ]

    def __str__(self):
        return f"{self.position}. {self.description or self.part}"

    def save(self, *, by=None, reason: str = "", **kwargs):
        self.unit = self.part.unit
        self.description = self.description or self.part.name
        self.net = line_net(self.quantity, self.unit_price, discount=self.discount)
        super().save(by=by, reason=reason, **kwargs)

    @property
    def open_quantity(self) -> Decimal:
        """What is still to come."""
        return max(self.quantity - self.received_quantity, Decimal(0))

    @property
    def is_open(self) -> bool:
        return self.received_quantity < self.quantity

    @property
    def most(self) -> Decimal:
        """The most that may be received."""
        return self.quantity * (100 + self.tolerance) / 100

    @property
    def due(self) -> datetime.date | None:
        return self.expected_date or self.purchase_order.expected_delivery_date

    @property
    def unit_cost(self) -> Decimal:
        """Euros for one unit, net of the discount: what it is worth in stock."""
        return unit_price(self.unit_price * (100 - self.discount) / 100 / self.purchase_order.exchange_rate)
