"""What planning starts from: how much is needed of each part and when, and how much of it is coming.

A handful of queries whatever the number of orders, then dictionaries. `planning.py` sets one off against the other.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Sum
from django.urls import reverse

from apps.builds.bills import Bills, Edge
from apps.builds.models import ACTIVE, OPEN, BuildRevision, JobPart, JobStatus, PrinterBuild, ProductionJob
from apps.builds.proposals import Demand, Pieces, Source
from apps.orders.models import OPEN as OPEN_ORDERS
from apps.orders.models import OrderLine
from apps.parts.models import Part, Unit
from apps.suppliers.models import PurchaseOrderLine
from apps.suppliers.models import Status as PurchaseStatus

ZERO, ONE = Decimal(0), Decimal(1)
SOON = datetime.date.max  # what has no date is served last
COMING = (PurchaseStatus.DRAFT, PurchaseStatus.SENT, PurchaseStatus.PARTIAL)


class Requirements:
    """The demands of orders, open jobs and, with `with_minimum`, minimum stocks; the supply of jobs and purchases."""

    def __init__(self, *, with_minimum: bool, today: datetime.date):
        self.with_minimum, self.today = with_minimum, today
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
