from decimal import Decimal, InvalidOperation

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from apps.parts.models.stock import MovementKind, Reference, Reservation, StockMovement, reference_columns
from apps.parts.models.unit import Unit
from gmtc import figures
from gmtc.errors import Refused
from gmtc.models import MAX_MONEY, MAX_QUANTITY
from gmtc.money import ZERO, moving_average
from gmtc.money import unit_price as to_unit_price

QUANTITY = Decimal("0.001")


class InsufficientStock(Refused):
    """More was asked for than is free, or than lies at the place."""

    def __init__(self, part, *, needed: Decimal, free: Decimal, location=None):
        text = _("%(part)s: %(needed)s needed, %(free)s free.")
        if location:
            text = _("%(part)s: %(needed)s needed, %(free)s at %(location)s.")
        words = {"needed": figures.quantity(needed), "free": figures.quantity(free), "location": location}
        super().__init__(text % ({"part": part.sku} | words), field="quantity")
        self.part, self.needed, self.free = part, needed, free


class Moving(models.Model):
    """Stock of a part comes, goes and is promised. Each verb locks the part first, so that it checks the quantity by
    the unit that holds, then writes the ledger; triggers keep the sums. For documents of hundreds of lines the same
    verbs stand in `many.py`."""

    class Meta:
        abstract = True

    def receive(
        self,
        quantity,
        *,
        location,
        by,
        unit_cost: Decimal = ZERO,
        kind: str = MovementKind.PURCHASE,
        reference: Reference | None = None,
        note: str = "",
    ) -> StockMovement:
        """Take `quantity` into stock at `unit_cost` euros each; the average cost follows."""
        unit_cost = self.checked_cost(unit_cost)
        with transaction.atomic():
            self.lock_alive()
            quantity = self.checked_quantity(quantity)
            average = moving_average(self.current_stock, self.average_cost, quantity, unit_cost)
            movement = self._write(quantity, location, kind, unit_cost, by, reference, note)
            self._cost_on_average(average)
            return movement

    def issue(
        self,
        quantity,
        *,
        location,
        by,
        kind: str = MovementKind.SALE,
        reservation: Reservation | None = None,
        reference: Reference | None = None,
        note: str = "",
    ) -> StockMovement:
        """Take `quantity` out of stock at average cost, out of `reservation` if there is one.

        Raises InsufficientStock where less is free (without a reservation) or lies at `location`.
        """
        with transaction.atomic():
            self.lock_alive()
            quantity = self.checked_quantity(quantity)
            if reservation:
                reservation.require_part(self)
                reservation.release(by=by, quantity=quantity)
                self.refresh_from_db(fields=["reserved_stock"])
            self.require(quantity, self.free_stock)
            self.require(quantity, self.stock_at(location), location)
            return self._write(-quantity, location, kind, self.average_cost, by, reference, note)

    def give_back(
        self, quantity, *, location, by, unit_cost: Decimal, reference: Reference | None = None, note: str = ""
    ) -> StockMovement:
        """Undo a receipt: `quantity` leaves at the `unit_cost` at which it came; the average is what it was without.

        Where what is left would be worth less than nothing, as the dear ones are used up, it leaves at average cost.
        Raises InsufficientStock where less is free or lies at `location`.
        """
        with transaction.atomic():
            self.lock_alive()
            quantity = self.checked_quantity(quantity)
            self.require(quantity, self.free_stock)
            self.require(quantity, self.stock_at(location), location)
            average = moving_average(self.current_stock, self.average_cost, -quantity, unit_cost)
            if average < 0:
                average = unit_cost = self.average_cost
            movement = self._write(-quantity, location, MovementKind.PURCHASE, unit_cost, by, reference, note)
            self._cost_on_average(average)
            return movement

    def adjust(
        self,
        quantity,
        *,
        location,
        by,
        note: str,
        kind: str = MovementKind.ADJUSTMENT,
        reference: Reference | None = None,
    ) -> StockMovement:
        """Correct the stock by `quantity`, which may be negative, at average cost. `note` says why."""
        if not note.strip():
            raise Refused(_("Say why the stock is corrected."), field="note")
        with transaction.atomic():
            self.lock_alive()
            change = self.checked_change(quantity)
            if not change:
                raise Refused(_("The quantity must not be zero."), field="quantity")
            if change < 0:
                self.require(-change, self.free_stock)
                self.require(-change, self.stock_at(location), location)
            return self._write(change, location, kind, self.average_cost, by, reference, note)

    def transfer(self, quantity, *, source, target, by, reference: Reference | None = None, note: str = "") -> None:
        """Move `quantity` from one location to another. Raises InsufficientStock where less lies at `source`."""
        if source == target:
            raise Refused(_("Choose another place as the target."), field="target")
        with transaction.atomic():
            self.lock_alive()
            quantity = self.checked_quantity(quantity)
            self.require(quantity, self.stock_at(source), source)
            # In first, then out: the part's sum must not sink below what is reserved in between.
            self._write(quantity, target, MovementKind.TRANSFER, self.average_cost, by, reference, note)
            self._write(-quantity, source, MovementKind.TRANSFER, self.average_cost, by, reference, note)

    def reserve(self, quantity, *, by, reference: Reference | None = None, note: str = "") -> Reservation:
        """Promise `quantity` of the free stock. Raises InsufficientStock where less is free."""
        with transaction.atomic():
            self.lock_alive()
            quantity = self.checked_quantity(quantity)
            self.require(quantity, self.free_stock)
            reservation = Reservation(part=self, quantity=quantity, note=note, **reference_columns(reference))
            reservation.save(by=by, reason="reserve")
            self.refresh_from_db(fields=["reserved_stock"])
            return reservation

    def stock_at(self, location) -> Decimal:
        level = self.levels.filter(location=location).first()
        return level.quantity if level else Decimal(0)

    def checked_quantity(self, quantity) -> Decimal:
        """A positive quantity with at most three places, whole for counted units; raises Refused otherwise."""
        checked = self.checked_change(quantity)
        if checked <= 0:
            raise Refused(_("The quantity must be greater than zero."), field="quantity")
        return checked

    def checked_change(self, quantity) -> Decimal:
        """As `checked_quantity`, but it may be zero, or negative for a loss."""
        try:
            exact = Decimal(quantity)
            rounded = exact.quantize(QUANTITY)
            if not exact.is_finite():
                raise ValueError("NaN quantizes to itself")
        except (InvalidOperation, TypeError, ValueError):
            raise Refused(_("“%(text)s” is not a quantity.") % {"text": quantity}, field="quantity") from None
        if rounded != exact:
            raise Refused(_("At most three decimal places."), field="quantity")
        if abs(rounded) > MAX_QUANTITY:
            raise Refused(_("The quantity is too large."), field="quantity")
        if Unit(self.unit).is_counted and rounded % 1:
            raise Refused(
                _("%(part)s is counted in whole %(unit)s.") % {"part": self.sku, "unit": self.get_unit_display()},
                field="quantity",
            )
        return rounded

    def checked_cost(self, cost) -> Decimal:
        """Euros for one unit, not negative, to four places; raises Refused otherwise."""
        try:
            checked = to_unit_price(Decimal(cost))
            if not 0 <= checked <= MAX_MONEY:
                raise ValueError("out of bounds")
        except (InvalidOperation, TypeError, ValueError):
            raise Refused(_("“%(text)s” is not a price.") % {"text": cost}, field="unit_cost") from None
        return checked

    def require(self, needed: Decimal, free: Decimal, location=None) -> None:
        """Raise InsufficientStock unless enough is `free`; with `location`, unless enough of it lies there."""
        if needed > free:
            raise InsufficientStock(self, needed=needed, free=free, location=location)

    def movement(self, quantity, location, kind, unit_cost, by, reference, note) -> StockMovement:
        """A line of the ledger, not stored yet. Raises Refused for a place in the trash."""
        location.refuse_trashed(field="location")
        return StockMovement(
            part=self,
            location=location,
            kind=kind,
            quantity=quantity,
            unit_cost=unit_cost,
            note=note,
            created_by=by,
            **reference_columns(reference),
        )

    def _cost_on_average(self, average: Decimal) -> None:
        if average != self.average_cost:
            type(self).everything.filter(pk=self.pk).update(average_cost=average)
            self.average_cost = average

    def _write(self, quantity, location, kind, unit_cost, by, reference, note) -> StockMovement:
        movement = self.movement(quantity, location, kind, unit_cost, by, reference, note)
        movement.save(force_insert=True)
        self.refresh_from_db(fields=["current_stock", "reserved_stock"])
        return movement
