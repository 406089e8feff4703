"""How a customer is taxed by who and where they are. Goods from Germany; the tax adviser has the last word."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from stdnum.eu import vat
from stdnum.exceptions import ValidationError as WrongDigits

from gmtc.countries import EU_VAT


class TaxCase(models.TextChoices):
    """The codes are those of EN 16931, but for consumers in the EU, who are category S with another rate (OSS)."""

    DOMESTIC = "S", _("German VAT")
    INTRA_EU = "K", _("EU business, tax-free supply")
    EXPORT = "G", _("Export outside the EU")
    REVERSE_CHARGE = "AE", _("Reverse charge")
    EU_CONSUMER = "OSS", _("EU consumer (OSS)")

    @property
    def category(self) -> str:
        """The VAT category code of EN 16931 (BT-151)."""
        return "S" if self is TaxCase.EU_CONSUMER else self.value

    @property
    def is_untaxed(self) -> bool:
        return self in (TaxCase.INTRA_EU, TaxCase.EXPORT, TaxCase.REVERSE_CHARGE)


def compact_vat_id(text: str) -> str:
    """As it is kept: "ATU 135 856 27" is ATU13585627, GR becomes EL. What is no VAT ID comes back as it was typed."""
    try:
        number = vat.compact(text)
    except WrongDigits:
        return text.strip().upper()
    return "EL" + number[2:] if number.startswith("GR") else number


def suggested_tax_case(*, country: str, vat_id: str) -> TaxCase:
    """What usually applies to goods sent from Germany to `country`."""
    if is_possible(TaxCase.INTRA_EU, country=country, vat_id=vat_id):
        return TaxCase.INTRA_EU
    if country and country not in EU_VAT:
        return TaxCase.EXPORT
    return TaxCase.EU_CONSUMER if country not in ("", "DE") else TaxCase.DOMESTIC


def is_possible(case: str, *, country: str, vat_id: str) -> bool:
    return not why_not(case, country=country, vat_id=vat_id)


def why_not(case: str, *, country: str, vat_id: str) -> str:
    """Why a customer of `country` cannot be taxed like this, for the user; empty where they can. The trigger
    `customers_customer_whole` says the same in the database."""
    in_eu = country in EU_VAT and country != "DE"
    # Northern Ireland is in the EU where goods are concerned, and its traders have VAT IDs of their own (XI).
    in_northern_ireland = country == "GB" and vat_id.startswith("XI")
    match case:
        case TaxCase.INTRA_EU | TaxCase.REVERSE_CHARGE:
            if not vat_id:
                return _("A tax-free supply within the EU needs the customer's VAT ID.")
            if vat_id.startswith("DE"):
                return _("A tax-free supply within the EU needs the VAT ID of another country than Germany.")
            if not in_eu and not in_northern_ireland:
                return _("This is only for customers in another country of the EU.")
        case TaxCase.EXPORT if country in EU_VAT:
            return _("An export goes to a country outside the EU.")
        case TaxCase.EU_CONSUMER if not in_eu:
            return _("This is only for consumers in another country of the EU.")
    return ""
