"""Delivery note, labels, packing list and return note on paper, and the mail that goes with the goods."""

from decimal import Decimal

from django.conf import settings
from django.db.models import Prefetch
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.company.letterhead import letterhead
from apps.company.models import Company, DocumentKind, DocumentText
from apps.deliveries.models.delivery_line import DeliveryPrinter
from apps.documents.models import Document
from apps.parts.models import Unit
from gmtc import pdf
from gmtc.barcodes import code128, qr
from gmtc.figures import quantity as shown

KIND = DocumentKind.DELIVERY_NOTE
RETURN_NOTE = "return_note"


# --- Delivery note


def render_note(delivery, *, draft: bool) -> bytes:
    """The PDF in the language of the delivery, without prices; a draft has a watermark and no number."""
    company = Company.current()
    with translation.override(delivery.language):
        context = context_of(delivery, company, draft=draft)
    return pdf.render("pdf/delivery_note.html", context, language=delivery.language, draft=draft)


def context_of(delivery, company: Company, *, draft: bool) -> dict:
    texts, order = DocumentText.of(KIND, delivery.language), delivery.order
    lines = note_lines(delivery, draft=draft)
    info = [
        (_("Number"), delivery.number),
        (_("Date"), date_format(delivery.shipped_on) if delivery.shipped_on else ""),
        (_("Our order"), order.number),
        (_("Ordered on"), date_format(order.order_date) if order.order_date else ""),
        (_("Your reference"), order.customer_reference),
        (_("Customer number"), order.customer.number),
        (_("Contact"), str(order.responsible or "")),
    ]
    with_whom = " · ".join(filter(None, [str(delivery.carrier or ""), delivery.service]))
    facts = [
        (_("Shipped with"), with_whom),
        (_("Tracking number"), delivery.tracking_number),
        (_("Packages"), str(delivery.package_count)),
        (_("Weight"), f"{shown(delivery.weight)} kg" if delivery.weight else ""),
    ]
    bill_to = delivery.bill_to.splitlines() or order.bill_to.lines(sender=company.country, language=delivery.language)
    return {
        "letterhead": letterhead(delivery.language, company),
        "recipient": recipient_of(delivery, company),
        "info": [(label, value) for label, value in info if value],
        "title": _("Delivery note"),
        "number": delivery.number,
        "intro": texts.intro,
        "closing": texts.closing,
        "lines": lines,
        "is_partial": any(line["to_come"] for line in lines),
        "rest": rest_of(delivery, lines),
        "bill_to": bill_to,
        "facts": [(label, value) for label, value in facts if value],
        "notes": delivery.notes,
        "code": code128(delivery.number) if delivery.number else "",
    }


def recipient_of(delivery, company: Company) -> list[str]:
    return delivery.address_lines(sender=company.country, language=delivery.language)


def note_lines(delivery, *, draft: bool) -> list[dict]:
    """One position a line of the order, though it may come from several shelves.

    Of a draft, which was not shipped yet, its own quantity still counts as open.
    """
    found: dict = {}
    printers = Prefetch("printers", DeliveryPrinter.objects.select_related("printer"))
    for line in delivery.lines.select_related("order_line__part", "order_line__order").prefetch_related(printers):
        order_line = line.order_line
        position = found.setdefault(
            order_line.pk,
            {
                "key": order_line.pk,
                "position": order_line.position,
                "name": order_line.description,
                "number": order_line.part.sku,
                "text": order_line.details,
                "customizations": [f"{name}: {value}" for name, value in order_line.customizations.items()],
                "unit": str(Unit(order_line.unit).label),
                "ordered": order_line.quantity,
                "quantity": Decimal(0),
                "to_come": order_line.open_quantity,
                "serials": [],
            },
        )
        position["quantity"] += line.quantity
        position["to_come"] -= line.quantity if draft else 0
        position["serials"] += [each.printer.serial for each in line.printers.all()]
    return sorted(found.values(), key=lambda position: position["position"])


def rest_of(delivery, lines: list[dict]) -> list[dict]:
    """The lines of the order that are not in this delivery and of which something is still to come."""
    here = {line["key"] for line in lines}
    others = delivery.order.lines.select_related("part").exclude(pk__in=here)
    return [
        {
            "position": line.position,
            "name": line.description,
            "number": line.part.sku,
            "quantity": line.open_quantity,
            "unit": str(Unit(line.unit).label),
        }
        for line in others
        if line.open_quantity
    ]


def issue(delivery, *, by) -> Document:
    """Keep the delivery note of a delivery that has just got its number."""
    with translation.override(delivery.language):
        title = f"{_('Delivery note')} {delivery.number}"
    return Document.issue(
        kind=KIND,
        number=delivery.number,
        record=delivery,
        content=render_note(delivery, draft=False),
        title=title,
        language=delivery.language,
        by=by,
    )


