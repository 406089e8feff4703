"""Pages of quotes and customer orders: the list, one order, the form, the trash, and panels on the pages below."""

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, DecimalField, ExpressionWrapper, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.customers.models import Customer
from apps.documents.views import PDF_CSP
from apps.orders import papers
from apps.orders.doubts import doubts_about
from apps.orders.filters import CustomerOrderFilter
from apps.orders.forms import OrderForm
from apps.orders.models import CONFIRMED, OPEN, CustomerOrder, OrderLine, Status, status
from apps.orders.resources import CustomerOrderResource
from apps.orders.steps import is_invoiced, steps
from apps.orders.tables import CustomerOrderTable
from apps.parts.models import Part
from gmtc.errors import Refused
from gmtc.money import ZERO
from gmtc.states import is_allowed
from gmtc.views import Chip, CreateView, DetailView, ListView, UpdateView, next_url, permission_required

# Per cent of the pieces that have left. A subquery and no join: the counts of the chips would otherwise be asked of a
# wrapped query, which cannot be.
SHIPPED_PERCENT = Subquery(
    OrderLine.objects.filter(order=OuterRef("pk"))
    .order_by()
    .values("order")
    .annotate(
        percent=ExpressionWrapper(
            Sum("shipped_quantity") * 100 / Sum("quantity"), DecimalField(max_digits=12, decimal_places=0)
        )
    )
    .values("percent")
)


class OrderList(ListView):
    permission = "orders.view_customerorder"
    template_name = "orders/order_list.html"
    queryset = CustomerOrder.objects.select_related("customer", "responsible").annotate(progress=SHIPPED_PERCENT)
    filterset_class = CustomerOrderFilter
    table_class = CustomerOrderTable
    resource_class = CustomerOrderResource
    export_permission = "orders.export_customerorder"
    totals = {"net": (gettext_lazy("Net"), Sum("net")), "total": (gettext_lazy("With VAT"), Sum("total"))}
    chips = (
        Chip(gettext_lazy("Drafts"), {"status": "draft"}, Q(status=Status.DRAFT)),
        Chip(gettext_lazy("Quotes"), {"status": "quoted"}, Q(status=Status.QUOTED)),
        Chip(gettext_lazy("Expired quotes"), {"due": "expired"}, status.expired()),
        Chip(gettext_lazy("Open"), {"status": "open"}, Q(status__in=OPEN)),
        Chip(gettext_lazy("In production"), {"status": "production"}, Q(status=Status.PRODUCTION)),
        Chip(gettext_lazy("Ready to ship"), {"status": "ready"}, Q(status=Status.READY)),
        Chip(gettext_lazy("Late"), {"due": "late"}, status.late()),
        Chip(gettext_lazy("Shipped"), {"status": "shipped"}, Q(status=Status.SHIPPED)),
        Chip(gettext_lazy("Delivered"), {"status": "delivered"}, Q(status=Status.DELIVERED)),
        Chip(gettext_lazy("To be invoiced"), {"to_invoice": "true"}, status.to_invoice()),
    )


class OrderTrash(ListView):
    permission = "orders.restore_customerorder"
    template_name = "orders/order_trash.html"
    queryset = CustomerOrder.everything.trashed().select_related("customer", "responsible")
    filterset_class = CustomerOrderFilter
    table_class = CustomerOrderTable


class OrderDetail(DetailView):
    permission = "orders.view_customerorder"
    model = CustomerOrder
    template_name = "orders/order_detail.html"

    def record(self, *, alive=False):
        rows = CustomerOrder.everything.select_related(
            "customer", "contact", "responsible", "billing_address__customer", "shipping_address__customer"
        )
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def context(self, order):
        lines = list(order.lines.select_related("part"))
        figures = order.amounts(lines)
        needed = sum((line.quantity for line in lines), ZERO)
        return {
            "lines": lines,
            "figures": figures,
            "totals": papers.totals(order, figures),
            "untaxed": papers.UNTAXED.get(order.tax, ""),
            "has_discount": any(line.discount for line in lines),
            "percent": int(100 * sum((line.shipped_quantity for line in lines), ZERO) / needed) if needed else 0,
            "to_invoice": to_invoice_value(order, lines),
            "is_invoiced": is_invoiced(order, lines),
            "is_short": order.is_open and any(line.missing_quantity for line in lines),
            "can_ship": order.is_open and any(line.shippable_quantity for line in lines),
            "has_shipped": any(line.shipped_quantity for line in lines),
            "payment": papers.payment_text(order),
            "bill_to": order.bill_to.lines(language=get_language()),
            "ship_to": order.ship_to.lines(language=get_language()),
            "steps": steps(order, lines),
            "doubts": doubts_about(order),
            "may": {
                name: is_allowed(getattr(CustomerOrder, name), order)
                for name in ("quote", "withdraw", "decline", "confirm", "cancel", "close_short")
            },
        }


