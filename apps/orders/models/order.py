import datetime
from collections.abc import Iterable
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Upper
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.company.models import Company, Language
from apps.documents.mailing import Mailed
from apps.documents.models import Document
from apps.numbering.models import Key, next_number
from apps.orders import news, papers
from apps.orders.models.fulfilment import Fulfilment
from apps.orders.models.order_line import PERCENT, OrderLine
from apps.orders.models.order_set import CustomerOrderQuerySet
from apps.orders.models.status import CONFIRMED, OPEN, Status
from apps.orders.models.tax import OrderTax, tax_of
from gmtc.addresses import address_of
from gmtc.errors import IllegalMove, Refused
from gmtc.models import MAX_MONEY, AliveManager, audit_log, between
from gmtc.money import Amounts, amounts
from gmtc.states import move


class CustomerOrder(Mailed, Fulfilment):
    """A quote and the order that comes of it. Amounts are euros net; `discount_percent` is on all lines.

    The status follows the lines once the order is confirmed; the rooms above (production, shipping, billing) report to
    the lines what they have done.
    """

    running = ("net", "tax_amount", "total")

    number = models.CharField(_("number"), max_length=20, blank=True, editable=False)
    quote_number = models.CharField(_("number of the quote"), max_length=20, blank=True, editable=False)
    quote_version = models.PositiveSmallIntegerField(_("version of the quote"), default=0, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+", verbose_name=_("customer"))
    contact = models.ForeignKey(
        "customers.Contact", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
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
    customer_reference = models.CharField(
        _("customer's order number"), max_length=60, blank=True, help_text=_("Stands on all documents.")
    )
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("handled by")
    )
    language = models.CharField(_("language of documents"), max_length=5, choices=Language, default=Language.GERMAN)
    tax_case = models.CharField(_("tax case"), max_length=3, choices=OrderTax, default=OrderTax.DOMESTIC)

    requested_date = models.DateField(_("delivery wanted on"), null=True, blank=True)
    promised_date = models.DateField(_("delivery promised on"), null=True, blank=True)
    quote_date = models.DateField(_("quoted on"), null=True, editable=False)
    valid_until = models.DateField(_("quote valid until"), null=True, blank=True)
    order_date = models.DateField(_("ordered on"), null=True, editable=False)
    production_date = models.DateField(_("production began on"), null=True, editable=False)

    payment_days = models.PositiveSmallIntegerField(
        _("days to pay"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(365)],
        help_text=_("Empty: as agreed with the customer."),
    )
    skonto_percent = models.DecimalField(
        _("cash discount (%)"), max_digits=5, decimal_places=2, default=0, validators=PERCENT
    )
    skonto_days = models.PositiveSmallIntegerField(
        _("cash discount within (days)"), default=0, validators=[MaxValueValidator(365)]
    )
    discount_percent = models.DecimalField(
        _("discount on all lines (%)"), max_digits=5, decimal_places=2, default=0, validators=PERCENT
    )
    shipping_cost = models.DecimalField(
        _("shipping (€)"),
        max_digits=12,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
        help_text=_("Net, for the whole order."),
    )
    intro = models.TextField(_("text above the lines"), blank=True, max_length=2000, help_text=_("Empty: as usual."))
    notes = models.TextField(_("text below the lines"), blank=True, max_length=2000, help_text=_("Is printed."))
    internal_notes = models.TextField(_("notes for us"), blank=True, max_length=2000, help_text=_("Is not printed."))

    net = models.DecimalField(_("net"), max_digits=12, decimal_places=2, default=0, editable=False)
    tax_amount = models.DecimalField(_("VAT"), max_digits=12, decimal_places=2, default=0, editable=False)
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2, default=0, editable=False)
    is_closed_short = models.BooleanField(_("closed short"), default=False, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True, editable=False)

    search_text = models.GeneratedField(
        expression=Upper(
            Concat("number", Value(" "), "quote_number", Value(" "), "customer_reference"),
        ),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )

    objects = AliveManager.from_queryset(CustomerOrderQuerySet)()
    everything = CustomerOrderQuerySet.as_manager()
    history = audit_log(without=("net", "tax_amount", "total", "search_text"))

    class Meta(Fulfilment.Meta):
        verbose_name = _("customer order")
        verbose_name_plural = _("customer orders")
        ordering = ["-id"]
        permissions = [
            ("quote_customerorder", "Can quote, and withdraw or decline quotes"),
            ("confirm_customerorder", "Can confirm customer orders"),
            ("reserve_customerorder", "Can hold stock for customer orders"),
            ("cancel_customerorder", "Can cancel customer orders and close them short"),
            ("export_customerorder", "Can export customer orders"),
            ("restore_customerorder", "Can restore customer orders from the trash"),
        ]
        indexes = [
            models.Index(fields=["status", "promised_date"], name="orders_order_status"),
            models.Index(fields=["customer", "-id"], name="orders_order_customer"),
            models.Index(fields=["order_date"], name="orders_order_date"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="orders_order_number"),
            models.UniqueConstraint(
                fields=["quote_number"], condition=~Q(quote_number=""), name="orders_order_quote_number"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=CONFIRMED) | ~Q(number="") & Q(order_date__isnull=False, deleted_at=None),
                name="orders_order_confirmed_has_number",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.QUOTED)
                | ~Q(quote_number="") & Q(quote_date__isnull=False, valid_until__isnull=False, deleted_at=None),
                name="orders_order_quoted_has_number",
            ),
            between("discount_percent", 0, 100, name="orders_order_discount"),
            between("skonto_percent", 0, 100, name="orders_order_skonto_percent"),
            between("shipping_cost", 0, MAX_MONEY, name="orders_order_shipping"),
            between("net", 0, MAX_MONEY, name="orders_order_net"),
            between("tax_amount", 0, MAX_MONEY, name="orders_order_tax"),
            models.CheckConstraint(condition=Q(total=F("net") + F("tax_amount")), name="orders_order_total"),
            models.CheckConstraint(
                condition=Q(skonto_percent=0, skonto_days=0) | Q(skonto_percent__gt=0, skonto_days__gt=0),
                name="orders_order_skonto",
                violation_error_message=_("A cash discount has a rate and a number of days."),
            ),
        ]

    def __str__(self):
        draft = gettext("Draft %(mark)s") % {"mark": self.pk.hex[-4:].upper()}
        return self.number or self.quote_number or draft

    def get_absolute_url(self):
        return address_of("orders:order_detail", self.pk)

    # --- Reading

    @property
    def is_draft(self) -> bool:
        return self.status == Status.DRAFT

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_confirmed(self) -> bool:
        return self.status in CONFIRMED

    @property
    def is_over(self) -> bool:
        """Nothing of it will be shipped any more."""
        return self.is_closed_short or self.status in (Status.CANCELLED, Status.DECLINED)

    @property
    def is_late(self) -> bool:
        return self.is_open and bool(self.promised_date) and self.promised_date < timezone.localdate()

    @property
    def is_expired(self) -> bool:
        return self.status == Status.QUOTED and self.valid_until < timezone.localdate()

    @property
    def tax(self) -> OrderTax:
        return OrderTax(self.tax_case)

    @property
    def bill_to(self):
        return self.billing_address or self.customer.billing_address

    @property
    def ship_to(self):
        return self.shipping_address or self.customer.shipping_address

    def amounts(self, lines: Iterable[OrderLine] | None = None) -> Amounts:
        """The figures below the lines, with the VAT groups; `lines` where they were read already."""
        found = self.lines.all() if lines is None else lines
        nets = [(self.tax.category, line.vat_rate, line.net) for line in found]
        return amounts(nets, discount=self.discount_percent, shipping=self.shipping_cost)

    def usual_vat_rate(self) -> Decimal:
        """The VAT rate that a new line takes."""
        ship_to = self.ship_to
        return self.tax.usual_rate(Company.current(), country=ship_to.country if ship_to else "")

    @property
    def papers(self) -> models.QuerySet:
        """The quotes and confirmations as they were issued, newest first."""
        return Document.objects.about(self)

    # --- Editing

    def take_terms_of(self, customer) -> None:
        """What a new order for `customer` starts with."""
        self.customer = customer
        self.language = customer.language
        self.tax_case = tax_of(customer, Company.current())
        self.skonto_percent, self.skonto_days = customer.skonto_percent, customer.skonto_days

    def refuse_edit(self):
        if not self.is_draft:
            raise IllegalMove(_("%(order)s is not a draft any more and cannot be edited.") % {"order": self})

    def write(self, values: dict, lines: Iterable[dict] | None, *, by, version: int | None = None) -> None:
        with transaction.atomic():
            was = self.tax_case
            super().write(values, lines, by=by, version=version)
            if self.tax_case != was:
                self._tax_anew(by)
            self._sum_up()

    def save(self, *, by=None, reason: str = "", **kwargs):
        if reason in ("create", "edit"):
            self._refuse_strangers()
        super().save(by=by, reason=reason, **kwargs)

    def _tax_anew(self, by) -> None:
        """The tax case has changed: no line keeps a rate that cannot be."""
        for line in self.lines.exclude(vat_rate=0) if self.tax.is_untaxed else self.lines.filter(vat_rate=0):
            line.vat_rate = None  # as usual
            line.save(by=by, reason="edit")

    def _refuse_strangers(self) -> None:
        """Contact and addresses are those of the customer; a trigger says the same in the database."""
        for name in ("contact", "billing_address", "shipping_address"):
            theirs = getattr(self, name)
            if theirs and theirs.customer_id != self.customer_id:
                raise Refused(_("“%(who)s” belongs to another customer.") % {"who": theirs}, field=name)

    def _sum_up(self) -> None:
        figures = self.amounts()
        self.net, self.tax_amount, self.total = figures.net, figures.tax, figures.gross
        type(self).everything.filter(pk=self.pk).update(net=self.net, tax_amount=self.tax_amount, total=self.total)

    def discard(self, *, by):
        """Only a draft goes to the trash; what was quoted is declined, what was confirmed is cancelled."""
        with transaction.atomic():
            self.lock()
            if not self.is_draft:
                raise Refused(_("%(order)s is not a draft: cancel it instead.") % {"order": self})
            super().discard(by=by)

    def copy(self, *, by) -> "CustomerOrder":
        """A new draft for the same customer with the same lines, on the terms of today."""
        draft = CustomerOrder(
            contact=self.contact if self.contact and not self.contact.deleted_at else None,
            billing_address=self.billing_address,
            shipping_address=self.shipping_address,
            responsible=by,
            discount_percent=self.discount_percent,
            shipping_cost=self.shipping_cost,
            intro=self.intro,
            notes=self.notes,
        )
        draft.take_terms_of(self.customer)
        typed = [name for name in OrderLine.TYPED if name != "vat_rate" or draft.tax_case == self.tax_case]
        rows = [{name: getattr(line, name) for name in typed} for line in self.lines.select_related("part")]
        draft.write({}, rows, by=by)
        return draft

    def arrange(self, *, by, version: int, **values) -> None:
        """Change what may still change after the confirmation: dates, delivery address, who handles it, notes for us.

        Raises StaleEdit, and IllegalMove for an order that is over.
        """
        allowed = {"promised_date", "requested_date", "shipping_address", "contact", "responsible", "internal_notes"}
        if unknown := values.keys() - allowed:
            raise TypeError(f"not to be arranged: {', '.join(sorted(unknown))}")
        with transaction.atomic():
            self.lock()
            self.refuse_unless_open()
            self.revise(values, by=by, version=version)

    # --- Quoting

    @move(Status.DRAFT, to=Status.QUOTED)
    def quote(
        self,
        *,
        by,
        quote_date: datetime.date | None = None,
        valid_until: datetime.date | None = None,
        mail_to: str = "",
        message: str = "",
    ):
        """Offer it: number and PDF, mailed to `mail_to` if an address is given.

        A quote that was withdrawn keeps its number and becomes the next version.
        """
        self._refuse_incomplete()
        self.quote_date = quote_date or timezone.localdate()
        self._refuse_future(self.quote_date, "quote_date")
        days = datetime.timedelta(days=Company.current().quote_days)
        self.valid_until = valid_until or self.valid_until or self.quote_date + days
        if self.valid_until < self.quote_date:
            raise Refused(_("The quote would have expired before it was written."), field="valid_until")
        self._settle_terms(by)
        self.quote_version += 1
        self.quote_number = self.quote_number or next_number(Key.QUOTE, on=self.quote_date)
        self._mail(papers.issue_quote(self, by=by), mail_to, message, by)

    @move(Status.QUOTED, to=Status.DRAFT)
    def withdraw(self, *, by):
        """Take the quote back to change it."""
        self.valid_until = None

    @move(Status.QUOTED, to=Status.DECLINED)
    def decline(self, *, by, reason: str):
        """The customer does not want it. `reason` stays on it."""
        self.keep_reason(reason)

    # --- Confirming

    @move(Status.DRAFT, Status.QUOTED)
    def confirm(
        self,
        *,
        by,
        order_date: datetime.date | None = None,
        customer_reference: str | None = None,
        promised_date: datetime.date | None = None,
        mail_to: str = "",
        message: str = "",
    ):
        """Take the order: hold what is in stock, give the number, issue the confirmation, mail it to `mail_to`.

        From here on neither lines nor terms change. What is missing is made or bought (planning sees it).
        """
        self._refuse_incomplete()
        self.order_date = order_date or timezone.localdate()
        self._refuse_future(self.order_date, "order_date")
        if customer_reference is not None:
            self.customer_reference = customer_reference.strip()
        self.promised_date = promised_date or self.promised_date
        if self.promised_date and self.promised_date < self.order_date:
            raise Refused(_("This is before the day of the order."), field="promised_date")
        self._settle_terms(by)
        lines = self.lock_lines()
        # The parts are locked by now, so the counter still comes last; the reservations shall name the number.
        self.number = next_number(Key.ORDER, on=self.order_date)
        self.hold_stock(lines, by)
        self._mail(papers.issue_confirmation(self, by=by), mail_to, message, by)
        reached = self.reached(lines)
        if reached == Status.READY:
            news.ready(self, by=by)
        else:
            news.confirmed(self, lines, by=by)
        return reached

    def _refuse_incomplete(self) -> None:
        if not self.lines.exists():
            raise Refused(_("An order needs at least one line."))
        self.customer.refuse_if_blocked()
        if line := self.lines.filter(Q(part__is_sellable=False) | ~Q(part__deleted_at=None)).first():
            raise Refused(_("%(part)s is not sold.") % {"part": line.part})
        if not self.tax.is_untaxed and (line := self.lines.filter(vat_rate=0).first()):
            raise Refused(
                _("Line %(position)s has no VAT, but the order is taxed: %(tax)s.")
                % {"position": line.position, "tax": self.get_tax_case_display()}
            )

    @staticmethod
    def _refuse_future(day: datetime.date, field: str) -> None:
        if day > timezone.localdate():
            raise Refused(_("This lies in the future."), field=field)

    def _settle_terms(self, by) -> None:
        """What was left to the customer's usual terms holds from now on, whatever becomes of the customer."""
        self.responsible = self.responsible or by
        if self.payment_days is None:
            self.payment_days = self.customer.days_to_pay()
        self.billing_address = self.bill_to
        self.shipping_address = self.ship_to

    def keep_reason(self, reason: str) -> None:
        if not reason.strip():
            raise Refused(_("Say why."), field="reason")
        self.reason = reason.strip()

    # --- Mailing

    def mail(self, *, by, document: Document, to: str, message: str = "") -> None:
        """Mail an issued quote or confirmation, by a job. Raises Refused for a document of something else."""
        with transaction.atomic():
            self.lock()
            if not self.papers.filter(pk=document.pk).exists():
                raise Refused(_("This document does not belong to %(order)s.") % {"order": self})
            self._mail(document, to, message, by)
            self.save(by=by, reason="mail")

    def _mail(self, document: Document, to: str, message: str, by) -> None:
        if to:
            self.mail_paper(document, to=to, message=message or papers.message(self, document, by), by=by)
