from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.invoicing.models.invoice_tax import money_field
from apps.parts.models import Unit
from gmtc.lined import Line
from gmtc.models import MAX_MONEY, MAX_QUANTITY, audit_log, between
from gmtc.money import cents, line_net

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class InvoiceLine(Line):
    """What is charged: `unit_price` euros net for one unit, `discount` and `vat_rate` percent, `allowance` euros.

    A line of an order says how much of it is invoiced; a line without one is free text or a part.
    """

    # What people enter; the rest is computed.
    TYPED = (
        "part",
        "description",
        "details",
        "quantity",
        "unit",
        "unit_price",
        "discount",
        "vat_rate",
        "delivery_reference",
        "serials",
    )

    invoice = models.ForeignKey("invoicing.Invoice", models.CASCADE, related_name="lines", verbose_name=_("invoice"))
    order_line = models.ForeignKey(
        "orders.OrderLine",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("line of the order"),
    )
    part = models.ForeignKey(
        "parts.Part", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("part")
    )
    part_number = models.CharField(_("part number"), max_length=80, blank=True, editable=False)
    description = models.CharField(_("description"), max_length=300, blank=True, help_text=_("As usual in trade."))
    details = models.TextField(_("details"), blank=True, max_length=2000, help_text=_("Is printed below the line."))
    delivery_reference = models.CharField(_("delivery notes"), max_length=300, blank=True)
    serials = models.CharField(_("serial numbers"), max_length=1000, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    unit = models.CharField(_("unit"), max_length=3, choices=Unit, default=Unit.PIECE)
    unit_price = models.DecimalField(
        _("price"),
        max_digits=14,
        decimal_places=4,
        validators=[MinValueValidator(0)],
        help_text=_("Euros net for one unit."),
    )
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=0, validators=PERCENT)
    vat_rate = models.DecimalField(_("VAT (%)"), max_digits=5, decimal_places=2, default=19, validators=PERCENT)
    allowance = money_field(_("discount"), default=0, editable=False)
    net = money_field(_("net"), editable=False)

    history = audit_log()

    class Meta(Line.Meta):
        verbose_name = _("line of an invoice")
        verbose_name_plural = _("lines of invoices")
        constraints = [
            models.CheckConstraint(
                # less than nothing is legal: a credit note, or a trade-in
                condition=Q(quantity__gte=-MAX_QUANTITY, quantity__lt=0)
                | Q(quantity__gt=0, quantity__lte=MAX_QUANTITY),
                name="invoicing_line_quantity",
                violation_error_message=_("A line needs a quantity."),
            ),
            between("unit_price", 0, MAX_MONEY, name="invoicing_line_price"),
            between("discount", 0, 100, name="invoicing_line_discount"),
            between("vat_rate", 0, 100, name="invoicing_line_vat_rate"),
            between("allowance", -MAX_MONEY, MAX_MONEY, name="invoicing_line_allowance"),
            between("net", -MAX_MONEY, MAX_MONEY, name="invoicing_line_net"),
            models.CheckConstraint(condition=~Q(description=""), name="invoicing_line_described"),
        ]

    def __str__(self):
        return f"{self.position}. {self.description}"

    def save(self, *, by=None, reason: str = "", **kwargs):
        if self.part:
            self.unit, self.part_number = self.part.unit, self.part.sku
            self.description = self.description or self.part.name
        if self.invoice.tax.is_untaxed:
            self.vat_rate = Decimal(0)
        self.compute()
        super().save(by=by, reason=reason, **kwargs)

    def compute(self) -> None:
        """The figures of the line: the allowance is rounded first, then the line (GERMANY.md, amounts 1)."""
        self.allowance = cents(self.quantity * self.unit_price * self.discount / 100)
        self.net = line_net(self.quantity, self.unit_price, discount=self.discount)
