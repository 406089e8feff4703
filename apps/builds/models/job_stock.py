"""What a production job does with stock: picking, what it uses besides its bill, and what completion moves.

Locks, always in this order: the job, the order and its line, the parts by key, counters last.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from apps.builds.models.job_part import ExtraKind, ExtraUse, JobPart, reservations_of
from apps.builds.models.job_state import ACTIVE
from apps.builds.models.printer import Printer
from apps.numbering.models import Key, next_number
from apps.parts.models import MovementKind, Part, Reference, StockLevel, StorageLocation
from apps.parts.models.many import (
    Issue,
    Promise,
    Transfer,
    issue_all,
    levels_of,
    release_all,
    reserve_all,
    transfer_all,
)
from gmtc import figures
from gmtc.errors import Refused
from gmtc.states import move

NAMED_AT_MOST = 5


class Pick(NamedTuple):
    """So much of a line is taken from a place."""

    line: JobPart
    quantity: Decimal
    location: StorageLocation


def named(things: Iterable) -> str:
    """The first few by name, and how many more there are."""
    names = [str(each) for each in things]
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" (+{more})" if more > 0 else "")


def lock_parts(holders, *others: Part) -> dict:
    """Lock the parts of lines and extras, and `others`, in the order of their keys; each holder gets the locked one."""
    keys = {each.part_id for each in holders} | {part.pk for part in others}
    parts = {part.pk: part for part in Part.everything.filter(pk__in=keys).lock_all()}
    for each in holders:
        each.part = parts[each.part_id]
    return parts


def picked_elsewhere(job, parts: Iterable, places: Iterable) -> dict:
    """What lies at workplaces for other jobs: {(part key, place key): quantity}. It is not there to be taken."""
    rows = (
        JobPart.objects.filter(job__status__in=ACTIVE, part__in=parts, job__workplace__in=places, picked_quantity__gt=0)
        .exclude(job=job)
        .order_by()
        .values("part_id", "job__workplace_id")
        .annotate(picked=Sum("picked_quantity"))
    )
    return {(row["part_id"], row["job__workplace_id"]): row["picked"] for row in rows}


class JobStock:
    """The verbs of ProductionJob that move stock."""

    # --- Reserving and picking

    @move(*ACTIVE)
    def reserve_missing(self, *, by):
        """Hold what has come into stock since the release, as far as it goes."""
        lines = list(self.lines.short())
        lock_parts(lines)
        self._hold([(line, min(line.part.free_stock, line.short_quantity)) for line in lines], by=by)
        return self.status

    def _hold(self, wanted: Iterable[tuple[JobPart | ExtraUse, Decimal]], *, by) -> None:
        """Reserve so much for each line or extra; their parts are locked."""
        promises = []
        for each, quantity in wanted:
            if quantity > 0:
                each.job = self
                promises.append(Promise(each.part, quantity, each.reference))
                if isinstance(each, JobPart):
                    each.reserved_quantity += quantity  # as the trigger does
        reserve_all(promises, by=by)

    def suggested_picks(self) -> list[Pick]:
        """What is held and not picked yet, each from its usual place first, then from where most of it lies."""
        lines = [line for line in self.lines.select_related("part") if line.pickable_quantity]
        levels: dict = {}
        found = StockLevel.objects.filter(part__in=[line.part_id for line in lines], quantity__gt=0)
        for level in found.select_related("location").order_by("-quantity", "location__code"):
            levels.setdefault(level.part_id, []).append(level)
        taken = picked_elsewhere(self, levels, {each.location_id for rows in levels.values() for each in rows})
        picks = []
        for line in lines:
            rest = line.pickable_quantity
            usual = line.part.default_location_id
            for level in sorted(levels.get(line.part_id, []), key=lambda each: each.location_id != usual):
                there = level.quantity - taken.get((line.part_id, level.location_id), 0)
                if level.location_id == self.workplace_id:
                    there -= line.picked_quantity
                if (some := min(rest, there)) > 0:
                    picks.append(Pick(line, some, level.location))
                    rest -= some
        return picks

    @move(*ACTIVE)
    def pick(self, picks: Iterable[Pick | tuple], *, by, workplace=None):
        """Take parts for the job and bring them to its workplace, in one go or bit by bit.

        What is not held yet is held now. Raises InsufficientStock where less is free or lies there, Refused for more
        than the bill says or what was picked for another job.
        """
        picks = [Pick(*each) for each in picks]
        if not picks:
            raise Refused(_("Nothing was picked."))
        self._settle_workplace(workplace)
        lines = {line.pk: line for line in self.lines.filter(pk__in={pick.line.pk for pick in picks})}
        if len(lines) < len({pick.line.pk for pick in picks}):
            raise Refused(_("This line belongs to another job."))
        lock_parts(lines.values())
        transfers = []
        there = self._there([line.part for line in lines.values()], [pick.location for pick in picks])
        for pick in picks:
            line = lines[pick.line.pk]
            quantity = line.part.checked_quantity(pick.quantity)
            if quantity > line.open_quantity:
                raise Refused(
                    _("%(part)s: only %(open)s are still to be picked.")
                    % {"part": line.part, "open": figures.quantity(line.open_quantity)},
                    field="quantity",
                )
            self._take(there, line.part, quantity, pick.location)
            transfers.append((line.part, quantity, pick.location))
            line.picked_quantity += quantity
            line.location = pick.location
        unheld = [(line, line.picked_quantity - line.reserved_quantity) for line in lines.values()]
        self._hold(unheld, by=by)
        self._carry(transfers, by=by)
        JobPart.keep(list(lines.values()), "picked_quantity", "location")
        return self.status

    def _there(self, parts: Iterable[Part], places: Iterable[StorageLocation]) -> dict:
        """What may be taken at `places`: what lies there, less what was picked for a job, this one too."""
        parts, places = list(parts), list(places)
        there = levels_of(parts)
        for key, picked in picked_elsewhere(self, [part.pk for part in parts], [each.pk for each in places]).items():
            there[key] -= picked
        if self.workplace_id:
            for part, picked in self.lines.filter(part__in=[part.pk for part in parts]).values_list(
                "part", "picked_quantity"
            ):
                there[part, self.workplace_id] -= picked
            for extra in self.extras.filter(part__in=[part.pk for part in parts]):
                there[extra.part_id, self.workplace_id] -= extra.quantity
        return there

    @staticmethod
    def _take(there: dict, part: Part, quantity: Decimal, place: StorageLocation) -> None:
        free = there[part.pk, place.pk]
        if quantity > free and quantity <= part.stock_at(place):
            raise Refused(
                _("%(part)s: what lies at %(place)s was picked for a job.") % {"part": part, "place": place},
                field="location",
            )
        part.require(quantity, free, place)
        there[part.pk, place.pk] -= quantity

    def _carry(self, rows: Iterable[tuple[Part, Decimal, StorageLocation]], *, by, back: bool = False) -> None:
        """Move to the workplace, or back from it; what lies there already stays."""
        workplace = self.workplace
        transfers = [
            Transfer(part, quantity, *((workplace, place) if back else (place, workplace)))
            for part, quantity, place in rows
            if place != workplace and quantity
        ]
        transfer_all(transfers, reference=Reference.to(self), by=by)

    def _settle_workplace(self, workplace) -> None:
        if workplace and workplace != self.workplace:
            if self.workplace and self.lines.filter(picked_quantity__gt=0).exists():
                raise Refused(_("Parts have been picked to %(place)s.") % {"place": self.workplace}, field="workplace")
            self.workplace = workplace
        if not self.workplace:
            raise Refused(_("Say where it is built."), field="workplace")

    @move(*ACTIVE)
    def put_back(self, line: JobPart, quantity, *, by, location=None):
        """What was picked by mistake goes back to `location` (where it came from without it); it stays reserved."""
        line = self.lines.get(pk=line.pk)
        lock_parts([line])
        quantity = line.part.checked_quantity(quantity)
        if quantity > line.picked_quantity:
            raise Refused(_("Only %(picked)s were picked.") % {"picked": figures.quantity(line.picked_quantity)})
        self._carry([(line.part, quantity, location or line.location)], back=True, by=by)
        line.picked_quantity -= quantity
        JobPart.keep([line], "picked_quantity")
        return self.status

    # --- What is used besides the bill

    @move(*ACTIVE)
    def use_extra(self, part, quantity, *, by, location, reason: str, kind: str, replaces=None, replaced_quantity=None):
        """The job takes `quantity` of `part` at `location` on top of its bill, and `reason` says why.

        A substitute stands for `replaced_quantity` (as much as its own without it) of the line `replaces`.
        """
        if not reason.strip():
            raise Refused(_("Say why."), field="reason")
        self._settle_workplace(None)
        extra = ExtraUse(job=self, part=part, location=location, reason=reason.strip()[:200], kind=ExtraKind(kind))
        lines = []
        if extra.kind == ExtraKind.SUBSTITUTE:
            if replaces is None:
                raise Refused(_("Say which part it stands for."), field="replaces")
            extra.replaces = self.lines.get(pk=replaces.pk)
            lines = [extra.replaces]
        lock_parts([extra, *lines])
        extra.quantity = extra.part.checked_quantity(quantity)
        if lines:
            self._replace(extra, replaced_quantity or quantity, by)
        there = self._there([extra.part], [location])
        self._take(there, extra.part, extra.quantity, location)
        extra.save(by=by, reason="use_extra")
        self._hold([(extra, extra.quantity)], by=by)
        self._carry([(extra.part, extra.quantity, location)], by=by)
        return self.status

    def _replace(self, extra: ExtraUse, quantity, by) -> None:
        line = extra.replaces
        line.job = self
        extra.replaced_quantity = line.part.checked_quantity(quantity)
        if extra.replaced_quantity > line.open_quantity:
            raise Refused(
                _("%(part)s: only %(open)s are still to be picked; put back what was picked first.")
                % {"part": line.part, "open": figures.quantity(line.open_quantity)},
                field="replaced_quantity",
            )
        line.replaced_quantity += extra.replaced_quantity
        JobPart.keep([line], "replaced_quantity")
        too_much = line.reserved_quantity - line.needed_quantity
        for reservation in reversed(reservations_of([line]).get(line.pk, [])):
            if (some := min(too_much, reservation.quantity)) > 0:
                reservation.release(quantity=some, by=by)
                too_much -= some
        line.part.refresh_from_db(fields=["reserved_stock"])

    @move(*ACTIVE)
    def drop_extra(self, extra: ExtraUse, *, by):
        """It was not used after all: back to where it came from, and the line it stood for counts again."""
        extra = self.extras.get(pk=extra.pk)
        extra.job = self
        lines = [extra.replaces] if extra.replaces else []
        parts = lock_parts([extra, *lines])
        self._return_extras([extra], parts, by)
        for line in lines:
            line.replaced_quantity -= extra.replaced_quantity
        JobPart.keep(lines, "replaced_quantity")
        return self.status

    def _return_extras(self, extras: list[ExtraUse], parts: dict, by) -> None:
        self._carry([(each.part, each.quantity, each.location) for each in extras], back=True, by=by)
        held = [reservation for rows in reservations_of(extras).values() for reservation in rows]
        release_all(held, parts=parts, by=by)
        for extra in extras:
            extra.discard(by=by)

    # --- Completion and cancelling

    def _consume_and_build(self, *, location, by) -> None:
        """The work of `complete`: parts out, product in, printers made, the order told."""
        order_line = self.order_line
        if order_line:
            order_line.lock_with_order()  # before any part: who confirms an order locks in this order too
        lines = list(self.lines.order_by("position"))
        extras = list(self.extras.all())
        parts = lock_parts([*lines, *extras], self.part)
        self.part = product = parts[self.part_id]
        self._require_picked(lines)
        location = location or product.default_location
        if location is None:
            raise Refused(_("Say where the product is put."), field="location")
        cost = self._consume([*lines, *extras], by)
        if not lines and not extras:
            cost = product.average_cost * self.quantity  # nothing is known to go into it, so its value stays
        self.cost = cost.quantize(Decimal("0.0001"))
        product.receive(
            self.quantity,
            location=location,
            unit_cost=cost / self.quantity,
            kind=MovementKind.PRODUCTION,
            reference=Reference.to(self),
            by=by,
        )
        self._tell_order(order_line, by)
        if product.is_serialised:
            self._make_printers(by)

    def _tell_order(self, order_line, by) -> None:
        """Where the order is over, the pieces are free stock, as are those beyond what it wants."""
        if not order_line or not order_line.order.is_open:
            return
        if built := min(self.quantity, order_line.quantity - order_line.built_quantity):
            order_line.record_built(built, by=by)

    def _require_picked(self, lines: list[JobPart]) -> None:
        if waiting := [line.part for line in lines if line.open_quantity]:
            raise Refused(_("Not picked yet: %(parts)s.") % {"parts": named(waiting)})

    def _consume(self, holders: list[JobPart | ExtraUse], by) -> Decimal:
        """Take lines and extras out of stock at the workplace. Returns what they cost, in euros, not rounded."""
        held, issues = reservations_of(holders), []
        for each in holders:
            is_line = isinstance(each, JobPart)
            each.consumed_quantity = each.needed_quantity if is_line else each.quantity
            each.unit_cost = each.part.average_cost
            if each.consumed_quantity and (not is_line or each.is_stocked):
                note = "" if is_line else f"{each.get_kind_display()}: {each.reason}"
                reservations = held.get(each.pk, ())
                issues.append(Issue(each.part, each.consumed_quantity, self.workplace, reservations, note))
        issue_all(issues, kind=MovementKind.PRODUCTION, reference=Reference.to(self), by=by)
        for model in (JobPart, ExtraUse):
            rows = [each for each in holders if isinstance(each, model)]
            model.everything.bulk_update(rows, ["consumed_quantity", "unit_cost"])
        return sum((each.cost for each in holders), Decimal(0))

    def _make_printers(self, by) -> None:
        for piece in range(1, self.quantity + 1):
            printer = Printer(
                serial=next_number(Key.PRINTER),
                part=self.part,
                job=self,
                piece=piece,
                order_line=self.order_line if self.order_line and self.order_line.order.is_open else None,
            )
            printer.save(by=by, reason="complete")

    def _give_everything_back(self, *, by) -> None:
        lines = list(self.lines.select_related("location"))
        extras = list(self.extras.select_related("location"))
        parts = lock_parts([*lines, *extras])
        levels = levels_of(parts.values())
        # what somebody has carried away from the workplace meanwhile cannot be carried back
        back = [
            (line.part, min(line.picked_quantity, levels[line.part_id, self.workplace_id]), line.location)
            for line in lines
            if line.picked_quantity
        ]
        self._carry(back, back=True, by=by)
        held = [reservation for rows in reservations_of(lines).values() for reservation in rows]
        release_all(held, parts=parts, by=by)
        for line in lines:
            line.picked_quantity = Decimal(0)
        JobPart.keep(lines, "picked_quantity")
        gone = [each for each in extras if each.kind == ExtraKind.SCRAP]
        self._consume(gone, by)
        self._return_extras([each for each in extras if each not in gone], parts, by)
