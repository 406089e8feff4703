"""The bill of materials on paper, for the shop."""

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.builds.costing import cost_of
from apps.builds.models import BuildRevision
from apps.company.letterhead import letterhead
from apps.company.models import Company
from gmtc import pdf


def render_bill(revision: BuildRevision, *, language: str, with_costs: bool = False) -> bytes:
    """The PDF; a draft has a watermark. `with_costs` adds what each line costs."""
    company = Company.current()
    with translation.override(language):
        build = revision.build
        info = [
            (_("Model number"), build.model_number),
            (_("Revision"), f"R{revision.number}"),
            (_("Status"), revision.get_status_display()),
            (_("Released"), date_format(revision.released_at, "SHORT_DATE_FORMAT") if revision.released_at else ""),
            (_("Released by"), str(revision.released_by or "")),
        ]
        cost = cost_of(revision)
        context = {
            "letterhead": letterhead(language, company),
            "recipient": [],
            "info": [(label, value) for label, value in info if value],
            "title": _("Bill of materials"),
            "number": str(revision),
            "subtitle": build.name,
            "intro": revision.note,
            "lines": cost.lines,
            "cost": cost,
            "with_costs": with_costs,
        }
    return pdf.render("pdf/bill_of_materials.html", context, language=language, draft=revision.is_draft)
