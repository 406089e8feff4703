"""What planning proposes and why, and how a proposal becomes a job or a line of a purchase order."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from uuid import UUID

from django.utils.translation import gettext as _

from apps.builds.models import ProductionJob
from apps.builds.models.job import MAX_PIECES
from apps.parts.models import Part
from apps.suppliers.models import PurchaseOrder, PurchaseOrderLine
from apps.suppliers.models.supplier_part import Offer
from gmtc import figures
from gmtc.errors import Refused

ZERO, THREE_PLACES = Decimal(0), Decimal("0.001")
SAID_AT_MOST = 4  # what a line is for, before "and 12 more"


@dataclass(frozen=True, slots=True, eq=False)  # compared by identity: a plan has one of each, and many uses of it
class Source:
    """What needs a part: an order, a job, a job that this plan proposes, or the minimum stock."""

    kind: str  # "order", "job", "proposal", "minimum"
    label: str
    url: str = ""
    hint: str = ""


@dataclass(slots=True)
class Demand:
    """`quantity` is needed on the day `due` by `sources`, which share it by their weights: {source: weight}."""

    due: datetime.date
    quantity: Decimal
    sources: dict[Source, Decimal]
    orders: int  # a bit for each order that it comes from
    line: UUID | None = None  # the line of an order that a job is made for

    def shares(self) -> Iterable[tuple[Source, Decimal]]:
        """How much each source needs; where some of it is supplied, all of them get less."""
        weight = sum(self.sources.values())
        return [(source, self.quantity * each / weight) for source, each in self.sources.items()]


@dataclass(slots=True)
class Pieces:
    """So many pieces of a product will be begun on a day; `orders` as in Demand."""

    start: datetime.date
    quantity: Decimal
    source: Source
    orders: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What the planner wants instead of what is proposed; None: as it is. `typed` is the quantity as it was written and
    `fault` why that is no number."""

    quantity: Decimal | None = None
    supplier_part: UUID | None = None
    typed: str = ""
    fault: str = ""


@dataclass(kw_only=True)
class Proposal:
    """`quantity` is short. `orders` has a bit for each order it serves; `fault` says why the wish cannot be had."""

    key: str
    part: Part
    quantity: Decimal
    needed_by: datetime.date | None
    orders: int = 0
    demands: list[Demand] = field(default_factory=list, repr=False)
    wish: Wish = Wish()
    wished: Decimal | None = None
    fault: str = ""

    def take(self, wish: Wish) -> None:
        """Follow the wish as far as it is one for this part."""
        self.wish, self.fault = wish, wish.fault
        if wish.quantity is None:
            return
        try:
            self.wished = self.checked(wish.quantity)
        except Refused as refusal:
            self.fault = str(refusal)

    @cached_property
    def sources(self) -> dict[Source, Decimal]:
        """What it is for, and how much for each."""
        found: dict[Source, Decimal] = {}
        for demand in self.demands:
            for source, share in demand.shares():
                found[source] = found.get(source, ZERO) + share
        return found

    @property
    def said_sources(self) -> list[tuple[Source, Decimal]]:
        return [
            (source, quantity.quantize(THREE_PLACES)) for source, quantity in list(self.sources.items())[:SAID_AT_MOST]
        ]

    @property
    def more_sources(self) -> int:
        return max(0, len(self.sources) - SAID_AT_MOST)


@dataclass(kw_only=True)
class ToBuild(Proposal):
    """A job to be made; `start_by` is the last day to begin. Without `can_build` a bill has to be released first."""

    order_line: UUID | None = None
    start_by: datetime.date | None = None
    revision: UUID | None = None
    can_build: bool = True
    is_late: bool = False

    @staticmethod
    def checked(pieces: Decimal) -> Decimal:
        if pieces % 1 or not 1 <= pieces <= MAX_PIECES:
            raise Refused(_("A whole number from 1 to %(limit)s.") % {"limit": figures.quantity(MAX_PIECES)})
        return pieces

    @property
    def proposed(self) -> int:
        """No more than one job may have; the rest is proposed afterwards."""
        return min(int(self.quantity.to_integral_value(ROUND_CEILING)), MAX_PIECES)

    @property
    def pieces(self) -> int:
        """What the job will make."""
        return self.proposed if self.wished is None else int(self.wished)