def to_invoice_value(order: CustomerOrder, lines) -> Decimal:
    """Net euros of what was shipped and stands on no invoice yet, before discount and shipping of the whole order."""
    return sum((line.net * line.to_invoice / line.quantity for line in lines), ZERO)


class OrderCreate(CreateView):
    permission = "orders.add_customerorder"
    model = CustomerOrder
    form_class = OrderForm
    template_name = "orders/order_form.html"


class OrderUpdate(UpdateView):
    permission = "orders.change_customerorder"
    model = CustomerOrder
    form_class = OrderForm
    template_name = "orders/order_form.html"

    def get(self, request, pk):
        order = self.record(alive=True)
        if not order.is_draft:
            messages.error(request, _("%(order)s is not a draft any more and cannot be edited.") % {"order": order})
            return redirect(order)
        return super().get(request, pk)


@permission_required("orders.view_customerorder")
def order_pdf(request, pk):
    """The newest PDF as it was issued; of a draft one with a watermark, made now."""
    order = get_object_or_404(CustomerOrder.everything.select_related("customer", "responsible"), pk=pk)
    paper = None if order.is_draft else order.papers.first()
    if paper:
        return redirect(paper.get_absolute_url() + ("?download" if "download" in request.GET else ""))
    response = HttpResponse(papers.render_quote(order, draft=True), content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header("download" in request.GET, f"{order}.pdf")
    response.headers["Content-Security-Policy"] = PDF_CSP
    response.headers["Cache-Control"] = "private, no-store"
    return response


BULK = {
    "reserve": ("orders.reserve_customerorder", "reserve"),
    "discard": ("orders.delete_customerorder", "discard"),
}


@require_POST
@permission_required("orders.view_customerorder")
def order_bulk(request):
    """One verb on every order that is ticked. What can be done is done; each refusal is named."""
    back = redirect(next_url(request, reverse("orders:order_list")))
    permission, verb = BULK.get(request.POST.get("action"), ("", ""))
    keys = [each for each in request.POST.getlist("selected") if _is_key(each)]
    if not verb or not keys:
        messages.error(request, _("Nothing was changed: tick orders and choose what to do with them."))
        return back
    if not request.user.has_perm(permission):
        raise PermissionDenied(permission)
    done = 0
    for order in CustomerOrder.objects.filter(pk__in=keys[:200]).order_by("pk"):
        try:
            getattr(order, verb)(by=request.user)
            done += 1
        except Refused as refusal:
            messages.error(request, str(refusal))
    if done:
        text = ngettext("%(count)s order changed.", "%(count)s orders changed.", done)
        messages.success(request, text % {"count": done})
    return back


def _is_key(text: str) -> bool:
    return len(text) == 36 and all(each in "0123456789abcdef-" for each in text.lower())


# --- Panels on the pages of customers and parts


@permission_required("orders.view_customerorder")
def for_customer(request, pk):
    """Quotes and orders of a customer: what is open first."""
    customer = get_object_or_404(Customer.everything, pk=pk)
    orders = CustomerOrder.objects.filter(customer=customer)
    sums = orders.aggregate(
        open=Coalesce(Sum("net", filter=Q(status__in=OPEN)), ZERO),
        quoted=Coalesce(Sum("net", filter=Q(status=Status.QUOTED)), ZERO),
        ordered=Coalesce(Sum("net", filter=Q(status__in=CONFIRMED)), ZERO),
    )
    is_past = Case(When(status__in=[Status.DRAFT, Status.QUOTED, *OPEN], then=0), default=1)
    rows = list(orders.annotate(progress=SHIPPED_PERCENT).order_by(is_past, "-id")[:11])
    context = {"customer": customer, "orders": rows[:10], "has_more": len(rows) > 10, "sums": sums}
    return render(request, "orders/for_customer.html", context)


@permission_required("orders.view_customerorder")
def for_part(request, pk):
    """The open orders that want a part, the earliest promised first."""
    part = get_object_or_404(Part.everything, pk=pk)
    lines = (
        OrderLine.objects.filter(part=part, order__status__in=OPEN, shipped_quantity__lt=F("quantity"))
        .select_related("order__customer")
        .order_by(F("order__promised_date").asc(nulls_last=True), "pk")
    )
    rows = list(lines[:21])
    for line in rows:
        line.part = part
    context = {
        "part": part,
        "lines": rows[:20],
        "has_more": len(rows) > 20,
        "wanted": sum((line.open_quantity for line in rows), ZERO),
        "missing": sum((line.missing_quantity for line in rows), ZERO),
    }
    return render(request, "orders/for_part.html", context)
