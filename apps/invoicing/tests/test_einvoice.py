"""The writer of e-invoices against the official rules, for every tax case and every kind of document."""

import dataclasses
from datetime import date
from decimal import Decimal

import pytest

from apps.invoicing.einvoice import EInvoice, Item, Profile, Share, Tax, Totals, TypeCode, write
from apps.invoicing.party import Party
from apps.invoicing.taxes import exemption
from apps.invoicing.tests.rules import broken, schema_faults
from gmtc.money import amounts, line_net

US = Party(
    name="GM-TC Muster GmbH", street="Musterstraße 1", postcode="12345", city="Musterstadt", country="DE",
    vat_id="DE123456788", tax_number="12/345/67890", register="Amtsgericht Musterstadt HRB 1", contact="Maxi Muster",
    phone="+49 30 0000000", email="office@example.com", scheme="EM", electronic_address="office@example.com",
    payee="GM-TC Muster GmbH", iban="DE89370400440532013000", bic="COBADEFFXXX",
)  # fmt: skip
BUYER = Party(
    name="Käufer & Söhne AG", number="K-10001", person="Einkauf", street="Weg 2", extra="Halle 3", postcode="80331",
    city="München", country="DE", vat_id="DE136695976", email="rechnung@example.com", scheme="EM",
    electronic_address="rechnung@example.com",
)  # fmt: skip
VIENNA = dataclasses.replace(BUYER, postcode="1010", city="Wien", country="AT", vat_id="ATU13585627")
ZURICH = dataclasses.replace(BUYER, postcode="8001", city="Zürich", country="CH", vat_id="")
SMALL = dataclasses.replace(US, vat_id="", tax_number="12/345/67890")
CASES = {
    "S": {"rate": "19"},
    "K": {"rate": "0", "buyer": VIENNA},
    "G": {"rate": "0", "buyer": ZURICH},
    "AE": {"rate": "0", "buyer": VIENNA},
    "E": {"rate": "0", "seller": SMALL},
}
DAY = date(2026, 11, 20)


def make(category="S", lines=None, *, discount=0, shipping=0, rounding=0, **changes) -> EInvoice:
    """An invoice as a room would make it: `lines` are (quantity, price, discount, rate)."""
    case = CASES[category] | changes
    rate = Decimal(case.pop("rate"))
    lines = lines or [("3", "10.01", "0", rate), ("1", "4890", "5", rate)]
    items = []
    for position, (quantity, price, off, line_rate) in enumerate(lines, start=1):
        quantity, price, off = Decimal(quantity), Decimal(price), Decimal(off)
        net = line_net(quantity, price, discount=off)
        items.append(
            Item(
                position=position,
                name=f"Teil {position}",
                number=f"P-{position}",
                quantity=quantity,
                unit="H87",
                price=price,
                discount=off,
                allowance=quantity * price - net if off else Decimal(0),
                net=net,
                category=category,
                rate=Decimal(line_rate),
            )  # fmt: skip
        )
    figures = amounts(
        [(item.category, item.rate, item.net) for item in items], discount=Decimal(discount), shipping=Decimal(shipping)
    )
    shares = []
    for group in figures.groups:
        where = {"category": group.category, "rate": group.rate}
        base = sum(item.net for item in items if item.rate == group.rate)
        if group.discount:
            shares.append(
                Share(group.discount, reason="Rabatt", code="95", percent=Decimal(discount), base=base, **where)
            )
        if group.shipping:
            shares.append(Share(group.shipping, reason="Versand", code="FC", is_charge=True, **where))
    why = exemption(category)
    due = figures.gross + Decimal(rounding)
    defaults = {
        "type_code": TypeCode.INVOICE, "number": "RE-2026-0001", "date": DAY, "seller": US, "buyer": BUYER,
        "supplied": (DAY, DAY), "due": date(2026, 12, 4), "terms": "Zahlbar bis 04.12.2026.",
        "payment_reference": "RE-2026-0001", "buyer_reference": "04011000-1234512345-06", "buyer_order": "4711",
        "seller_order": "AB-2026-0001", "despatch": "LS-2026-0001",
    }  # fmt: skip
    return EInvoice(
        **defaults
        | {"ship_to": case.get("buyer", BUYER)}
        | case
        | {
            "items": items,
            "shares": shares,
            "taxes": [
                Tax(each.category, each.rate, each.base, each.tax, str(why.sentence), why.code)
                for each in figures.groups
            ],
            "totals": Totals(
                lines=figures.lines,
                allowances=figures.discount,
                charges=figures.shipping,
                net=figures.net,
                tax=figures.tax,
                gross=figures.gross,
                due=due,
                rounding=Decimal(rounding),
            ),
        }  # fmt: skip
    )


