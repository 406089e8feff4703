"""Pages of printers: what has a serial number, what is in it, and whose it is."""

from django.conf import settings
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.builds import job_papers
from apps.builds.filters import PrinterFilter
from apps.builds.job_forms import PrinterForm
from apps.builds.job_views import pieces_of
from apps.builds.models import JobCheck, Printer, PrinterStatus
from apps.builds.resources import PrinterResource
from apps.builds.tables import PrinterTable
from apps.customers.models import Customer
from gmtc.barcodes import qr
from gmtc.views import ActionView, Chip, DetailView, ListView, PanelView, UpdateView, permission_required

PRINTERS = Printer.objects.select_related("part", "job", "owner", "order_line__order").order_by("-serial")


class PrinterList(ListView):
    permission = "builds.view_printer"
    template_name = "builds/printer_list.html"
    queryset = PRINTERS
    filterset_class = PrinterFilter
    table_class = PrinterTable
    resource_class = PrinterResource
    export_permission = "builds.export_printer"

    @property
    def chips(self):
        return (
            Chip(gettext_lazy("In stock"), {"status": "in_stock"}, Q(status=PrinterStatus.IN_STOCK)),
            Chip(gettext_lazy("With customers"), {"status": "shipped"}, Q(status=PrinterStatus.SHIPPED)),
            Chip(gettext_lazy("Returned"), {"status": "returned"}, Q(status=PrinterStatus.RETURNED)),
            Chip(gettext_lazy("Under warranty"), {"warranty": "true"}, Q(warranty_until__gte=timezone.localdate())),
        )


class PrinterDetail(DetailView):
    permission = "builds.view_printer"
    model = Printer
    template_name = "builds/printer_detail.html"

    def record(self, *, alive: bool = False):
        printers = Printer.everything.select_related(
            "part", "owner", "order_line__order", "job__revision__build", "job__responsible"
        )
        return get_object_or_404(printers, pk=self.kwargs["pk"])

    def context(self, printer):
        job = printer.job
        lines = [line for line in job.lines.select_related("part") if line.consumed_quantity]
        for line in lines:
            line.per_piece = line.consumed_quantity / job.quantity
        # what is tested as one lot stands for each piece
        tested = printer.piece if job.checks.filter(piece=printer.piece).exists() else 1
        return {
            "lines": lines,
            "extras": list(job.extras.select_related("part", "replaces__part")),
            "pieces": pieces_of(JobCheck.objects.filter(job=job, piece=tested).select_related("checked_by")),
            "cost": job.cost / job.quantity,
            "qr": qr(page_address(printer)),
        }


def page_address(printer: Printer) -> str:
    """As a phone reads it from the label."""
    return f"{settings.ORIGIN}{printer.get_absolute_url()}"


class PrinterUpdate(UpdateView):
    permission = "builds.change_printer"
    model = Printer
    form_class = PrinterForm
    template_name = "builds/printer_form.html"


class PrinterRestock(ActionView):
    permission = "builds.change_printer"
    model = Printer
    verb = "restock"
    done = gettext_lazy("%(record)s may be sold again.")


@permission_required("builds.view_printer")
def printer_plate(request, pk):
    """The type plate, as a label."""
    printer = get_object_or_404(Printer.everything.select_related("part", "job__revision__build"), pk=pk)
    content = job_papers.render_type_plate(printer, address=page_address(printer), language=get_language())
    return job_papers.inline(content, f"{_('type-plate')}-{printer}.pdf")


class PrintersForCustomer(PanelView):
    permission = "builds.view_printer"
    model = Customer
    template_name = "builds/printers_for_customer.html"

    def context(self, customer):
        return {"printers": PRINTERS.filter(owner=customer).order_by("-shipped_on", "serial")[:100]}
