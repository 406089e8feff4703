import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.documents.mailing import Mailed
from apps.invoicing import papers
from apps.invoicing.kinds import Kind, Status
from apps.invoicing.models.invoice_line import InvoiceLine
from apps.invoicing.models.invoice_tax import Deduction, InvoiceTax
from apps.numbering.models import Key, next_number
from gmtc.errors import IllegalMove, Refused
from gmtc.states import move

# What a cancellation invoice takes over as it is; amounts and quantities it takes over negated.
SAME = (
    "order",
    "customer",
    "billing_address",
    "shipping_address",
    "responsible",
    "tax_case",
    "language",
    "profile",
    "supply_start",
    "supply_end",
    "customer_reference",
    "buyer_reference",
    "discount_percent",
    "deducts_advances",
    "buyer_name",
    "seller",
    "buyer",
    "ship_to",
)
SAME_OF_LINE = (
    "position",
    "order_line",
    "part",
    "description",
    "details",
    "delivery_reference",
    "serials",
    "unit",
    "unit_price",
    "discount",
    "vat_rate",
)


class Issuing(Mailed):
    """Issuing, cancelling, mailing."""

    class Meta(Mailed.Meta):
        abstract = True

    @move(Status.DRAFT)
    def issue(self, *, by, invoice_date: datetime.date | None = None, mail_to: str = "", message: str = ""):
        """Make it binding: copy parties and terms, give the number, store PDF and e-invoice, mail them to `mail_to`.

        From here on nothing of it changes. Raises Refused with what is missing.
        """
        self.invoice_date = invoice_date or timezone.localdate()
        if self.invoice_date > timezone.localdate():
            raise Refused(_("The date of the invoice lies in the future."), field="invoice_date")
        self._lock_advances()
        self._refuse_incomplete()
        self._copy_terms(by)
        # The order's lines before the counter: a number is given last and waits for nobody.
        self._record_invoiced(1, by)
        self.number = next_number(Key.INVOICE, on=self.invoice_date)
        self.payment_reference = self.number
        self._issue_paper(by, mail_to, message)
        return Status.SENT if self.total else Status.PAID

    def _lock_advances(self) -> None:
        """No other invoice may take the same advance off meanwhile; the figures must still be those that were shown."""
        keys = {each.advance_id for each in self.deductions.all()}
        list(type(self).everything.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",), no_key=True))
        shown = self.net, self.tax_amount, self.total
        self.sum_up()
        if shown != (self.net, self.tax_amount, self.total):
            raise Refused(_("The advance invoices have changed since. Edit and save the draft, then look at it again."))

    def _refuse_incomplete(self) -> None:
        blocking = [each.text for each in self.checks() if each.is_blocking]
        if blocking:
            raise Refused(" ".join(blocking))

    def _copy_terms(self, by) -> None:
        """What holds for this invoice from now on, whatever becomes of customer and company."""
        self.responsible = self.responsible or by
        self.seller, self.buyer, self.ship_to = self.us.stored(), self.bill_to.stored(), self.goods_to.stored()
        self.payment_days = self.days_to_pay
        self.due_date = self.invoice_date + datetime.timedelta(days=self.payment_days)

    def _record_invoiced(self, sign: int, by) -> None:
        lines = self.lines.filter(order_line__isnull=False).select_related("order_line__part").order_by("order_line_id")
        for line in lines:
            line.order_line.record_invoiced(sign * line.quantity, by=by)

    def _issue_paper(self, by, mail_to: str = "", message: str = "") -> None:
        paper = papers.issue(self, by=by)
        if mail_to:
            self._mail(paper, mail_to, message, by)

    # --- Cancelling

    def cancel(self, *, by, reason: str):
        """Take it back by a cancellation invoice with every figure negated, and return that one.

        Money that has come stays to be refunded. Raises Refused for an advance that a later invoice took off.
        """
        with transaction.atomic():
            note = type(self)(kind=Kind.CREDIT_NOTE, reverses=self, reason=reason.strip())
            self.cancel_with(note, by=by)
        return note

    @move(Status.SENT, Status.PARTIAL, Status.PAID, to=Status.CANCELLED)
    def cancel_with(self, note, *, by):
        """The work of `cancel`."""
        if self.is_credit_note:
            raise IllegalMove(_("A cancellation is not cancelled: write a new invoice."))
        if not note.reason:
            raise Refused(_("Say why the invoice is cancelled."), field="reason")
        if users := self.deducted_in():
            raise Refused(_("%(invoices)s took this advance off: cancel that first.") % {"invoices": ", ".join(users)})
        for name in SAME:
            setattr(note, name, getattr(self, name))
        note.invoice_date = note.due_date = timezone.localdate()
        note.payment_days = 0
        note.shipping_cost, note.rounding = -self.shipping_cost, -self.rounding
        note.save(by=by, reason="create")
        for line in self.lines.all():
            copied = {name: getattr(line, name) for name in SAME_OF_LINE}
            InvoiceLine(invoice=note, quantity=-line.quantity, **copied).save(by=by, reason="create")
        note._negate_figures(self)
        self._record_invoiced(-1, by)
        note.finish_cancellation(by=by)

    def deducted_in(self) -> list[str]:
        """The issued invoices that have taken this advance off and still stand."""
        rows = Deduction.objects.filter(advance=self, net__gt=0).exclude(invoice__status=Status.DRAFT)
        rows = rows.exclude(invoice__status=Status.CANCELLED)
        return sorted(set(rows.values_list("invoice__number", flat=True)))

    def _negate_figures(self, original) -> None:
        """Copied with the sign turned and not computed anew, so that both together are nothing to the cent."""
        names = ("lines_net", "discount", "shipping", "advances", "base", "tax")
        groups = [
            InvoiceTax(
                invoice=self,
                category=group.category,
                rate=group.rate,
                **{name: -getattr(group, name) for name in names},
            )
            for group in original.taxes.all()
        ]
        InvoiceTax.objects.bulk_create(groups)
        Deduction.objects.bulk_create(
            Deduction(invoice=self, advance_id=each.advance_id, category=each.category, rate=each.rate, net=-each.net)
            for each in original.deductions.all()
        )
        self.store_totals(groups)

    @move(Status.DRAFT, to=Status.SENT)
    def finish_cancellation(self, *, by):
        """The last step of `cancel`, on the cancellation invoice."""
        self.number = next_number(Key.CANCELLATION, on=self.invoice_date)
        self.payment_reference = self.number
        self._issue_paper(by)

    # --- Mailing

    def mail(self, *, by, to: str, message: str = "") -> None:
        """Mail the PDF, by a job. Raises Refused for a draft."""
        with transaction.atomic():
            self.lock()
            paper = self.paper
            if not paper:
                raise Refused(_("%(invoice)s has no PDF yet: issue it first.") % {"invoice": self})
            self._mail(paper, to, message, by)
            self.save(by=by, reason="mail")

    def _mail(self, paper, to: str, message: str, by) -> None:
        self.mail_paper(paper, to=to, message=message or papers.message(self, by), by=by)
