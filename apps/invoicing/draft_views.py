"""How drafts are made and edited: from an order or a delivery, as an advance, by copying, or freely."""

from contextlib import suppress

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import DecimalField, Exists, ExpressionWrapper, F, Max, OuterRef, Subquery, Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from apps.deliveries.models import Delivery
from apps.deliveries.models.status import SHIPPED
from apps.invoicing import supplies
from apps.invoicing.filters import ToInvoiceFilter
from apps.invoicing.forms import InvoiceForm
from apps.invoicing.models import Invoice, Kind, Status
from apps.invoicing.tables import ToInvoiceTable
from apps.invoicing.verb_forms import AdvanceForm
from apps.orders.models import CustomerOrder, OrderLine
from gmtc.errors import Refused
from gmtc.money import ZERO, line_net
from gmtc.views import CreateView, ListView, UpdateView, next_url, permission_required

# Net euros that were shipped, were kept, and stand on no issued invoice.
TO_INVOICE_VALUE = Subquery(
    OrderLine.objects.filter(order=OuterRef("pk"))
    .order_by()
    .values("order")
    .annotate(
        value=Sum(
            ExpressionWrapper(
                F("net") * (F("shipped_quantity") - F("returned_quantity") - F("invoiced_quantity")) / F("quantity"),
                DecimalField(max_digits=12, decimal_places=2),
            )
        )
    )
    .values("value")
)
LAST_SHIPPED = Subquery(
    Delivery.objects.filter(order=OuterRef("pk"), status__in=SHIPPED)
    .order_by()
    .values("order")
    .annotate(day=Max("shipped_on"))
    .values("day")
)


class ToInvoiceList(ListView):
    permission = "invoicing.view_invoice"
    template_name = "invoicing/to_invoice.html"
    queryset = (
        CustomerOrder.objects.to_invoice()
        .select_related("customer")
        .annotate(
            value=TO_INVOICE_VALUE,
            shipped_on=LAST_SHIPPED,
            drafts=Exists(Invoice.objects.filter(order=OuterRef("pk"), status=Status.DRAFT, kind=Kind.INVOICE)),
        )
    )
    filterset_class = ToInvoiceFilter
    table_class = ToInvoiceTable
    totals = {"net": (gettext_lazy("To invoice, net"), Sum("value"))}

    def context(self, filterset, rows):
        return super().context(filterset, rows) | {"heading": _("To invoice")}


@require_POST
@permission_required("invoicing.add_invoice")
def to_invoice_bulk(request):
    """A draft for every order that is ticked. What can be done is done; each refusal is named."""
    done = 0
    for order in _orders(request.POST.getlist("selected")[:200]):
        try:
            Invoice.from_order(order, by=request.user)
            done += 1
        except Refused as refusal:
            messages.error(request, str(refusal))
    if done:
        text = ngettext("%(count)s draft written.", "%(count)s drafts written.", done)
        messages.success(request, text % {"count": done})
        return redirect(reverse("invoicing:invoice_list") + "?status=draft")
    return redirect(next_url(request, reverse("invoicing:to_invoice")))


def _orders(keys: list[str]) -> list[CustomerOrder]:
    with suppress(ValidationError):  # nonsense from outside
        return list(CustomerOrder.objects.filter(pk__in=keys).order_by("pk"))
    return []


@permission_required("invoicing.add_invoice")
def invoice_new(request):
    """`?order=` or `?delivery=` shows what would be invoiced, and takes an advance; without them, what can be."""
    if request.GET.get("customer"):
        return redirect(f"{reverse('invoicing:invoice_free')}?{request.GET.urlencode()}")
    delivery = _named(Delivery.objects.select_related("order__customer"), request.GET.get("delivery"))
    order = (
        delivery.order
        if delivery
        else _named(CustomerOrder.objects.select_related("customer"), request.GET.get("order"))
    )
    if not order:
        return redirect("invoicing:to_invoice")
    form = AdvanceForm(record=order, user=request.user)
    if request.method == "POST":
        if request.POST.get("what") == "advance":
            form = AdvanceForm(request.POST, record=order, user=request.user)
            if form.is_valid() and form.try_call():
                return redirect(form.made)
        else:
            try:
                draft = (
                    Invoice.from_delivery(delivery, by=request.user)
                    if delivery
                    else Invoice.from_order(order, by=request.user)
                )
            except Refused as refusal:
                messages.error(request, str(refusal))
                return redirect(order)
            return redirect(draft)
    open_ = Invoice.uninvoiced(order)
    shipped = supplies.of_delivery(delivery, open_) if delivery else supplies.of_order(order, open_)
    rows = [
        (supply, line_net(supply.quantity, supply.line.unit_price, discount=supply.line.discount)) for supply in shipped
    ]
    context = {
        "order": order,
        "delivery": delivery,
        "rows": rows,
        "net": sum((net for _supply, net in rows), ZERO),
        "shipping": order.shipping_cost - Invoice.charged_shipping(order) if rows else ZERO,
        "drafts": Invoice.objects.drafts().filter(order=order),
        "advances": Invoice.advances_of(order),
        "left": order.net - Invoice.advanced(order),
        "form": form,
    }
    return render(request, "invoicing/invoice_new.html", context, status=422 if form.is_bound else 200)


def _named(rows, key):
    with suppress(ValidationError):  # nonsense in the address
        return get_object_or_404(rows, pk=key) if key else None
    return None


class InvoiceCreate(CreateView):
    """Without an order: a service, a repair, a part over the counter."""

    permission = "invoicing.add_invoice"
    model = Invoice
    form_class = InvoiceForm
    template_name = "invoicing/invoice_form.html"


class InvoiceUpdate(UpdateView):
    permission = "invoicing.change_invoice"
    model = Invoice
    form_class = InvoiceForm
    template_name = "invoicing/invoice_form.html"

    def get(self, request, pk):
        invoice = self.record(alive=True)
        if not invoice.is_draft:
            messages.error(request, _("%(invoice)s was issued and cannot be edited any more.") % {"invoice": invoice})
            return redirect(invoice)
        return super().get(request, pk)


@require_POST
@permission_required("invoicing.add_invoice")
def invoice_copy(request, pk):
    invoice = get_object_or_404(Invoice.everything, pk=pk)
    with transaction.atomic():
        draft = invoice.copy(by=request.user)
    messages.success(request, _("%(invoice)s was copied into this draft.") % {"invoice": invoice})
    return redirect(draft)
