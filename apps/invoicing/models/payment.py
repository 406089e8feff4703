from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.invoicing.models.invoice_tax import money_field
from gmtc.addresses import address_of
from gmtc.errors import Refused
from gmtc.models import MAX_MONEY, AliveManager, Record, RecordQuerySet, audit_log, between


class Method(models.TextChoices):
    TRANSFER = "transfer", _("Bank transfer")
    CARD = "card", _("Card")
    PAYPAL = "paypal", _("PayPal")
    DIRECT_DEBIT = "direct_debit", _("Direct debit")
    CASH = "cash", _("Cash")
    OTHER = "other", _("Other")
    WRITE_OFF = "write_off", _("Written off")


# How money comes; a write-off is none.
MONEY_BY = [choice for choice in Method.choices if choice[0] != Method.WRITE_OFF]


class PaymentQuerySet(RecordQuerySet):
    def search(self, text: str):
        """Every word somewhere in the invoice, the reference or the note."""
        for word in text.split()[:8]:
            self = self.filter(
                Q(invoice__search_text__says=word) | Q(reference__icontains=word) | Q(note__icontains=word)
            )
        return self


class Payment(Record):
    """Money for an invoice, in euros; less than nothing where it went back. Never changed: a wrong payment is reversed.

    `reduction` need not be paid any more: the cash discount (Skonto) that the customer took with the money, or, without
    money, what we have written off.
    """

    invoice = models.ForeignKey("invoicing.Invoice", models.PROTECT, related_name="payments", verbose_name=_("invoice"))
    paid_on = models.DateField(_("paid on"))
    amount = money_field(_("amount"))
    reduction = money_field(_("deduction"), default=0)
    method = models.CharField(_("method"), max_length=12, choices=Method, default=Method.TRANSFER)
    reference = models.CharField(_("reference"), max_length=140, blank=True, help_text=_("As on the bank statement."))
    note = models.CharField(_("note"), max_length=200, blank=True)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="reversed_by", verbose_name=_("reverses")
    )

    objects = AliveManager.from_queryset(PaymentQuerySet)()
    everything = PaymentQuerySet.as_manager()
    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-paid_on", "-id"]
        default_permissions = ("view",)
        permissions = [("export_payment", "Can export payments")]
        indexes = [models.Index(fields=["paid_on"], name="invoicing_payment_day")]
        constraints = [
            between("amount", -MAX_MONEY, MAX_MONEY, name="invoicing_payment_amount"),
            between("reduction", -MAX_MONEY, MAX_MONEY, name="invoicing_payment_reduction"),
            models.CheckConstraint(
                # a discount goes with the money: both come, or both go back; a write-off is no money
                condition=~Q(method=Method.WRITE_OFF)
                & (Q(amount__gt=0, reduction__gte=0) | Q(amount__lt=0, reduction__lte=0))
                | Q(method=Method.WRITE_OFF, amount=0) & ~Q(reduction=0),
                name="invoicing_payment_is_money",
            ),
            models.CheckConstraint(condition=Q(deleted_at=None), name="invoicing_payment_stays"),
            models.CheckConstraint(
                condition=Q(reverses=None) | ~Q(reverses=F("id")), name="invoicing_payment_reverses_another"
            ),
        ]

    def __str__(self):
        return f"{self.invoice}: {self.amount}"

    def get_absolute_url(self):
        return address_of("invoicing:invoice_detail", self.invoice_id) + "#payments"

    @property
    def is_reversed(self) -> bool:
        return hasattr(self, "reversed_by")

    @property
    def is_refund(self) -> bool:
        return self.amount < 0 and self.reverses_id is None

    def discard(self, *, by):
        raise Refused(_("A payment is not deleted: reverse it."))
