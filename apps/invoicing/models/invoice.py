import datetime
from collections.abc import Iterable
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Concat, Upper
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.company.models import Company, Language
from apps.documents.models import Document
from apps.invoicing import party
from apps.invoicing.checks import Complaint, complaints
from apps.invoicing.kinds import OPEN, Kind, Profile, Status
from apps.invoicing.models.adding_up import AddingUp
from apps.invoicing.models.drafting import Drafting
from apps.invoicing.models.invoice_line import PERCENT, InvoiceLine
from apps.invoicing.models.invoice_tax import money_field
from apps.invoicing.models.issuing import Issuing
from apps.invoicing.models.settling import Settling
from apps.invoicing.party import Party
from apps.orders.models import OrderTax
from gmtc.addresses import address_of
from gmtc.errors import IllegalMove, Refused
from gmtc.lined import Lined
from gmtc.models import MAX_MONEY, TODAY, AliveManager, RecordQuerySet, audit_log, between
from gmtc.money import ZERO

__all__ = ["OPEN", "Invoice", "Kind", "Profile", "Status"]

MOST_ROUNDING = Decimal("0.99")


class InvoiceQuerySet(RecordQuerySet):
    def search(self, text: str):
        """Every word somewhere in number, recipient, reference, the order, the customer, or in a line."""
        for word in text.split()[:8]:
            lines = InvoiceLine.objects.filter(invoice=OuterRef("pk")).filter(
                Q(part_number__icontains=word) | Q(description__icontains=word) | Q(serials__icontains=word)
            )
            self = self.filter(
                Q(search_text__says=word)
                | Q(order__search_text__says=word)
                | Q(customer__search_text__says=word)
                | Exists(lines)
            )
        return self

    def drafts(self):
        return self.filter(status=Status.DRAFT)

    def issued(self):
        return self.exclude(status=Status.DRAFT)

    def open(self):
        """Money is still to come."""
        return self.filter(Invoice.IS_OPEN)

    def overdue(self):
        """Open, and past the due date."""
        return self.filter(Invoice.IS_OVERDUE)

    def to_refund(self):
        """Cancelled, and the customer's money is still here."""
        return self.filter(Invoice.IS_TO_REFUND)


