"""E-invoices: UN/CEFACT Cross Industry Invoice (D16B) after EN 16931, as ZUGFeRD/Factur-X and XRechnung use it.

Our own writer and no library: the ones there are compute totals themselves, while every figure of an issued invoice is
stored and is only copied here. Comments BT-… and BG-… name the business terms of the norm. A new version of the norm is
a new `Profile`; what is issued keeps the XML it was issued with.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, StrEnum
from xml.etree import ElementTree as ET  # noqa: S405  only writes

from apps.invoicing.party import Party
from gmtc.money import ZERO

SPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
for prefix, uri in SPACES.items():
    ET.register_namespace(prefix, uri)

CURRENCY = "EUR"
PEPPOL_BILLING = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
SEPA_TRANSFER, CLEARING = "58", "97"  # UNTDID 4461


class Profile(Enum):
    """The specification that a file follows (BT-24), and its business process (BT-23)."""

    EN16931 = ("urn:cen.eu:en16931:2017", "")
    XRECHNUNG = ("urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0", PEPPOL_BILLING)

    @property
    def guideline(self) -> str:
        return self.value[0]

    @property
    def process(self) -> str:
        return self.value[1]


class TypeCode(StrEnum):
    """BT-3 (UNTDID 1001). A credit note has positive amounts, which the buyer gets back."""

    INVOICE = "380"
    CREDIT_NOTE = "381"
    CORRECTION = "384"
    ADVANCE = "386"


@dataclass(frozen=True)
class Item:
    """BG-25. `unit` is a code of UN/ECE Rec 20; `allowance` and `net` are euros."""

    position: int
    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    net: Decimal
    category: str
    rate: Decimal
    number: str = ""
    description: str = ""
    discount: Decimal = ZERO
    allowance: Decimal = ZERO


@dataclass(frozen=True)
class Share:
    """BG-20, BG-21: what a discount takes from a VAT group, or what shipping adds to it; `percent` of `base`."""

    amount: Decimal
    category: str
    rate: Decimal
    reason: str
    code: str = ""  # UNTDID 5189 for allowances, 7161 for charges
    is_charge: bool = False
    percent: Decimal | None = None
    base: Decimal | None = None


@dataclass(frozen=True)
class Tax:
    """BG-23."""

    category: str
    rate: Decimal
    base: Decimal
    tax: Decimal
    reason: str = ""
    code: str = ""


@dataclass(frozen=True)
class Totals:
    """BG-22."""

    lines: Decimal
    allowances: Decimal
    charges: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal
    due: Decimal
    prepaid: Decimal = ZERO
    rounding: Decimal = ZERO


@dataclass(frozen=True)
class EInvoice:
    """All that the file says; `preceding`: (number, date) of earlier invoices, `supplied`: the first and last day."""

    type_code: TypeCode
    number: str
    date: datetime.date
    seller: Party
    buyer: Party
    items: Sequence[Item]
    taxes: Sequence[Tax]
    totals: Totals
    shares: Sequence[Share] = ()
    ship_to: Party | None = None
    supplied: tuple[datetime.date, datetime.date] | None = None
    due: datetime.date | None = None
    terms: str = ""
    skonto_days: int = 0
    skonto_percent: Decimal = ZERO
    payment_reference: str = ""
    buyer_reference: str = ""
    buyer_order: str = ""
    seller_order: str = ""
    despatch: str = ""
    notes: Sequence[str] = ()
    preceding: Sequence[tuple[str, datetime.date]] = ()


def write(invoice: EInvoice, profile: Profile) -> bytes:
    """The XML of an invoice in UTF-8."""
    root = ET.Element(_name("rsm:CrossIndustryInvoice"))
    context = _put(root, "rsm:ExchangedDocumentContext")
    _put(context, "ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID", profile.process)  # BT-23
    _put(context, "ram:GuidelineSpecifiedDocumentContextParameter/ram:ID", profile.guideline)  # BT-24
    head = _put(root, "rsm:ExchangedDocument")
    _put(head, "ram:ID", invoice.number)  # BT-1
    _put(head, "ram:TypeCode", _type_code(invoice, profile))  # BT-3
    _date(head, "ram:IssueDateTime", invoice.date)  # BT-2
    for note in invoice.notes:  # BT-22
        _put(head, "ram:IncludedNote/ram:Content", note)
    deal = _put(root, "rsm:SupplyChainTradeTransaction")
    for item in invoice.items:
        _item(deal, item)
    _agreement(deal, invoice)
    _delivery(deal, invoice)
    _settlement(deal, invoice)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _type_code(invoice: EInvoice, profile: Profile) -> str:
    # BR-DE-17 does not know advances
    is_unknown = profile is Profile.XRECHNUNG and invoice.type_code is TypeCode.ADVANCE
    return TypeCode.INVOICE if is_unknown else invoice.type_code


def _item(deal: ET.Element, item: Item) -> None:
    line = _put(deal, "ram:IncludedSupplyChainTradeLineItem")
    _put(line, "ram:AssociatedDocumentLineDocument/ram:LineID", str(item.position))  # BT-126
    product = _put(line, "ram:SpecifiedTradeProduct")
    _put(product, "ram:SellerAssignedID", item.number)  # BT-155
    _put(product, "ram:Name", item.name)  # BT-153
    _put(product, "ram:Description", item.description)  # BT-154
    price = f"{item.price.normalize():f}" if item.price else "0"
    _put(line, "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:ChargeAmount", price)  # BT-146
    quantity = f"{item.quantity.normalize():f}"
    _put(line, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity", quantity, unitCode=item.unit)  # BT-129, BT-130
    settlement = _put(line, "ram:SpecifiedLineTradeSettlement")
    _tax_kind(_put(settlement, "ram:ApplicableTradeTax"), item.category, item.rate)
    if item.allowance:  # BG-27
        allowance = _put(settlement, "ram:SpecifiedTradeAllowanceCharge")
        _put(allowance, "ram:ChargeIndicator/udt:Indicator", "false")
        _put(allowance, "ram:CalculationPercent", _money(item.discount))
        _put(allowance, "ram:BasisAmount", _money(item.net + item.allowance))
        _put(allowance, "ram:ActualAmount", _money(item.allowance))
        _put(allowance, "ram:ReasonCode", "95")
        _put(allowance, "ram:Reason", "Rabatt")
    _put(
        settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount", _money(item.net)
    )  # BT-131


def _agreement(deal: ET.Element, invoice: EInvoice) -> None:
    agreement = _put(deal, "ram:ApplicableHeaderTradeAgreement")
    _put(agreement, "ram:BuyerReference", invoice.buyer_reference)  # BT-10
    _party(_put(agreement, "ram:SellerTradeParty"), invoice.seller)
    _party(_put(agreement, "ram:BuyerTradeParty"), invoice.buyer)
    _put(agreement, "ram:SellerOrderReferencedDocument/ram:IssuerAssignedID", invoice.seller_order)  # BT-14
    _put(agreement, "ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID", invoice.buyer_order)  # BT-13


def _party(node: ET.Element, party: Party, *, is_place: bool = False) -> None:
    if not is_place:
        _put(node, "ram:ID", party.number)  # BT-46: our number of the customer
    _put(node, "ram:Name", party.name)
    if not is_place:
        _put(node, "ram:SpecifiedLegalOrganization/ram:ID", party.register)
        if party.contact:
            contact = _put(node, "ram:DefinedTradeContact")  # BG-6
            _put(contact, "ram:PersonName", party.contact)
            _put(contact, "ram:TelephoneUniversalCommunication/ram:CompleteNumber", party.phone)
            _put(contact, "ram:EmailURIUniversalCommunication/ram:URIID", party.email)
    address = _put(node, "ram:PostalTradeAddress")
    _put(address, "ram:PostcodeCode", party.postcode)
    _put(address, "ram:LineOne", party.street)
    _put(address, "ram:LineTwo", party.extra)
    _put(address, "ram:LineThree", party.person)
    _put(address, "ram:CityName", party.city)
    _put(address, "ram:CountryID", party.country)
    _put(address, "ram:CountrySubDivisionName", party.state)
    if is_place:
        return
    _put(node, "ram:URIUniversalCommunication/ram:URIID", party.electronic_address, schemeID=party.scheme)
    _put(node, "ram:SpecifiedTaxRegistration/ram:ID", party.tax_number, schemeID="FC")  # BT-32
    _put(node, "ram:SpecifiedTaxRegistration/ram:ID", party.vat_id, schemeID="VA")  # BT-31, BT-48


def _delivery(deal: ET.Element, invoice: EInvoice) -> None:
    delivery = _put(deal, "ram:ApplicableHeaderTradeDelivery")
    if invoice.ship_to:  # BG-13, BG-15
        _party(_put(delivery, "ram:ShipToTradeParty"), invoice.ship_to, is_place=True)
    if invoice.supplied and invoice.supplied[0] == invoice.supplied[1]:
        _date(delivery, "ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime", invoice.supplied[0])  # BT-72
    _put(delivery, "ram:DespatchAdviceReferencedDocument/ram:IssuerAssignedID", invoice.despatch)  # BT-16


def _settlement(deal: ET.Element, invoice: EInvoice) -> None:
    settlement = _put(deal, "ram:ApplicableHeaderTradeSettlement")
    _put(settlement, "ram:PaymentReference", invoice.payment_reference)  # BT-83
    _put(settlement, "ram:InvoiceCurrencyCode", CURRENCY)  # BT-5
    _payment_means(settlement, invoice)
    for tax in invoice.taxes:  # BG-23
        group = _put(settlement, "ram:ApplicableTradeTax")
        _put(group, "ram:CalculatedAmount", _money(tax.tax))
        _put(group, "ram:TypeCode", "VAT")
        _put(group, "ram:ExemptionReason", tax.reason)
        _put(group, "ram:BasisAmount", _money(tax.base))
        _put(group, "ram:CategoryCode", tax.category)
        _put(group, "ram:ExemptionReasonCode", tax.code)
        _put(group, "ram:RateApplicablePercent", _money(tax.rate))
    if invoice.supplied and invoice.supplied[0] != invoice.supplied[1]:  # BG-14
        period = _put(settlement, "ram:BillingSpecifiedPeriod")
        _date(period, "ram:StartDateTime", invoice.supplied[0])
        _date(period, "ram:EndDateTime", invoice.supplied[1])
    for share in invoice.shares:
        _share(settlement, share)
    if terms := _terms(invoice):
        node = _put(settlement, "ram:SpecifiedTradePaymentTerms")
        _put(node, "ram:Description", terms)  # BT-20
        if invoice.due:
            _date(node, "ram:DueDateDateTime", invoice.due)  # BT-9
    _totals(settlement, invoice.totals)
    for number, date in invoice.preceding:  # BG-3
        earlier = _put(settlement, "ram:InvoiceReferencedDocument")
        _put(earlier, "ram:IssuerAssignedID", number)
        _date(earlier, "ram:FormattedIssueDateTime", date, space="qdt")


def _payment_means(settlement: ET.Element, invoice: EInvoice) -> None:
    """BG-16. What a credit note gives back is cleared with the buyer's account, so it names no account of ours."""
    us = invoice.seller
    is_transfer = bool(us.iban) and invoice.type_code != TypeCode.CREDIT_NOTE
    means = _put(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
    _put(means, "ram:TypeCode", SEPA_TRANSFER if is_transfer else CLEARING)  # BT-81
    if is_transfer:
        account = _put(means, "ram:PayeePartyCreditorFinancialAccount")
        _put(account, "ram:IBANID", us.iban)  # BT-84
        _put(account, "ram:AccountName", us.payee)  # BT-85
        _put(means, "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID", us.bic)  # BT-86


def _share(settlement: ET.Element, share: Share) -> None:
    node = _put(settlement, "ram:SpecifiedTradeAllowanceCharge")
    _put(node, "ram:ChargeIndicator/udt:Indicator", "true" if share.is_charge else "false")
    if share.percent is not None and share.base is not None:
        _put(node, "ram:CalculationPercent", _money(share.percent))
        _put(node, "ram:BasisAmount", _money(share.base))
    _put(node, "ram:ActualAmount", _money(share.amount))
    _put(node, "ram:ReasonCode", share.code)
    _put(node, "ram:Reason", share.reason)
    _tax_kind(_put(node, "ram:CategoryTradeTax"), share.category, share.rate)


def _terms(invoice: EInvoice) -> str:
    """BT-20: a sentence for people, then the lines that XRechnung lets programs read; those end in a new line."""
    lines = [invoice.terms] if invoice.terms else []
    if invoice.skonto_percent:
        lines.append(f"#SKONTO#TAGE={invoice.skonto_days}#PROZENT={_money(invoice.skonto_percent)}#\n")
    return "\n".join(lines)


def _totals(settlement: ET.Element, totals: Totals) -> None:
    node = _put(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    _put(node, "ram:LineTotalAmount", _money(totals.lines))  # BT-106
    _put(node, "ram:ChargeTotalAmount", _money(totals.charges))  # BT-108
    _put(node, "ram:AllowanceTotalAmount", _money(totals.allowances))  # BT-107
    _put(node, "ram:TaxBasisTotalAmount", _money(totals.net))  # BT-109
    _put(node, "ram:TaxTotalAmount", _money(totals.tax), currencyID=CURRENCY)  # BT-110
    if totals.rounding:
        _put(node, "ram:RoundingAmount", _money(totals.rounding))  # BT-114
    _put(node, "ram:GrandTotalAmount", _money(totals.gross))  # BT-112
    _put(node, "ram:TotalPrepaidAmount", _money(totals.prepaid))  # BT-113
    _put(node, "ram:DuePayableAmount", _money(totals.due))  # BT-115


def _tax_kind(node: ET.Element, category: str, rate: Decimal) -> None:
    _put(node, "ram:TypeCode", "VAT")
    _put(node, "ram:CategoryCode", category)
    _put(node, "ram:RateApplicablePercent", _money(rate))


# --- Elements


def _name(name: str) -> str:
    prefix, local = name.split(":")
    return f"{{{SPACES[prefix]}}}{local}"


def _put(parent: ET.Element, path: str, text: str | None = None, **attributes: str) -> ET.Element | None:
    """Make the elements of `path` below `parent` and return the last. An empty text makes none at all: XRechnung
    allows no empty element."""
    if text == "":
        return None
    for name in path.split("/"):
        parent = ET.SubElement(parent, _name(name))
    parent.text = text
    parent.attrib.update(attributes)
    return parent


def _date(parent: ET.Element, path: str, day: datetime.date, *, space: str = "udt") -> None:
    _put(parent, f"{path}/{space}:DateTimeString", f"{day:%Y%m%d}", format="102")


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"
