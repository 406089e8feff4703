"""Pages of purchase orders."""

from decimal import Decimal

from django.contrib import messages
from django.db.models import F, Prefetch, Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.documents.views import PDF_CSP
from apps.suppliers import papers
from apps.suppliers.filters import PurchaseOrderFilter, this_week
from apps.suppliers.models import GoodsReceiptLine, PurchaseOrder, Status
from apps.suppliers.order_forms import (
    AcknowledgeForm,
    CancelForm,
    CloseShortForm,
    MailForm,
    PurchaseOrderForm,
    SendForm,
)
from apps.suppliers.resources import PurchaseOrderResource
from apps.suppliers.tables import PurchaseOrderTable
from gmtc.errors import Refused
from gmtc.states import is_allowed
from gmtc.views import ActionView, Chip, CreateView, DetailView, ListView, UpdateView, permission_required


class PurchaseOrderList(ListView):
    permission = "suppliers.view_purchaseorder"
    template_name = "suppliers/purchase_order_list.html"
    queryset = PurchaseOrder.objects.select_related("supplier", "ordered_by").annotate(
        late=PurchaseOrder.is_late_condition()
    )
    filterset_class = PurchaseOrderFilter
    table_class = PurchaseOrderTable
    resource_class = PurchaseOrderResource
    export_permission = "suppliers.export_purchaseorder"
    totals = {"value": (gettext_lazy("Total in euros"), Sum(F("total") / F("exchange_rate")))}

    @property
    def chips(self):
        return (
            Chip(gettext_lazy("Draft"), {"status": "draft"}, Q(status=Status.DRAFT)),
            Chip(gettext_lazy("Open"), {"status": "open"}, Q(status__in=[Status.SENT, Status.PARTIAL])),
            Chip(gettext_lazy("Late"), {"due": "late"}, PurchaseOrder.is_late_condition()),
            Chip(gettext_lazy("This week"), {"due": "week"}, PurchaseOrder.is_due_condition(*this_week())),
            Chip(gettext_lazy("Received"), {"status": "received"}, Q(status=Status.RECEIVED)),
            Chip(gettext_lazy("Cancelled"), {"status": "cancelled"}, Q(status=Status.CANCELLED)),
        )


class PurchaseOrderTrash(ListView):
    permission = "suppliers.restore_purchaseorder"
    template_name = "suppliers/purchase_order_trash.html"
    queryset = PurchaseOrder.everything.trashed().select_related("supplier", "ordered_by")
    filterset_class = PurchaseOrderFilter
    table_class = PurchaseOrderTable


class PurchaseOrderDetail(DetailView):
    permission = "suppliers.view_purchaseorder"
    model = PurchaseOrder
    template_name = "suppliers/purchase_order_detail.html"

    def context(self, order):
        lines = list(order.lines.select_related("part"))
        for line in lines:
            line.purchase_order = order
        ordered, open_ = (
            sum(line.net for line in lines),
            sum((line.net * line.open_quantity / line.quantity for line in lines), Decimal(0)),
        )
        today = timezone.localdate()
        receipts = order.receipts.select_related("created_by", "reverses", "reversed_by").prefetch_related(
            Prefetch("lines", GoodsReceiptLine.objects.select_related("line__part", "location"))
        )
        return {
            "lines": lines,
            "has_discount": any(line.discount for line in lines),
            "open_value": open_ if order.is_open else Decimal(0),
            "percent": round(100 * (ordered - open_) / ordered) if ordered else 0,
            "late_lines": [
                line.pk for line in lines if order.is_open and line.is_open and line.due and line.due < today
            ],
            "receipts": receipts,
            "below_minimum": order.is_draft and order.total < order.supplier.minimum_order_value,
            "payment": papers.payment_text(order if order.number else order.supplier),
            "steps": steps(order),
            "may": {
                name: is_allowed(getattr(PurchaseOrder, name), order)
                for name in ("send", "take_in", "cancel", "close_short")
            },
        }


def steps(order) -> list[tuple[str, bool]]:
    """Where the order stands in its flow: (label, reached)."""
    if order.status == Status.CANCELLED:
        return [(Status.DRAFT.label, True), (Status.CANCELLED.label, True)]
    flow = [Status.DRAFT, Status.SENT, Status.PARTIAL, Status.RECEIVED]
    return [(each.label, flow.index(each) <= flow.index(Status(order.status))) for each in flow]


