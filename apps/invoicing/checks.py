"""What is looked at before an invoice is issued, in words, each with the page where it is put right."""

from decimal import Decimal
from typing import NamedTuple

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.company.models import Company
from apps.invoicing.kinds import Kind, Profile
from apps.invoicing.taxes import EXEMPT, EXPORT, INTRA_EU, REVERSE_CHARGE, STANDARD
from gmtc.countries import EU_VAT
from gmtc.figures import quantity as quantity_text
from gmtc.money import ZERO


class Complaint(NamedTuple):
    """`is_blocking` where the invoice cannot be issued like this; else it is a hint."""

    text: str
    url: str
    is_blocking: bool = True


def complaints(invoice) -> list[Complaint]:
    """The blocking ones first."""
    found = [
        *_ours(invoice),
        *_theirs(invoice),
        *_tax(invoice),
        *_content(invoice),
        *_quantities(invoice),
        *_advances(invoice),
        *(_xrechnung(invoice) if invoice.profile == Profile.XRECHNUNG else ()),
    ]
    return sorted(found, key=lambda each: not each.is_blocking)


def _edit(invoice, field: str = "") -> str:
    return reverse("invoicing:invoice_edit", args=[invoice.pk]) + (f"#div_id_{field}" if field else "")


def _customer(invoice, field: str = "") -> str:
    return reverse("customers:customer_edit", args=[invoice.customer_id]) + (f"#div_id_{field}" if field else "")


def _addresses(invoice) -> str:
    return f"{invoice.customer.get_absolute_url()}#addresses"


def _ours(invoice):
    us, legal, bank = invoice.us, reverse("company:settings"), reverse("company:bank")
    if not (us.name and us.street and us.postcode and us.city):
        yield Complaint(_("Our own name or address is not complete (§ 14 UStG)."), legal)
    if not (us.vat_id or us.tax_number):
        yield Complaint(_("Our VAT ID or tax number is missing (§ 14 UStG)."), bank)
    if not us.iban:
        yield Complaint(_("Our bank account is missing: customers will not know where to pay."), bank, False)


def _theirs(invoice):
    them = invoice.bill_to
    if not (them.name and them.street and them.city and them.country):
        yield Complaint(_("The customer's name or address is not complete (§ 14 UStG)."), _addresses(invoice))
    if not them.email:
        yield Complaint(
            _("The customer has no e-mail address for invoices."), _customer(invoice, "invoice_email"), False
        )


def _tax(invoice):
    category, us, them, goods = invoice.tax.category, invoice.us, invoice.bill_to, invoice.goods_to
    customer, is_small = invoice.customer, Company.current().is_small_business
    if is_small != (category == EXEMPT):
        text = (
            _("We are a small business (§ 19 UStG), but the invoice has another tax case.")
            if is_small
            else _("The invoice names § 19 UStG, but we are no small business.")
        )
        yield Complaint(text, _edit(invoice, "tax_case"))
    if category in (INTRA_EU, EXPORT, REVERSE_CHARGE) and not us.vat_id:
        yield Complaint(_("Our VAT ID is missing, which a tax-free invoice needs."), reverse("company:bank"))
    if category in (INTRA_EU, REVERSE_CHARGE):
        if not them.vat_id:
            yield Complaint(_("The customer's VAT ID is missing."), _customer(invoice, "vat_id"))
        elif not customer.has_valid_vat_id:
            yield Complaint(
                _("The tax office has not confirmed the customer's VAT ID %(number)s yet.") % {"number": them.vat_id},
                customer.get_absolute_url(),
                False,
            )
    if category == INTRA_EU and (goods.country not in EU_VAT or goods.country == "DE"):
        yield Complaint(
            _("A tax-free supply within the EU goes to another country of the EU; look at the delivery address."),
            _edit(invoice, "shipping_address"),
        )
    if category == EXPORT and goods.country in EU_VAT:
        yield Complaint(
            _("An export goes to a country outside the EU; look at the delivery address."),
            _edit(invoice, "shipping_address"),
        )
    if category == STANDARD and any(not line.vat_rate for line in invoice.lines.all()):
        yield Complaint(_("A line has 0 % VAT, but the tax case is one with VAT."), _edit(invoice))


def _content(invoice):
    if not invoice.lines.all():
        yield Complaint(_("There are no lines."), _edit(invoice))
    if invoice.total < 0:
        yield Complaint(_("The total is less than nothing."), _edit(invoice))
    if invoice.rounding and not invoice.net:
        yield Complaint(_("There is nothing to round."), _edit(invoice, "rounding"))
    if invoice.kind == Kind.INVOICE:
        if not invoice.supply_start:
            yield Complaint(_("The day of the supply is missing (§ 14 UStG)."), _edit(invoice, "supply_start"))
        elif (invoice.supply_end or invoice.supply_start) > timezone.localdate():
            yield Complaint(
                _("The supply lies in the future. For money before it there are advance invoices."),
                _edit(invoice, "supply_start"),
                False,
            )
    elif invoice.tax.category == INTRA_EU and not invoice.supply_start:
        # BR-IC-11: the XML of a tax-free supply has a day of delivery, for an advance the planned one
        yield Complaint(_("The planned day of the supply is missing."), _edit(invoice, "supply_start"))


def _quantities(invoice):
    wanted: dict = {}
    for line in invoice.lines.filter(order_line__isnull=False).select_related("order_line"):
        wanted[line.order_line] = wanted.get(line.order_line, Decimal(0)) + line.quantity
    for order_line, quantity in wanted.items():
        if quantity > order_line.to_invoice:
            yield Complaint(
                _("%(line)s: %(quantity)s are on the invoice, but only %(most)s were shipped and not invoiced.")
                % {
                    "line": order_line.description,
                    "quantity": quantity_text(quantity),
                    "most": quantity_text(order_line.to_invoice),
                },
                _edit(invoice),
            )


def _advances(invoice):
    if invoice.kind == Kind.ADVANCE and invoice.order.net < invoice.advanced_net():
        yield Complaint(_("The advances would be more than the order."), _edit(invoice))
    advances = {each.advance for each in invoice.deductions.select_related("advance")}
    for advance in sorted(advances, key=str):
        if advance.open_amount > ZERO:
            yield Complaint(
                _("The advance invoice %(number)s that is taken off is not paid yet.") % {"number": advance},
                advance.get_absolute_url(),
                False,
            )


def _xrechnung(invoice):
    us, them, legal = invoice.us, invoice.bill_to, reverse("company:settings")
    if not invoice.buyer_reference:
        yield Complaint(_("XRechnung: the buyer reference (Leitweg-ID) is missing."), _edit(invoice, "buyer_reference"))
    if not (them.electronic_address and them.scheme):
        yield Complaint(
            _("XRechnung: the customer's electronic address is missing."), _customer(invoice, "electronic_address")
        )
    if not (them.postcode and them.city):
        yield Complaint(_("XRechnung: the customer's postcode or city is missing."), _addresses(invoice))
    if not (invoice.goods_to.postcode and invoice.goods_to.city):
        yield Complaint(_("XRechnung: the postcode or city of the delivery is missing."), _addresses(invoice))
    if not us.phone:
        yield Complaint(_("XRechnung: our phone number is missing."), legal)
    if not us.email:
        yield Complaint(_("XRechnung: our e-mail address is missing."), legal)
    if not us.iban:
        yield Complaint(_("XRechnung: our bank account is missing."), reverse("company:bank"))
