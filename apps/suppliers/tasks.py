"""Background jobs of the suppliers room."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from apps.accounts.models import User
from apps.notifications.models import Kind
from apps.notifications.notify import notify
from apps.suppliers.models import PriceListImport, PriceListRow, PurchaseOrder

KEEP_RESULTS = timedelta(days=90)


@app.task(name="suppliers.work_on_price_list")
def work_on_price_list(*, import_id: str, user_id: str | None):
    """Check or carry out a large price list; its state says which. Nothing to do is no error: somebody was faster."""
    by = User.objects.get(pk=user_id) if user_id else None
    PriceListImport.everything.get(pk=import_id).work(by=by)


@app.periodic(cron="* * * * *")
@app.task(name="suppliers.take_up_price_lists", queueing_lock="suppliers.take_up_price_lists")
async def take_up_price_lists(timestamp: int):
    """Give the price lists of a worker that died to the next one. Its transaction is gone: nothing is half written."""
    for job in await app.job_manager.get_stalled_jobs(task_name=work_on_price_list.name):
        await app.job_manager.retry_job(job)


@app.periodic(cron="45 3 * * *")
@app.task(name="suppliers.forget_price_list_results", queueing_lock="suppliers.forget_price_list_results")
def forget_price_list_results(timestamp: int):
    """The row by row results of price lists that are over go after 90 days; who imported which file stays."""
    old = PriceListImport.everything.filter(
        status__in=("accepted", "discarded", "failed"), updated_at__lt=timezone.now() - KEEP_RESULTS
    )
    PriceListRow.objects.filter(data_import__in=old).delete()


@app.periodic(cron="30 6 * * 1-5")
@app.task(name="suppliers.tell_of_late_orders", queueing_lock="suppliers.tell_of_late_orders")
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
