"""The start page and the reports. A figure is shown to those who may see what it is made of."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.reports.dashboard import panels_for
from apps.reports.forms import OpenItemsQuestion, SalesQuestion, StockQuestion
from apps.reports.open_items import open_items
from apps.reports.periods import Choice
from apps.reports.sales import sales
from apps.reports.stock_value import stock_value
from apps.reports.waiting import missing_for_orders
from gmtc.views import permission_required


@login_required
@require_GET
def dashboard(request):
    """What the office wants to know in the morning; each panel is for those who may open the list behind it."""
    return render(request, "reports/dashboard.html", panels_for(request.user))


@permission_required("builds.view_productionjob")
@require_GET
def shortages(request):
    """Panel of the start page, asked for when that is there: planning looks at every open order."""
    return render(request, "reports/waiting.html", {"panel": missing_for_orders()})


@login_required
@require_GET
def overview(request):
    found = [
        {"permission": permission, "url": reverse(name), "title": title, "text": text, "icon": icon}
        for permission, name, title, text, icon in (
            (
                "invoicing.view_invoice",
                "reports:sales",
                _("Sales report"),
                _("What was invoiced by month, customer, product or country, against the year before."),
                "presentation-chart-line",
            ),
            (
                "invoicing.view_invoice",
                "reports:open_items",
                _("Open items"),
                _("What customers owe, and for how long it is overdue."),
                "clock",
            ),
            (
                "parts.view_part",
                "reports:stock_value",
                _("Stock value"),
                _("What lies in the shelves at average cost, today or on any day before."),
                "circle-stack",
            ),
        )
    ]
    reports = [each for each in found if request.user.has_perm(each["permission"])]
    return render(request, "reports/overview.html", {"reports": reports})


@permission_required("invoicing.view_invoice")
@require_GET
def sales_report(request):
    form = SalesQuestion(request.GET)
    report = sales(
        form.asked("by"),
        form.wanted_period(),
        customer=form.cleaned_data.get("customer"),
        country=form.cleaned_data.get("country", ""),
    )
    hidden = () if form.asked("period") == Choice.OWN else ("since", "until")
    empty = _("No invoice was issued in this period.")
    return answer(request, form, report, export="invoicing.export_invoice", hidden=hidden, empty=empty)


@permission_required("invoicing.view_invoice")
@require_GET
def open_items_report(request):
    form = OpenItemsQuestion(request.GET)
    report = open_items(form.asked("by"), customer=form.cleaned_data.get("customer"))
    empty = _("Nobody owes us anything: every invoice is paid.")
    return answer(request, form, report, export="invoicing.export_invoice", empty=empty)


@permission_required("parts.view_part")
@require_GET
def stock_value_report(request):
    form = StockQuestion(request.GET)
    report = stock_value(form.asked("by"), on=form.cleaned_data.get("on"))
    return answer(request, form, report, export="parts.export_part", empty=_("There was nothing in stock."))


def answer(request, form, report, *, export: str, empty: str, hidden: tuple[str, ...] = ()):
    """The page, or with `?export=` a file of it: a table only for those who may export, a print for all."""
    may_export = request.user.has_perm(export)
    if kind := request.GET.get("export"):
        if kind != "pdf" and not may_export:
            raise PermissionDenied(export)
        return report.file(kind, user=request.user)
    context = {"report": report, "form": form, "can_export": may_export, "hidden": hidden, "empty": empty}
    return render(request, "reports/report.html", context)
