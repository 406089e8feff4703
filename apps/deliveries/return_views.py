"""Pages of returns and of carriers."""

from django.db.models import Count, Prefetch, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from apps.deliveries.filters import DeliveryReturnFilter
from apps.deliveries.forms import CarrierForm
from apps.deliveries.models import Carrier, DeliveryPrinter, DeliveryReturn
from apps.deliveries.resources import DeliveryReturnResource
from apps.deliveries.tables import DeliveryReturnTable
from apps.documents.models import Document
from gmtc.views import ActionView, CreateView, DetailView, ListView, UpdateView, permission_required


class ReturnList(ListView):
    permission = "deliveries.view_deliveryreturn"
    template_name = "deliveries/return_list.html"
    queryset = DeliveryReturn.objects.select_related("delivery__order__customer", "created_by")
    filterset_class = DeliveryReturnFilter
    table_class = DeliveryReturnTable
    resource_class = DeliveryReturnResource
    export_permission = "deliveries.export_deliveryreturn"


class ReturnDetail(DetailView):
    permission = "deliveries.view_deliveryreturn"
    model = DeliveryReturn
    template_name = "deliveries/return_detail.html"

    def record(self, *, alive=False):
        rows = DeliveryReturn.everything.select_related("delivery__order__customer")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def context(self, paper):
        printers = Prefetch("printers", DeliveryPrinter.objects.select_related("printer"))
        lines = paper.lines.select_related("line__order_line__part", "location").prefetch_related(printers)
        return {"lines": lines, "paper": Document.objects.about(paper).first()}


@permission_required("deliveries.view_deliveryreturn")
def return_pdf(request, pk):
    """The return note as it was issued."""
    paper = Document.objects.about(get_object_or_404(DeliveryReturn.everything, pk=pk)).first()
    return redirect(paper.get_absolute_url() + ("?download" if "download" in request.GET else ""))


# --- Carriers


@permission_required("deliveries.view_carrier")
def carrier_list(request):
    """All of them, those in use first, and below them what lies in the trash."""
    carriers = Carrier.everything.annotate(number=Count("deliveries", filter=Q(deliveries__deleted_at=None)))
    context = {
        "carriers": carriers.alive().order_by("-is_active", "name"),
        "trashed": carriers.trashed() if request.user.has_perm("deliveries.delete_carrier") else (),
    }
    return render(request, "deliveries/carrier_list.html", context)


class CarrierCreate(CreateView):
    permission = "deliveries.add_carrier"
    model = Carrier
    form_class = CarrierForm
    template_name = "deliveries/carrier_form.html"


class CarrierUpdate(UpdateView):
    permission = "deliveries.change_carrier"
    model = Carrier
    form_class = CarrierForm
    template_name = "deliveries/carrier_form.html"


class CarrierDiscard(ActionView):
    permission = "deliveries.delete_carrier"
    model = Carrier
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "deliveries:carrier_restore"

    def after(self, carrier):
        return reverse("deliveries:carrier_list")


class CarrierRestore(CarrierDiscard):
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")
    undo = ""