class Invoice(Drafting, AddingUp, Issuing, Settling, Lined):
    """What a customer owes: an invoice, an advance invoice, or the cancellation invoice (credit note) of either.

    Amounts are euros: `net` of VAT, `total` what is to be paid. A draft reads its parties and terms from customer and
    company; when it is issued they are copied, and nothing changes any more but status, payments and mails.
    """

    IS_OPEN = Q(status__in=OPEN) & ~Q(kind=Kind.CREDIT_NOTE)
    IS_OVERDUE = IS_OPEN & Q(due_date__lt=TODAY)
    IS_TO_REFUND = Q(status=Status.CANCELLED, paid_amount__gt=0)

    # The figures of a draft are computed by `write`, the rest is kept by triggers and jobs.
    running = ("net", "tax_amount", "total", "paid_amount", "reduction", "overdue_told_on")

    number = models.CharField(_("number"), max_length=20, blank=True, editable=False)
    kind = models.CharField(_("kind"), max_length=11, choices=Kind, default=Kind.INVOICE, editable=False)
    status = models.CharField(_("status"), max_length=14, choices=Status, default=Status.DRAFT, editable=False)
    order = models.ForeignKey(
        "orders.CustomerOrder",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("customer order"),
    )
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+", verbose_name=_("customer"))
    billing_address = models.ForeignKey(
        "customers.Address",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("invoice address"),
        help_text=_("Empty: the customer's standard address."),
    )
    shipping_address = models.ForeignKey(
        "customers.Address",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("delivery address"),
        help_text=_("Empty: the customer's standard address."),
    )
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("handled by")
    )
    tax_case = models.CharField(_("tax case"), max_length=3, choices=OrderTax, default=OrderTax.DOMESTIC)
    language = models.CharField(_("language of documents"), max_length=5, choices=Language, default=Language.GERMAN)
    profile = models.CharField(_("e-invoice"), max_length=9, choices=Profile, default=Profile.ZUGFERD)

    invoice_date = models.DateField(_("date of the invoice"), null=True, editable=False)
    supply_start = models.DateField(
        _("supplied on or from"), null=True, blank=True, help_text=_("The day of the delivery or service.")
    )
    supply_end = models.DateField(_("supplied until"), null=True, blank=True, help_text=_("Empty: on one day."))
    payment_days = models.PositiveSmallIntegerField(
        _("days to pay"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(365)],
        help_text=_("Empty: as agreed with the customer."),
    )
    due_date = models.DateField(_("due on"), null=True, editable=False)
    skonto_percent = models.DecimalField(
        _("cash discount (%)"), max_digits=5, decimal_places=2, default=0, validators=PERCENT
    )
    skonto_days = models.PositiveSmallIntegerField(
        _("cash discount within (days)"), default=0, validators=[MaxValueValidator(365)]
    )
    payment_reference = models.CharField(_("payment reference"), max_length=35, blank=True, editable=False)
    customer_reference = models.CharField(_("customer's order number"), max_length=60, blank=True)
    buyer_reference = models.CharField(
        _("buyer reference"), max_length=100, blank=True, help_text=_("The Leitweg-ID of public buyers (BT-10).")
    )
    intro = models.TextField(_("text above the lines"), blank=True, max_length=2000, help_text=_("Empty: as usual."))
    notes = models.TextField(_("text below the lines"), blank=True, max_length=2000, help_text=_("Is printed."))
    internal_notes = models.TextField(_("notes for us"), blank=True, max_length=2000, help_text=_("Is not printed."))

    discount_percent = models.DecimalField(
        _("discount on all lines (%)"), max_digits=5, decimal_places=2, default=0, validators=PERCENT
    )
    shipping_cost = money_field(_("shipping (€)"), default=0, help_text=_("Net."))
    rounding = money_field(
        _("rounding (€)"),
        default=0,
        blank=True,
        validators=[MinValueValidator(-MOST_ROUNDING), MaxValueValidator(MOST_ROUNDING)],
        help_text=_("The cents that lead to an agreed gross price."),
    )
    deducts_advances = models.BooleanField(
        _("take off advance invoices"), default=True, help_text=_("Those of the order, as far as they are left.")
    )
    net = money_field(_("net"), default=0, editable=False)
    tax_amount = money_field(_("VAT"), default=0, editable=False)
    total = money_field(_("total"), default=0, editable=False)
    paid_amount = money_field(_("paid"), default=0, editable=False)
    reduction = money_field(_("deduction"), default=0, editable=False)

    buyer_name = models.CharField(_("recipient"), max_length=121, blank=True, editable=False)
    seller = models.JSONField(_("our data"), default=dict, editable=False)
    buyer = models.JSONField(_("the customer's data"), default=dict, editable=False)
    ship_to = models.JSONField(_("where the goods went"), default=dict, editable=False)

    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, editable=False, related_name="reversed_by", verbose_name=_("cancels")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True, editable=False)
    overdue_told_on = models.DateField(null=True, editable=False)

    search_text = models.GeneratedField(
        expression=Upper(Concat("number", Value(" "), "buyer_name", Value(" "), "customer_reference")),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )

    objects = AliveManager.from_queryset(InvoiceQuerySet)()
    everything = InvoiceQuerySet.as_manager()
    # The parties are copied once, when it is issued; `issue` in the history says enough about them.
    history = audit_log(without=(*running, "search_text", "seller", "buyer", "ship_to", "buyer_name"))

    class Meta(Lined.Meta):
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-id"]
        permissions = [
            ("issue_invoice", "Can issue and mail invoices"),
            ("cancel_invoice", "Can cancel issued invoices"),
            ("record_payment_invoice", "Can record payments"),
            ("refund_invoice", "Can reverse payments and note refunds"),
            ("write_off_invoice", "Can write off what stays open"),
            ("export_invoice", "Can export invoices"),
            ("restore_invoice", "Can restore drafts from the trash"),
        ]
        indexes = [
            models.Index(fields=["status", "due_date"], name="invoicing_invoice_due"),
            models.Index(fields=["customer", "-id"], name="invoicing_invoice_customer"),
            models.Index(fields=["invoice_date"], name="invoicing_invoice_date"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="invoicing_invoice_number"),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT, number="")
                | ~Q(status=Status.DRAFT)
                & ~Q(number="")
                & Q(invoice_date__isnull=False, due_date__isnull=False, deleted_at=None),
                name="invoicing_invoice_issued_has_number",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.CREDIT_NOTE, reverses__isnull=False) & ~Q(reason="")
                | ~Q(kind=Kind.CREDIT_NOTE) & Q(reverses=None),
                name="invoicing_invoice_credit_note",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.ADVANCE) | Q(order__isnull=False), name="invoicing_invoice_advance"
            ),
            models.CheckConstraint(
                condition=Q(total=F("net") + F("tax_amount") + F("rounding")), name="invoicing_invoice_total"
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT)
                | Q(kind=Kind.CREDIT_NOTE, total__lte=0, total__gte=-MAX_MONEY)
                | ~Q(kind=Kind.CREDIT_NOTE) & Q(total__gte=0, total__lte=MAX_MONEY),
                name="invoicing_invoice_total_sign",
                violation_error_message=_("An invoice over less than nothing is a cancellation."),
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT, paid_amount=0, reduction=0)
                | Q(kind=Kind.CREDIT_NOTE, paid_amount=0, reduction=0)
                | Q(paid_amount__gte=0, reduction__gte=0, paid_amount__lte=F("total") - F("reduction")),
                name="invoicing_invoice_paid",
            ),
            between("discount_percent", 0, 100, name="invoicing_invoice_discount"),
            between("skonto_percent", 0, 100, name="invoicing_invoice_skonto_percent"),
            between("shipping_cost", -MAX_MONEY, MAX_MONEY, name="invoicing_invoice_shipping"),
            between("rounding", -MOST_ROUNDING, MOST_ROUNDING, name="invoicing_invoice_rounding"),
            models.CheckConstraint(
                condition=Q(skonto_percent=0, skonto_days=0) | Q(skonto_percent__gt=0, skonto_days__gt=0),
                name="invoicing_invoice_skonto",
                violation_error_message=_("A cash discount has a rate and a number of days."),
            ),
            models.CheckConstraint(
                condition=Q(supply_end=None) | Q(supply_end__gte=F("supply_start")),
                name="invoicing_invoice_supply",
                violation_error_message=_("The supply ends before it begins."),
            ),
        ]

    def __str__(self):
        return self.number or gettext("Draft %(mark)s") % {"mark": self.pk.hex[-4:].upper()}

    def get_absolute_url(self):
        return address_of("invoicing:invoice_detail", self.pk)

    # --- Reading

    @property
    def is_draft(self) -> bool:
        return self.status == Status.DRAFT

    @property
    def is_advance(self) -> bool:
        return self.kind == Kind.ADVANCE

    @property
    def is_credit_note(self) -> bool:
        return self.kind == Kind.CREDIT_NOTE

    @property
    def is_open(self) -> bool:
        return self.status in OPEN and not self.is_credit_note

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_date < timezone.localdate()

    @property
    def days_overdue(self) -> int:
        return (timezone.localdate() - self.due_date).days if self.is_overdue else 0

    @property
    def open_amount(self) -> Decimal:
        """What is still to be paid."""
        return self.total - self.paid_amount - self.reduction if self.is_open else ZERO

    @property
    def to_refund(self) -> Decimal:
        """What the customer gets back of a cancelled invoice."""
        return self.paid_amount if self.status == Status.CANCELLED else ZERO

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax_amount

    @property
    def tax(self) -> OrderTax:
        return OrderTax(self.tax_case)

    @property
    def lines_net(self) -> Decimal:
        return sum((group.lines_net for group in self.taxes.all()), ZERO)

    @property
    def discount_amount(self) -> Decimal:
        return sum((group.discount for group in self.taxes.all()), ZERO)

    @property
    def days_to_pay(self) -> int:
        return self.customer.days_to_pay() if self.payment_days is None else self.payment_days

    @property
    def skonto_until(self) -> datetime.date | None:
        """The last day on which the cash discount may be taken; of a draft, if it were issued today."""
        if not self.skonto_percent or self.is_credit_note:
            return None
        return (self.invoice_date or timezone.localdate()) + datetime.timedelta(days=self.skonto_days)

    @property
    def supplied(self) -> tuple[datetime.date, datetime.date] | None:
        return (self.supply_start, self.supply_end or self.supply_start) if self.supply_start else None

    @property
    def us(self) -> Party:
        """Our side: as copied, or as it would be copied now."""
        if self.seller:
            return Party.read(self.seller)
        return party.seller(Company.current(), self.responsible)

    @property
    def bill_to(self) -> Party:
        if self.buyer:
            return Party.read(self.buyer)
        return party.buyer(self.customer, self.billing_address or self.customer.billing_address)

    @property
    def goods_to(self) -> Party:
        if self.ship_to:
            return Party.read(self.ship_to)
        return party.consignee(self.customer, self.shipping_address or self.customer.shipping_address)

    @property
    def paper(self) -> Document | None:
        """The PDF as it was issued, with its XML."""
        return Document.objects.about(self).first() if self.number else None

    def checks(self) -> list[Complaint]:
        """What stands in the way of issuing it, or should be looked at, each with the page where it is put right."""
        return complaints(self)

    # --- Editing

    def refuse_edit(self):
        if not self.is_draft:
            raise IllegalMove(_("%(invoice)s was issued and cannot be edited any more.") % {"invoice": self})

    def save(self, *, by=None, reason: str = "", **kwargs):
        if self.is_draft:
            self.buyer_name = self.bill_to.name[:121]
        super().save(by=by, reason=reason, **kwargs)

    def write(self, values: dict, lines: Iterable[dict] | None, *, by, version: int | None = None) -> None:
        """As `Lined.write`; the VAT groups and totals are computed with it."""
        with transaction.atomic():
            was = self.tax_case
            super().write(values, lines, by=by, version=version)
            if self.tax_case != was and self.tax.is_untaxed:
                for line in self.lines.exclude(vat_rate=0):
                    line.save(by=by, reason="edit")  # which takes the rate away
            self.sum_up()

    def discard(self, *, by):
        """Only a draft goes to the trash; what was issued is cancelled."""
        with transaction.atomic():
            self.lock()
            if not self.is_draft:
                raise Refused(_("%(invoice)s was issued: cancel it instead.") % {"invoice": self})
            super().discard(by=by)
