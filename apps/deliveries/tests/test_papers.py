"""What the customer, the carrier and the shop read: text of the PDFs, and the codes on them."""

import io
from decimal import Decimal

import pytest
from pypdf import PdfReader

from apps.customers.tests.factories import make_customer
from apps.deliveries import papers
from apps.deliveries.models import Condition
from apps.deliveries.packing import packing_rows
from apps.deliveries.tests.factories import (
    make_carrier,
    make_delivery,
    make_order,
    make_printer_order,
    make_shipped,
    make_sold,
    returned,
)
from apps.documents.models import Document
from gmtc.testing import codes_on, pages_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.paper]


def test_the_note_says_what_goes_what_is_to_come_and_no_price(manager, tmp_path):
    rail = make_sold(sku="RAIL-450", name="Führungsschiene 450 mm", stock=4)
    screw = make_sold(sku="DIN912", name="Zylinderschraube", stock=0)
    customer = make_customer(company_name="Kern & Söhne GmbH")
    order = make_order((rail, 6), (screw, 100), customer=customer, customer_reference="B-4711", by=manager)
    delivery = make_delivery(order, notes="Bitte vorsichtig öffnen.", by=manager)
    carrier = make_carrier(name="DHL", service="Paket")
    delivery.ship(by=manager, carrier=carrier, tracking_number="00340434", package_count=2, weight=Decimal("8.4"))
    content = delivery.paper.content()
    text = text_of(content)
    wanted = [
        "Lieferschein", delivery.number, order.number, "B-4711", "Kern & Söhne GmbH", "70565 Stuttgart",
        "GM-TC Muster GmbH", "RAIL-450", "Führungsschiene 450 mm", "6 Stk", "4 Stk", "2 Stk", "Zylinderschraube",
        "100 Stk", "DHL · Paket", "00340434", "8,4 kg", "Bitte vorsichtig öffnen.",
    ]  # fmt: skip
    assert [piece for piece in wanted if piece not in text] == []
    assert "€" not in text
    assert "12,50" not in text
    assert codes_on(content) == {"code128": delivery.number}


def test_the_note_names_the_serial_numbers_and_has_a_place_for_a_signature(manager):
    order, printers = make_printer_order(2, customer=make_customer(language="en"), by=manager)
    delivery = make_delivery(order, by=manager)
    delivery.ship(by=manager, printers={delivery.lines.get(): printers})
    text = text_of(delivery.paper.content())
    assert f"Serial numbers: {printers[0].serial}, {printers[1].serial}" in text
    assert "Goods received in good order: name and signature" in text
    assert "Still to come" not in text


def test_two_shelves_are_one_position_of_the_note():
    part = make_sold(sku="FAN-40", stock=3)
    part.receive(4, location=make_sold(stock=1).levels.get().location, unit_cost=Decimal(1), by=None)
    delivery = make_delivery(make_order((part, 7)))
    (position,) = papers.note_lines(delivery, draft=True)
    assert (position["quantity"], position["to_come"]) == (7, 0)


def test_a_draft_has_no_number_and_counts_its_own_goods_as_going():
    order = make_order((make_sold(stock=4), 10))
    (position,) = papers.note_lines(make_delivery(order), draft=True)
    assert (position["quantity"], position["to_come"]) == (4, 6)


def test_a_later_change_does_not_reach_the_note_that_went(manager):
    delivery = make_shipped(by=manager)
    before = delivery.paper.content()
    delivery.order.customer.company_name = "Neuer Name AG"
    delivery.order.customer.save()
    delivery.deliver(by=manager)
    assert delivery.paper.content() == before
    assert delivery.bill_to
    assert "Neuer Name AG" not in delivery.bill_to


def test_a_label_a_package_with_both_codes_to_be_read(manager, tmp_path, settings):
    customer = make_customer(company_name="Kern & Söhne GmbH", language="en")
    order = make_order(customer=customer, customer_reference="B-4711", by=manager)
    shipment = {"carrier": make_carrier(name="DPD"), "package_count": 3, "weight": Decimal("21.5")}
    delivery = make_shipped(order, by=manager, **shipment)
    content = papers.render_labels(delivery)
    pages = pages_of(content)
    assert len(pages) == 3
    for number, text in enumerate(pages, start=1):
        wanted = [
            f"Package {number} of 3",
            delivery.number,
            order.number,
            "Kern & Söhne GmbH",
            "70565 Stuttgart",
            "21.5 kg",
        ]
        wanted += ["GM-TC Muster GmbH", "DPD", "21.5 kg"]
        assert [piece for piece in wanted if piece not in text] == [], number
    assert codes_on(content, page=3) == {
        "code128": delivery.number,
        "qrcode": f"{settings.ORIGIN}{delivery.get_absolute_url()}",
    }
    size = PdfReader(io.BytesIO(content)).pages[0].mediabox
    assert [round(float(each) / 72 * 25.4) for each in (size.width, size.height)] == [105, 148]


def test_a_long_address_abroad_still_fits_one_label(manager):
    customer = make_customer(
        country="US", company_name="The Very Long Name of an American Additive Manufacturing Company Incorporated",
        address={"street": "12345 Northwest Industrial Boulevard, Building 17", "state": "OR", "extra": "Dock 4"},
    )  # fmt: skip
    delivery = make_shipped(make_order(customer=customer, customer_reference="PO-" + "9" * 40), by=manager)
    pages = pages_of(papers.render_labels(delivery))
    assert len(pages) == 1
    assert "VEREINIGTE STAATEN" in pages[0]


def test_the_packing_list_leads_the_shop_to_the_shelf_and_proposes_printers(manager):
    order, printers = make_printer_order(2, by=manager)
    delivery = make_delivery(order, internal_notes="Transportsicherung einsetzen", by=manager)
    text = text_of(papers.render_packing_list(delivery, packing_rows(delivery), language="en"))
    line = delivery.lines.get()
    wanted = [line.location.code, line.part.sku, "2 pcs", *(each.serial for each in printers), order.number]
    assert [piece for piece in [*wanted, "Transportsicherung einsetzen", "Picked by"] if piece not in text] == []


def test_the_return_note_says_what_came_back_how_and_why(manager):
    delivery = make_shipped(by=manager)
    paper = delivery.return_([returned(delivery.lines.get(), 3, condition=Condition.DAMAGED)], by=manager)
    text = text_of(Document.objects.about(paper).get().content())
    wanted = [paper.number, delivery.number, "3 Stk", "Falsch bestellt"]
    assert [piece for piece in wanted if piece not in text] == []


def test_a_long_delivery_goes_over_several_pages(manager):
    delivery = make_delivery(make_order(*[(make_sold(), 1) for _line in range(30)]), by=manager)
    assert len(pages_of(papers.render_note(delivery, draft=True))) > 1
