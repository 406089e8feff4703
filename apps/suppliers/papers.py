"""The purchase order on paper, and the mail that goes with it."""

from babel import Locale
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.company.letterhead import letterhead
from apps.company.models import Company, DocumentKind, DocumentText
from apps.documents.models import Document
from apps.parts.models import Unit
from apps.suppliers.currency import in_currency
from gmtc import pdf

KIND = DocumentKind.PURCHASE_ORDER


def goods_entrance(company: Company, language: str) -> str:
    """The address that goods are sent to: the goods entrance, as far as it differs from the company's own address."""
    has_own = bool(company.goods_street)
    country = (company.goods_country if has_own else "") or company.country
    lines = [
        company.goods_name or company.legal_name,
        company.goods_street if has_own else company.street,
        f"{company.goods_postcode} {company.goods_city}" if has_own else f"{company.postcode} {company.city}",
        Locale(language).territories.get(country, country),
    ]
    return "\n".join(line for line in lines if line.strip())


def render(order, *, draft: bool) -> bytes:
    """The PDF of a purchase order in its language; a draft has a watermark and no number."""
    company = Company.current()
    with translation.override(order.language):
        context = context_of(order, company, draft=draft)
    return pdf.render("pdf/purchase_order.html", context, language=order.language, draft=draft)


def context_of(order, company: Company, *, draft: bool) -> dict:
    texts = DocumentText.of(KIND, order.language)
    supplier, buyer = order.supplier, order.ordered_by
    info = [
        (_("Number"), order.number),
        (_("Date"), date_format(order.order_date) if order.order_date else ""),
        (_("Our customer number"), order.customer_number if order.number else supplier.customer_number),
        (_("Your reference"), order.supplier_reference),
        (_("Delivery date"), date_format(order.expected_delivery_date) if order.expected_delivery_date else ""),
        (_("Ordered by"), str(buyer or "")),
        (_("E-mail"), buyer.email if buyer else ""),
    ]
    # A draft shows the terms that would be copied if it were sent now.
    terms = order if order.number else supplier
    delivery = (
        order.delivery_terms if order.number else ", ".join(filter(None, [supplier.incoterm, supplier.delivery_terms]))
    )
    lines = [_line(line, order.currency) for line in order.lines.select_related("part")]
    return {
        "letterhead": letterhead(order.language, company),
        "recipient": order.supplier_address.splitlines() or supplier.address_lines(order.language),
        "info": [(label, value) for label, value in info if value],
        "title": _("Purchase order"),
        "number": order.number,
        "intro": texts.intro,
        "closing": texts.closing,
        "order": order,
        "lines": lines,
        "has_discount": any(line["discount"] for line in lines),
        "total": in_currency(order.total, order.currency),
        "ship_to": order.goods_entrance().splitlines(),
        "payment": payment_text(terms),
        "delivery": delivery,
    }


def _line(line, currency: str) -> dict:
    return {
        "position": line.position,
        "name": line.description,
        "our_number": line.part.sku,
        "number": line.supplier_sku,
        "quantity": line.quantity,
        "unit": Unit(line.unit).label,
        "price": in_currency(line.unit_price, currency, places=4),
        "discount": line.discount,
        "net": in_currency(line.net, currency),
        "expected": date_format(line.expected_date, "SHORT_DATE_FORMAT") if line.expected_date else "",
    }


def payment_text(terms) -> str:
    """Days to pay and early payment discount, of an order or a supplier, in the language of the moment."""
    if not terms.payment_days:
        return ""
    if not terms.discount_percent:
        return _("%(days)s days net") % {"days": terms.payment_days}
    percent = f"{terms.discount_percent.normalize():f}".replace(".", "," if translation.get_language() == "de" else ".")
    return _("%(few)s days %(percent)s %% discount, %(days)s days net") % {
        "few": terms.discount_days,
        "percent": percent,
        "days": terms.payment_days,
    }


def issue(order, *, by) -> Document:
    """Keep the PDF of an order that has just got its number."""
    with translation.override(order.language):
        title = f"{_('Purchase order')} {order.number}"
    return Document.issue(
        kind=KIND,
        number=order.number,
        record=order,
        content=render(order, draft=False),
        title=title,
        language=order.language,
        by=by,
    )


def message(order, by) -> str:
    """What the mail says unless somebody writes another text."""
    with translation.override(order.language):
        return _(
            "Dear Sir or Madam,\n\nplease find attached our purchase order %(number)s."
            " Please confirm prices and delivery date.\n\nKind regards\n%(name)s\n%(company)s"
        ) % {"number": order.number, "name": by or "", "company": Company.current().legal_name}
