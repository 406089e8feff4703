"""The verbs of an invoice and its payments, as dialogs."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy

from apps.invoicing.models import Invoice, Payment
from apps.invoicing.verb_forms import (
    CancelForm,
    IssueForm,
    MailForm,
    PaymentForm,
    RefundForm,
    ReverseForm,
    WriteOffForm,
)
from gmtc.views import ActionView


class InvoiceAction(ActionView):
    model = Invoice


class InvoiceIssue(InvoiceAction):
    permission = "invoicing.issue_invoice"
    form_class = IssueForm
    template_name = "invoicing/invoice_issue.html"
    title = gettext_lazy("Issue invoice: %(record)s")
    button = gettext_lazy("Issue the invoice")
    done = gettext_lazy("%(record)s was issued.")

    def context(self, invoice):
        return {"checks": invoice.checks()}


class InvoiceMail(InvoiceAction):
    permission = "invoicing.issue_invoice"
    form_class = MailForm
    title = gettext_lazy("Mail %(record)s")
    button = gettext_lazy("Mail")
    done = gettext_lazy("%(record)s is on its way by mail.")


class InvoiceCancel(InvoiceAction):
    permission = "invoicing.cancel_invoice"
    form_class = CancelForm
    template_name = "invoicing/invoice_cancel.html"
    title = gettext_lazy("Cancel %(record)s")
    button = gettext_lazy("Cancel the invoice")
    done = gettext_lazy("%(record)s was cancelled.")
    danger = True


class InvoicePayment(InvoiceAction):
    permission = "invoicing.record_payment_invoice"
    form_class = PaymentForm
    template_name = "invoicing/invoice_payment.html"
    title = gettext_lazy("Payment of %(record)s")
    button = gettext_lazy("Record payment")
    done = gettext_lazy("Payment of %(record)s recorded.")


class InvoiceWriteOff(InvoiceAction):
    permission = "invoicing.write_off_invoice"
    form_class = WriteOffForm
    template_name = "invoicing/invoice_write_off.html"
    title = gettext_lazy("Write off the rest of %(record)s")
    button = gettext_lazy("Write off")
    done = gettext_lazy("The rest of %(record)s was written off.")
    danger = True


class InvoiceRefund(InvoiceAction):
    permission = "invoicing.refund_invoice"
    form_class = RefundForm
    title = gettext_lazy("Refund %(record)s")
    button = gettext_lazy("Refund")
    done = gettext_lazy("Refund of %(record)s noted.")


class PaymentReverse(ActionView):
    permission = "invoicing.refund_invoice"
    model = Payment
    form_class = ReverseForm
    template_name = "invoicing/payment_reverse.html"
    title = gettext_lazy("Reverse this payment")
    button = gettext_lazy("Reverse")
    done = gettext_lazy("The payment was reversed.")
    danger = True

    def record(self, *, alive=False):
        return get_object_or_404(Payment.objects.select_related("invoice"), pk=self.kwargs["pk"])


class InvoiceDiscard(InvoiceAction):
    permission = "invoicing.delete_invoice"
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "invoicing:invoice_restore"

    def after(self, invoice):
        return invoice.get_absolute_url() if invoice.deleted_at is None else reverse("invoicing:invoice_list")


class InvoiceRestore(InvoiceAction):
    permission = "invoicing.restore_invoice"
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")