class PurchaseOrderCreate(CreateView):
    permission = "suppliers.add_purchaseorder"
    model = PurchaseOrder
    form_class = PurchaseOrderForm
    template_name = "suppliers/purchase_order_form.html"


class PurchaseOrderUpdate(UpdateView):
    permission = "suppliers.change_purchaseorder"
    model = PurchaseOrder
    form_class = PurchaseOrderForm
    template_name = "suppliers/purchase_order_form.html"

    def get(self, request, pk):
        order = self.record(alive=True)
        if not order.is_draft:
            messages.error(request, _("%(order)s was sent and cannot be edited any more.") % {"order": order})
            return redirect(order)
        return super().get(request, pk)


# --- Verbs


class PurchaseOrderAction(ActionView):
    model = PurchaseOrder


class PurchaseOrderSend(PurchaseOrderAction):
    permission = "suppliers.send_purchaseorder"
    form_class = SendForm
    template_name = "suppliers/purchase_order_send.html"
    title = gettext_lazy("Send %(record)s")
    button = gettext_lazy("Send")
    done = gettext_lazy("%(record)s was sent.")

    def context(self, order):
        return {"below_minimum": order.total < order.supplier.minimum_order_value}


class PurchaseOrderMail(PurchaseOrderAction):
    permission = "suppliers.send_purchaseorder"
    form_class = MailForm
    title = gettext_lazy("Mail %(record)s")
    button = gettext_lazy("Mail")
    done = gettext_lazy("%(record)s is on its way by mail.")


class PurchaseOrderAcknowledge(PurchaseOrderAction):
    permission = "suppliers.change_purchaseorder"
    form_class = AcknowledgeForm
    title = gettext_lazy("The supplier's confirmation of %(record)s")
    button = gettext_lazy("Save")
    done = gettext_lazy("Confirmation of %(record)s noted.")


class PurchaseOrderCancel(PurchaseOrderAction):
    permission = "suppliers.cancel_purchaseorder"
    form_class = CancelForm
    template_name = "suppliers/purchase_order_cancel.html"
    title = gettext_lazy("Cancel %(record)s")
    button = gettext_lazy("Cancel the order")
    done = gettext_lazy("%(record)s was cancelled.")
    danger = True


class PurchaseOrderCloseShort(PurchaseOrderAction):
    permission = "suppliers.cancel_purchaseorder"
    form_class = CloseShortForm
    template_name = "suppliers/purchase_order_close.html"
    title = gettext_lazy("Close %(record)s without the rest")
    button = gettext_lazy("Close")
    done = gettext_lazy("%(record)s was closed.")
    undo = "suppliers:purchase_order_reopen"


class PurchaseOrderReopen(PurchaseOrderAction):
    permission = "suppliers.cancel_purchaseorder"
    verb = "reopen"
    done = gettext_lazy("%(record)s is open again.")


class PurchaseOrderDiscard(PurchaseOrderAction):
    permission = "suppliers.delete_purchaseorder"
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "suppliers:purchase_order_restore"

    def after(self, order):
        return order.get_absolute_url() if order.deleted_at is None else reverse("suppliers:purchase_order_list")


class PurchaseOrderRestore(PurchaseOrderAction):
    permission = "suppliers.restore_purchaseorder"
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")


@require_POST
@permission_required("suppliers.add_purchaseorder")
def purchase_order_copy(request, pk):
    order = get_object_or_404(PurchaseOrder.everything, pk=pk)
    try:
        draft = order.copy(by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(order)
    messages.success(request, _("%(order)s was copied into this draft.") % {"order": order})
    return redirect(draft)


@permission_required("suppliers.view_purchaseorder")
def purchase_order_pdf(request, pk):
    """The PDF as it was sent; of a draft one with a watermark, made now."""
    order = get_object_or_404(PurchaseOrder.everything.select_related("supplier", "ordered_by"), pk=pk)
    paper = order.paper
    if paper:
        return redirect(paper.get_absolute_url() + ("?download" if "download" in request.GET else ""))
    response = HttpResponse(papers.render(order, draft=not order.number), content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header("download" in request.GET, f"{order}.pdf")
    response.headers["Content-Security-Policy"] = PDF_CSP
    response.headers["Cache-Control"] = "private, no-store"
    return response
