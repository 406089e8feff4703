"""How good a supplier is, and what prices have done."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, F, Max, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.suppliers.models import PurchaseOrder, PurchaseOrderLine, Status, Supplier, SupplierPart
from gmtc.money import ZERO, cents

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Performance:
    """Of the last 365 days. Shares are percent, None where there is nothing to judge by; `spent` is euros net."""

    orders: int
    spent: Decimal
    complete_lines: int
    on_time_share: int | None
    rejected_share: Decimal | None


def performance(supplier: Supplier, *, today: date | None = None) -> Performance:
    since = (today or timezone.localdate()) - YEAR
    sent = PurchaseOrder.objects.filter(supplier=supplier, order_date__gte=since).exclude(
        status__in=[Status.DRAFT, Status.CANCELLED]
    )
    ordered = sent.aggregate(orders=Count("pk"), spent=Sum(F("total") / F("exchange_rate")))
    lines = PurchaseOrderLine.objects.filter(purchase_order__in=sent)
    is_complete = Q(received_quantity__gte=F("quantity"), due__isnull=False)
    came = lines.annotate(
        due=Coalesce("expected_date", "purchase_order__expected_delivery_date"),
        came=Max("receipt_lines__receipt__received_on", filter=Q(receipt_lines__accepted__gt=0)),
    ).aggregate(
        complete=Count("pk", filter=is_complete),
        on_time=Count("pk", filter=is_complete & Q(came__lte=F("due"))),
        good=Sum("received_quantity"),
        bad=Sum("rejected_quantity"),
    )
    pieces = (came["good"] or 0) + (came["bad"] or 0)
    return Performance(
        orders=ordered["orders"],
        spent=cents(ordered["spent"] or ZERO),
        complete_lines=came["complete"],
        on_time_share=round(100 * came["on_time"] / came["complete"]) if came["complete"] else None,
        rejected_share=(100 * came["bad"] / pieces).quantize(Decimal("0.1")) if pieces else None,
    )


@dataclass(frozen=True)
class PricePoint:
    day: date
    price: Decimal
    order: PurchaseOrder
    quantity: Decimal


def paid_prices(item: SupplierPart, *, limit: int = 60) -> list[PricePoint]:
    """What was ordered of an offer, oldest first; the price net of the line's discount, in the supplier's currency."""
    lines = (
        PurchaseOrderLine.objects.filter(
            part=item.part_id,
            purchase_order__supplier=item.supplier_id,
            purchase_order__currency=item.supplier.currency,
            purchase_order__order_date__isnull=False,
        )
        .exclude(purchase_order__status=Status.CANCELLED)
        .select_related("purchase_order")
        .order_by("-purchase_order__order_date", "-purchase_order__number")[:limit]
    )
    found = [
        PricePoint(
            line.purchase_order.order_date,
            line.unit_price * (100 - line.discount) / 100,
            line.purchase_order,
            line.quantity,
        )
        for line in lines
    ]
    return found[::-1]


@dataclass(frozen=True)
class Curve:
    """A line to draw in a box of `width` by `height`: `path` for SVG, `dots` as x, y and point."""

    width: int
    height: int
    path: str
    dots: list[tuple[float, float, PricePoint]]
    low: Decimal
    high: Decimal


def price_curve(points: list[PricePoint], *, width: int = 640, height: int = 120) -> Curve | None:
    """Prices over time as steps, because a price holds until the next one; None for fewer than two points."""
    if len(points) < 2:
        return None
    low, high = min(point.price for point in points), max(point.price for point in points)
    span = float(high - low) or 1.0
    days = (points[-1].day - points[0].day).days or 1
    edge = 8

    def place(point: PricePoint) -> tuple[float, float]:
        x = edge + (width - 2 * edge) * (point.day - points[0].day).days / days
        y = height - edge - (height - 2 * edge) * float(point.price - low) / span
        return round(x, 1), round(y, 1)

    dots = [(*place(point), point) for point in points]
    path = f"M{dots[0][0]} {dots[0][1]}" + "".join(f"H{x}V{y}" for x, y, _point in dots[1:])
    return Curve(width, height, path, dots, low, high)
