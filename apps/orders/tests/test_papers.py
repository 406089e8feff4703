"""What a customer reads."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.company.models import Company
from apps.customers.tests.factories import AUSTRIAN, make_address, make_contact, make_customer
from apps.orders import papers
from apps.orders.tests.factories import make_confirmed, make_order, make_quoted, make_sold_part
from gmtc.testing import pages_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.paper]


def missing_in(text: str, *wanted) -> list[str]:
    return [piece for piece in wanted if str(piece) not in text]


def test_a_quote_says_who_what_until_when_and_for_how_much_to_the_cent(manager):
    customer = make_customer(
        company_name="Weiß Sondermaschinen GmbH", payment_days=30, skonto_percent=2, skonto_days=10, language="en"
    )
    contact = make_contact(customer, last_name="Krüger", salutation="ms")
    line = {
        "part": make_sold_part(sku="FP24", name="3D printer FP24"), "quantity": 3, "unit_price": "10.01",
        "details": "With enclosure", "customizations": {"Colour": "RAL 7016"},
    }  # fmt: skip
    reduced = {"part": make_sold_part(name="Manual"), "quantity": 1, "unit_price": "20", "vat_rate": Decimal(7)}
    order = make_order(
        line, reduced, customer=customer, contact=contact, customer_reference="ENQ-5", discount_percent=Decimal(10),
        shipping_cost=Decimal(5), notes="Training included.", shipping_address=make_address(customer, city="Ulm"),
    )  # fmt: skip
    order.quote(by=manager)
    text = text_of(order.papers.get().content())
    # lines 50.03, discount 5.00, shipping 5.00; 7 %: 20 - 2.00 + 2.00, 19 %: 30.03 - 3.00 + 3.00
    assert missing_in(
        text, order.quote_number, "Quote", "Weiß Sondermaschinen GmbH", "Krüger", "ENQ-5", customer.number,
        "3D printer FP24", "With enclosure", "Colour: RAL 7016", "€10.01", "€30.03", "€50.03", "Discount 10 %",
        "-€5.00", "VAT 7 % on €20.00", "€1.40", "VAT 19 % on €30.03", "€5.71", "€57.14", "Training included.", "Ulm",
        "Payable within 30 days; 2 % cash discount within 10 days.", "Valid until", "manager@example.com",
    ) == []  # fmt: skip
    assert order.total == Decimal("57.14")


def test_a_confirmation_is_in_german_for_a_german_customer(manager):
    order = make_quoted((make_sold_part(), 2, "1234.5"))
    order.confirm(by=manager, customer_reference="B-77")
    text = text_of(order.papers.first().content())
    assert missing_in(
        text, "Auftragsbestätigung", order.number, "1.234,50 €", "2.469,00 €", "469,11 €", "2.938,11 €", "B-77",
    ) == []  # fmt: skip
    assert order.quote_number in text


def test_what_the_customer_wishes_is_not_printed_as_our_promise(manager):
    day = timezone.localdate() + timedelta(days=20)
    order = make_order(requested_date=day)
    order.quote(by=manager)
    assert "Liefertermin gewünscht" in text_of(order.papers.first().content())
    order.confirm(by=manager, promised_date=day)
    text = text_of(order.papers.first().content())
    assert ("Liefertermin" in text, "gewünscht" in text) == (True, False)


@pytest.mark.parametrize(
    ("customer", "law"),
    [
        ({"country": "AT", "vat_id": AUSTRIAN, "language": "en"}, "§ 4 no. 1b, § 6a UStG"),
        ({"country": "US", "language": "en"}, "§ 4 no. 1a, § 6 UStG"),
        ({"country": "AT", "vat_id": AUSTRIAN, "language": "en", "tax_case": "AE"}, "Reverse charge"),
    ],
)
def test_an_untaxed_paper_says_why_and_shows_no_vat(customer, law):
    order = make_order((make_sold_part(), 1, "100"), customer=make_customer(**customer))
    text = text_of(papers.render_quote(order, draft=True))
    assert law in text
    assert ("Your VAT ID" in text) == ("vat_id" in customer)
    assert "VAT 19" not in text
    assert order.total == 100


def test_a_small_business_says_so():
    company = Company.current()
    company.is_small_business = True
    company.save()
    order = make_order((make_sold_part(), 1, "100"), customer=make_customer(language="en"))
    assert "§ 19 UStG" in text_of(papers.render_quote(order, draft=True))


def test_a_draft_has_a_watermark_and_no_number():
    order = make_order(customer=make_customer(language="en"))
    assert "DRAFT" in text_of(papers.render_quote(order, draft=True))
    order.quote(by=None)
    assert "DRAFT" not in text_of(order.papers.get().content())


def test_the_paper_stays_as_it_was_issued_whatever_becomes_of_the_customer():
    order = make_confirmed(customer=make_customer(company_name="Old Name GmbH"))
    before = order.papers.get().content()
    customer = order.customer
    customer.refresh_from_db()
    customer.revise({"company_name": "New Name GmbH"}, by=None, version=customer.version)
    paper = order.papers.get()
    assert paper.verify()
    assert paper.content() == before
    assert "Old Name GmbH" in text_of(paper.content())


def test_the_mail_greets_the_contact_in_the_language_of_the_order(manager):
    customer = make_customer(language="de")
    order = make_quoted(customer=customer, contact=make_contact(customer, last_name="Krüger", salutation="ms"))
    said = papers.message(order, order.papers.get(), manager)
    assert said.splitlines()[0].endswith("Krüger,")
    assert order.quote_number in said
    assert manager.name in said


def test_a_long_order_goes_over_several_pages():
    part = make_sold_part()
    order = make_order(*[(part, 1, 1) for _ in range(60)])
    assert len(pages_of(papers.render_quote(order, draft=True))) > 2
