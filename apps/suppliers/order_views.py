"""Pages of purchase orders and goods receipts."""

from decimal import Decimal

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F, Prefetch, Q, Sum
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.documents.views import PDF_CSP
from apps.parts.models import Part, StorageLocation
from apps.suppliers import papers
from apps.suppliers.filters import GoodsReceiptFilter, PurchaseOrderFilter, this_week
from apps.suppliers.forms import (
    AcknowledgeForm,
    CancelForm,
    CloseShortForm,
    MailForm,
    PurchaseOrderForm,
    ReverseForm,
    SendForm,
    line_values,
)
from apps.suppliers.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderLine,
    Received,
    Status,
    Supplier,
    SupplierPart,
)
from apps.suppliers.resources import GoodsReceiptResource, PurchaseOrderResource
from apps.suppliers.tables import GoodsReceiptTable, PurchaseOrderTable
from gmtc.errors import Refused
from gmtc.forms import DateInput, QuantityField
from gmtc.lines import LineChoiceField, bare
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


@permission_required("suppliers.view_supplierpart")
def line_offer(request):
    """What a line takes over when a part is chosen: `?part=&quantity=&supplier=&currency=`."""
    try:
        part = Part.objects.filter(pk=request.GET.get("part") or None).first()
        supplier = Supplier.objects.filter(pk=request.GET.get("supplier") or None).first()
    except ValidationError:
        part = supplier = None
    if not part:
        return JsonResponse({"values": {}, "hint": ""})
    offer = SupplierPart.objects.filter(part=part, supplier=supplier).with_breaks().first() if supplier else None
    if not offer:
        hint = _("%(supplier)s has no offer for this part.") % {"supplier": supplier} if supplier else ""
        return JsonResponse({"values": {"supplier_sku": "", "description": part.name, "unit_price": ""}, "hint": hint})
    quantity = QuantityField(required=False)
    try:
        wanted = quantity.clean(request.GET.get("quantity", "")) or offer.moq
    except ValidationError:
        wanted = offer.moq
    values = line_values(offer, wanted)
    is_same = request.GET.get("currency", offer.supplier.currency) in ("", offer.supplier.currency)
    values["unit_price"] = plain(values["unit_price"]) if is_same else ""
    if not request.GET.get("quantity"):
        values["quantity"] = plain(offer.order_quantity(wanted))
    return JsonResponse({"values": values, "hint": hint_of(offer, wanted)})


def plain(number: Decimal) -> str:
    """As one types it in an input, in the language of the moment."""
    number = number.normalize()
    return number_format(number, max(0, -number.as_tuple().exponent), use_l10n=True)


def hint_of(offer: SupplierPart, wanted: Decimal) -> str:
    unit, said = offer.part.get_unit_display(), []
    if offer.moq > 1:
        said.append(_("at least %(quantity)s %(unit)s") % {"quantity": plain(offer.moq), "unit": unit})
    if offer.pack_size != 1:
        said.append(_("packages of %(quantity)s") % {"quantity": plain(offer.pack_size)})
    if (better := offer.order_quantity(wanted)) != wanted:
        said.append(_("so order %(quantity)s") % {"quantity": plain(better)})
    said.append(_("%(days)s days") % {"days": offer.lead_time})
    said.append(_("%(quantity)s in stock") % {"quantity": plain(offer.part.current_stock)})
    return " · ".join(said)


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


# --- Goods receipts


class ReceiptHeadForm(forms.Form):
    delivery_note = forms.CharField(label=gettext_lazy("Supplier's delivery note"), max_length=60, required=False)
    received_on = forms.DateField(label=gettext_lazy("Received on"), widget=DateInput())
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)
    over_delivery = forms.BooleanField(label=gettext_lazy("Accept more than was ordered"), required=False)


class ReceiptLineForm(forms.Form):
    accepted = QuantityField(label=gettext_lazy("Accepted"), required=False, min_value=0)
    rejected = QuantityField(label=gettext_lazy("Rejected"), required=False, min_value=0)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)
    location = LineChoiceField(
        StorageLocation.objects.all(),
        "parts:location_choices",
        label=gettext_lazy("Storage location"),
        required=False,
    )

    def __init__(self, *args, line: PurchaseOrderLine, known: dict, **kwargs):
        super().__init__(*args, prefix=f"line-{line.pk}", **kwargs)
        self.line = line
        self.fields["location"].known = known
        for name, field in self.fields.items():
            extra = "form-select" if name == "location" else "form-control"
            field.widget.attrs["class"] = f"{field.widget.attrs.get('class', '')} {extra} form-control-sm".strip()
            field.widget.attrs["aria-label"] = f"{field.label}: {line.part.sku}"

    def received(self) -> Received:
        data = self.cleaned_data
        return Received(
            self.line, data["accepted"] or Decimal(0), data["rejected"] or Decimal(0), data["location"], data["reason"]
        )


class ReceiptForm:
    """The head and a row for each open line. Without data the rows are filled with what is still to come."""

    def __init__(self, order: PurchaseOrder, data=None):
        self.order, self.data = order, data
        initial = {"received_on": timezone.localdate()}
        self.head = ReceiptHeadForm(data, initial=initial)
        for field in self.head.fields.values():
            is_tick = isinstance(field, forms.BooleanField)
            field.widget.attrs["class"] = "form-check-input" if is_tick else "form-control"

    @cached_property
    def lines(self) -> list[ReceiptLineForm]:
        # A line that was open when the page was made stays in it, so that what somebody typed is never dropped unsaid.
        lines = [
            line
            for line in self.order.lines.select_related("part__default_location")
            if line.is_open or (self.data is not None and f"line-{line.pk}-accepted" in self.data)
        ]
        location = ReceiptLineForm.base_fields["location"]
        keys = {line.part.default_location_id for line in lines}
        if self.data is not None:
            keys |= {self.data.get(f"line-{line.pk}-location") for line in lines}
        known = location.read(key for key in keys if key)
        return [
            ReceiptLineForm(
                self.data,
                line=line,
                known=known,
                initial={"accepted": bare(line.open_quantity), "location": line.part.default_location_id},
            )
            for line in lines
        ]

    def is_valid(self) -> bool:
        return all([self.head.is_valid(), *[line.is_valid() for line in self.lines]])

    def save(self, *, by) -> GoodsReceipt:
        return self.order.receive([line.received() for line in self.lines], by=by, **self.head.cleaned_data)


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
