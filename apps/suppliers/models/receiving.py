import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.notifications.models import Kind
from apps.notifications.notify import notify
from apps.numbering.models import Key, next_number
from apps.parts.models import Part, Reference, StorageLocation
from apps.suppliers.models.goods_receipt import GoodsReceipt, GoodsReceiptLine
from apps.suppliers.models.purchase_order_line import PurchaseOrderLine
from apps.suppliers.models.status import OPEN, Status
from gmtc.errors import Refused
from gmtc.money import ZERO
from gmtc.states import move


class OverDelivery(Refused):
    """More has come than was ordered."""


class Received(NamedTuple):
    """What came of one line: how much is good, how much goes back and why, and where the good ones are put."""

    line: PurchaseOrderLine
    accepted: Decimal
    rejected: Decimal = Decimal(0)
    location: StorageLocation | None = None
    reason: str = ""


class Receiving(models.Model):
    """Goods of a purchase order come, some go back, and the status follows what has come."""

    class Meta:
        abstract = True

    def receive(
        self,
        lines: Iterable[Received | tuple],
        *,
        by,
        delivery_note: str = "",
        received_on: datetime.date | None = None,
        note: str = "",
        over_delivery: bool = False,
    ) -> GoodsReceipt:
        """Take goods in: accepted ones into stock at the line's price in euros, rejected ones are only noted.

        `lines` are `Received` or tuples of its fields. More than was ordered is taken only with `over_delivery`, and
        never more than the line's tolerance allows: raises OverDelivery. Raises IllegalMove where nothing is to come.
        """
        receipt = GoodsReceipt(
            purchase_order=self,
            delivery_note=delivery_note,
            received_on=received_on or timezone.localdate(),
            note=note,
        )
        self.take_in(receipt, [Received(*each) for each in lines], by=by, over_delivery=over_delivery)
        return receipt

    @move(*OPEN)
    def take_in(self, receipt: GoodsReceipt, rows: list[Received], *, by, over_delivery: bool):
        """The work of `receive`."""
        if receipt.received_on > timezone.localdate():
            raise Refused(_("The date of receipt lies in the future."), field="received_on")
        if receipt.received_on < self.order_date:
            raise Refused(
                _("It was ordered only on %(day)s.") % {"day": date_format(self.order_date, "SHORT_DATE_FORMAT")},
                field="received_on",
            )
        lines, parts = self._lock_lines()
        rows = [self._checked(row, lines, parts) for row in rows]
        rows = [row for row in rows if row.accepted or row.rejected]
        if not rows:
            raise Refused(_("Nothing was received: enter a quantity."))
        for line in lines.values():
            self._refuse_too_much(line, sum((row.accepted for row in rows if row.line == line), ZERO), over_delivery)
        receipt.number = next_number(Key.GOODS_RECEIPT, on=receipt.received_on)
        receipt.save(by=by, reason="receive")
        reference = Reference.to(receipt)
        for row in rows:
            GoodsReceiptLine.write(receipt, row.line, row.accepted, row.rejected, row.location, row.reason)
            if row.accepted:
                parts[row.line.part_id].receive(
                    row.accepted,
                    location=row.location,
                    unit_cost=row.line.unit_cost,
                    reference=reference,
                    note=self.number,
                    by=by,
                )
        self._tell(receipt, by)
        return self._reached()

    @move(Status.SENT, Status.PARTIAL, Status.RECEIVED)
    def give_back(self, receipt: GoodsReceipt, counter: GoodsReceipt, *, by):
        """The work of `GoodsReceipt.reverse`: `counter` takes back what `receipt` brought."""
        if self.is_closed_short:
            raise Refused(_("%(order)s is closed; reopen it first.") % {"order": self})
        lines, parts = self._lock_lines()
        receipt.refuse_second_reversal()
        counter.number = next_number(Key.GOODS_RECEIPT, on=counter.received_on)
        counter.save(by=by, reason="reverse")
        reference = Reference.to(counter)
        for each in receipt.lines.select_related("location"):
            line = lines[each.line_id]
            GoodsReceiptLine.write(counter, line, -each.accepted, -each.rejected, each.location, each.reason)
            if each.accepted:
                parts[line.part_id].give_back(
                    each.accepted,
                    location=each.location,
                    unit_cost=each.unit_cost,
                    reference=reference,
                    note=receipt.number,
                    by=by,
                )
        return self._reached()

    def _lock_lines(self) -> tuple[dict, dict]:
        """After the order its lines, then the parts, each in the order of their keys."""
        lines = {line.pk: line for line in self.lines.order_by("pk").select_for_update(of=("self",), no_key=True)}
        keys = {line.part_id for line in lines.values()}
        parts = {part.pk: part for part in Part.everything.filter(pk__in=keys).lock_all()}
        for line in lines.values():
            line.purchase_order, line.part = self, parts[line.part_id]
        return lines, parts

    def _checked(self, row: Received, lines: dict, parts: dict) -> Received:
        line = lines.get(row.line.pk)
        if line is None:
            raise Refused(_("This line does not belong to %(order)s.") % {"order": self})
        part = parts[line.part_id]
        accepted, rejected = part.checked_change(row.accepted), part.checked_change(row.rejected)
        if accepted < 0 or rejected < 0:
            raise Refused(_("%(part)s: a quantity must not be negative.") % {"part": part})
        if accepted and row.location is None:
            raise Refused(_("%(part)s: say where it is put.") % {"part": part}, field="location")
        if rejected and not row.reason.strip():
            raise Refused(_("%(part)s: say why it is rejected.") % {"part": part}, field="reason")
        return Received(line, accepted, rejected, row.location, row.reason.strip())

    @staticmethod
    def _refuse_too_much(line: PurchaseOrderLine, more: Decimal, over_delivery: bool) -> None:
        total = line.received_quantity + more
        if not more or total <= line.quantity:
            return
        amounts = {
            "part": line.part,
            "ordered": f"{line.quantity.normalize():f}",
            "total": f"{total.normalize():f}",
            "most": f"{line.most.normalize():f}",
        }
        if total > line.most:
            raise OverDelivery(
                _("%(part)s: %(ordered)s ordered, %(total)s would be received; at most %(most)s are allowed.") % amounts
            )
        if not over_delivery:
            raise OverDelivery(
                _("%(part)s: %(ordered)s ordered, %(total)s would be received. Confirm the over-delivery to take them.")
                % amounts,
                field="over_delivery",
            )

    def _reached(self) -> str:
        """The status that the received quantities say."""
        lines = list(self.lines.all())
        if all(line.received_quantity >= line.quantity for line in lines):
            return Status.RECEIVED
        return Status.PARTIAL if any(line.received_quantity for line in lines) else Status.SENT

    def _tell(self, receipt: GoodsReceipt, by) -> None:
        notify(
            [self.ordered_by],
            by=by,
            kind=Kind.PURCHASING,
            title=lambda: (
                gettext("Goods of %(order)s have come (%(supplier)s)") % {"order": self, "supplier": self.supplier}
            ),
            url=self.get_absolute_url(),
        )
