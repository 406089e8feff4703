from decimal import Decimal

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from gmtc.addresses import address_of
from gmtc.errors import Refused
from gmtc.models import MAX_QUANTITY, AliveManager, Record, RecordQuerySet, audit_log, between


class GoodsReceiptQuerySet(RecordQuerySet):
    def search(self, text: str):
        for word in text.split()[:8]:
            self = self.filter(
                Q(number__icontains=word)
                | Q(delivery_note__icontains=word)
                | Q(purchase_order__search_text__says=word)
                | Q(purchase_order__supplier__search_text__says=word)
            )
        return self


class GoodsReceipt(Record):
    """What came with one delivery. Written once; a wrong one is taken back by a counter receipt."""

    number = models.CharField(_("number"), max_length=20, editable=False)
    purchase_order = models.ForeignKey(
        "suppliers.PurchaseOrder", models.PROTECT, related_name="receipts", verbose_name=_("purchase order")
    )
    delivery_note = models.CharField(_("supplier's delivery note"), max_length=60, blank=True)
    received_on = models.DateField(_("received on"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, editable=False, related_name="reversed_by", verbose_name=_("takes back")
    )

    objects = AliveManager.from_queryset(GoodsReceiptQuerySet)()
    everything = GoodsReceiptQuerySet.as_manager()
    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("goods receipt")
        verbose_name_plural = _("goods receipts")
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [
            ("reverse_goodsreceipt", "Can take back goods receipts"),
            ("export_goodsreceipt", "Can export goods receipts"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="suppliers_receipt_number"),
            models.CheckConstraint(condition=Q(deleted_at=None), name="suppliers_receipt_stays"),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return address_of("suppliers:goods_receipt_detail", self.pk)

    @property
    def is_reversed(self) -> bool:
        return hasattr(self, "reversed_by")

    def refuse_second_reversal(self) -> None:
        if self.reverses_id:
            raise Refused(_("%(receipt)s is itself a reversal.") % {"receipt": self})
        if GoodsReceipt.everything.filter(reverses=self).exists():
            raise Refused(_("%(receipt)s was taken back already.") % {"receipt": self})

    def reverse(self, *, by, note: str = "") -> "GoodsReceipt":
        """Take everything of this receipt back, by a counter receipt.

        Raises InsufficientStock where the goods do not lie there any more, Refused where it was taken back before.
        """
        counter = GoodsReceipt(
            purchase_order_id=self.purchase_order_id,
            delivery_note=self.delivery_note,
            received_on=timezone.localdate(),
            note=note,
            reverses=self,
        )
        with transaction.atomic():
            self.purchase_order.give_back(self, counter, by=by)
        return counter

    def discard(self, *, by):
        raise Refused(_("A goods receipt is not deleted, it is taken back."))


class GoodsReceiptLine(models.Model):
    """How much of an order line came; a trigger adds it to the line. Negative where the receipt takes back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    receipt = models.ForeignKey(
        "suppliers.GoodsReceipt", models.PROTECT, related_name="lines", verbose_name=_("goods receipt")
    )
    line = models.ForeignKey(
        "suppliers.PurchaseOrderLine", models.PROTECT, related_name="receipt_lines", verbose_name=_("line")
    )
    accepted = models.DecimalField(_("accepted"), max_digits=12, decimal_places=3)
    rejected = models.DecimalField(_("rejected"), max_digits=12, decimal_places=3, default=0)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    location = models.ForeignKey(
        "parts.StorageLocation", models.PROTECT, null=True, related_name="+", verbose_name=_("storage location")
    )
    unit_cost = models.DecimalField(_("unit cost"), max_digits=14, decimal_places=4)

    class Meta:
        verbose_name = _("line of a goods receipt")
        verbose_name_plural = _("lines of goods receipts")
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            between("accepted", -MAX_QUANTITY, MAX_QUANTITY, name="suppliers_receiptline_accepted"),
            between("rejected", -MAX_QUANTITY, MAX_QUANTITY, name="suppliers_receiptline_rejected"),
            models.CheckConstraint(
                condition=Q(accepted__gte=0, rejected__gte=0) | Q(accepted__lte=0, rejected__lte=0),
                name="suppliers_receiptline_one_way",
            ),
            models.CheckConstraint(condition=~Q(accepted=0, rejected=0), name="suppliers_receiptline_not_zero"),
            models.CheckConstraint(
                condition=Q(accepted=0) | Q(location__isnull=False), name="suppliers_receiptline_place"
            ),
            models.CheckConstraint(condition=Q(rejected=0) | ~Q(reason=""), name="suppliers_receiptline_reason"),
        ]

    def __str__(self):
        return f"{self.line}: {self.accepted.normalize():f}"

    @classmethod
    def write(cls, receipt, line, accepted: Decimal, rejected: Decimal, location, reason: str) -> "GoodsReceiptLine":
        return cls.objects.create(
            receipt=receipt,
            line=line,
            accepted=accepted,
            rejected=rejected,
            location=location if accepted else None,
            reason=reason,
            unit_cost=line.unit_cost,
        )
