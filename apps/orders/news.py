"""What people are told of customer orders, by the verbs that make it true."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.notifications.models import Kind
from apps.notifications.notify import holders, notify
from gmtc.figures import quantity

# Rooms above are known by the names of their permissions only: told is whoever is let do there what follows from here.
PLANNERS = "builds.plan_productionjob"
SHIPPERS = "deliveries.ship_delivery"


def confirmed(order, lines: Iterable, *, by) -> None:
    """Something is missing for a new order: that is for planning. What is all there is `ready`."""
    missing = [line for line in lines if line.missing_quantity]
    notify(
        PLANNERS,
        by=by,
        kind=Kind.ORDERS,
        title=lambda: _("%(order)s is confirmed (%(customer)s)") % _names(order),
        body=lambda: "\n".join(
            _("%(part)s: %(quantity)s missing") % {"part": line.part, "quantity": quantity(line.missing_quantity)}
            for line in missing
        ),
        url=order.get_absolute_url(),
    )


def ready(order, *, by) -> None:
    notify(
        SHIPPERS,
        by=by,
        kind=Kind.ORDERS,
        title=lambda: _("%(order)s is ready to ship (%(customer)s)") % _names(order),
        url=order.get_absolute_url(),
    )


def given_up(order, *, by) -> None:
    """Cancelled or closed short. Nobody has planned for what was never confirmed."""
    planners = holders(PLANNERS) if order.number else []
    notify(
        [order.responsible, *planners],
        by=by,
        kind=Kind.ORDERS,
        title=lambda: (
            (
                _("The rest of %(order)s will not be shipped (%(customer)s)")
                if order.is_closed_short
                else _("%(order)s is cancelled (%(customer)s)")
            )
            % _names(order)
        ),
        body=order.reason,
        url=order.get_absolute_url(),
    )


def _names(order) -> dict:
    return {"order": order, "customer": order.customer}
