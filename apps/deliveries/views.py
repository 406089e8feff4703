"""Pages of deliveries: what waits for shipping, the list, one delivery, the form, the trash, the papers, and the panels
on the pages of orders and customers."""

from django.contrib import messages
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.company.models import Company
from apps.customers.models import Customer
from apps.deliveries import papers, ready
from apps.deliveries.filters import DeliveryFilter, ReadyFilter
from apps.deliveries.forms import DeliveryForm, find_order
from apps.deliveries.models import Delivery, DeliveryPrinter, DeliveryReturnLine, Status
from apps.deliveries.packing import packing_rows
from apps.deliveries.promises import promised_of
from apps.deliveries.resources import DeliveryResource
from apps.deliveries.tables import DeliveryTable, ReadyTable
from apps.documents.views import PDF_CSP
from apps.orders.models import CustomerOrder
from apps.orders.models import status as order_status
from gmtc.money import ZERO
from gmtc.states import is_allowed
from gmtc.views import Chip, CreateView, DetailView, ListView, UpdateView, permission_required

SHOWN_AT_MOST = 10


class ReadyList(ListView):
    """Orders of which something can be shipped; also where one chooses what a new delivery is for."""

    permission = "deliveries.view_delivery"
    template_name = "deliveries/ready_list.html"
    queryset = (
        CustomerOrder.objects.shippable()
        .select_related("customer")
        .annotate(
            open_lines=ready.number_of(ready.IS_OPEN),
            ready_lines=ready.number_of(ready.IS_READY),
            is_planned=ready.planned(),
            waiting=ready.waiting(),
        )
    )
    filterset_class = ReadyFilter
    table_class = ReadyTable
    chips = (
        Chip(gettext_lazy("Everything is there"), {"complete": "true"}, ready.complete()),
        Chip(gettext_lazy("In part"), {"complete": "false"}, ~ready.complete()),
        Chip(gettext_lazy("Late"), {"late": "true"}, order_status.late()),
        Chip(gettext_lazy("Being packed"), {"planned": "true"}, ready.planned()),
    )

    def context(self, filterset, rows):
        return super().context(filterset, rows) | {"heading": _("Ready to ship")}


class DeliveryList(ListView):
    permission = "deliveries.view_delivery"
    template_name = "deliveries/delivery_list.html"
    queryset = Delivery.objects.select_related("order__customer", "carrier")
    filterset_class = DeliveryFilter
    table_class = DeliveryTable
    resource_class = DeliveryResource
    export_permission = "deliveries.export_delivery"
    chips = (
        Chip(gettext_lazy("To pack"), {"status": "pending"}, Q(status=Status.PENDING)),
        Chip(gettext_lazy("In transit"), {"status": "in_transit"}, Q(status=Status.IN_TRANSIT)),
        Chip(gettext_lazy("Late"), {"late": "true"}, Delivery.IS_LATE),
        Chip(gettext_lazy("Delivered"), {"status": "delivered"}, Q(status=Status.DELIVERED)),
        Chip(gettext_lazy("Something came back"), {"returns": "true"}, Delivery.has_returns_condition()),
        Chip(gettext_lazy("Cancelled"), {"status": "cancelled"}, Q(status=Status.CANCELLED)),
    )


class DeliveryTrash(ListView):
    permission = "deliveries.restore_delivery"
    template_name = "deliveries/delivery_trash.html"
    queryset = Delivery.everything.trashed().select_related("order__customer", "carrier")
    filterset_class = DeliveryFilter
    table_class = DeliveryTable


class DeliveryDetail(DetailView):
    permission = "deliveries.view_delivery"
    model = Delivery
    template_name = "deliveries/delivery_detail.html"

    def record(self, *, alive=False):
        rows = Delivery.everything.select_related("order__customer", "order__contact", "carrier")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def context(self, delivery):
        rows = packing_rows(delivery)
        back = Prefetch("lines", DeliveryReturnLine.objects.select_related("line__order_line__part"))
        returns = delivery.returns.select_related("created_by").prefetch_related(back)
        return {
            "rows": rows,
            "returns": list(returns),
            "steps": steps(delivery),
            "pieces": sum((row["line"].quantity for row in rows), ZERO),
            "returned": sum((row["line"].returned_quantity for row in rows), ZERO),
            "has_serials": any(row["serials"] for row in rows),
            "is_short": delivery.is_pending and any(row["is_short"] for row in rows),
            "address": delivery.address_lines(sender=Company.current().country, language=get_language()),
            "may": {name: is_allowed(getattr(Delivery, name), delivery) for name in VERBS},
        }


VERBS = ("ship", "cancel", "deliver", "take_back")


