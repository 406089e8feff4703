"""Pages of goods receipts: taking in what has come, what came so far, taking it back."""

from decimal import Decimal

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.suppliers.filters import GoodsReceiptFilter
from apps.suppliers.models import GoodsReceipt, PurchaseOrder
from apps.suppliers.receipt_forms import ReceiptForm, ReverseForm
from apps.suppliers.resources import GoodsReceiptResource
from apps.suppliers.tables import GoodsReceiptTable
from gmtc.errors import Refused
from gmtc.views import ActionView, DetailView, ListView, permission_required


@permission_required("suppliers.receive_purchaseorder")
def purchase_order_receive(request, pk):
    """Take in what has come: the open lines, filled with what is still to come."""
    order = get_object_or_404(PurchaseOrder.objects.select_related("supplier"), pk=pk)
    if not order.is_open:
        messages.error(request, _("Nothing is to come of %(order)s.") % {"order": order})
        return redirect(order)
    form = ReceiptForm(order, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            receipt = form.save(by=request.user)
        except Refused as refusal:
            form.head.add_error(refusal.field if refusal.field in form.head.fields else None, str(refusal))
        else:
            messages.success(request, _("%(receipt)s: goods taken into stock.") % {"receipt": receipt})
            return redirect(order)
    status = 422 if request.method == "POST" else 200
    return render(request, "suppliers/purchase_order_receive.html", {"record": order, "form": form}, status=status)


class GoodsReceiptList(ListView):
    permission = "suppliers.view_goodsreceipt"
    template_name = "suppliers/goods_receipt_list.html"
    queryset = GoodsReceipt.objects.select_related("purchase_order__supplier", "created_by", "reverses")
    filterset_class = GoodsReceiptFilter
    table_class = GoodsReceiptTable
    resource_class = GoodsReceiptResource
    export_permission = "suppliers.export_goodsreceipt"


class GoodsReceiptDetail(DetailView):
    permission = "suppliers.view_goodsreceipt"
    model = GoodsReceipt
    template_name = "suppliers/goods_receipt_detail.html"

    def context(self, receipt):
        lines = list(receipt.lines.select_related("line__part", "location"))
        return {
            "lines": lines,
            "value": sum((line.accepted * line.unit_cost for line in lines), Decimal(0)),
            "has_rejected": any(line.rejected for line in lines),
            "counter": GoodsReceipt.everything.filter(reverses=receipt).first(),
        }


class GoodsReceiptReverse(ActionView):
    permission = "suppliers.reverse_goodsreceipt"
    model = GoodsReceipt
    form_class = ReverseForm
    template_name = "suppliers/goods_receipt_reverse.html"
    title = gettext_lazy("Take back %(record)s")
    button = gettext_lazy("Take back")
    done = gettext_lazy("%(record)s was taken back.")
    danger = True

    def after(self, receipt):
        return receipt.purchase_order.get_absolute_url()