DOCUMENTS = {
    "German VAT": make("S"),
    "EU business": make("K"),
    "export": make("G"),
    "reverse charge": make("AE"),
    "small business": make("E"),
    "EU consumer (OSS)": make("S", rate="20", buyer=dataclasses.replace(VIENNA, vat_id="")),
    "credit note": make(type_code=TypeCode.CREDIT_NOTE, preceding=[("RE-2026-0001", DAY)], number="SR-2026-0001"),
    "correction": make(type_code=TypeCode.CORRECTION, preceding=[("RE-2026-0001", DAY)], number="RE-2026-0002"),
    "advance": make(type_code=TypeCode.ADVANCE, supplied=None, despatch=""),
    "advance to an EU business": make("K", type_code=TypeCode.ADVANCE, despatch=""),
    "discount, shipping, Skonto, two rates": make(
        "S", [("3", "10.01", "0", "19"), ("0.375", "99.9999", "12.5", "7"), ("1", "1000", "0", "7")],
        discount="3.33", shipping="9.90", skonto_days=14, skonto_percent=Decimal(2),
    ),
    "discount and shipping to an EU business": make("K", discount="5", shipping="12.34"),
    "part of a delivery, over a period": make("S", [("0.5", "80", "0", "19")], supplied=(date(2026, 11, 1), DAY)),
    "rest after an advance": make("S", preceding=[("RE-2026-0001", DAY), ("RE-2026-0002", DAY)]),
    "agreed gross price": make("S", rounding="-0.01"),
    "nothing to pay": make("S", [("1", "0", "0", "19")]),
}  # fmt: skip


@pytest.mark.parametrize("invoice", DOCUMENTS.values(), ids=DOCUMENTS)
def test_every_document_keeps_the_rules_of_en_16931_and_zugferd(invoice):
    xml = write(invoice, Profile.EN16931)
    assert schema_faults(xml) == []
    assert broken(xml, "EN 16931", "ZUGFeRD") == []


@pytest.mark.parametrize("invoice", DOCUMENTS.values(), ids=DOCUMENTS)
def test_every_document_keeps_the_rules_of_xrechnung(invoice):
    xml = write(invoice, Profile.XRECHNUNG)
    assert schema_faults(xml) == []
    found = broken(xml, "EN 16931", "XRechnung")
    if not invoice.supplied:  # an advance has no day of supply yet, which is only remarked
        assert [each for each in found if not each.startswith("(warning) BR-DE-TMP-32")] == []
    else:
        assert found == []


def replaced(old: str, new: str, *, profile=Profile.EN16931, invoice=None) -> bytes:
    xml = write(invoice or make(), profile).decode()
    assert old in xml
    return xml.replace(old, new).encode()


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("<ram:TaxBasisTotalAmount>4675.53<", "<ram:TaxBasisTotalAmount>4676.53<", "BR-CO-13"),
        ("<ram:CategoryCode>S<", "<ram:CategoryCode>K<", "BR-IC-10"),
        ("<ram:InvoiceCurrencyCode>EUR<", "<ram:InvoiceCurrencyCode>XYZ<", "BR-CL-04"),
        ("<ram:DuePayableAmount>5563.88<", "<ram:DuePayableAmount>5563.87<", "BR-CO-16"),
    ],
)
def test_a_broken_invoice_goes_red(old, new, rule):
    assert any(each.startswith(rule) for each in broken(replaced(old, new), "EN 16931")), broken(
        replaced(old, new), "EN 16931"
    )


def test_xrechnung_is_stricter_than_the_norm():
    plain = dataclasses.replace(make(), buyer_reference="", seller=dataclasses.replace(US, contact=""))
    assert broken(write(plain, Profile.EN16931), "EN 16931") == []
    found = broken(write(plain, Profile.XRECHNUNG), "XRechnung")
    assert {each.split(":")[0] for each in found} >= {"BR-DE-2", "BR-DE-15"}


def test_a_misspelt_element_is_against_the_schema():
    assert schema_faults(replaced("ram:BuyerReference", "ram:BuyerReferenz"))


def test_three_times_ten_euros_and_a_cent_are_taxed_on_the_sum():
    xml = write(make(lines=[("3", "10.01", "0", "19")]), Profile.EN16931).decode()
    assert "<ram:CalculatedAmount>5.71<" in xml
    assert "<ram:DuePayableAmount>35.74<" in xml


def test_skonto_stands_in_the_terms_as_programs_read_it():
    xml = write(DOCUMENTS["discount, shipping, Skonto, two rates"], Profile.XRECHNUNG).decode()
    assert "Zahlbar bis 04.12.2026.\n#SKONTO#TAGE=14#PROZENT=2.00#\n<" in xml


def test_a_credit_note_names_the_original_and_no_account_to_pay_to():
    xml = write(DOCUMENTS["credit note"], Profile.EN16931).decode()
    assert "<ram:TypeCode>381</ram:TypeCode>" in xml
    assert "<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>RE-2026-0001<" in xml
    assert "IBAN" not in xml