def steps(delivery) -> list[dict]:
    """Where the delivery stands: the way it should go, and where it left it."""
    flow = [(Status.PENDING, delivery.created_at), (Status.IN_TRANSIT, delivery.shipped_on)]
    flow.append((Status.DELIVERED, delivery.delivered_on))
    if delivery.status == Status.CANCELLED:
        flow = [flow[0], (Status.CANCELLED, None)]
    elif delivery.status == Status.RETURNED:
        flow = [*(step for step in flow if step[1]), (Status.RETURNED, None)]
    names = [status for status, _on in flow]
    reached = names.index(delivery.status)
    return [
        {
            "label": Status(status).label,
            "on": on,
            "is_reached": n <= reached,
            "is_current": n == reached,
            "is_bad": status in (Status.CANCELLED, Status.RETURNED),
        }
        for n, (status, on) in enumerate(flow)
    ]


class DeliveryCreate(CreateView):
    """`?order=<uuid>`: what can be shipped of the order is filled in. Without it, the orders to choose from."""

    permission = "deliveries.add_delivery"
    model = Delivery
    form_class = DeliveryForm
    template_name = "deliveries/delivery_form.html"

    def get(self, request):
        order = find_order(request.GET.get("order"))
        if order is None:
            return redirect("deliveries:ready")
        if not order.is_open:
            messages.error(request, _("Nothing is to be shipped of %(order)s.") % {"order": order})
            return redirect(order)
        return super().get(request)


class DeliveryUpdate(UpdateView):
    permission = "deliveries.change_delivery"
    model = Delivery
    form_class = DeliveryForm
    template_name = "deliveries/delivery_form.html"

    def get(self, request, pk):
        delivery = self.record(alive=True)
        if not delivery.is_pending:
            text = _("%(delivery)s is “%(state)s” and cannot be edited any more.")
            messages.error(request, text % {"delivery": delivery, "state": delivery.get_status_display()})
            return redirect(delivery)
        return super().get(request, pk)


# --- Papers


def pdf_response(request, content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header("download" in request.GET, f"{name}.pdf")
    response.headers["Content-Security-Policy"] = PDF_CSP
    response.headers["Cache-Control"] = "private, no-store"
    return response


def found(pk) -> Delivery:
    rows = Delivery.everything.select_related("order__customer", "order__responsible", "carrier")
    return get_object_or_404(rows, pk=pk)


@permission_required("deliveries.view_delivery")
def delivery_pdf(request, pk):
    """The delivery note as it went with the goods; before that one with a watermark, made now."""
    delivery = found(pk)
    if paper := delivery.paper:
        return redirect(paper.get_absolute_url() + ("?download" if "download" in request.GET else ""))
    return pdf_response(request, papers.render_note(delivery, draft=True), str(delivery))


@permission_required("deliveries.view_delivery")
def delivery_labels(request, pk):
    """A label for each package, made now: it holds nothing that the law wants kept."""
    delivery = found(pk)
    if not delivery.number:
        messages.error(request, _("%(delivery)s has no number yet: ship it first.") % {"delivery": delivery})
        return redirect(delivery)
    return pdf_response(request, papers.render_labels(delivery), f"{_('Labels')} {delivery}")


@permission_required("deliveries.view_delivery")
def packing_list(request, pk):
    """What the shop picks, in the language of who prints it."""
    delivery = found(pk)
    content = papers.render_packing_list(delivery, packing_rows(delivery), language=get_language())
    return pdf_response(request, content, f"{_('Packing list')} {delivery}")


# --- Panels on the pages of orders and customers


@permission_required("deliveries.view_delivery")
def for_order(request, pk):
    """What was and will be delivered of an order; with the button where something can be shipped now."""
    order = get_object_or_404(CustomerOrder.everything, pk=pk)
    printers = Prefetch("lines__printers", DeliveryPrinter.objects.select_related("printer"))
    deliveries = Delivery.objects.filter(order=order).select_related("carrier").order_by("pk")
    lines = list(order.lines.all())
    promised = promised_of([line.pk for line in lines])
    for line in lines:
        line.order = order
    context = {
        "order": order,
        "deliveries": deliveries.prefetch_related("lines__order_line__part", printers),
        "can_ship": order.is_open
        and any(line.shippable_quantity > promised.get(line.pk, ZERO) for line in lines)
        and request.user.has_perm("deliveries.add_delivery"),
    }
    return render(request, "deliveries/for_order.html", context)


@permission_required("deliveries.view_delivery")
def for_customer(request, pk):
    """The newest deliveries to a customer."""
    customer = get_object_or_404(Customer.everything, pk=pk)
    deliveries = Delivery.objects.filter(order__customer=customer).select_related("order", "carrier")
    context = {
        "customer": customer,
        "deliveries": deliveries[:SHOWN_AT_MOST],
        "counts": deliveries.aggregate(
            all=Count("pk"),
            to_pack=Count("pk", filter=Q(status=Status.PENDING)),
            in_transit=Count("pk", filter=Q(status=Status.IN_TRANSIT)),
        ),
        "all_url": f"{reverse('deliveries:delivery_list')}?customer={customer.pk}",
    }
    return render(request, "deliveries/for_customer.html", context)
