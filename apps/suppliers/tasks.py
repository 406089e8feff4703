"""Background jobs of the suppliers room."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django import app

from apps.accounts.models import User
from apps.notifications.models import Kind
from apps.notifications.notify import notify
from apps.parts.models import Part
from apps.suppliers.models import PurchaseOrder
from gmtc.figures import quantity


@app.periodic(cron="30 6 * * 1-5")
@app.task(name="suppliers.tell_of_late_orders", queueing_lock="suppliers.tell_of_late_orders")
@transaction.atomic  # all are told or, if the worker dies, nobody yet
def tell_of_late_orders(timestamp: int):
    """On working days, tell each buyer how many of their orders are late; with the newest day's mail, if they want."""
    late: dict[User, list[PurchaseOrder]] = {}
    for order in PurchaseOrder.objects.late().select_related("ordered_by", "supplier").order_by("number"):
        if order.ordered_by:
            late.setdefault(order.ordered_by, []).append(order)
    for buyer, orders in late.items():
        notify(
            [buyer],
            kind=Kind.PURCHASING,
            title=lambda orders=orders: _("Late purchase orders: %(count)s") % {"count": len(orders)},
            body=lambda orders=orders: "\n".join(f"{order} · {order.supplier}" for order in orders[:20]),
            url="/purchase-orders/?due=late",
            mail=True,
        )


@app.periodic(cron="30 6 * * 1-5")
@app.task(name="suppliers.tell_of_low_stock", queueing_lock="suppliers.tell_of_low_stock")
@transaction.atomic  # all are told or, if the worker dies, nobody yet
def tell_of_low_stock(timestamp: int):
    """On working days, tell those who order how many parts are below their minimum stock, in one line."""
    low = Part.objects.low_stock().active()
    if not (count := low.count()):
        return
    first = list(low.order_by("sku")[:20])
    notify(
        "suppliers.add_purchaseorder",
        kind=Kind.STOCK,
        title=lambda: (
            ngettext(
                "%(count)s part is below its minimum stock", "%(count)s parts are below their minimum stock", count
            )
            % {"count": count}
        ),
        body=lambda: "\n".join(
            _("%(part)s: %(free)s of %(minimum)s")
            % {"part": part, "free": quantity(part.free_stock), "minimum": quantity(part.minimum_stock)}
            for part in first
        ),
        url=f"{reverse('parts:part_list')}?stock=low",
    )
