"""Background jobs of billing."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django import app

from apps.invoicing.models import Invoice
from apps.notifications.models import Kind
from apps.notifications.notify import notify
from gmtc.figures import money

SHOWN = 20


@app.periodic(cron="15 6 * * *")
@app.task(name="invoicing.tell_of_overdue", queueing_lock="invoicing.tell_of_overdue")
@transaction.atomic  # all are told or, if the worker dies, nobody yet
def tell_of_overdue(timestamp: int):
    """Each morning, tell those who record payments which invoices have become overdue; of each invoice once."""
    new = list(Invoice.objects.overdue().filter(overdue_told_on=None).order_by("due_date", "number"))
    if not new:
        return
    # A column that history leaves out, as it says nothing about the invoice.
    Invoice.objects.filter(pk__in=[invoice.pk for invoice in new]).update(overdue_told_on=timezone.localdate())
    notify(
        "invoicing.record_payment_invoice",
        kind=Kind.BILLING,
        title=lambda: (
            ngettext("%(count)s invoice is overdue", "%(count)s invoices are overdue", len(new)) % {"count": len(new)}
        ),
        body=lambda: "\n".join(
            _("%(invoice)s · %(customer)s · %(open)s")
            % {"invoice": invoice, "customer": invoice.buyer_name, "open": money(invoice.open_amount)}
            for invoice in new[:SHOWN]
        ),
        url=new[0].get_absolute_url() if len(new) == 1 else "/invoices/?status=overdue",
        mail=True,
    )
