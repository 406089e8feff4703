"""Export of invoices, one row an invoice, and of payments, one row a payment."""

from django.utils.translation import gettext_lazy as _

from apps.invoicing.models import Invoice, Payment
from gmtc.columns import Column
from gmtc.resources import Resource


class InvoiceResource(Resource):
    customer_number = Column(source="customer__number", heading=_("customer number"))
    buyer_name = Column(width=30)
    vat_id = Column(source="customer__vat_id", heading=_("VAT ID"))
    order_number = Column(source="order__number", heading=_("customer order"))
    reverses_number = Column(source="reverses__number", heading=_("cancels"))
    reason = Column(width=30)
    responsible = Column(source="responsible__name", heading=_("handled by"))

    class Meta:
        model = Invoice
        filename = "invoices"
        fields = (
            "number kind status customer_number buyer_name vat_id order_number customer_reference invoice_date "
            "supply_start supply_end due_date tax_case net tax_amount total paid_amount reduction reverses_number "
            "reason mailed_to responsible".split()
        )


class PaymentResource(Resource):
    invoice_number = Column(source="invoice__number", heading=_("invoice"))
    buyer_name = Column(source="invoice__buyer_name", heading=_("recipient"), width=30)
    reference = Column(width=30)
    note = Column(width=30)
    recorded_by = Column(source="created_by__name", heading=_("recorded by"))

    class Meta:
        model = Payment
        filename = "payments"
        fields = "paid_on invoice_number buyer_name amount reduction method reference note recorded_by".split()
