"""The invoice on paper: PDF/A-3 with the e-invoice in it, and the mail that goes with it."""

from typing import NamedTuple

import facturx
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from stdnum import iban

from apps.company.letterhead import letterhead
from apps.company.models import Company, DocumentKind, DocumentText
from apps.documents.models import Document
from apps.invoicing import electronic, girocode
from apps.invoicing.kinds import Kind, Profile
from apps.invoicing.taxes import exemption
from apps.parts.models import Unit
from gmtc import pdf
from gmtc.figures import money, quantity
from gmtc.money import ZERO, cents, vat

TEMPLATE = "pdf/invoice.html"


class Taken(NamedTuple):
    """An advance invoice as far as it is taken off, in one VAT group."""

    number: str
    date: str
    rate: str
    net: object
    tax: object


def kind_of(invoice) -> DocumentKind:
    return DocumentKind.CANCELLATION if invoice.is_credit_note else DocumentKind.INVOICE


def title(invoice) -> str:
    """What stands above the number, in the language of the moment."""
    return str(Kind(invoice.kind).label)


def render(invoice, *, draft: bool) -> bytes:
    """The PDF in the language of the invoice; a draft has a watermark, no number and no code to pay by."""
    with translation.override(invoice.language):
        context = context_of(invoice, draft=draft)
    return pdf.render(
        TEMPLATE, context, language=invoice.language, draft=draft, pdf_variant=None if draft else "pdf/a-3b"
    )


def made(invoice) -> tuple[bytes, bytes]:
    """PDF and XML of an invoice that has its number.

    The file inside the PDF is of the profile EN 16931, which all programs read; beside it lies the XML that was agreed.
    """
    inner = electronic.xml(invoice, Profile.ZUGFERD)
    content = facturx.generate_from_binary(
        render(invoice, draft=False),
        inner,
        flavor="factur-x",
        level="en16931",
        check_xsd=False,  # tests check the schema for every kind of document
        pdf_metadata=_metadata(invoice),
        lang=invoice.language,
    )
    is_inner = invoice.profile == Profile.ZUGFERD
    return content, inner if is_inner else electronic.xml(invoice, invoice.profile)


def issue(invoice, *, by) -> Document:
    """Keep PDF and XML of an invoice that has just got its number."""
    content, xml = made(invoice)
    return Document.issue(
        kind=kind_of(invoice),
        number=invoice.number,
        record=invoice,
        content=content,
        xml=xml,
        title=_titled(invoice),
        language=invoice.language,
        by=by,
    )


def _titled(invoice) -> str:
    with translation.override(invoice.language):
        return f"{title(invoice)} {invoice.number}"


def _metadata(invoice) -> dict:
    name = _titled(invoice)
    return {"author": invoice.us.name, "title": name, "subject": name, "keywords": "Factur-X, ZUGFeRD"}


def message(invoice, by) -> str:
    """What the mail says unless somebody writes another text."""
    with translation.override(invoice.language):
        values = {
            "greeting": invoice.customer.salutation_line(invoice.language),
            "title": f"{title(invoice)} {invoice.number}",
            "name": by or "",
            "company": Company.current().legal_name,
            "due": date_format(invoice.due_date, "SHORT_DATE_FORMAT") if invoice.due_date else "",
            "total": money(invoice.total),
        }
        if invoice.is_credit_note or not invoice.total:
            return (
                _("%(greeting)s,\n\nplease find attached our %(title)s.\n\nKind regards\n%(name)s\n%(company)s")
                % values
            )
        return (
            _(
                "%(greeting)s,\n\nplease find attached our %(title)s over %(total)s, payable by %(due)s."
                "\n\nKind regards\n%(name)s\n%(company)s"
            )
            % values
        )


# --- What it shows


def context_of(invoice, *, draft: bool) -> dict:
    company = Company.current()
    texts = DocumentText.of(kind_of(invoice), invoice.language)
    lines = list(invoice.lines.all())
    us = invoice.us
    is_paid_for = invoice.total > 0 and not invoice.is_credit_note
    code = None
    if is_paid_for and not draft:
        code = girocode.code(
            name=us.payee, iban=us.iban, bic=us.bic, amount=invoice.total, text=invoice.payment_reference
        )
    return {
        "letterhead": letterhead(invoice.language, company),
        "recipient": invoice.bill_to.lines(sender=us.country or "DE", language=invoice.language),
        "info": [(label, value) for label, value in _info(invoice) if value],
        "title": title(invoice),
        "number": invoice.number,
        "subtitle": _subtitle(invoice),
        "intro": invoice.intro or texts.intro,
        "closing": texts.closing,
        "positions": [_position(line) for line in lines],
        "has_discount": any(line.discount for line in lines),
        "totals": totals(invoice),
        "taken": taken_off(invoice),
        "sentences": sentences(invoice),
        "notes": invoice.notes,
        "goods_to": goods_elsewhere(invoice),
        "payment": _payment(invoice) if is_paid_for else [],
        "account": us if is_paid_for and us.iban else None,
        "iban": iban.format(us.iban) if us.iban else "",
        "reference": invoice.payment_reference,
        "code": code,
    }


