"""What must be built and what must be bought, so that every confirmed order can be shipped.

Net requirements, from the products down to the last screw. A part's demand is what order lines miss, what open jobs do
not hold yet, what the jobs proposed above it will take, and, if asked for, its minimum stock. Its supply is the free
stock, then what is already ordered or being built for stock, drafts of purchase orders included, so that pressing the
button twice orders nothing twice. Earlier dates are served first; what is left over is proposed: one job for each line
of an order, one for all that is needed of a sub-assembly, one purchase for each part.

A handful of queries whatever the number of orders, then dictionaries: `Plan` is a picture of one moment and writes
nothing; `carry_out` takes the planning's lock and makes a fresh one first.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Sum
from django.urls import reverse
from django.utils import timezone

from apps.builds.bills import Bills, Edge
from apps.builds.models import (
    ACTIVE,
    OPEN,
    BuildRevision,
    JobPart,
    JobStatus,
    PrinterBuild,
    ProductionJob,
)
from apps.builds.proposals import (
    CarriedOut,
    Demand,
    Pieces,
    Proposal,
    Source,
    ToBuild,
    ToBuy,
    draft_purchase,
    make_job,
)
from apps.orders.models import OPEN as OPEN_ORDERS
from apps.orders.models import OrderLine
from apps.parts.models import Part, Procurement, Unit
from apps.suppliers.models import PurchaseOrderLine, SupplierPart
from apps.suppliers.models import Status as PurchaseStatus
from gmtc.models import MAX_QUANTITY

ZERO, ONE = Decimal(0), Decimal(1)
SOON = datetime.date.max  # what has no date is served last
COMING = (PurchaseStatus.DRAFT, PurchaseStatus.SENT, PurchaseStatus.PARTIAL)


class Plan:
    """What is short right now.

    `order` narrows the proposals to those that serve it, with all other orders still competing for the stock.
    `with_minimum` also fills up minimum stocks.
    """

    def __init__(self, *, order: UUID | None = None, with_minimum: bool = False, today: datetime.date | None = None):
        self.order, self.with_minimum, self.today = order, with_minimum, today or timezone.localdate()
        self.to_build: list[ToBuild] = []
        self.to_buy: list[ToBuy] = []
        self._bits: dict[UUID, int] = {}
        self._demands: dict[UUID, list[Demand]] = defaultdict(list)
        self._supply: dict[UUID, Decimal] = defaultdict(Decimal)
        self._sources: dict[UUID, Source] = {}
        self._read_jobs()
        self._read_orders()
        self._read_builds()
        self._read_open_lines()
        if with_minimum:
            self._read_minimum()
        self._read_parts()
        self._net()
        self._find_offers()
        if order is not None:
            self._narrow(self._bits.get(order, 0))

    # --- Reading

    def _read_jobs(self) -> None:
        """What is being built already: for the lines of orders, and for stock."""
        self._built_for: dict[UUID, Decimal] = defaultdict(Decimal)
        self._planned: list[tuple] = []
        rows = ProductionJob.objects.filter(status__in=OPEN).values_list(
            "pk", "number", "status", "part_id", "quantity", "order_line_id", "due_date", "order_line__order_id"
        )
        for key, number, status, part, quantity, line, due, order in rows.iterator():
            if line:
                self._built_for[line] += quantity
            else:
                self._supply[part] += quantity
            if status == JobStatus.PLANNED:
                self._planned.append((key, number, part, Decimal(quantity), due, order))
        self._lines_with_jobs = dict(
            OrderLine.objects.filter(pk__in=list(self._built_for)).values_list("pk", "part_id")
            if self._built_for
            else ()
        )

    def _read_orders(self) -> None:
        """What the lines of confirmed orders miss and no job is making for them."""
        missing = F("quantity") - F("shipped_quantity") - F("reserved_quantity")
        rows = (
            OrderLine.objects.filter(order__status__in=OPEN_ORDERS, order__is_closed_short=False)
            .exclude(unit=Unit.HOUR)
            .filter(quantity__gt=F("shipped_quantity") + F("reserved_quantity"))
            .annotate(missing=missing)
            .order_by("pk")
            .values_list(
                "pk",
                "part_id",
                "missing",
                "order_id",
                "order__number",
                "order__promised_date",
                "order__requested_date",
                "order__customer__name",
            )
        )
        self.open_orders: set[UUID] = set()
        for line, part, quantity, order, number, promised, requested, customer in rows.iterator():
            self.open_orders.add(order)
            rest = quantity - self._built_for.pop(line, ZERO)
            if rest < 0:
                self._supply[part] -= rest  # a job makes more than the order still needs
            if rest > 0:
                source = self._source(order, "order", number, "orders.customerorder", customer)
                due = promised or requested or SOON
                self._demands[part].append(Demand(due, rest, {source: ONE}, self._bit(order), line))
        for line, quantity in self._built_for.items():  # the order needs nothing of it any more
            if line in self._lines_with_jobs:
                self._supply[self._lines_with_jobs[line]] += quantity

    def _bit(self, order: UUID | None) -> int:
        if order is None:
            return 0
        return self._bits.setdefault(order, 1 << len(self._bits))

    def _read_builds(self) -> None:
        """How every made part is made today."""
        self._revision_of: dict[UUID, UUID] = {}
        self._days: dict[UUID, int] = {}
        current = dict(BuildRevision.objects.current().values_list("build_id", "pk"))
        for build, product, days in PrinterBuild.objects.values_list("pk", "product_id", "days_to_build"):
            self._days[product] = days
            if build in current:
                self._revision_of[product] = current[build]
        self._builds = set(self._days)

    def _read_open_lines(self) -> None:
        """What open jobs still need: released ones what they do not hold, planned ones their whole bill."""
        rows = JobPart.objects.short().filter(job__status__in=ACTIVE)
        rows = rows.annotate(short=F("quantity") - F("replaced_quantity") - F("reserved_quantity")).values_list(
            "part_id", "short", "job_id", "job__number", "job__due_date", "job__part_id", "job__order_line__order_id"
        )
        for part, short, job, number, due, product, order in rows.iterator():
            source = self._source(job, "job", number, "builds.productionjob")
            self._demands[part].append(Demand(self._start(due, product), short, {source: ONE}, self._bit(order)))
        parts = {part for _key, _number, part, *_rest in self._planned}
        bills = Bills(self._revision_of[part] for part in parts if part in self._revision_of)
        planned: dict[UUID, list[Pieces]] = {}
        for key, number, part, quantity, due, order in self._planned:
            source = self._source(key, "job", number, "builds.productionjob")
            pieces = Pieces(self._start(due, part), quantity, source, self._bit(order))
            planned.setdefault(part, []).append(pieces)
        for part, pieces in planned.items():
            self._take_apart(bills.lines.get(self._revision_of.get(part), ()), pieces)

    def _take_apart(self, edges: Iterable[Edge], pieces: Iterable[Pieces]) -> None:
        """What the pieces take of each part. Those that begin on one day need it together: a thousand orders on a
        hundred days are a hundred demands a part."""
        days: dict[datetime.date, Demand] = {}
        for each in pieces:
            day = days.setdefault(each.start, Demand(each.start, ZERO, {}, 0))
            day.quantity += each.quantity
            day.sources[each.source] = each.quantity
            day.orders |= each.orders
        for edge in edges:
            needed = self._demands[edge.part]
            for day in days.values():
                needed.append(Demand(day.due, edge.quantity * day.quantity, day.sources, day.orders))

    def _source(self, key: UUID, kind: str, number: str, model: str, hint: str = "") -> Source:
        if key not in self._sources:
            self._sources[key] = Source(kind, number, reverse("go", args=[model, key]), hint)
        return self._sources[key]

    def _start(self, due: datetime.date | None, product: UUID) -> datetime.date:
        """When the parts of a job must be there."""
        if due is None or due == SOON:
            return SOON
        return due - datetime.timedelta(days=self._days.get(product, 0))

    def _read_minimum(self) -> None:
        sources = {Source("minimum", ""): ONE}
        rows = Part.objects.filter(minimum_stock__gt=0, is_discontinued=False).exclude(unit=Unit.HOUR)
        for part, minimum in rows.values_list("pk", "minimum_stock").iterator():
            self._demands[part].append(Demand(SOON, minimum, sources, 0))

    def _read_parts(self) -> None:
        """The bills below everything that is made, then all parts concerned and what is coming of them."""
        made = {self._revision_of[part] for part in self._demands if part in self._revision_of}
        self._bills = Bills(made)
        concerned = set(self._demands) | self._bills.parts()
        self._parts: dict[UUID, Part] = Part.everything.in_bulk(list(concerned))
        rows = (
            PurchaseOrderLine.objects.filter(
                part__in=list(concerned),
                purchase_order__status__in=COMING,
                purchase_order__deleted_at=None,
                received_quantity__lt=F("quantity"),
            )
            .order_by()
            .values_list("part_id")
            .annotate(open=Sum(F("quantity") - F("received_quantity")))
        )
        for part, quantity in rows:
            self._supply[part] += quantity

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

    @staticmethod
    def _keep(proposal: Proposal, demands: list[Demand]) -> None:
        proposal.demands = demands
        for each in demands:
            proposal.orders |= each.orders

    def _find_offers(self) -> None:
        needs = {each.part.pk: each.quantity for each in self.to_buy}
        dates = {each.part.pk: each.needed_by for each in self.to_buy}
        offers = SupplierPart.best_offers(needs, on=self.today, needed_by=dates) if needs else {}
        for each in self.to_buy:
            each.offer = offers.get(each.part.pk)
            if each.offer and each.needed_by:
                each.order_by = each.needed_by - datetime.timedelta(days=each.offer.supplier_part.lead_time)
                each.is_late = each.offer.is_late
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
    def without_bill(self) -> list[ToBuild]:
        return [each for each in self.to_build if not each.can_build]

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
        the quantities are those of that moment. A purchase joins the newest draft for its supplier, because one order
        saves postage and reaches the minimum value; where the part stands on it already, that line grows.
        """
        selection = set(selection)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext('builds_planning'))")
            fresh = Plan(order=self.order, with_minimum=self.with_minimum, today=self.today)
            builds = [each for each in fresh.to_build if each.key in selection and each.can_build]
            buys = [each for each in fresh.to_buy if each.key in selection and each.offer]
            jobs = [make_job(each, by=by) for each in builds]
            purchase_orders = [
                draft_purchase(supplier, [each for each in rows if each in buys], by=by)
                for supplier, rows, _value in fresh.by_supplier()
                if supplier and any(each in buys for each in rows)
            ]
        return CarriedOut(jobs, purchase_orders, len(selection) - len(builds) - len(buys))
