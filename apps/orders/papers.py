"""Quote and order confirmation on paper, and the mail that goes with them."""

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.company.letterhead import letterhead
from apps.company.models import Company, DocumentKind, DocumentText
from apps.documents.models import Document
from apps.orders.models.tax import OrderTax
from apps.parts.models import Unit
from gmtc import pdf
from gmtc.figures import money, quantity
from gmtc.money import Amounts

# Why a document shows no VAT, as the law and EN 16931 word it (GERMANY.md, tax cases).
UNTAXED = {
    OrderTax.INTRA_EU: gettext_lazy("Tax-free intra-Community supply (§ 4 no. 1b, § 6a UStG)."),
    OrderTax.EXPORT: gettext_lazy("Tax-free export (§ 4 no. 1a, § 6 UStG)."),
    OrderTax.REVERSE_CHARGE: gettext_lazy("Reverse charge: the recipient owes the tax."),
    OrderTax.SMALL_BUSINESS: gettext_lazy("Tax-free, small business (§ 19 UStG)."),
}


def render_quote(order, *, draft: bool) -> bytes:
    return _render(order, DocumentKind.QUOTE, draft=draft)


def render_confirmation(order, *, draft: bool) -> bytes:
    return _render(order, DocumentKind.ORDER_CONFIRMATION, draft=draft)


def issue_quote(order, *, by) -> Document:
    return _issue(order, DocumentKind.QUOTE, render_quote(order, draft=False), by)


def issue_confirmation(order, *, by) -> Document:
    return _issue(order, DocumentKind.ORDER_CONFIRMATION, render_confirmation(order, draft=False), by)


def number_of(order, kind: str) -> str:
    """A quote that was withdrawn and made anew is AN-2026-0001/2."""
    if kind == DocumentKind.ORDER_CONFIRMATION:
        return order.number
    return f"{order.quote_number}/{order.quote_version}" if order.quote_version > 1 else order.quote_number


def message(order, document: Document, by) -> str:
    """What the mail says unless somebody writes another text."""
    texts = {
        DocumentKind.QUOTE: gettext_lazy("please find attached our quote %(number)s."),
        DocumentKind.ORDER_CONFIRMATION: gettext_lazy(
            "thank you for your order. Please find attached our order confirmation %(number)s."
        ),
    }
    with translation.override(order.language):
        said = texts[DocumentKind(document.kind)] % {"number": document.number}
        return _("%(greeting)s,\n\n%(said)s\n\nKind regards\n%(name)s\n%(company)s") % {
            "greeting": greeting(order),
            "said": said,
            "name": by or "",
            "company": Company.current().legal_name,
        }


def greeting(order) -> str:
    """How a letter about the order begins, without the comma at its end."""
    if order.contact:
        return order.contact.greeting(order.language)
    return order.customer.salutation_line(order.language)


def payment_text(order) -> str:
    """Days to pay and cash discount, in the language of the moment."""
    days = order.customer.days_to_pay() if order.payment_days is None else order.payment_days
    if not days:
        return _("Payable at once without deduction.")
    if not order.skonto_percent:
        return _("Payable within %(days)s days without deduction.") % {"days": days}
    return _("Payable within %(days)s days; %(percent)s %% cash discount within %(few)s days.") % {
        "days": days,
        "few": order.skonto_days,
        "percent": quantity(order.skonto_percent),
    }


def totals(order, figures: Amounts) -> list[pdf.Total]:
    """The lines below the positions, in the language of the moment."""
    found = []
    if figures.discount or figures.shipping:
        found.append(pdf.Total(_("Sum of the lines"), figures.lines))
    if figures.discount:
        found.append(
            pdf.Total(_("Discount %(rate)s %%") % {"rate": quantity(order.discount_percent)}, -figures.discount)
        )
    if figures.shipping:
        found.append(pdf.Total(_("Shipping"), figures.shipping))
    found.append(pdf.Total(_("Net"), figures.net))
    taxed = [group for group in figures.groups if group.category == "S"]
    for group in taxed:
        label = _("VAT %(rate)s %%") % {"rate": quantity(group.rate)}
        if len(taxed) > 1:
            label = _("VAT %(rate)s %% on %(base)s") % {"rate": quantity(group.rate), "base": money(group.base)}
        found.append(pdf.Total(label, group.tax))
    return [*found, pdf.Total(_("Total"), figures.gross, strong=True)]


