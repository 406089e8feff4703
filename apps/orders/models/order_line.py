from decimal import Decimal
from typing import NamedTuple

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.parts.models import MovementKind, Part, Procurement, Reference, Reservation, Unit
from gmtc import figures
from gmtc.errors import Refused
from gmtc.lined import Line
from gmtc.models import MAX_MONEY, MAX_QUANTITY, audit_log, between
from gmtc.money import line_net

SMALLEST = Decimal("0.001")
PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


def quantity_field(label, **kwargs) -> models.DecimalField:
    return models.DecimalField(label, max_digits=12, decimal_places=3, **kwargs)


def running_quantity(label) -> models.DecimalField:
    return quantity_field(label, default=0, editable=False)


class OrderLine(Line):
    """What is sold: `quantity` in the part's unit, `unit_price` euros net for one unit, the rates are percent.

    How far the line is, each as a quantity: `reserved_quantity` is stock that is held for it (kept by a trigger from
    the reservations that name the line), `built_quantity` was made for it, then shipped, delivered, returned, invoiced.
    """

    # What people enter; the rest is computed.
    TYPED = ("part", "description", "details", "quantity", "unit_price", "discount", "vat_rate", "customizations")

    running = ("reserved_quantity",)

    order = models.ForeignKey("orders.CustomerOrder", models.CASCADE, related_name="lines", verbose_name=_("order"))
    part = models.ForeignKey("parts.Part", models.PROTECT, related_name="+", verbose_name=_("part"))
    description = models.CharField(
        _("description"), max_length=300, blank=True, help_text=_("Empty: the name of the part.")
    )
    details = models.TextField(_("details"), blank=True, max_length=2000, help_text=_("Is printed below the line."))
    quantity = quantity_field(_("quantity"), validators=[MinValueValidator(SMALLEST)])
    unit = models.CharField(_("unit"), max_length=3, choices=Unit, editable=False)
    unit_price = models.DecimalField(
        _("price"),
        max_digits=14,
        decimal_places=4,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Euros net for one unit. Empty: the part's sales price."),
    )
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=0, validators=PERCENT)
    vat_rate = models.DecimalField(
        _("VAT (%)"), max_digits=5, decimal_places=2, blank=True, validators=PERCENT, help_text=_("Empty: as usual.")
    )
    customizations = models.JSONField(
        _("customizations"), default=dict, blank=True, help_text=_("Name and value, such as Colour: red.")
    )
    net = models.DecimalField(_("net"), max_digits=12, decimal_places=2, editable=False)

    reserved_quantity = running_quantity(_("reserved"))
    built_quantity = running_quantity(_("built"))
    shipped_quantity = running_quantity(_("shipped"))
    delivered_quantity = running_quantity(_("delivered"))
    returned_quantity = running_quantity(_("returned"))
    invoiced_quantity = running_quantity(_("invoiced"))

    history = audit_log(without=("reserved_quantity",))

    class Meta(Line.Meta):
        verbose_name = _("line of an order")
        verbose_name_plural = _("lines of orders")
        indexes = [
            models.Index(
                fields=["part"],
                condition=Q(deleted_at=None, shipped_quantity__lt=F("quantity")),
                name="orders_line_open",
            ),
            models.Index(
                fields=["order"],
                condition=Q(deleted_at=None, invoiced_quantity__lt=F("shipped_quantity")),
                name="orders_line_to_invoice",
            ),
        ]
        constraints = [
            between("quantity", SMALLEST, MAX_QUANTITY, name="orders_line_quantity"),
            between("unit_price", 0, MAX_MONEY, name="orders_line_price"),
            between("discount", 0, 100, name="orders_line_discount"),
            between("vat_rate", 0, 100, name="orders_line_vat_rate"),
            between("net", 0, MAX_MONEY, name="orders_line_net"),
            between("shipped_quantity", 0, F("quantity"), name="orders_line_shipped"),
            between("reserved_quantity", 0, F("quantity") - F("shipped_quantity"), name="orders_line_reserved"),
            between("built_quantity", 0, F("quantity"), name="orders_line_built"),
            between("delivered_quantity", 0, F("shipped_quantity"), name="orders_line_delivered"),
            between("returned_quantity", 0, F("shipped_quantity"), name="orders_line_returned"),
            between("invoiced_quantity", 0, F("shipped_quantity"), name="orders_line_invoiced"),
        ]

    def __str__(self):
        return f"{self.order} / {self.position}"

    def get_absolute_url(self):
        return self.order.get_absolute_url()

    def save(self, *, by=None, reason: str = "", **kwargs):
        if self.order.is_draft:  # later, whatever becomes of the part, the line stays as it was agreed
            self._complete()
        super().save(by=by, reason=reason, **kwargs)

    def _complete(self) -> None:
        """What follows from the part and the order, and what was left empty."""
        self.unit = self.part.unit
        self.description = self.description or self.part.name
        if self.unit_price is None:
            self.unit_price = self.part.unit_price
        if self.order.tax.is_untaxed:
            self.vat_rate = Decimal(0)
        elif self.vat_rate is None:
            self.vat_rate = self.order.usual_vat_rate()
        self.net = line_net(self.quantity, self.unit_price, discount=self.discount)

    # --- Reading

    @property
    def is_stocked(self) -> bool:
        """Hours of work are sold and delivered, but lie on no shelf."""
        return self.unit != Unit.HOUR

    @property
    def is_made(self) -> bool:
        return self.part.procurement == Procurement.MAKE

    @property
    def open_quantity(self) -> Decimal:
        """What is still to be shipped."""
        return Decimal(0) if self.order.is_over else self.quantity - self.shipped_quantity

    @property
    def missing_quantity(self) -> Decimal:
        """What is still to be shipped and not held in stock: this must be made or bought."""
        return max(self.open_quantity - self.reserved_quantity, Decimal(0)) if self.is_stocked else Decimal(0)

    @property
    def shippable_quantity(self) -> Decimal:
        """What may leave now: what is held for the line."""
        return min(self.reserved_quantity, self.open_quantity) if self.is_stocked else self.open_quantity

    @property
    def to_invoice(self) -> Decimal:
        """Shipped, kept by the customer, and not invoiced yet."""
        return max(self.shipped_quantity - self.returned_quantity - self.invoiced_quantity, Decimal(0))

    def reservations(self):
        """What holds stock for this line, oldest first."""
        return Reservation.held_for(self)

    # --- Verbs. Each locks the order first, then the line; parts come after.

    def lock_with_order(self) -> None:
        self.order.lock()
        order = self.order
        self.lock()
        self.order = order

    def reserve(self, quantity, *, by) -> Reservation:
        """Hold `quantity` of the free stock for the line. Raises Refused for more than is missing or free."""
        with transaction.atomic():
            self.lock_with_order()
            self.order.refuse_unless_open()
            return self.hold(quantity, by=by)

    def hold(self, quantity, *, by) -> Reservation:
        """The work of `reserve`, for callers that have locked order and line; the order's status follows."""
        quantity = self.part.checked_quantity(quantity)
        if quantity > self.missing_quantity:
            raise Refused(
                _("%(line)s: only %(missing)s are missing.")
                % {"line": self, "missing": figures.quantity(self.missing_quantity)},
                field="quantity",
            )
        reservation = self.part.reserve(quantity, reference=Reference.to(self), by=by)
        self.refresh_from_db(fields=["reserved_quantity"])
        self.order.follow_lines(by=by)
        return reservation

    def unreserve(self, *, by) -> None:
        """Give what is held for the line back to the free stock."""
        with transaction.atomic():
            self.lock_with_order()
            self.order.refuse_unless_open()
            self.let_go(by=by)
            self.order.follow_lines(by=by)

    def let_go(self, *, by) -> None:
        """The work of `unreserve`, for callers that have locked order and line."""
        for reservation in self.reservations():
            reservation.release(by=by)
        self.refresh_from_db(fields=["reserved_quantity"])

    def record_built(self, quantity, *, by) -> None:
        """`quantity` was made for this line and has just come into stock: it is held for it."""
        with transaction.atomic():
            self.lock_with_order()
            self.order.refuse_unless_open()
            quantity = self.part.checked_quantity(quantity)
            if self.built_quantity + quantity > self.quantity:
                raise Refused(_("%(line)s: more would be built than was ordered.") % {"line": self})
            self.built_quantity += quantity
            self.save(by=by, reason="record_built")
            # someone may have held stock for the line meanwhile; then the rest is free
            if wanted := min(quantity, self.missing_quantity):
                self.hold(wanted, by=by)
            self.order.follow_lines(by=by, reason="record_built")

    def issue(self, quantity, *, location, by, reference: Reference) -> None:
        """Take `quantity` out of stock at `location` for a delivery: first what is held for the line, then free stock.

        Raises InsufficientStock. `record_shipped` is called with it.
        """
        with transaction.atomic():
            self.lock_with_order()
            self.part.lock()
            rest = self.part.checked_quantity(quantity)
            out = {"location": location, "kind": MovementKind.SALE, "reference": reference, "by": by}
            for reservation in self.reservations():
                taken = min(rest, reservation.quantity)
                if taken:
                    self.part.issue(taken, reservation=reservation, **out)
                    rest -= taken
            if rest:
                self.part.issue(rest, **out)
            self.refresh_from_db(fields=["reserved_quantity"])

    def record_shipped(self, quantity, *, by) -> None:
        """`quantity` has left the house. Raises Refused for more than is open."""
        with transaction.atomic():
            self.lock_with_order()
            self.order.refuse_unless_open()
            quantity = self.part.checked_quantity(quantity)
            if quantity > self.open_quantity:
                raise Refused(
                    _("%(line)s: only %(open)s are still to be shipped.")
                    % {"line": self, "open": figures.quantity(self.open_quantity)},
                    field="quantity",
                )
            self.shipped_quantity += quantity
            self.save(by=by, reason="record_shipped")
            self.order.follow_lines(by=by, reason="record_shipped")

    def record_delivered(self, quantity, *, by) -> None:
        """`quantity` of what was shipped has arrived."""
        self._count("delivered_quantity", quantity, by=by, reason="record_delivered")

    def record_returned(self, quantity, *, by) -> None:
        """`quantity` of what was shipped has come back; it is not invoiced any more."""
        self._count("returned_quantity", quantity, by=by, reason="record_returned")

    def record_invoiced(self, quantity, *, by) -> None:
        """`quantity` of what was shipped stands on an issued invoice; negative where that was cancelled."""
        self._count("invoiced_quantity", quantity, by=by, reason="record_invoiced")

    def _count(self, name: str, quantity, *, by, reason: str) -> None:
        with transaction.atomic():
            self.lock_with_order()
            counted = getattr(self, name) + self.part.checked_change(quantity)
            if not 0 <= counted <= self.shipped_quantity:
                raise Refused(
                    _("%(line)s: only %(shipped)s were shipped.")
                    % {"line": self, "shipped": figures.quantity(self.shipped_quantity)},
                    field="quantity",
                )
            setattr(self, name, counted)
            self.save(by=by, reason=reason)
            self.order.follow_lines(by=by, reason=reason)


def lock_parts(lines) -> dict:
    """Lock the parts of `lines` in the order of their keys and give each line the locked one."""
    parts = {part.pk: part for part in Part.everything.filter(pk__in={line.part_id for line in lines}).lock_all()}
    for line in lines:
        line.part = parts[line.part_id]
    return parts


class Outlook(NamedTuple):
    """What of a line could be held from the free stock, and what must be made or bought."""

    line: OrderLine
    held: Decimal
    missing: Decimal


def outlook(lines) -> list[Outlook]:
    """The outlook of each of `lines`, in their order: what the first takes is not free for the second."""
    free: dict = {}
    found = []
    for line in lines:
        part = line.part
        held = min(free.setdefault(part.pk, part.free_stock), line.missing_quantity)
        free[part.pk] -= held
        found.append(Outlook(line, held, line.missing_quantity - held))
    return found
