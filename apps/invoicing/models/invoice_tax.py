from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from gmtc.models import MAX_MONEY, between


def money_field(label, **kwargs) -> models.DecimalField:
    return models.DecimalField(label, max_digits=12, decimal_places=2, **kwargs)


class InvoiceTax(models.Model):
    """What of an invoice is taxed alike (BG-23), in euros: `base` = lines - discount + shipping - advances.

    Written with the invoice; like its lines it is locked when that is issued.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invoice = models.ForeignKey("invoicing.Invoice", models.CASCADE, related_name="taxes", verbose_name=_("invoice"))
    category = models.CharField(_("category"), max_length=2)
    rate = models.DecimalField(_("VAT (%)"), max_digits=5, decimal_places=2)
    lines_net = money_field(_("lines"))
    discount = money_field(_("discount"), default=0)
    shipping = money_field(_("shipping"), default=0)
    advances = money_field(_("advances"), default=0)
    base = money_field(_("net"))
    tax = money_field(_("VAT"))

    class Meta:
        verbose_name = _("VAT group")
        verbose_name_plural = _("VAT groups")
        ordering = ["category", "rate"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["invoice", "category", "rate"], name="invoicing_tax_once"),
            between("rate", 0, 100, name="invoicing_tax_rate"),
            between("base", -MAX_MONEY, MAX_MONEY, name="invoicing_tax_base"),
            between("tax", -MAX_MONEY, MAX_MONEY, name="invoicing_tax_tax"),
            models.CheckConstraint(
                condition=models.Q(
                    base=models.F("lines_net") - models.F("discount") + models.F("shipping") - models.F("advances")
                ),
                name="invoicing_tax_adds_up",
            ),
        ]

    def __str__(self):
        return f"{self.category} {self.rate} %: {self.tax}"


class Deduction(models.Model):
    """What of an advance invoice a later invoice takes off, net, in one VAT group: only the rest is taxed there."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invoice = models.ForeignKey(
        "invoicing.Invoice", models.CASCADE, related_name="deductions", verbose_name=_("invoice")
    )
    advance = models.ForeignKey(
        "invoicing.Invoice", models.PROTECT, related_name="deducted_by", verbose_name=_("advance invoice")
    )
    category = models.CharField(_("category"), max_length=2)
    rate = models.DecimalField(_("VAT (%)"), max_digits=5, decimal_places=2)
    net = money_field(_("net"))

    class Meta:
        verbose_name = _("deducted advance")
        verbose_name_plural = _("deducted advances")
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["invoice", "advance", "category", "rate"], name="invoicing_deduction_once"),
            between("net", -MAX_MONEY, MAX_MONEY, name="invoicing_deduction_net"),
        ]

    def __str__(self):
        return f"{self.advance}: {self.net}"
