"""Orders that wait for shipping, as conditions on orders; the page, its filters and its chips ask the same ones."""

from django.db.models import Case, Count, DecimalField, Exists, F, IntegerField, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce, Least

from apps.deliveries.promises import pending_lines
from apps.orders.models import OrderLine
from apps.parts.models import Unit

IS_OPEN = Q(shipped_quantity__lt=F("quantity"))
IS_READY = IS_OPEN & (Q(unit=Unit.HOUR) | Q(reserved_quantity__gte=F("quantity") - F("shipped_quantity")))


def complete() -> Q:
    """Everything that is still to be shipped is there."""
    return ~Q(Exists(OrderLine.objects.filter(IS_OPEN & ~IS_READY, order=OuterRef("pk"))))


def planned() -> Q:
    """A delivery of it is waiting to be packed."""
    return Q(Exists(pending_lines().filter(delivery__order=OuterRef("pk"))))


def number_of(condition: Q):
    """How many lines of the order meet `condition`; a subquery, so that chips can be counted in the same query."""
    lines = OrderLine.objects.filter(condition, order=OuterRef("pk")).order_by().values("order")
    return Coalesce(Subquery(lines.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


def waiting():
    """How many pieces may leave now and are in no delivery yet."""
    amount = DecimalField(max_digits=14, decimal_places=3)
    left = F("quantity") - F("shipped_quantity")
    there = Case(When(unit=Unit.HOUR, then=left), default=Least("reserved_quantity", left), output_field=amount)
    lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order").annotate(n=Sum(there)).values("n")
    packed = pending_lines().filter(delivery__order=OuterRef("pk")).order_by().values("delivery__order")
    packed = packed.annotate(n=Sum("quantity")).values("n")
    return Coalesce(Subquery(lines, output_field=amount), 0, output_field=amount) - Coalesce(
        Subquery(packed, output_field=amount), 0, output_field=amount
    )