def _info(invoice) -> list[tuple[str, str]]:
    order = invoice.order
    return [
        (_("Number"), invoice.number),
        (_("Date"), _day(invoice.invoice_date)),
        (_("Advance payment") if invoice.is_advance else _("Date of supply"), supplied_text(invoice)),
        (_("Customer number"), invoice.bill_to.number),
        (_("Your VAT ID"), invoice.bill_to.vat_id),
        (_("Your reference"), invoice.customer_reference),
        (_("Buyer reference"), invoice.buyer_reference),
        (_("Our order"), order.number if order else ""),
        (_("Due on"), "" if invoice.is_credit_note else _day(invoice.due_date)),
        (_("Contact"), str(invoice.responsible or "")),
    ]


def supplied_text(invoice) -> str:
    """§ 14(4) no. 6 UStG: the day of supply stands on every invoice, also where it is the day of the invoice."""
    if invoice.is_advance:
        return _("before delivery")
    if not invoice.supplied:
        return ""
    first, last = invoice.supplied
    return _day(first) if first == last else f"{_day(first)} – {_day(last)}"


def _day(day) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""


def _subtitle(invoice) -> str:
    if not invoice.is_credit_note:
        return ""
    return _("Cancels invoice %(number)s of %(date)s. Reason: %(reason)s") % {
        "number": invoice.reverses.number,
        "date": _day(invoice.reverses.invoice_date),
        "reason": invoice.reason,
    }


def _position(line) -> pdf.Position:
    notes = []
    if line.delivery_reference:
        notes.append(_("Delivery note: %(number)s") % {"number": line.delivery_reference})
    if line.serials:
        notes.append(_("Serial number: %(number)s") % {"number": line.serials})
    return pdf.Position(
        position=line.position,
        name=line.description,
        number=line.part_number,
        text=line.details,
        notes=notes,
        quantity=line.quantity,
        unit=str(Unit(line.unit).label),
        price=line.unit_price,
        discount=line.discount,
        net=line.net,
    )


def totals(invoice) -> list[pdf.Total]:
    """The figures below the lines, for paper and page."""
    groups = list(invoice.taxes.all())
    discount, shipping = (sum((getattr(each, name) for each in groups), ZERO) for name in ("discount", "shipping"))
    advances = sum((group.advances for group in groups), ZERO)
    found = []
    if discount or shipping or advances:
        found.append(pdf.Total(_("Sum of the lines"), sum((group.lines_net for group in groups), ZERO)))
    if discount:
        label = _("Discount %(percent)s %%") % {"percent": quantity(invoice.discount_percent)}
        found.append(pdf.Total(label, -discount))
    if shipping:
        found.append(pdf.Total(_("Shipping"), shipping))
    if advances:
        found.append(pdf.Total(_("Advances invoiced before"), -advances))
    found.append(pdf.Total(_("Net"), invoice.net))
    for group in groups:
        if group.category == "S":
            values = {"rate": quantity(group.rate), "base": money(group.base)}
            label = _("VAT %(rate)s %% on %(base)s") if len(groups) > 1 else _("VAT %(rate)s %%")
            found.append(pdf.Total(label % values, group.tax))
    if invoice.rounding:
        found.append(pdf.Total(_("Rounding"), invoice.rounding))
    return [*found, pdf.Total(_("Total"), invoice.total, strong=True)]


def taken_off(invoice) -> list[Taken]:
    """The advance invoices of a final invoice, by VAT group."""
    return [
        Taken(
            number=each.advance.number,
            date=_day(each.advance.invoice_date),
            rate=quantity(each.rate),
            net=each.net,
            tax=vat(each.net, each.rate),
        )
        for each in invoice.deductions.select_related("advance")
    ]


def sentences(invoice) -> list[str]:
    """Why there is no VAT, as the law wants it said."""
    categories = sorted({group.category for group in invoice.taxes.all()})
    return [str(exemption(category).sentence) for category in categories if exemption(category).sentence]


def goods_elsewhere(invoice) -> list[str]:
    """The delivery address where it is another one than that of the invoice."""
    goods, bill = invoice.goods_to, invoice.bill_to
    same = all(
        getattr(goods, name) == getattr(bill, name) for name in ("name", "street", "postcode", "city", "country")
    )
    return [] if same else goods.lines(sender=invoice.us.country or "DE", language=invoice.language)


def _payment(invoice) -> list[str]:
    found = []
    if invoice.due_date:
        found.append(
            _("Please pay %(total)s by %(day)s without deduction.")
            % {"total": money(invoice.total), "day": _day(invoice.due_date)}
        )
    else:
        found.append(_("Payable within %(days)s days without deduction.") % {"days": invoice.days_to_pay})
    if invoice.skonto_percent:
        less = cents(invoice.total * invoice.skonto_percent / 100)
        found.append(
            _("By %(day)s you may take %(percent)s %% cash discount: %(less)s less, so you pay %(rest)s.")
            % {
                "day": _day(invoice.skonto_until),
                "percent": quantity(invoice.skonto_percent),
                "less": money(less),
                "rest": money(invoice.total - less),
            }
        )
    return found
