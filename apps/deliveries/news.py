"""What people are told of deliveries, by the verbs that make it true."""

from django.utils.translation import gettext as _

from apps.notifications.models import Kind
from apps.notifications.notify import holders, notify
from gmtc.figures import quantity


def shipped(delivery, *, by) -> None:
    """Whoever handles the order can tell the customer."""
    order = delivery.order
    notify(
        [order.responsible],
        by=by,
        kind=Kind.DELIVERIES,
        title=lambda: (
            _("%(delivery)s has left for %(customer)s (%(order)s)")
            % {"delivery": delivery, "order": order, "customer": order.customer}
        ),
        body=" ".join(filter(None, [str(delivery.carrier or ""), delivery.tracking_number])),
        url=delivery.get_absolute_url(),
    )


def came_back(paper, rows, *, by) -> None:
    """Whoever handles the order, and those who decide what becomes of it: repair, replacement, credit note."""
    order = paper.delivery.order
    notify(
        [order.responsible, *holders("deliveries.return_delivery")],
        by=by,
        kind=Kind.DELIVERIES,
        title=lambda: _("Goods of %(order)s came back (%(customer)s)") % {"order": order, "customer": order.customer},
        body=lambda: "\n".join(f"{quantity(row.quantity)} × {row.line.part}: {row.reason}" for row in rows),
        url=paper.get_absolute_url(),
    )
