"""An invoice in the terms of EN 16931: its stored figures as `einvoice` writes them."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.invoicing import kinds
from apps.invoicing.einvoice import EInvoice, Item, Profile, Share, Tax, Totals, TypeCode, write
from apps.invoicing.taxes import exemption
from gmtc.money import ZERO

TYPE_CODES = {
    kinds.Kind.INVOICE: TypeCode.INVOICE,
    kinds.Kind.ADVANCE: TypeCode.ADVANCE,
    kinds.Kind.CREDIT_NOTE: TypeCode.CREDIT_NOTE,
}
PROFILES = {kinds.Profile.ZUGFERD: Profile.EN16931, kinds.Profile.XRECHNUNG: Profile.XRECHNUNG}
DISCOUNT, ADVANCE, FREIGHT = "95", "104", "FC"  # UNTDID 5189, 7161


def xml(invoice, profile: str) -> bytes:
    """The XML of an issued invoice."""
    return write(of(invoice), PROFILES[kinds.Profile(profile)])


def of(invoice) -> EInvoice:
    """What the file says. A cancellation has its figures negated here; in a credit note (381) they are positive."""
    sign = -1 if invoice.is_credit_note else 1
    with override(invoice.language):
        groups = list(invoice.taxes.all())
        shares = [share for group in groups for share in _shares(invoice, group, sign)]
        return EInvoice(
            type_code=TYPE_CODES[kinds.Kind(invoice.kind)],
            number=invoice.number,
            date=invoice.invoice_date,
            seller=invoice.us,
            buyer=invoice.bill_to,
            ship_to=invoice.goods_to,
            items=[_item(line, invoice, sign) for line in invoice.lines.all()],
            shares=shares,
            taxes=[_tax(group, sign) for group in groups],
            totals=Totals(
                lines=sign * sum((group.lines_net for group in groups), ZERO),
                allowances=sum((share.amount for share in shares if not share.is_charge), ZERO),
                charges=sum((share.amount for share in shares if share.is_charge), ZERO),
                net=sign * invoice.net,
                tax=sign * invoice.tax_amount,
                gross=sign * invoice.gross,
                due=sign * invoice.total,
                rounding=sign * invoice.rounding,
            ),
            supplied=invoice.supplied,
            due=None if invoice.is_credit_note else invoice.due_date,
            terms=_terms(invoice),
            skonto_days=invoice.skonto_days,
            skonto_percent=invoice.skonto_percent,
            payment_reference=invoice.payment_reference,
            buyer_reference=invoice.buyer_reference,
            buyer_order=invoice.customer_reference,
            seller_order=invoice.order.number if invoice.order_id else "",
            despatch=_despatch(invoice),
            notes=[note for note in (invoice.reason, invoice.notes) if note],
            preceding=_preceding(invoice),
        )


def _item(line, invoice, sign: int) -> Item:
    about = [line.details, line.delivery_reference, line.serials]
    return Item(
        position=line.position,
        name=line.description,
        number=line.part_number,
        description="\n".join(each for each in about if each),
        quantity=sign * line.quantity,
        unit=line.unit,
        price=line.unit_price,
        discount=line.discount,
        allowance=sign * line.allowance,
        net=sign * line.net,
        category=invoice.tax.category,
        rate=line.vat_rate,
    )


def _tax(group, sign: int) -> Tax:
    why = exemption(group.category)
    return Tax(
        category=group.category,
        rate=group.rate,
        base=sign * group.base,
        tax=sign * group.tax,
        reason=str(why.sentence),
        code=why.code,
    )


def _shares(invoice, group, sign: int):
    """BG-20 and BG-21: what discount and advances take from the group, and what shipping adds to it."""
    where = {"category": group.category, "rate": group.rate}
    if group.discount:
        yield Share(
            amount=sign * group.discount,
            reason=_("Discount"),
            code=DISCOUNT,
            percent=invoice.discount_percent,
            base=sign * group.lines_net,
            **where,
        )
    for taken in invoice.deductions.select_related("advance"):
        if (taken.category, taken.rate) == (group.category, group.rate):
            reason = _("Advance invoice %(number)s") % {"number": taken.advance.number}
            yield Share(amount=sign * taken.net, reason=reason, code=ADVANCE, **where)
    if group.shipping:
        yield Share(amount=sign * group.shipping, reason=_("Shipping"), code=FREIGHT, is_charge=True, **where)


def _terms(invoice) -> str:
    if invoice.is_credit_note or invoice.total <= 0:
        return ""
    return _("Payable by %(day)s without deduction.") % {"day": date_format(invoice.due_date, "SHORT_DATE_FORMAT")}


def _despatch(invoice) -> str:
    """BT-16 names one delivery note; where there are several, the lines name them."""
    notes = {line.delivery_reference for line in invoice.lines.all() if line.delivery_reference}
    only = notes.pop() if len(notes) == 1 else ""
    return only.split(" ")[0] if only.count("(") == 1 else ""


def _preceding(invoice) -> list:
    if invoice.is_credit_note:
        return [(invoice.reverses.number, invoice.reverses.invoice_date)]
    advances = {each.advance.number: each.advance.invoice_date for each in invoice.deductions.select_related("advance")}
    return sorted(advances.items())
