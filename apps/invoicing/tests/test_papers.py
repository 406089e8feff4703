"""The invoice on paper: what the law wants on it, the code to pay by, and the e-invoice inside."""

import io
from decimal import Decimal

import facturx
import pypdf
import pytest
from django.utils import timezone
from lxml import etree

from apps.company.models import Company
from apps.customers.tests.factories import AUSTRIAN, make_customer
from apps.deliveries.models import Delivery
from apps.deliveries.tests.factories import make_printer_order
from apps.invoicing import girocode, papers
from apps.invoicing.models import Invoice
from apps.invoicing.tests.factories import make_free, make_order, ship
from apps.invoicing.tests.rules import broken, schema_faults
from gmtc.testing import codes_on, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.paper]


def without_blanks(text: str) -> str:
    return "".join(text.split())


def test_a_german_invoice_says_what_the_law_wants(staff):
    order, printers = make_printer_order(2, by=staff)
    delivery = ship_printers(order, printers, staff)
    invoice = Invoice.from_order(order, by=staff)
    invoice.issue(by=staff)
    text = text_of(invoice.paper.content())
    company = Company.current()
    bill = invoice.bill_to
    said = without_blanks(text)
    for wanted in (
        invoice.number,
        company.legal_name,
        company.street,
        company.vat_id,
        bill.name,
        bill.street,
        bill.city,
        timezone.localdate().strftime("%d.%m.%Y"),
        delivery.number,
        *[printer.serial for printer in printers],
        "19 %",
        "4,75",  # VAT of 2 x 12.50
    ):
        assert without_blanks(str(wanted)) in said, wanted


def ship_printers(order, printers, by):
    delivery = Delivery.begin(order)
    rows = [
        {"order_line": row.order_line, "quantity": row.quantity, "location": row.location}
        for row in Delivery.propose(order)
    ]
    delivery.write({}, rows, by=by)
    delivery.ship(by=by, printers={delivery.lines.get(): printers})
    return delivery


@pytest.mark.parametrize(
    ("customer", "sentence"),
    [
        ({"country": "AT", "vat_id": AUSTRIAN}, "1b, § 6a UStG"),
        ({"country": "CH"}, "1a, § 6 UStG"),
    ],
)
def test_an_invoice_without_vat_says_why_and_keeps_the_rules(staff, customer, sentence):
    invoice = make_free((2, 100), customer=make_customer(**customer))
    invoice.issue(by=staff)
    text = without_blanks(text_of(invoice.paper.content()))
    assert without_blanks(sentence) in text
    assert invoice.tax_amount == 0
    assert broken(invoice.paper.xml(), "EN 16931", "ZUGFeRD") == []


def test_a_small_business_says_so(staff):
    company = Company.current()
    company.revise({"is_small_business": True}, by=None, version=company.version)
    invoice = make_free((2, 100))
    assert (invoice.tax_case, invoice.tax_amount) == ("E", 0)
    invoice.issue(by=staff)
    assert "§19UStG" in without_blanks(text_of(invoice.paper.content()))
    assert broken(invoice.paper.xml(), "EN 16931", "ZUGFeRD") == []


def test_the_pdf_holds_the_e_invoice_once_and_it_keeps_the_rules(staff):
    invoice = make_free(
        (3, "10.01"), (1, 200, 5, 7), discount_percent=Decimal(3), shipping_cost=Decimal("9.90"),
        skonto_percent=Decimal(2), skonto_days=14, payment_days=30,
    )  # fmt: skip
    invoice.issue(by=staff)
    content, xml = invoice.paper.content(), invoice.paper.xml()
    assert schema_faults(xml) == []
    assert broken(xml, "EN 16931", "ZUGFeRD") == []
    name, inner = facturx.get_facturx_xml_from_pdf(content, check_xsd=False)
    assert (name, etree.tostring(etree.fromstring(inner), method="c14n")) == (
        "factur-x.xml",
        etree.tostring(etree.fromstring(xml), method="c14n"),
    )
    reader = pypdf.PdfReader(io.BytesIO(content))
    assert list(reader.attachments) == ["factur-x.xml"]
    metadata = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in metadata
    assert "EN 16931" in metadata


def test_a_public_buyer_gets_an_xrechnung_beside_the_pdf(staff):
    buyer = make_customer(
        buyer_reference="04011000-1234512345-06", address_scheme="0204", electronic_address="04011000-1234512345-06"
    )
    invoice = make_free((3, "10.01"), customer=buyer)
    assert invoice.profile == "xrechnung"
    invoice.issue(by=staff)
    assert b"xrechnung_3.0" in invoice.paper.xml()
    assert broken(invoice.paper.xml(), "EN 16931", "XRechnung") == []


def test_a_final_invoice_shows_its_advances_and_keeps_the_rules(staff):
    order = make_order((2, 1000), (10, 10, 7), by=staff)
    advance = Invoice.advance_for(order, by=staff, percent=Decimal(30))
    advance.issue(by=staff)
    ship(order, by=staff)
    final = Invoice.from_order(order, by=staff)
    final.issue(by=staff)
    for each in (advance, final):
        assert broken(each.paper.xml(), "EN 16931", "ZUGFeRD") == []
    assert advance.number in text_of(final.paper.content())
    assert f"<ram:IssuerAssignedID>{advance.number}<" in final.paper.xml().decode()
    note = final.cancel(by=staff, reason="Falsche Menge")
    assert broken(note.paper.xml(), "EN 16931", "ZUGFeRD") == []
    text = without_blanks(text_of(note.paper.content()))
    assert final.number in text
    assert "FalscheMenge" in text


def test_the_code_on_the_paper_fills_in_the_transfer(staff):
    invoice = make_free((3, "10.01"))
    invoice.issue(by=staff)
    company = Company.current()
    transfer = ["BCD", "002", "1", "SCT", company.bic, company.payee, company.iban, "EUR35.74", "", "", invoice.number]
    assert codes_on(invoice.paper.content(), dpi=150) == {"qrcode": "\n".join(transfer)}
    note = invoice.cancel(by=staff, reason="wrong")
    assert codes_on(note.paper.content()) == {}


def test_a_draft_has_a_watermark_and_no_code():
    draft = make_free((3, "10.01"))
    content = papers.render(draft, draft=True)
    assert "ENTWURF" in text_of(content)
    assert codes_on(content) == {}


@pytest.mark.parametrize(
    ("amount", "iban"), [("0", "DE89370400440532013000"), ("-5", "DE89370400440532013000"), ("5", "")]
)
def test_no_code_where_nothing_can_be_transferred(amount, iban):
    given = {"name": "x", "iban": iban, "bic": "", "amount": Decimal(amount), "text": "x"}
    with pytest.raises(ValueError, match="an account and an amount"):
        girocode.payload(**given)
    assert girocode.code(**given) is None


def test_a_code_is_cut_to_what_the_banks_take():
    lines = girocode.payload(
        name="N" * 80, iban="DE89 3704 0044 0532 0130 00", bic="", amount=Decimal("1"), text="T" * 200
    ).split("\n")
    assert lines == ["BCD", "002", "1", "SCT", "", "N" * 70, "DE89370400440532013000", "EUR1.00", "", "", "T" * 140]


def test_english_customers_read_english(staff):
    invoice = make_free((1, 100), customer=make_customer(language="en"))
    invoice.issue(by=staff)
    assert "Please pay" in text_of(invoice.paper.content())
