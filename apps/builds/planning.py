"""What must be built and what must be bought, so that every confirmed order can be shipped.

Net requirements, from the products down to the last screw. A part's demand is what order lines miss, what open jobs do
not hold yet, what the jobs proposed above it will take, and, if asked for, its minimum stock. Its supply is the free
stock, then what is already ordered or being built for stock, drafts of purchase orders included, so that pressing the
button twice orders nothing twice. Earlier dates are served first; what is left over is proposed: one job for each line
of an order, one for all that is needed of a sub-assembly, one purchase for each part.

`requirements.py` reads demand and supply, `proposals.py` says what a proposal is. `Plan` is a picture of one moment and
writes nothing; `carry_out` takes the planning's lock and makes a fresh one first.
"""

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from apps.builds.proposals import (
    CarriedOut,
    Demand,
    Pieces,
    Proposal,
    Source,
    ToBuild,
    ToBuy,
    Wish,
    draft_purchase,
    make_job,
)
from apps.builds.requirements import SOON, ZERO, Requirements
from apps.parts.models import Part, Procurement, Unit
from apps.suppliers.models import SupplierPart
from gmtc.errors import Refused
from gmtc.models import MAX_QUANTITY


class Plan(Requirements):
    """What is short right now.

    `order` narrows the proposals to those that serve it, with all other orders still competing for the stock.
    `with_minimum` also fills up minimum stocks. `wishes` are what the planner wants otherwise, by the key of the
    proposal: a job for fewer pieces takes fewer parts.
    """

    def __init__(
        self,
        *,
        order: UUID | None = None,
        with_minimum: bool = False,
        today: datetime.date | None = None,
        wishes: Mapping[str, Wish] | None = None,
    ):
        super().__init__(with_minimum=with_minimum, today=today or timezone.localdate())
        self.order = order
        self.wishes = wishes or {}
        self.to_build: list[ToBuild] = []
        self.to_buy: list[ToBuy] = []
        self._net()
        self._find_offers()
        if order is not None:
            self._narrow(self._bits.get(order, 0))

    # --- Netting

    def _net(self) -> None:
        for part in self._from_the_top():
            record = self._parts[part]
            if record.unit == Unit.HOUR:
                continue
            short = self._allocate(record, self._demands.get(part, []))
            if not short:
                continue
            if record.procurement == Procurement.MAKE:
                self._propose_jobs(record, short)
            else:
                self._propose_purchase(record, short)

    def _from_the_top(self) -> list[UUID]:
        """All parts concerned, each after every product that it goes into."""
        order: list[UUID] = []
        seen: set[UUID] = set()

        def visit(part: UUID) -> None:  # the database refuses circles, so this ends; bills are a few levels deep
            if part in seen:
                return
            seen.add(part)
            for edge in self._edges(part):
                visit(edge.part)
            order.append(part)

        for part in list(self._demands):
            visit(part)
        return order[::-1]

    def _edges(self, part: UUID):
        if self._parts[part].procurement != Procurement.MAKE:
            return ()
        return self._bills.lines.get(self._revision_of.get(part), ())

    def _allocate(self, part: Part, demands: list[Demand]) -> list[Demand]:
        """Serve the demands from what there is and what is coming, the earliest first; returns what is left over."""
        supply = max(part.free_stock, ZERO) + self._supply.get(part.pk, ZERO)
        short = []
        for demand in sorted(demands, key=lambda each: each.due):
            if supply >= demand.quantity:
                supply -= demand.quantity
                continue
            demand.quantity -= supply
            supply = ZERO
            short.append(demand)
        return short

    def _propose_jobs(self, part: Part, short: list[Demand]) -> None:
        """A job for each line of an order; one for stock for everything else, such as the jobs that take it."""
        pieces = [
            self._propose_job(part, [demand], key=f"job:{demand.line}", line=demand.line)
            for demand in short
            if demand.line
        ]
        if rest := [demand for demand in short if not demand.line]:
            pieces.append(self._propose_job(part, rest, key=f"job:{part.pk}"))
        self._take_apart(self._bills.lines.get(self._revision_of.get(part.pk), ()), pieces)

    def _propose_job(self, part: Part, demands: list[Demand], *, key: str, line: UUID | None = None) -> Pieces:
        revision = self._revision_of.get(part.pk)
        first = demands[0].due
        start = self._start(first, part.pk)
        proposal = ToBuild(
            key=key,
            part=part,
            quantity=sum((each.quantity for each in demands), ZERO),
            needed_by=None if first == SOON else first,
            order_line=line,
            start_by=None if start == SOON else start,
            revision=revision,
            can_build=revision is not None or part.pk not in self._builds,
            is_late=start != SOON and start < self.today,
        )
        self._keep(proposal, demands)
        self.to_build.append(proposal)
        source = Source("proposal", part.sku, part.get_absolute_url())
        if line:  # name the order, so that a screw can be followed up to it
            (order,) = demands[0].sources
            source = Source("proposal", f"{part.sku} · {order.label}", order.url)
        return Pieces(start, Decimal(proposal.pieces), source, proposal.orders)

    def _propose_purchase(self, part: Part, short: list[Demand]) -> None:
        first = short[0].due
        quantity = sum((each.quantity for each in short), ZERO)
        if all(source.kind == "minimum" for each in short for source in each.sources):
            quantity = max(quantity, part.reorder_quantity)
        proposal = ToBuy(
            key=f"buy:{part.pk}",
            part=part,
            quantity=min(quantity, Decimal(MAX_QUANTITY)),
            needed_by=None if first == SOON else first,
        )
        self._keep(proposal, short)
        self.to_buy.append(proposal)

    def _keep(self, proposal: Proposal, demands: list[Demand]) -> None:
        if wish := self.wishes.get(proposal.key):
            proposal.take(wish)
        proposal.demands = demands
        for each in demands:
            proposal.orders |= each.orders

    def _find_offers(self) -> None:
        needs = {each.part.pk: each.wanted for each in self.to_buy}
        dates = {each.part.pk: each.needed_by for each in self.to_buy}
        offers = SupplierPart.offers_for(needs, on=self.today, needed_by=dates) if needs else {}
        for each in self.to_buy:
            each.choose(offers.get(each.part.pk, []))
        self.to_buy.sort(
            key=lambda each: (
                each.offer is None,
                each.offer.supplier_part.supplier.name.casefold() if each.offer else "",
                each.order_by or SOON,
                each.part.sku.casefold(),
            )
        )
        self.to_build.sort(key=lambda each: (each.start_by or SOON, each.part.sku.casefold()))

    def _narrow(self, bit: int) -> None:
        self.to_build = [each for each in self.to_build if each.orders & bit]
        self.to_buy = [each for each in self.to_buy if each.orders & bit]

    # --- Reading it off

    @property
    def without_supplier(self) -> list[ToBuy]:
        return [each for each in self.to_buy if each.offer is None]

    @property
    def value(self) -> Decimal:
        """Euros net of all purchases."""
        return sum((each.offer.value for each in self.to_buy if each.offer), ZERO)

    @property
    def late(self) -> int:
        return sum(each.is_late for each in [*self.to_build, *self.to_buy])

    def by_supplier(self) -> list[tuple]:
        """(supplier, proposals, euros), by name; what nobody sells comes last with None."""
        groups: dict = {}
        for each in self.to_buy:
            groups.setdefault(each.offer.supplier_part.supplier if each.offer else None, []).append(each)
        return [
            (supplier, rows, sum((each.offer.value for each in rows if each.offer), ZERO))
            for supplier, rows in groups.items()
        ]

    # --- Carrying it out

    def carry_out(self, selection: Iterable[str], *, by) -> CarriedOut:
        """Make the chosen jobs and draft the chosen purchases, by supplier; `selection` are the keys of proposals.

        Everybody who carries out waits for the one before and looks anew, so what two people choose is made once, and
        the quantities are those of that moment, or what this plan was wished. A purchase joins the newest draft for its
        supplier, because one order saves postage and reaches the minimum value; where the part stands on it already,
        that line grows. Raises Refused, with nothing made, where a chosen proposal has a fault.
        """
        selection = set(selection)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext('builds_planning'))")
            fresh = Plan(order=self.order, with_minimum=self.with_minimum, today=self.today, wishes=self.wishes)
            for each in [*fresh.to_build, *fresh.to_buy]:
                if each.fault and each.key in selection:
                    raise Refused(f"{each.part.sku}: {each.fault}")
            builds = [each for each in fresh.to_build if each.key in selection and each.can_build]
            buys = [each for each in fresh.to_buy if each.key in selection and each.offer]
            jobs = [make_job(each, by=by) for each in builds]
            purchase_orders = [
                draft_purchase(supplier, [each for each in rows if each in buys], by=by)
                for supplier, rows, _value in fresh.by_supplier()
                if supplier and any(each in buys for each in rows)
            ]
        return CarriedOut(jobs, purchase_orders, len(selection) - len(builds) - len(buys))
