"""What an invoice says about its tax, by the category codes of EN 16931 (UNTDID 5305)."""

from typing import NamedTuple

from apps.orders.models import OrderTax
from apps.orders.papers import UNTAXED

STANDARD, INTRA_EU, EXPORT, REVERSE_CHARGE, EXEMPT = "S", "K", "G", "AE", "E"


class Exemption(NamedTuple):
    """Why there is no VAT: the sentence that the law wants, and the code of the list VATEX, where there is one."""

    sentence: str
    code: str = ""


EXEMPTIONS = {
    INTRA_EU: Exemption(UNTAXED[OrderTax.INTRA_EU], "VATEX-EU-IC"),
    EXPORT: Exemption(UNTAXED[OrderTax.EXPORT], "VATEX-EU-G"),
    REVERSE_CHARGE: Exemption(UNTAXED[OrderTax.REVERSE_CHARGE], "VATEX-EU-AE"),
    # Code E and never O: the supply is taxable, only nobody collects the tax (§ 19 UStG).
    EXEMPT: Exemption(UNTAXED[OrderTax.SMALL_BUSINESS]),
}


def exemption(category: str) -> Exemption:
    return EXEMPTIONS.get(category, Exemption(""))
