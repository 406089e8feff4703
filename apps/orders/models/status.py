"""Where an order can stand, and words for it as conditions on orders; pages, filters and chips ask the same ones."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.orders.models.order_line import OrderLine
from apps.parts.models import Unit
from gmtc.models import TODAY


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    QUOTED = "quoted", _("Quoted")
    PENDING = "pending", _("Confirmed")
    PRODUCTION = "production", _("In production")
    READY = "ready", _("Ready to ship")
    SHIPPED = "shipped", _("Shipped")
    DELIVERED = "delivered", _("Delivered")
    CANCELLED = "cancelled", _("Cancelled")
    DECLINED = "declined", _("Declined")


# Confirmed, and something is still to be shipped.
OPEN = (Status.PENDING, Status.PRODUCTION, Status.READY)
CONFIRMED = (*OPEN, Status.SHIPPED, Status.DELIVERED)


def _with_line(condition: Q) -> Q:
    return Q(Exists(OrderLine.objects.filter(condition, order=OuterRef("pk"))))


def late() -> Q:
    """Open, and past the promised date."""
    return Q(status__in=OPEN, promised_date__lt=TODAY)


def expired() -> Q:
    """Quotes that nobody has answered in time."""
    return Q(status=Status.QUOTED, valid_until__lt=TODAY)


def shippable() -> Q:
    """Something is held in stock for it, or is work by the hour, and may leave now."""
    is_work = Q(unit=Unit.HOUR, shipped_quantity__lt=F("quantity"))
    return Q(status__in=OPEN) & _with_line(Q(reserved_quantity__gt=0) | is_work)


def to_invoice() -> Q:
    """Something was shipped and not invoiced yet."""
    is_left = Q(shipped_quantity__gt=F("invoiced_quantity") + F("returned_quantity"))
    return Q(status__in=CONFIRMED) & _with_line(is_left)
