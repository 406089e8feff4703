"""What the shop reads: the bill of materials, the pick list, the type plate."""

import pytest

from apps.builds.job_papers import render_pick_list, render_type_plate
from apps.builds.papers import render_bill
from apps.builds.tests.factories import (
    finished,
    make_job,
    make_order_line,
    make_product,
    make_revision,
    released,
    stocked,
)
from apps.customers.tests.factories import make_customer
from apps.parts.tests.factories import make_location, make_part
from gmtc.testing import codes_on, pages_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.paper]


def test_the_bill_of_materials_names_each_part_and_its_cost_only_where_asked(manager):
    screw = stocked(sku="DIN912-M5", name="Zylinderschraube M5x25", unit_cost="0.0335")
    revision = make_revision(parts={screw: 40, make_part(sku="RAIL-450"): 2}, released=True, by=manager)
    text = text_of(render_bill(revision, language="de", with_costs=True))
    for piece in ("Stückliste", "R1", "DIN912-M5", "Zylinderschraube M5x25", "RAIL-450", "40", "1,34"):
        assert piece in text, piece
    plain = text_of(render_bill(revision, language="en"))
    assert "Bill of materials" in plain
    assert "1.34" not in plain
    assert "DRAFT" not in plain


def test_a_bill_that_is_a_draft_says_so_on_each_of_its_pages():
    revision = make_revision(parts={make_part(): 1 for _n in range(90)})
    pages = pages_of(render_bill(revision, language="de"))
    assert len(pages) > 1
    assert all("ENTWURF" in page for page in pages)


def test_the_pick_list_walks_through_the_store_and_ends_with_what_is_missing(staff):
    customer = make_customer(company_name="Weiß Sondermaschinen GmbH")
    far = stocked(sku="FAN-40", location=make_location(code="Z-09"))
    near = stocked(sku="BELT-6", location=make_location(code="A-01"))
    few = stocked(1, sku="NOZZLE-04", location=make_location(code="M-01"))
    product = make_product({far: 2, near: 3, few: 4})
    job = make_job(product=product, order_line=make_order_line(product, customer=customer))
    released(job, by=staff, short=True)
    content = render_pick_list(job, language="de")
    text = text_of(content)
    for piece in ("Pickliste", job.number, "Weiß Sondermaschinen GmbH", "A-01 BELT-6", "Z-09 FAN-40", "Fehlt"):
        assert piece in text, piece
    assert text.index("BELT-6") < text.index("FAN-40")
    assert text.index("Fehlt") < text.rindex("NOZZLE-04")
    assert codes_on(content) == {"code128": job.number}


def test_the_type_plate_says_who_made_what_and_its_code_leads_to_the_printer():
    printer = finished(make_job(product=make_product({stocked(): 1}, sku="FP24"))).printers.get()
    content = render_type_plate(printer, address="https://erp.example.com/p/1", language="de")
    text = text_of(content)
    for piece in ("FP24", printer.serial, str(printer.job.completed_at.year), "Musterstraße 1"):
        assert piece in text, piece
    assert codes_on(content) == {"qrcode": "https://erp.example.com/p/1"}


def test_the_type_plate_fits_on_its_label_however_long_the_facts_are():
    printer = finished(make_job(product=make_product({stocked(): 1}, sku="FP24-ENCLOSED-LONG"))).printers.get()
    build = printer.job.revision.build
    build.specifications = {"Bauraum": "229x429x400 mm und noch etwas mehr", "Netzanschluss": "230 V, 50 Hz, 1.600 W"}
    build.specifications |= {"Temperaturen": "Düse bis 300 °C, Bett bis 110 °C"}
    printer.job.revision.build.save(by=None, reason="edit")
    assert len(pages_of(render_type_plate(printer, address="https://erp.example.com/p/1", language="de"))) == 1
