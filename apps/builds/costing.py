"""What a revision costs and weighs: rolled up from the leaves of its bill, with sub-assemblies taken apart.

A leaf costs its average cost; where none was ever received, the best offer of a supplier; else its cost is missing and
is named. Nothing is rounded before it is shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.builds.bills import Bills
from apps.builds.models import BuildPart, BuildRevision
from apps.parts.models import Part
from apps.suppliers.models import SupplierPart

ZERO = Decimal(0)


class Source(models.TextChoices):
    """Where the cost of a line comes from."""

    AVERAGE = "average", _("average cost")
    OFFER = "offer", _("best offer")
    BILL = "bill", _("bill of materials")
    MISSING = "missing", _("no cost known")


@dataclass
class LineCost:
    """`unit_cost` euros for one unit, `total` for the line; `weight` kilograms of the line, None where unknown."""

    line: BuildPart
    source: Source
    unit_cost: Decimal
    total: Decimal
    weight: Decimal | None
    revision: UUID | None

    @property
    def is_missing(self) -> bool:
        return self.source == Source.MISSING

    @property
    def source_label(self):
        return self.source.label


@dataclass
class Cost:
    """Of one piece. `missing` are the leaves without any cost, `unweighed` those without a weight."""

    total: Decimal = ZERO
    weight: Decimal = ZERO
    missing: tuple[Part, ...] = ()
    unweighed: int = 0
    lines: tuple[LineCost, ...] = ()
    depth: int = 0
    leaves: int = 0

    @property
    def is_complete(self) -> bool:
        return not self.missing


class Costing:
    """The costs of many revisions in four queries, whatever their number, length or depth."""

    def __init__(self, revisions: Iterable[UUID]):
        revisions = list(revisions)
        self.bills = Bills(revisions)
        self.parts = Part.everything.in_bulk(self.bills.parts())
        unknown = {
            edge.part: edge.quantity
            for edges in self.bills.lines.values()
            for edge in edges
            if edge.revision is None and not self.parts[edge.part].average_cost
        }
        self.offers = {part: offer.cost for part, offer in SupplierPart.best_offers(unknown).items()} if unknown else {}

    def leaf(self, part: UUID) -> tuple[Source, Decimal]:
        if average := self.parts[part].average_cost:
            return Source.AVERAGE, average
        if part in self.offers:
            return Source.OFFER, self.offers[part]
        return Source.MISSING, ZERO

    def of(self, revision: UUID) -> Cost:
        """Without its lines."""
        cost, missing = Cost(depth=self.bills.depth(revision)), []
        flat = self.bills.flat(revision)
        for part, quantity in flat.items():
            source, unit_cost = self.leaf(part)
            cost.total += quantity * unit_cost
            if source == Source.MISSING:
                missing.append(self.parts[part])
            weight = self.parts[part].weight
            if weight is None:
                cost.unweighed += 1
            else:
                cost.weight += quantity * weight
        cost.leaves = len(flat)
        cost.missing = tuple(sorted(missing, key=lambda part: part.sku.casefold()))
        return cost

    def with_lines(self, revision: BuildRevision) -> Cost:
        cost = self.of(revision.pk)
        below = {edge.part: edge.revision for edge in self.bills.lines.get(revision.pk, ())}
        lines = []
        for line in revision.lines.all():
            line.part = self.parts[line.part_id]
            inside = below[line.part_id]
            if inside is None:
                source, unit_cost = self.leaf(line.part_id)
                weight = line.part.weight
            else:
                inner = self.of(inside)
                source = Source.BILL if inner.is_complete else Source.MISSING
                unit_cost, weight = inner.total, inner.weight
            lines.append(
                LineCost(
                    line=line,
                    source=source,
                    unit_cost=unit_cost,
                    total=line.quantity * unit_cost,
                    weight=None if weight is None else line.quantity * weight,
                    revision=inside,
                )
            )
        cost.lines = tuple(lines)
        return cost


def cost_of(revision: BuildRevision) -> Cost:
    """Of one revision, line by line."""
    return Costing([revision.pk]).with_lines(revision)
