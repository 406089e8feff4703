"""What a supplier reads, and whom we tell of what is late."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from apps.accounts.models import User
from apps.notifications.models import Kind, Notification
from apps.parts.models import Unit
from apps.parts.tests.factories import make_part
from apps.suppliers import papers
from apps.suppliers.currency import in_currency
from apps.suppliers.tasks import tell_of_late_orders, tell_of_low_stock
from apps.suppliers.tests.factories import make_order, make_sent, make_supplier
from gmtc.testing import pages_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.paper]


def test_the_order_says_who_what_and_for_how_much_to_the_cent(manager):
    supplier = make_supplier(
        name="Nordschrauben GmbH", street="Am Kanal 7", postcode="20095", city="Hamburg", customer_number="KD-77",
        payment_days=30, discount_percent=Decimal("2.5"), discount_days=10, delivery_terms="frei Haus",
    )  # fmt: skip
    line = {"part": make_part(sku="DIN912", unit="H87"), "quantity": 1500, "unit_price": "0.0335", "discount": 10}
    line |= {"supplier_sku": "0084 5 25", "description": "Zylinderschraube M5x25", "discount": Decimal(10)}
    order = make_order(line, supplier=supplier, notes="Bitte einzeln verpacken.", language="de", by=manager)
    order.send(by=manager)
    text = text_of(order.paper.content())
    wanted = [
        order.number, "Nordschrauben GmbH", "20095 Hamburg", "KD-77", "Zylinderschraube M5x25", "0084 5 25", "DIN912",
        "1.500", "0,0335 €", "45,22 €", "Bitte einzeln verpacken.", "frei Haus", "Musterstraße 1",
    ]  # fmt: skip
    assert [piece for piece in wanted if piece not in text] == []
    assert order.total == Decimal("45.22")  # 50.25 - 5.03


def test_a_draft_has_the_terms_that_would_hold_and_no_number():
    order = make_order(supplier=make_supplier(delivery_terms="DAP Musterstadt"), language="en")
    assert "DAP Musterstadt" in text_of(papers.render(order, draft=True))


def test_an_order_abroad_is_in_its_language_and_currency():
    supplier = make_supplier(currency="USD", exchange_rate=Decimal("1.1"), language="en", country="CN", city="Shenzhen")
    order = make_sent((make_part(), 4, "1234.5"), supplier=supplier, currency="USD", exchange_rate=Decimal("1.1"),
                      language="en")  # fmt: skip
    text = text_of(order.paper.content())
    assert "$4,938.00" in text
    assert "CHINA" in text


def test_a_long_order_goes_over_several_pages():
    order = make_order(*[(make_part(), 1, 1) for _ in range(60)])
    assert len(pages_of(papers.render(order, draft=True))) > 2


@pytest.mark.parametrize(
    ("amount", "currency", "places", "german", "english"),
    [
        ("1234.5", "EUR", 2, "1.234,50\xa0€", "€1,234.50"),
        ("0.0335", "EUR", 4, "0,0335\xa0€", "€0.0335"),
        ("2.5000", "USD", 4, "2,50\xa0$", "$2.50"),
        ("-3", "CHF", 2, "-3,00\xa0CHF", "-CHF3.00"),
        ("7", "JPY", 2, "7,00\xa0¥", "¥7.00"),
    ],
)
def test_amounts_are_written_as_people_of_the_language_do(amount, currency, places, german, english):
    with translation.override("de"):
        assert in_currency(amount, currency, places=places).replace(" ", "\xa0") == german
    with translation.override("en"):
        assert in_currency(Decimal(amount), currency, places=places).replace("CHF\xa0", "CHF") == english


def test_each_buyer_is_told_of_their_own_late_orders(staff, manager):
    yesterday = timezone.localdate() - timedelta(days=1)
    late = make_sent(by=staff, expected_delivery_date=yesterday)
    make_sent(by=manager, expected_delivery_date=timezone.localdate())
    make_sent(expected_delivery_date=yesterday)  # of nobody
    tell_of_late_orders(0)
    told = Notification.objects.get()
    assert (told.user, told.title) == (staff, "Late purchase orders: 1")
    assert late.number in told.body


def test_those_who_order_are_told_of_low_stock_in_one_line(viewer, staff):
    tell_of_low_stock(0)
    assert not Notification.objects.exists(), "nothing is low"
    User.objects.filter(pk=staff.pk).update(language="de")
    for number in range(25):
        make_part(sku=f"PART-{number:02}", minimum_stock=Decimal("2.5"), unit=Unit.METRE)
    make_part(sku="PART-00-OLD", minimum_stock=1, is_discontinued=True)
    make_part(minimum_stock=0)
    tell_of_low_stock(0)
    told = Notification.objects.get()
    assert (told.user, told.kind, told.url) == (staff, Kind.STOCK, "/parts/?stock=low")
    assert told.title == "25 Teile liegen unter ihrem Mindestbestand"
    lines = told.body.splitlines()
    assert (lines[0], lines[1], len(lines)) == ("PART-00: 0 von 2,5", "PART-01: 0 von 2,5", 20)
