import datetime
from decimal import Decimal

from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.invoicing.kinds import Status
from apps.invoicing.models.payment import Method, Payment
from gmtc.errors import IllegalMove, Refused
from gmtc.figures import money
from gmtc.money import ZERO, cents
from gmtc.states import move


class Settling(models.Model):
    """Payments and what they make of the status. The invoice is locked before a payment is written, so that two at once
    never pay more than the total; the constraint `invoicing_invoice_paid` is the second line."""

    class Meta:
        abstract = True

    def record_payment(
        self,
        amount: Decimal,
        *,
        by,
        on: datetime.date | None = None,
        method: str = Method.TRANSFER,
        reference: str = "",
        note: str = "",
        skonto: bool = False,
    ) -> Payment:
        """Money has come. With `skonto` the rest is the agreed cash discount, which closes the invoice.

        Raises Refused for more than is open, and for a cash discount that is too late or too high.
        """
        payment = Payment(
            invoice=self,
            amount=amount,
            paid_on=on or timezone.localdate(),
            method=method,
            reference=reference.strip(),
            note=note.strip(),
        )
        self.take_payment(payment, skonto=skonto, by=by)
        return payment

    @move(Status.SENT, Status.PARTIAL)
    def take_payment(self, payment: Payment, *, skonto: bool, by):
        """The work of `record_payment`."""
        if self.is_credit_note:
            raise IllegalMove(_("Nothing is paid on a cancellation; refund the invoice that it cancels."))
        _refuse_wrong(payment.amount, payment.paid_on)
        if payment.amount > self.open_amount:
            raise Refused(_("Only %(open)s are open.") % {"open": money(self.open_amount)}, field="amount")
        if skonto:
            payment.reduction = self._granted_skonto(payment)
        return self._write(payment, by)

    def _granted_skonto(self, payment: Payment) -> Decimal:
        if not self.skonto_percent:
            raise Refused(_("No cash discount was agreed."), field="skonto")
        if payment.paid_on > self.skonto_until:
            raise Refused(
                _("The cash discount ended on %(day)s.") % {"day": date_format(self.skonto_until, "SHORT_DATE_FORMAT")},
                field="skonto",
            )
        reduction, most = self.open_amount - payment.amount, self.most_skonto
        if reduction > most:
            raise Refused(
                _("The cash discount is at most %(most)s, but %(reduction)s would stay open.")
                % {"most": money(most), "reduction": money(reduction)},
                field="amount",
            )
        return reduction

    @property
    def most_skonto(self) -> Decimal:
        """What the cash discount comes to, in euros."""
        return cents(self.total * self.skonto_percent / 100)

    @move(Status.SENT, Status.PARTIAL)
    def write_off(self, *, by, note: str):
        """What is still open will not come and is not asked for any more: the invoice counts as paid.

        For a cash discount taken too late, a bank's fee, or a customer who cannot pay. It can be reversed as a payment.
        """
        if self.is_credit_note:
            raise IllegalMove(_("Nothing is open on a cancellation."))
        if not note.strip():
            raise Refused(_("Say why."), field="note")
        payment = Payment(
            invoice=self,
            amount=ZERO,
            reduction=self.open_amount,
            paid_on=timezone.localdate(),
            method=Method.WRITE_OFF,
            note=note.strip(),
        )
        return self._write(payment, by)

    def reverse_payment(self, payment: Payment, *, by, note: str) -> Payment:
        """Take a payment back that was recorded wrongly, by a counter-payment of today."""
        if not note.strip():
            raise Refused(_("Say why."), field="note")
        counter = Payment(
            invoice=self,
            amount=-payment.amount,
            reduction=-payment.reduction,
            paid_on=timezone.localdate(),
            method=payment.method,
            reference=payment.reference,
            note=note.strip(),
            reverses=payment,
        )
        self.take_payment_back(counter, by=by)
        return counter

    @move(Status.PARTIAL, Status.PAID, Status.CANCELLED)
    def take_payment_back(self, counter: Payment, *, by):
        """The work of `reverse_payment`."""
        if counter.reverses.invoice_id != self.pk:
            raise Refused(_("This payment belongs to another invoice."))
        if counter.reverses.reverses_id or Payment.objects.filter(reverses=counter.reverses).exists():
            raise Refused(_("This payment is reversed already."))
        if not 0 <= self.paid_amount + counter.amount <= self.total:
            raise Refused(_("This money has been refunded already."))
        return self._write(counter, by)

    def refund(
        self,
        amount: Decimal,
        *,
        by,
        on: datetime.date | None = None,
        method: str = Method.TRANSFER,
        reference: str = "",
    ) -> Payment:
        """Money of a cancelled invoice goes back to the customer."""
        payment = Payment(
            invoice=self,
            amount=-amount,
            paid_on=on or timezone.localdate(),
            method=method,
            reference=reference.strip(),
        )
        self.pay_back(payment, by=by)
        return payment

    @move(Status.CANCELLED)
    def pay_back(self, payment: Payment, *, by):
        """The work of `refund`."""
        _refuse_wrong(-payment.amount, payment.paid_on)
        if -payment.amount > self.paid_amount:
            raise Refused(_("Only %(paid)s were paid.") % {"paid": money(self.paid_amount)}, field="amount")
        return self._write(payment, by)

    def _write(self, payment: Payment, by) -> str:
        with transaction.atomic():
            payment.save(by=by, reason="record_payment")
            self.refresh_from_db(fields=["paid_amount", "reduction"])  # a trigger adds them up
            return self._reached()

    def _reached(self) -> str:
        """The status that the payments say."""
        if self.status == Status.CANCELLED:
            return Status.CANCELLED
        if self.paid_amount + self.reduction >= self.total:
            return Status.PAID
        return Status.PARTIAL if self.paid_amount else Status.SENT


def _refuse_wrong(amount: Decimal, day: datetime.date) -> None:
    if amount <= ZERO or amount != cents(amount):
        raise Refused(_("Enter an amount in euros and cents."), field="amount")
    if day > timezone.localdate():
        raise Refused(_("This lies in the future."), field="on")
