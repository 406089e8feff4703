import datetime
from collections.abc import Iterable
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Sum, Value
from django.db.models.functions import Concat, Upper
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.company.models import Company, Language
from apps.deliveries import news, papers, promises, proposal, returning, shipping
from apps.deliveries.models.delivery_line import DeliveryLine
from apps.deliveries.models.delivery_return import DeliveryReturn, Returned
from apps.deliveries.models.delivery_set import DeliveryQuerySet
from apps.deliveries.models.ship_to import ShipTo
from apps.deliveries.models.status import SHIPPED, Status
from apps.documents.mailing import Mailed
from apps.documents.models import Document
from apps.numbering.models import Key, next_number
from gmtc.addresses import address_of
from gmtc.errors import IllegalMove, Refused
from gmtc.lined import Lined
from gmtc.models import TODAY, AliveManager, audit_log, between
from gmtc.states import move

MAX_PACKAGES = 99
MAX_WEIGHT = 100_000


class Delivery(Mailed, ShipTo, Lined):
    """Goods that leave the house for a customer order at one time. Weight in kilograms, dates are calendar days."""

    IS_LATE = Q(status=Status.PENDING, ship_by__lt=TODAY) | Q(status=Status.IN_TRANSIT, expected_on__lt=TODAY)

    # What is said when it leaves; until then it may be planned.
    SHIPMENT = ("carrier", "service", "tracking_number", "package_count", "weight", "expected_on")

    number = models.CharField(_("number"), max_length=20, blank=True, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING, editable=False)
    order = models.ForeignKey(
        "orders.CustomerOrder", models.PROTECT, related_name="+", verbose_name=_("customer order")
    )
    language = models.CharField(_("language of documents"), max_length=5, choices=Language, default=Language.GERMAN)
    ship_by = models.DateField(_("to be shipped by"), null=True, blank=True)
    expected_on = models.DateField(_("arrives on"), null=True, blank=True)
    carrier = models.ForeignKey(
        "deliveries.Carrier",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        verbose_name=_("carrier"),
    )
    service = models.CharField(
        _("service"), max_length=60, blank=True, help_text=_("Empty: the carrier's usual service.")
    )
    tracking_number = models.CharField(_("tracking number"), max_length=80, blank=True)
    package_count = models.PositiveSmallIntegerField(
        _("packages"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_PACKAGES)]
    )
    weight = models.DecimalField(
        _("weight (kg)"),
        max_digits=12,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.001")), MaxValueValidator(MAX_WEIGHT)],
        help_text=_("Of all packages together."),
    )
    notes = models.TextField(
        _("text on the delivery note"), blank=True, max_length=2000, help_text=_("Is printed below the lines.")
    )
    internal_notes = models.TextField(_("notes for us"), blank=True, max_length=2000, help_text=_("Is not printed."))

    bill_to = models.TextField(_("invoice address"), blank=True, editable=False)
    shipped_on = models.DateField(_("shipped on"), null=True, editable=False)
    delivered_on = models.DateField(_("delivered on"), null=True, editable=False)
    received_by = models.CharField(_("received by"), max_length=120, blank=True, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True, editable=False)

    search_text = models.GeneratedField(
        expression=Upper(
            Concat(
                "number",
                Value(" "),
                "tracking_number",
                Value(" "),
                "name",
                Value(" "),
                "postcode",
                Value(" "),
                "city",
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )

    objects = AliveManager.from_queryset(DeliveryQuerySet)()
    everything = DeliveryQuerySet.as_manager()
    # The invoice address is copied once, when it leaves; `ship` in the history says enough about it.
    history = audit_log(without=("search_text", "bill_to"))

    class Meta(Lined.Meta):
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        permissions = [
            ("ship_delivery", "Can ship deliveries"),
            ("deliver_delivery", "Can note that deliveries have arrived"),
            ("cancel_delivery", "Can cancel deliveries"),
            ("return_delivery", "Can take goods of deliveries back"),
            ("export_delivery", "Can export deliveries"),
            ("restore_delivery", "Can restore deliveries from the trash"),
        ]
        indexes = [
            models.Index(fields=["status", "ship_by"], name="deliveries_delivery_due"),
            models.Index(fields=["order", "-id"], name="deliveries_delivery_order"),
            models.Index(fields=["shipped_on"], name="deliveries_delivery_shipped"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="deliveries_delivery_number"),
            models.CheckConstraint(
                condition=Q(status__in=[Status.PENDING, Status.CANCELLED], number="", shipped_on=None)
                | Q(status__in=SHIPPED, shipped_on__isnull=False, deleted_at=None) & ~Q(number=""),
                name="deliveries_delivery_shipped_has_number",
            ),
            models.CheckConstraint(
                condition=Q(delivered_on=None) & ~Q(status=Status.DELIVERED) | Q(delivered_on__gte=F("shipped_on")),
                name="deliveries_delivery_arrives_after",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.CANCELLED) | ~Q(reason=""), name="deliveries_delivery_reason"
            ),
            models.CheckConstraint(condition=~Q(name="") & ~Q(street=""), name="deliveries_delivery_goes_somewhere"),
            between("package_count", 1, MAX_PACKAGES, name="deliveries_delivery_packages"),
            models.CheckConstraint(
                condition=Q(weight=None) | Q(weight__gt=0, weight__lte=MAX_WEIGHT), name="deliveries_delivery_weight"
            ),
        ]

    def __str__(self):
        return self.number or gettext("Delivery %(mark)s") % {"mark": self.pk.hex[-4:].upper()}

    def get_absolute_url(self):
        return address_of("deliveries:delivery_detail", self.pk)

    @classmethod
    def has_returns_condition(cls) -> Q:
        return Q(Exists(DeliveryReturn.objects.filter(delivery=OuterRef("pk"))))

    # --- Reading

    @property
    def is_pending(self) -> bool:
        return self.status == Status.PENDING

    @property
    def is_shipped(self) -> bool:
        return self.status in SHIPPED

    @property
    def is_late(self) -> bool:
        today = timezone.localdate()
        due = {Status.PENDING: self.ship_by, Status.IN_TRANSIT: self.expected_on}.get(self.status)
        return bool(due) and due < today

    @property
    def tracking_link(self) -> str:
        """The carrier's page about it; empty where there is none."""
        return self.carrier.tracking_link(self.tracking_number) if self.carrier else ""

    @property
    def paper(self) -> Document | None:
        """The delivery note as it went with the goods."""
        return Document.objects.about(self).filter(kind=papers.KIND).first()

    def mail_address(self) -> str:
        """Whom to tell: the order's contact, else the customer."""
        contact = self.order.contact
        return (contact.email if contact else "") or self.order.customer.email

    # --- Planning

    @classmethod
    def begin(cls, order) -> "Delivery":
        """A new delivery for `order`, not stored yet, with what it takes over from there."""
        delivery = cls(order=order, language=order.language, ship_by=order.promised_date)
        delivery.copy_address(order.ship_to)
        return delivery

    @staticmethod
    def propose(order) -> list["proposal.Row"]:
        """What can be shipped of `order` now: stock held for it, where it lies, the printers that were built for it."""
        return proposal.rows_for(order)

    def refuse_edit(self):
        if not self.is_pending:
            raise IllegalMove(
                _("%(delivery)s is “%(state)s” and cannot be edited any more.")
                % {"delivery": self, "state": self.get_status_display()}
            )

    def write(self, values: dict, lines: Iterable[dict] | None, *, by, version: int | None = None) -> None:
        """As `Lined.write`. Raises Refused where more would be promised than is still to be shipped."""
        with transaction.atomic():
            if not self._state.adding:
                self.lock()
            order = values.get("order") or self.order
            if not self._state.adding and order.pk != self.order_id:
                raise Refused(_("A delivery stays with its order."), field="order")
            order.lock()  # of two who promise the same line, the second sees what the first has promised
            order.refuse_unless_open()
            if self._state.adding:
                order.customer.refuse_if_blocked()
            rows = None if lines is None else [promises.checked(row, order) for row in lines]
            promises.refuse_more_than_open(self, [(row["order_line"], row["quantity"]) for row in rows or ()])
            super().write(values, rows, by=by, version=version)

    @move(Status.PENDING, to=Status.CANCELLED)
    def cancel(self, *, by, reason: str):
        """Give it up while nothing has left the house; what is held for the order stays held."""
        self.refuse_trashed()
        if not reason.strip():
            raise Refused(_("Say why the delivery is cancelled."), field="reason")
        self.reason = reason.strip()

    def discard(self, *, by):
        """Only what was not shipped goes to the trash."""
        with transaction.atomic():
            self.lock()
            if self.is_shipped:
                raise Refused(_("%(delivery)s was shipped and stays.") % {"delivery": self})
            super().discard(by=by)

    def restore(self, *, by):
        with transaction.atomic():
            self.lock()
            self.order.lock()
            if self.deleted_at and self.is_pending:
                lines = self.lines.select_related("order_line")
                promises.refuse_more_than_open(self, [(line.order_line, line.quantity) for line in lines])
            super().restore(by=by)

    # --- Shipping

    @move(Status.PENDING)
    def ship(
        self,
        *,
        by,
        printers: dict | None = None,
        shipped_on: datetime.date | None = None,
        mail_to: str = "",
        message: str = "",
        **shipment,
    ):
        """Let the goods leave: stock out, printers to the customer, number, delivery note, and a mail if asked.

        `printers` says which go, {delivery line: [printer, ...]} by record or key, exactly as many as the line's
        quantity. `shipment` are the fields of SHIPMENT. What the customer collects has arrived with it.
        Raises Refused, InsufficientStock; then nothing has happened.
        """
        if unknown := shipment.keys() - set(self.SHIPMENT):
            raise TypeError(f"not to be said at shipping: {', '.join(sorted(unknown))}")
        self.refuse_trashed()
        for name, value in shipment.items():
            setattr(self, name, value)
        self.service = self.service or (self.carrier.service if self.carrier else "")
        self.shipped_on = shipped_on or timezone.localdate()
        self._refuse_wrong_shipment()
        lines = self._lock_lines()
        self.order.refuse_unless_open()
        self.order.customer.refuse_if_blocked()
        chosen = shipping.locked_printers(self, lines, printers or {})
        self.bill_to = "\n".join(self.order.bill_to.lines(sender=Company.current().country, language=self.language))
        # The ledger names the number, so it is given before the stock moves; everything else is locked by now.
        self.number = next_number(Key.DELIVERY, on=self.shipped_on)
        shipping.move_out(self, lines, by=by)
        shipping.hand_over(self, chosen, by=by)
        is_collected = bool(self.carrier) and self.carrier.is_pickup
        if is_collected:
            self.delivered_on = self.shipped_on
            shipping.record("record_delivered", [(line, line.quantity) for line in lines], by=by)
        paper = papers.issue(self, by=by)
        if mail_to:
            self._mail(paper, mail_to, message, by)
        news.shipped(self, by=by)
        return Status.DELIVERED if is_collected else Status.IN_TRANSIT

    def _refuse_wrong_shipment(self) -> None:
        if self.shipped_on > timezone.localdate():
            raise Refused(_("This lies in the future."), field="shipped_on")
        if self.shipped_on < self.order.order_date:
            raise Refused(
                _("It was ordered only on %(day)s.") % {"day": date_format(self.order.order_date, "SHORT_DATE_FORMAT")},
                field="shipped_on",
            )
        if self.expected_on and self.expected_on < self.shipped_on:
            raise Refused(_("It would arrive before it leaves."), field="expected_on")
        if self.tracking_number and self.carrier is None:
            raise Refused(_("Say whose tracking number this is."), field="carrier")
        try:
            self.clean_fields(exclude=[field.name for field in self._meta.fields if field.name not in self.SHIPMENT])
        except ValidationError as error:
            name, messages = next(iter(error.message_dict.items()))
            raise Refused(" ".join(messages), field=name) from error

    def _lock_lines(self) -> list[DeliveryLine]:
        """After the delivery its lines, then the order, its lines and the parts, each in the order of their keys."""
        lines = list(self.lines.order_by("pk").select_for_update(of=("self",), no_key=True))
        if not lines:
            raise Refused(_("A delivery needs at least one line."))
        order = self.order
        order.lock()
        order_lines = {line.pk: line for line in order.lock_lines()}
        for line in lines:
            line.delivery, line.order_line = self, order_lines[line.order_line_id]
        return sorted(lines, key=lambda line: line.position)

    def mail(self, *, by, to: str, message: str = ""):
        """Mail the delivery note once more, by a job. Raises Refused for what was not shipped yet."""
        with transaction.atomic():
            self.lock()
            paper = self.paper
            if not paper:
                raise Refused(_("%(delivery)s has no delivery note yet: ship it first.") % {"delivery": self})
            self._mail(paper, to, message, by)
            self.save(by=by, reason="mail")

    def _mail(self, paper, to: str, message: str, by) -> None:
        self.mail_paper(paper, to=to, message=message or papers.message(self, by), by=by)

    # --- On the way

    def track(self, *, by, tracking_number: str, carrier=None, expected_on: datetime.date | None = None):
        """Note the tracking number and the day of arrival when the carrier tells them later."""
        with transaction.atomic():
            self.lock()
            if self.status != Status.IN_TRANSIT:
                raise IllegalMove(_("%(delivery)s is not on its way.") % {"delivery": self})
            self.tracking_number, self.expected_on = tracking_number.strip(), expected_on
            self.carrier = carrier or self.carrier
            self._refuse_wrong_shipment()
            self.save(by=by, reason="track")

    @move(Status.IN_TRANSIT, to=Status.DELIVERED)
    def deliver(self, *, by, delivered_on: datetime.date | None = None, received_by: str = ""):
        """It has arrived. What came back on the way has not."""
        self.delivered_on, self.received_by = delivered_on or timezone.localdate(), received_by.strip()
        if self.delivered_on > timezone.localdate():
            raise Refused(_("This lies in the future."), field="delivered_on")
        if self.delivered_on < self.shipped_on:
            raise Refused(_("It was shipped on a later day."), field="delivered_on")
        lines = self._lock_lines()
        shipping.record("record_delivered", [(line, line.kept_quantity) for line in lines], by=by)

    # --- Coming back

    def return_(
        self,
        lines: Iterable[Returned | tuple],
        *,
        by,
        returned_on: datetime.date | None = None,
        note: str = "",
    ) -> DeliveryReturn:
        """Take goods back: into stock at the cost at which they left, but for scrap; printers are ours again.

        `lines` are `Returned` or tuples of its fields. Raises Refused for more than is out, and IllegalMove where
        nothing is.
        """
        paper = DeliveryReturn(delivery=self, returned_on=returned_on or timezone.localdate(), note=note.strip())
        self.take_back(paper, [Returned(*each) for each in lines], by=by)
        return paper

    @move(Status.IN_TRANSIT, Status.DELIVERED)
    def take_back(self, paper: DeliveryReturn, rows: list[Returned], *, by):
        """The work of `return_`."""
        if not self.shipped_on <= paper.returned_on <= timezone.localdate():
            raise Refused(_("Goods come back after they have left, and not in the future."), field="returned_on")
        lines = {line.pk: line for line in self._lock_lines()}
        rows = [returning.checked(row, lines) for row in rows if row.quantity]
        if not rows:
            raise Refused(_("Nothing came back: enter a quantity."))
        for line in lines.values():
            returning.refuse_too_much(line, [row for row in rows if row.line == line])
        printers = [returning.locked_printers(row) for row in rows]
        paper.number = next_number(Key.RETURN, on=paper.returned_on)
        paper.save(by=by, reason="return")
        for row, mine in zip(rows, printers, strict=True):
            returning.put_back(paper, row, mine, by=by)
        shipping.record("record_returned", [(row.line, row.quantity) for row in rows], by=by)
        papers.issue_return(paper, by=by)
        news.came_back(paper, rows, by=by)
        out = self.lines.aggregate(out=Sum(F("quantity") - F("returned_quantity")))["out"]
        return self.status if out else Status.RETURNED