def message(delivery, by) -> str:
    """What the mail says unless somebody writes another text."""
    with translation.override(delivery.language):
        values = {
            "greeting": delivery.order.customer.salutation_line(delivery.language),
            "order": delivery.order.number,
            "carrier": delivery.carrier or "",
            "number": delivery.tracking_number,
            "link": delivery.tracking_link,
            "date": date_format(delivery.expected_on) if delivery.expected_on else "",
            "name": by or "",
            "company": Company.current().legal_name,
        }
        said = [_("%(greeting)s,"), _("The goods of your order %(order)s are on their way to you.")]
        if delivery.expected_on:
            said.append(_("They should arrive on %(date)s."))
        if delivery.tracking_link:
            said.append(_("Follow them with %(carrier)s, tracking number %(number)s:\n%(link)s"))
        said += [_("The delivery note is attached."), _("Kind regards\n%(name)s\n%(company)s")]
        return "\n\n".join(text % values for text in said)


# --- Labels


def render_labels(delivery) -> bytes:
    """A6, a page a package: from whom, to whom, which of how many; both codes lead the shop to the delivery."""
    company = Company.current()
    with translation.override(delivery.language):
        context = {
            "letterhead": letterhead(delivery.language, company),
            "recipient": recipient_of(delivery, company),
            "title": f"{_('Label')} {delivery.number}",
            "delivery": delivery,
            "packages": range(1, delivery.package_count + 1),
            "weight": f"{shown(delivery.weight)} kg" if delivery.weight else "",
            "code": code128(delivery.number),
            "qr": qr(page_address(delivery)),
        }
    return pdf.render("pdf/delivery_label.html", context, language=delivery.language)


def page_address(record) -> str:
    """Where the office finds the record, for a phone that reads the code on the label."""
    return f"{settings.ORIGIN}{record.get_absolute_url()}"


# --- Packing list


def render_packing_list(delivery, rows: list[dict], *, language: str) -> bytes:
    """What the shop picks, from which shelf, in the language of who prints it; `rows` as `packing_rows` gives them."""
    company = Company.current()
    with translation.override(language):
        order = delivery.order
        info = [
            (_("Delivery"), str(delivery)),
            (_("Our order"), order.number),
            (_("Customer"), str(order.customer)),
            (_("To be shipped by"), date_format(delivery.ship_by) if delivery.ship_by else ""),
            (_("Carrier"), " · ".join(filter(None, [str(delivery.carrier or ""), delivery.service]))),
            (_("Packages"), str(delivery.package_count)),
        ]
        context = {
            "letterhead": letterhead(language, company),
            "recipient": delivery.address_lines(sender=company.country, language=language),
            "info": [(label, value) for label, value in info if value],
            "title": _("Packing list"),
            "number": str(delivery),
            "rows": rows,
            "notes": delivery.internal_notes,
        }
    return pdf.render("pdf/packing_list.html", context, language=language)


# --- Return note


def issue_return(paper, *, by) -> Document:
    """Keep the note that says what came back."""
    delivery = paper.delivery
    with translation.override(delivery.language):
        title = f"{_('Return note')} {paper.number}"
    return Document.issue(
        kind=RETURN_NOTE,
        number=paper.number,
        record=paper,
        content=render_return(paper),
        title=title,
        language=delivery.language,
        by=by,
    )


def render_return(paper) -> bytes:
    company, delivery = Company.current(), paper.delivery
    order = delivery.order
    with translation.override(delivery.language):
        info = [
            (_("Number"), paper.number),
            (_("Came back on"), date_format(paper.returned_on)),
            (_("Delivery note"), delivery.number),
            (_("Our order"), order.number),
            (_("Your reference"), order.customer_reference),
            (_("Customer number"), order.customer.number),
        ]
        lines = paper.lines.select_related("line__order_line__part").prefetch_related(
            Prefetch("printers", DeliveryPrinter.objects.select_related("printer"))
        )
        context = {
            "letterhead": letterhead(delivery.language, company),
            "recipient": recipient_of(delivery, company),
            "info": [(label, value) for label, value in info if value],
            "title": _("Return note"),
            "number": paper.number,
            "intro": _("We have received back from you:"),
            "lines": [
                {
                    "position": line.line.order_line.position,
                    "name": line.line.order_line.description,
                    "number": line.line.order_line.part.sku,
                    "serials": [each.printer.serial for each in line.printers.all()],
                    "quantity": line.quantity,
                    "unit": str(Unit(line.line.order_line.unit).label),
                    "condition": line.get_condition_display(),
                    "reason": line.reason,
                }
                for line in lines
            ],
            "notes": paper.note,
        }
    return pdf.render("pdf/return_note.html", context, language=delivery.language)
