"""The list of invoices, one invoice, its PDF, the trash, and the list of payments."""

from django.db.models import Case, DecimalField, F, Q, Sum, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy

from apps.documents.views import PDF_CSP
from apps.invoicing import papers
from apps.invoicing.filters import InvoiceFilter, PaymentFilter
from apps.invoicing.models import Invoice, Kind, Payment, Status
from apps.invoicing.resources import InvoiceResource, PaymentResource
from apps.invoicing.steps import steps
from apps.invoicing.tables import InvoiceTable, PaymentTable
from gmtc.states import is_allowed
from gmtc.views import Chip, DetailView, ListView, permission_required

# What is still to be paid, as a column of the database.
LEFT = Case(
    When(Invoice.IS_OPEN, then=F("total") - F("paid_amount") - F("reduction")),
    default=Value(0),
    output_field=DecimalField(max_digits=12, decimal_places=2),
)


class InvoiceList(ListView):
    permission = "invoicing.view_invoice"
    template_name = "invoicing/invoice_list.html"
    queryset = Invoice.objects.select_related("customer", "order", "responsible").annotate(left=LEFT)
    filterset_class = InvoiceFilter
    table_class = InvoiceTable
    resource_class = InvoiceResource
    export_permission = "invoicing.export_invoice"
    totals = {
        "net": (gettext_lazy("Net"), Sum("net")),
        "total": (gettext_lazy("With VAT"), Sum("total")),
        "open": (gettext_lazy("Open"), Sum("left")),
    }
    chips = (
        Chip(gettext_lazy("Drafts"), {"status": "draft"}, Q(status=Status.DRAFT)),
        Chip(gettext_lazy("Open"), {"status": "open"}, Invoice.IS_OPEN),
        Chip(gettext_lazy("Overdue"), {"status": "overdue"}, Invoice.IS_OVERDUE),
        Chip(gettext_lazy("Partly paid"), {"status": "partially_paid"}, Q(status=Status.PARTIAL)),
        Chip(gettext_lazy("Paid"), {"status": "paid"}, Q(status=Status.PAID)),
        Chip(gettext_lazy("Cancelled"), {"status": "cancelled"}, Q(status=Status.CANCELLED)),
        Chip(gettext_lazy("To be refunded"), {"status": "refund"}, Invoice.IS_TO_REFUND),
        Chip(gettext_lazy("Cancellations"), {"kind": "credit_note"}, Q(kind=Kind.CREDIT_NOTE)),
        Chip(gettext_lazy("Advances"), {"kind": "advance"}, Q(kind=Kind.ADVANCE)),
    )


class InvoiceTrash(ListView):
    permission = "invoicing.restore_invoice"
    template_name = "invoicing/invoice_trash.html"
    queryset = Invoice.everything.trashed().select_related("customer", "order", "responsible").annotate(left=LEFT)
    filterset_class = InvoiceFilter
    table_class = InvoiceTable


class InvoiceDetail(DetailView):
    permission = "invoicing.view_invoice"
    model = Invoice
    template_name = "invoicing/invoice_detail.html"

    def record(self, *, alive=False):
        rows = Invoice.everything.select_related(
            "customer", "order", "responsible", "billing_address__customer", "shipping_address__customer", "reverses"
        ).prefetch_related("taxes")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def context(self, invoice):
        lines = list(invoice.lines.select_related("part"))
        payments = list(invoice.payments.select_related("created_by", "reverses", "reversed_by"))
        checks = invoice.checks() if invoice.is_draft and not invoice.deleted_at else []
        return {
            "lines": lines,
            "has_discount": any(line.discount for line in lines),
            "totals": papers.totals(invoice),
            "taken": papers.taken_off(invoice),
            "sentences": papers.sentences(invoice),
            "supplied": papers.supplied_text(invoice),
            "bill_to": invoice.bill_to.lines(),
            "goods_to": papers.goods_elsewhere(invoice),
            "payments": payments,
            "checks": checks,
            "can_issue": not any(each.is_blocking for each in checks),
            "cancelled_by": Invoice.everything.filter(reverses=invoice).first()
            if invoice.status == Status.CANCELLED
            else None,
            "steps": steps(invoice),
            "may": {
                "issue": is_allowed(Invoice.issue, invoice),
                "pay": invoice.is_open,
                "write_off": invoice.is_open and is_allowed(Invoice.write_off, invoice),
                "cancel": is_allowed(Invoice.cancel_with, invoice) and not invoice.is_credit_note,
                "refund": bool(invoice.to_refund),
                "reverse": invoice.status in (Status.PARTIAL, Status.PAID, Status.CANCELLED),
            },
        }


@permission_required("invoicing.view_invoice")
def invoice_pdf(request, pk):
    """The PDF as it was issued; of a draft one with a watermark, made now."""
    invoice = get_object_or_404(Invoice.everything.select_related("customer", "order", "responsible"), pk=pk)
    if paper := invoice.paper:
        return redirect(paper.get_absolute_url() + ("?download" if "download" in request.GET else ""))
    response = HttpResponse(papers.render(invoice, draft=True), content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header("download" in request.GET, f"{invoice}.pdf")
    response.headers["Content-Security-Policy"] = PDF_CSP
    response.headers["Cache-Control"] = "private, no-store"
    return response


class PaymentList(ListView):
    permission = "invoicing.view_payment"
    template_name = "invoicing/payment_list.html"
    queryset = Payment.objects.select_related("invoice", "created_by", "reverses")
    filterset_class = PaymentFilter
    table_class = PaymentTable
    resource_class = PaymentResource
    export_permission = "invoicing.export_payment"
    totals = {
        "amount": (gettext_lazy("Amount"), Sum("amount")),
        "reduction": (gettext_lazy("Deduction"), Sum("reduction")),
    }
    chips = (Chip(gettext_lazy("Refunded or reversed"), {"back": "true"}, Q(amount__lt=0)),)
