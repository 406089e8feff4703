"""Part's verbs for many parts at once, for documents of hundreds of lines.

The same checks, rows, history and refusals as `Part.reserve`, `Reservation.release`, `Part.transfer` and `Part.issue`,
in a few statements instead of ten a line. The caller has locked the parts (`lock_all`) and passes those rows, so what
they say of their stock is true; it is kept true here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from apps.parts.models.location import StorageLocation
from apps.parts.models.part import Part
from apps.parts.models.stock import (
    MovementKind,
    Reference,
    Reservation,
    StockLevel,
    StockMovement,
    reference_columns,
)
from gmtc.bulk import create_all, update_all
from gmtc.errors import Refused


class Promise(NamedTuple):
    """`quantity` of the free stock of `part`, held for `reference`."""

    part: Part
    quantity: Decimal
    reference: Reference


class Transfer(NamedTuple):
    part: Part
    quantity: Decimal
    source: StorageLocation
    target: StorageLocation


class Issue(NamedTuple):
    """`quantity` of `part` at `location`, out of `reservations` as far as they go, the first one first."""

    part: Part
    quantity: Decimal
    location: StorageLocation
    reservations: Sequence[Reservation] = ()
    note: str = ""


def reserve_all(promises: Iterable[Promise], *, by) -> None:
    """Hold what is promised. Raises InsufficientStock where less is free."""
    made = []
    for part, quantity, reference in promises:
        quantity = part.checked_quantity(quantity)
        part.refuse_trashed()
        part.require(quantity, part.free_stock)
        part.reserved_stock += quantity
        made.append(Reservation(part=part, quantity=quantity, **reference_columns(reference)))
    create_all(made, by=by, reason="reserve")


def release_all(reservations: Sequence[Reservation], *, by, parts: dict) -> None:
    """Give all of `reservations` back to the free stock; `parts` are the locked ones by key."""
    for reservation in reservations:
        parts[reservation.part_id].reserved_stock -= reservation.quantity
        reservation.quantity = Decimal(0)
    update_all(reservations, ["quantity"], by=by, reason="release")


def transfer_all(transfers: Sequence[Transfer], *, by, reference: Reference | None = None) -> None:
    """Move from place to place. Raises InsufficientStock where less lies at the source."""
    levels = levels_of(each.part for each in transfers)
    movements = []
    for part, quantity, source, target in transfers:
        quantity = part.checked_quantity(quantity)
        if source == target:
            raise Refused(_("Choose another place as the target."), field="target")
        part.refuse_trashed()
        part.require(quantity, levels[part.pk, source.pk], source)
        levels[part.pk, source.pk] -= quantity
        levels[part.pk, target.pk] += quantity
        # In first, then out: the part's sum must not sink below what is reserved in between.
        for place, change in ((target, quantity), (source, -quantity)):
            kind = MovementKind.TRANSFER
            movements.append(part.movement(change, place, kind, part.average_cost, by, reference, ""))
    StockMovement.objects.bulk_create(movements)


def issue_all(
    issues: Sequence[Issue], *, by, kind: str = MovementKind.SALE, reference: Reference | None = None
) -> None:
    """Take out of stock at average cost. Raises InsufficientStock where less is free or lies at the place."""
    levels = levels_of(each.part for each in issues)
    movements, taken = [], {}
    for part, quantity, location, reservations, note in issues:
        quantity = rest = part.checked_quantity(quantity)
        part.refuse_trashed()
        for reservation in reservations:
            reservation.require_part(part)
            if some := min(rest, reservation.quantity):
                reservation.quantity -= some
                part.reserved_stock -= some
                rest -= some
                taken[reservation.pk] = reservation
        part.require(quantity, part.free_stock)
        part.require(quantity, levels[part.pk, location.pk], location)
        levels[part.pk, location.pk] -= quantity
        part.current_stock -= quantity
        movements.append(part.movement(-quantity, location, kind, part.average_cost, by, reference, note[:200]))
    update_all(list(taken.values()), ["quantity"], by=by, reason="release")
    StockMovement.objects.bulk_create(movements)


def levels_of(parts: Iterable[Part]) -> dict:
    """What lies where: {(part key, place key): quantity}, 0 for any other place."""
    levels = defaultdict(Decimal)
    for level in StockLevel.objects.filter(part__in={part.pk for part in parts}):
        levels[level.part_id, level.location_id] = level.quantity
    return levels
