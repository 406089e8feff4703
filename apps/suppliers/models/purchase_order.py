import datetime
from decimal import Decimal

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Upper
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.company.models import Company
from apps.documents.mailing import Mailed
from apps.documents.models import Document
from apps.numbering.models import Key, next_number
from apps.suppliers import papers
from apps.suppliers.models.purchase_order_line import PurchaseOrderLine
from apps.suppliers.models.receiving import Receiving
from apps.suppliers.models.status import OPEN, Status
from apps.suppliers.models.supplier import (
    MAX_RATE,
    MIN_RATE,
    Currency,
    Language,
    days_field,
    euro_has_rate_one,
    percent_field,
    rate_field,
)
from apps.suppliers.models.supplier_part import SupplierPart
from gmtc.addresses import address_of
from gmtc.errors import IllegalMove, Refused
from gmtc.lined import Lined
from gmtc.models import MAX_MONEY, TODAY, AliveManager, RecordQuerySet, audit_log, between
from gmtc.states import move

# What is copied from supplier and company when an order is sent.
TERMS = (
    "ship_to",
    "supplier_address",
    "customer_number",
    "payment_days",
    "discount_percent",
    "discount_days",
    "delivery_terms",
)


class PurchaseOrderQuerySet(RecordQuerySet):
    def search(self, text: str):
        """Every word somewhere in the number, the supplier, their reference, or in a part of the order."""
        for word in text.split()[:8]:
            lines = PurchaseOrderLine.objects.filter(purchase_order=OuterRef("pk"), part__search_text__holds=word)
            self = self.filter(Q(search_text__says=word) | Q(supplier__search_text__says=word) | Exists(lines))
        return self

    def drafts(self):
        return self.filter(status=Status.DRAFT)

    def open(self):
        """Sent, and not everything has come."""
        return self.filter(status__in=OPEN)

    def late(self):
        """Open, and something that is still to come is past its date."""
        return self.filter(PurchaseOrder.is_late_condition())

    def due(self, first: datetime.date, last: datetime.date):
        """Open, and something that is still to come is due from `first` to `last`."""
        return self.filter(PurchaseOrder.is_due_condition(first, last))


