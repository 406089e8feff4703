"""Quote and order confirmation on paper, and the mail that goes with them."""

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.company.letterhead import letterhead
from apps.company.models import Company, DocumentKind, DocumentText
from apps.documents.models import Document
from apps.parts.models import Unit
from gmtc import pdf


def render_quote(order, *, draft: bool) -> bytes:
    return _render(order, DocumentKind.QUOTE, draft=draft)


def render_confirmation(order, *, draft: bool) -> bytes:
    return _render(order, DocumentKind.ORDER_CONFIRMATION, draft=draft)


def issue_quote(order, *, by) -> Document:
    number = order.quote_number if order.quote_version == 1 else f"{order.quote_number}/{order.quote_version}"
    return _issue(order, DocumentKind.QUOTE, number, render_quote(order, draft=False), by)


def issue_confirmation(order, *, by) -> Document:
    return _issue(order, DocumentKind.ORDER_CONFIRMATION, order.number, render_confirmation(order, draft=False), by)


def message(order, document: Document, by) -> str:
    """What the mail says unless somebody writes another text."""
    with translation.override(order.language):
        return _(
            "%(greeting)s\n\nplease find attached our document %(title)s.\n\nKind regards\n%(name)s\n%(company)s"
        ) % {
            "greeting": order.customer.salutation_line(order.language),
            "title": document.title,
            "name": by or "",
            "company": Company.current().legal_name,
        }


def _issue(order, kind: str, number: str, content: bytes, by) -> Document:
    with translation.override(order.language):
        title = f"{DocumentKind(kind).label} {number}"
    return Document.issue(
        kind=kind, number=number, record=order, content=content, title=title, language=order.language, by=by
    )


def _render(order, kind: str, *, draft: bool) -> bytes:
    company = Company.current()
    texts = DocumentText.of(kind, order.language)
    figures = order.amounts()
    with translation.override(order.language):
        is_quote = kind == DocumentKind.QUOTE
        info = [
            (_("Number"), order.quote_number if is_quote else order.number),
            (_("Date"), date_format(day) if (day := order.quote_date if is_quote else order.order_date) else ""),
            (_("Customer number"), order.customer.number),
            (_("Your reference"), order.customer_reference),
        ]
        lines = list(order.lines.select_related("part"))
        totals = [pdf.Total(_("Net"), figures.net)]
        totals += [
            pdf.Total(_("VAT %(rate)s %%") % {"rate": f"{group.rate.normalize():f}"}, group.tax)
            for group in figures.groups
            if group.category == "S"
        ]
        context = {
            "letterhead": letterhead(order.language, company),
            "recipient": order.bill_to.lines(language=order.language),
            "info": [(label, value) for label, value in info if value],
            "title": DocumentKind(kind).label,
            "number": order.quote_number if is_quote else order.number,
            "intro": order.intro or texts.intro,
            "closing": texts.closing,
            "positions": [
                pdf.Position(
                    position=line.position,
                    name=line.description,
                    number=line.part.sku,
                    text=line.details,
                    quantity=line.quantity,
                    unit=str(Unit(line.unit).label),
                    price=line.unit_price,
                    discount=line.discount,
                    net=line.net,
                )
                for line in lines
            ],
            "has_discount": any(line.discount for line in lines),
            "totals": [*totals, pdf.Total(_("Total"), figures.gross, strong=True)],
        }
    return pdf.render("pdf/base.html", context, language=order.language, draft=draft)