@dataclass(kw_only=True)
class ToBuy(Proposal):
    """A part to be bought from one of the `offers`, which come best first; the `offer` that is taken says how much must
    be ordered. Without one nobody sells it."""

    offers: list[Offer] = field(default_factory=list, repr=False)
    offer: Offer | None = None
    order_by: datetime.date | None = None
    is_late: bool = False

    def checked(self, quantity: Decimal) -> Decimal:
        return self.part.checked_quantity(quantity)

    @property
    def wanted(self) -> Decimal:
        """So much at least has to come."""
        return self.quantity if self.wished is None else self.wished

    @property
    def other_offers(self) -> list[Offer]:
        return [each for each in self.offers if each is not self.offer]

    @property
    def proposed(self) -> Decimal:
        """What would be ordered from this supplier without a wish."""
        return self.offer.supplier_part.order_quantity(self.quantity)

    def choose(self, offers: list[Offer]) -> None:
        """Take the offer that is wished for, else the best one."""
        self.offers, wanted = offers, self.wish.supplier_part
        self.offer = next((each for each in offers if each.supplier_part.pk == wanted), next(iter(offers), None))
        if wanted and self.offer and self.offer.supplier_part.pk != wanted:
            self.fault = _("The chosen supplier does not offer this part any more.")
        if self.offer and self.needed_by:
            self.order_by = self.needed_by - datetime.timedelta(days=self.offer.supplier_part.lead_time)
            self.is_late = self.offer.is_late


@dataclass(frozen=True)
class CarriedOut:
    """What a press of the button has made; `gone` counts what was chosen and is not needed any more."""

    jobs: list[ProductionJob]
    purchase_orders: list[PurchaseOrder]
    gone: int


def make_job(proposal: ToBuild, *, by) -> ProductionJob:
    job = ProductionJob(
        part=proposal.part,
        quantity=proposal.pieces,
        order_line_id=proposal.order_line,
        due_date=proposal.needed_by,
        responsible=by,
    )
    job.save(by=by, reason="plan")
    return job


def draft_purchase(supplier, rows: list[ToBuy], *, by) -> PurchaseOrder:
    """The newest draft for the supplier with `rows` on it, or a new one."""
    draft = PurchaseOrder.objects.drafts().filter(supplier=supplier, currency=supplier.currency).order_by("-pk").first()
    if draft is None:
        draft = PurchaseOrder(
            supplier=supplier,
            ordered_by=by,
            language=supplier.language,
            currency=supplier.currency,
            exchange_rate=supplier.exchange_rate,
        )
        lines = []
    else:
        draft.lock()
        lines = [
            {"id": line.pk} | {name: getattr(line, name) for name in PurchaseOrderLine.TYPED}
            for line in draft.lines.select_related("part")
        ]
    for row in rows:
        offer = row.offer.supplier_part
        line = next((each for each in lines if each["part"].pk == row.part.pk), None)
        if line is None:
            lines.append(
                {
                    "part": row.part,
                    "supplier_sku": offer.supplier_sku,
                    "description": offer.name or row.part.name,
                    "quantity": row.offer.quantity,
                    "unit_price": row.offer.price,
                    "expected_date": row.offer.arrives_on,
                }
            )
            continue
        had_list_price = line["unit_price"] == offer.price_for(line["quantity"])
        line["quantity"] = offer.order_quantity(line["quantity"] + row.wanted)
        if had_list_price:
            line["unit_price"] = offer.price_for(line["quantity"])
    draft.write({}, lines, by=by, version=None if draft._state.adding else draft.version)
    return draft