class PurchaseOrder(Receiving, Mailed, Lined):
    """What we order from a supplier. Prices and `total` are net, in `currency`; terms are copied when it is sent."""

    running = ("total",)

    number = models.CharField(_("number"), max_length=20, blank=True, editable=False)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.DRAFT, editable=False)
    supplier = models.ForeignKey(
        "suppliers.Supplier", models.PROTECT, related_name="purchase_orders", verbose_name=_("supplier")
    )
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("ordered by")
    )
    order_date = models.DateField(_("ordered on"), null=True, editable=False)
    expected_delivery_date = models.DateField(
        _("delivery expected on"), null=True, blank=True, help_text=_("A line may have a date of its own.")
    )
    supplier_reference = models.CharField(
        _("their order confirmation"), max_length=60, blank=True, help_text=_("The number that the supplier gave it.")
    )
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.GERMAN)
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.EUR)
    exchange_rate = rate_field()
    notes = models.TextField(_("text for the supplier"), blank=True, max_length=2000, help_text=_("Is printed."))
    internal_notes = models.TextField(_("notes for us"), blank=True, max_length=2000, help_text=_("Is not printed."))

    ship_to = models.TextField(_("ship to"), blank=True, editable=False)
    supplier_address = models.TextField(_("address"), blank=True, editable=False)
    customer_number = models.CharField(_("our customer number"), max_length=40, blank=True, editable=False)
    payment_days = days_field(_("days to pay"), default=0, editable=False)
    discount_percent = percent_field(_("early payment discount (%)"), editable=False)
    discount_days = days_field(_("days for the discount"), default=0, editable=False)
    delivery_terms = models.CharField(_("delivery terms"), max_length=260, blank=True, editable=False)

    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2, default=0, editable=False)
    is_closed_short = models.BooleanField(_("closed short"), default=False, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True, editable=False)

    search_text = models.GeneratedField(
        expression=Upper(models.functions.Concat("number", models.Value(" "), "supplier_reference")),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )

    objects = AliveManager.from_queryset(PurchaseOrderQuerySet)()
    everything = PurchaseOrderQuerySet.as_manager()
    # The terms are copied once, when the order is sent; `send` in the history says enough about them.
    history = audit_log(without=("total", "search_text", *TERMS))

    class Meta(Lined.Meta):
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        ordering = ["-id"]
        permissions = [
            ("send_purchaseorder", "Can send purchase orders"),
            ("receive_purchaseorder", "Can receive goods"),
            ("cancel_purchaseorder", "Can cancel, close and reopen purchase orders"),
            ("export_purchaseorder", "Can export purchase orders"),
            ("restore_purchaseorder", "Can restore purchase orders from the trash"),
        ]
        indexes = [
            models.Index(fields=["status", "expected_delivery_date"], name="suppliers_po_due"),
            models.Index(fields=["supplier", "-order_date"], name="suppliers_po_supplier"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="suppliers_po_number"),
            models.CheckConstraint(
                condition=Q(status__in=[Status.DRAFT, Status.CANCELLED])
                | (~Q(number="") & Q(order_date__isnull=False, deleted_at=None)),
                name="suppliers_po_sent_has_number",
            ),
            between("exchange_rate", MIN_RATE, MAX_RATE, name="suppliers_po_rate"),
            euro_has_rate_one("suppliers_po_euro"),
            between("discount_percent", 0, 100, name="suppliers_po_discount"),
            between("total", 0, MAX_MONEY, name="suppliers_po_total"),
        ]

    def __str__(self):
        return self.number or gettext("Draft %(mark)s") % {"mark": self.pk.hex[-4:].upper()}

    def get_absolute_url(self):
        return address_of("suppliers:purchase_order_detail", self.pk)

    # --- Words of the database

    @classmethod
    def _open_lines_due(cls, **when) -> Exists:
        lines = PurchaseOrderLine.objects.filter(purchase_order=OuterRef("pk"), received_quantity__lt=F("quantity"))
        due = Coalesce("expected_date", "purchase_order__expected_delivery_date")
        return Exists(lines.alias(due=due).filter(**when))

    @classmethod
    def is_late_condition(cls) -> Q:
        return Q(status__in=OPEN) & Q(cls._open_lines_due(due__lt=TODAY))

    @classmethod
    def is_due_condition(cls, first, last) -> Q:
        return Q(status__in=OPEN) & Q(cls._open_lines_due(due__gte=first, due__lte=last))

    # --- Reading

    @property
    def is_draft(self) -> bool:
        return self.status == Status.DRAFT

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_late(self) -> bool:
        today = timezone.localdate()
        return self.is_open and any(line.is_open and line.due and line.due < today for line in self.lines.all())

    @property
    def total_in_euros(self) -> Decimal:
        return (self.total / self.exchange_rate).quantize(Decimal("0.01"))

    @property
    def paper(self) -> Document | None:
        """The PDF as it was sent."""
        return Document.objects.about(self).filter(kind=papers.KIND).first()

    def goods_entrance(self) -> str:
        """Where the goods shall come, in the order's language; as copied once it is sent."""
        return self.ship_to or papers.goods_entrance(Company.current(), self.language)

    # --- Editing

    def refuse_edit(self):
        if not self.is_draft:
            raise IllegalMove(_("%(order)s was sent and cannot be edited any more.") % {"order": self})

    def discard(self, *, by):
        """Only a draft goes to the trash; what was sent is cancelled."""
        with transaction.atomic():
            self.lock()
            if not self.is_draft:
                raise Refused(_("%(order)s was sent: cancel it instead.") % {"order": self})
            super().discard(by=by)

    def copy(self, *, by) -> "PurchaseOrder":
        """A new draft for the same supplier with the same lines, at the prices of today where an offer has one."""
        self.supplier.refuse_blocked()
        offers = {
            item.part_id: item
            for item in SupplierPart.objects.filter(
                supplier=self.supplier, part__in=self.lines.values("part")
            ).with_breaks()
        }
        rows = []
        for line in self.lines.all():
            offer = offers.get(line.part_id) if self.currency == self.supplier.currency else None
            rows.append(
                {name: getattr(line, name) for name in PurchaseOrderLine.TYPED if name != "expected_date"}
                | ({"unit_price": offer.price_for(line.quantity)} if offer else {})
            )
        draft = PurchaseOrder(
            supplier=self.supplier,
            ordered_by=by,
            language=self.language,
            currency=self.currency,
            exchange_rate=self.exchange_rate,
            notes=self.notes,
        )
        draft.write({}, rows, by=by)
        return draft

    def acknowledge(
        self, *, by, supplier_reference: str, expected_delivery_date: datetime.date | None, lines: dict | None = None
    ):
        """Note what the supplier has confirmed: their number, the date, and dates of single lines {line key: date}."""
        with transaction.atomic():
            self.lock()
            if not self.is_open:
                raise IllegalMove(_("%(order)s is not open.") % {"order": self})
            for line in self.lines.all():
                if lines is not None and line.expected_date != lines.get(line.pk):
                    line.expected_date = lines.get(line.pk)
                    line.save(by=by, reason="acknowledge")
            self.supplier_reference, self.expected_delivery_date = supplier_reference, expected_delivery_date
            self.save(by=by, reason="acknowledge")

    # --- Sending

    @move(Status.DRAFT, to=Status.SENT)
    def send(self, *, by, order_date: datetime.date | None = None, mail_to: str = "", message: str = ""):
        """Order it: copy the terms, give the number, issue the PDF, and mail that to `mail_to` if an address is given.

        From here on neither lines nor terms change. Raises Refused for an empty order or a blocked supplier.
        """
        if not self.lines.exists():
            raise Refused(_("An order needs at least one line."))
        supplier = self.supplier
        supplier.refuse_blocked()
        self.order_date = order_date or timezone.localdate()
        if self.order_date > timezone.localdate():
            raise Refused(_("The order date lies in the future."), field="order_date")
        if self.expected_delivery_date and self.expected_delivery_date < self.order_date:
            raise Refused(_("It is expected before it is ordered: change the expected date first."))
        self.ordered_by = self.ordered_by or by
        self.copy_terms(supplier)
        self.number = next_number(Key.PURCHASE_ORDER, on=self.order_date)
        paper = papers.issue(self, by=by)
        if mail_to:
            self._mail(paper, mail_to, message, by)

    def copy_terms(self, supplier) -> None:
        """What holds for this order from now on, whatever becomes of the supplier."""
        self.ship_to = self.goods_entrance()
        self.supplier_address = "\n".join(supplier.address_lines(self.language))
        for name in ("customer_number", "payment_days", "discount_percent", "discount_days"):
            setattr(self, name, getattr(supplier, name))
        self.delivery_terms = ", ".join(filter(None, [supplier.incoterm, supplier.delivery_terms]))

    def mail(self, *, by, to: str, message: str = ""):
        """Mail the PDF once more, by a job. Raises Refused for an order that was not sent yet."""
        with transaction.atomic():
            self.lock()
            paper = self.paper
            if not paper:
                raise Refused(_("%(order)s has no PDF yet: send it first.") % {"order": self})
            self._mail(paper, to, message, by)
            self.save(by=by, reason="mail")

    def _mail(self, paper, to: str, message: str, by) -> None:
        self.mail_paper(paper, to=to, message=message or papers.message(self, by), by=by)

    # --- Ending

    @move(Status.DRAFT, Status.SENT, to=Status.CANCELLED)
    def cancel(self, *, by, reason: str):
        """Give the order up while nothing has been received. `reason` stays on it."""
        if not reason.strip():
            raise Refused(_("Say why the order is cancelled."), field="reason")
        self.reason = reason.strip()

    @move(Status.PARTIAL, to=Status.RECEIVED)
    def close_short(self, *, by, reason: str = ""):
        """The rest will not come: nothing of it is waited for any more."""
        self.is_closed_short, self.reason = True, reason.strip()

    @move(Status.RECEIVED, to=Status.PARTIAL)
    def reopen(self, *, by):
        """The rest comes after all."""
        if not self.is_closed_short:
            raise Refused(_("Everything of %(order)s has been received.") % {"order": self})
        self.is_closed_short, self.reason = False, ""
