"""Where an invoice stands on its way from the draft to the money."""

from django.utils.translation import gettext as _

from apps.invoicing.models import Invoice, Status
from apps.orders.steps import Step


def steps(invoice: Invoice) -> list[Step]:
    issued = Step(_("Issued"), True, on=invoice.invoice_date)
    if invoice.is_credit_note:
        return [Step(_("Draft"), True), issued._replace(is_current=True)]
    if invoice.status == Status.CANCELLED:
        return [Step(_("Draft"), True), issued, Step(_("Cancelled"), True, True, is_bad=True)]
    at = [Status.DRAFT, Status.SENT, Status.PARTIAL, Status.PAID].index(Status(invoice.status))
    way = [
        Step(_("Draft"), True, at == 0),
        Step(_("Issued"), at >= 1, at == 1, on=invoice.invoice_date if at else None),
        Step(_("Partly paid"), at >= 2, at == 2),
        Step(_("Paid"), at == 3, at == 3),
    ]
    if at == 3 and not invoice.payments.all()[1:2]:
        del way[2]  # it was paid at once
    return way