def _issue(order, kind: str, content: bytes, by) -> Document:
    number = number_of(order, kind)
    with translation.override(order.language):
        title = f"{DocumentKind(kind).label} {number}"
    return Document.issue(
        kind=kind,
        number=number,
        record=order,
        content=content,
        title=title,
        language=order.language,
        by=by,
        file_name=f"{number.replace('/', '-')}.pdf",
    )


def _render(order, kind: str, *, draft: bool) -> bytes:
    company = Company.current()
    with translation.override(order.language):
        context = context_of(order, kind, company)
    return pdf.render("pdf/customer_order.html", context, language=order.language, draft=draft)


def context_of(order, kind: str, company: Company) -> dict:
    texts, lines = DocumentText.of(kind, order.language), list(order.lines.select_related("part"))
    figures = order.amounts(lines)
    number = number_of(order, kind)
    return {
        "letterhead": letterhead(order.language, company),
        "recipient": _recipient(order, company),
        "info": [(label, value) for label, value in _info(order, kind, number) if value],
        "title": DocumentKind(kind).label,
        "number": number,
        "intro": order.intro or texts.intro,
        "closing": texts.closing,
        "positions": [_position(line) for line in lines],
        "has_discount": any(line.discount for line in lines),
        "totals": totals(order, figures),
        "untaxed": UNTAXED.get(order.tax, ""),
        "notes": order.notes,
        "facts": [(label, value) for label, value in _facts(order, kind, company) if value],
    }


def _recipient(order, company: Company) -> list[str]:
    address = order.bill_to
    lines = address.lines(sender=company.country, language=order.language)
    if order.contact and not address.person and str(order.contact) != order.customer.full_name:
        lines.insert(1, str(order.contact))
    return lines


def _info(order, kind: str, number: str) -> list[tuple[str, str]]:
    is_quote, who = kind == DocumentKind.QUOTE, order.responsible
    day = order.quote_date if is_quote else order.order_date
    needs_vat_id = order.tax in (OrderTax.INTRA_EU, OrderTax.REVERSE_CHARGE)
    return [
        (_("Number"), number),
        (_("Date"), date_format(day) if day else ""),
        (_("Valid until"), date_format(order.valid_until) if is_quote and order.valid_until else ""),
        (_("Our quote"), "" if is_quote else order.quote_number),
        (_("Customer number"), order.customer.number),
        (_("Your reference"), order.customer_reference),
        (_("Your VAT ID"), order.customer.vat_id if needs_vat_id else ""),
        (_("Your contact"), str(who or "")),
        (_("E-mail"), who.email if who else ""),
    ]


def _facts(order, kind: str, company: Company) -> list[tuple[str, str]]:
    day, ship_to = order.promised_date or order.requested_date, order.ship_to
    return [
        (_("Delivery date") if order.promised_date else _("Delivery requested for"), date_format(day) if day else ""),
        (
            _("Delivery to"),
            ", ".join(ship_to.lines(sender=company.country, language=order.language))
            if ship_to != order.bill_to
            else "",
        ),
        (_("Payment"), payment_text(order)),
    ]


def _position(line) -> pdf.Position:
    return pdf.Position(
        position=line.position,
        name=line.description,
        number=line.part.sku,
        text=line.details,
        notes=[f"{name}: {value}" for name, value in line.customizations.items()],
        quantity=line.quantity,
        unit=str(Unit(line.unit).label),
        price=line.unit_price,
        discount=line.discount,
        net=line.net,
    )
