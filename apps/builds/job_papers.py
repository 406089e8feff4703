"""What production has on paper: the pick list of a job and the type plate of a printer."""

from django.http import HttpResponse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from apps.builds.models import Printer, ProductionJob
from apps.company.letterhead import letterhead
from apps.company.models import Company
from apps.documents.views import PDF_CSP
from gmtc import pdf
from gmtc.barcodes import code128, qr


def render_pick_list(job: ProductionJob, *, language: str) -> bytes:
    """What is still to be picked, in the order of the walk through the store; what is missing comes last."""
    with translation.override(language):
        order = job.order_line.order if job.order_line else None
        info = [
            (_("Product"), f"{job.quantity} × {job.part.sku}"),
            (_("Revision"), f"R{job.revision.number}" if job.revision else ""),
            (_("For the order"), str(order or "")),
            (_("Customer"), str(order.customer) if order else ""),
            (_("Due on"), date_format(job.due_date, "SHORT_DATE_FORMAT") if job.due_date else ""),
            (_("Workplace"), str(job.workplace or "")),
            (_("Responsible"), str(job.responsible or "")),
        ]
        picks = sorted(job.suggested_picks(), key=lambda pick: (pick.location.code, pick.line.position))
        context = {
            "letterhead": letterhead(language, Company.current()),
            "info": [(label, value) for label, value in info if value],
            "title": _("Pick list"),
            "number": job.number,
            "subtitle": job.part.name,
            "barcode": code128(job.number),
            "job": job,
            "picks": picks,
            "missing": [line for line in job.lines.stocked().select_related("part") if line.short_quantity],
        }
    return pdf.render("pdf/pick_list.html", context, language=language)


def render_type_plate(printer: Printer, *, address: str, language: str) -> bytes:
    """Who made it, what it is, its serial number and year; the code leads to its page."""
    company = Company.current()
    revision = printer.job.revision
    with translation.override(language):
        context = {
            "letterhead": letterhead(language, company),
            "title": printer.serial,
            "printer": printer,
            "company": company,
            "year": str(printer.job.completed_at.year),  # not 2.026
            "specifications": list(revision.build.specifications.items())[:3] if revision else [],
            "code": qr(address),
        }
    return pdf.render("pdf/type_plate.html", context, language=language)


def inline(content: bytes, filename: str) -> HttpResponse:
    """A PDF that is made anew each time, shown in the browser."""
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(False, filename)
    response.headers["Content-Security-Policy"] = PDF_CSP
    response.headers["Cache-Control"] = "private, no-store"
    return response
