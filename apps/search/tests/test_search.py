"""One search over all numbers and names: what is found, what comes first, and who may see it."""

from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from apps.accounts.models import User
from apps.customers.tests.factories import make_contact, make_customer
from apps.documents.models import Document
from apps.invoicing.tests.factories import make_issued
from apps.parts.tests.factories import make_category, make_location, make_part
from apps.search.finding import Search, marked
from apps.search.sources import SOURCES
from apps.suppliers.tests.factories import make_order, make_sent, make_supplier, receive_all

pytestmark = pytest.mark.django_db


def found(text: str, user, **options) -> dict[str, list[str]]:
    """{kind: [what the hits are called]}"""
    groups = Search(text, user=user).groups(at_most=options.pop("at_most", 5), **options)
    return {group.source.key: [hit.label for hit in group.hits] for group in groups}


def test_a_part_is_found_by_the_beginning_of_its_number_and_by_a_word_of_its_name(viewer):
    make_part(sku="MGN12-450", name="Linear rail")
    make_part(sku="XR-9", name="Carriage for MGN12")
    make_part(sku="OTHER", name="Fan")
    assert found("mgn12", viewer) == {"part": ["MGN12-450", "XR-9"]}
    assert found("rail linear", viewer) == {"part": ["MGN12-450"]}
    assert found("n12-4", viewer) == {"part": ["MGN12-450"]}
    assert found("nothing of it", viewer) == {}


def test_the_part_that_is_called_exactly_so_comes_before_those_that_begin_so(viewer):
    for sku in ("FP24-B", "FP24-A", "FP24"):
        make_part(sku=sku)
    assert found("fp24", viewer)["part"] == ["FP24", "FP24-A", "FP24-B"]


def test_short_words_are_found_by_their_beginning_at_once_and_anywhere_when_asked_thoroughly(viewer):
    make_part(sku="M3-SCREW", name="Screw")
    make_part(sku="ISO-M3", name="Nut")
    assert found("m3", viewer) == {"part": ["M3-SCREW"]}
    assert found("m3", viewer, thorough=True) == {"part": ["M3-SCREW", "ISO-M3"]}


def test_letters_that_mean_something_to_the_database_mean_themselves(viewer):
    make_part(sku="100%", name="Full")
    make_part(sku="A_B", name="Under")
    make_part(sku="AXB", name="Between")
    make_part(sku="C\\D", name="Back")
    assert found("100%", viewer) == {"part": ["100%"]}
    assert found("a_b", viewer) == {"part": ["A_B"]}
    assert found("c\\d", viewer) == {"part": ["C\\D"]}
    assert found("%", viewer, thorough=True) == {"part": ["100%"]}
    assert found("\0'; --", viewer) == {}


def test_umlauts_are_found_in_small_and_capital_letters(viewer):
    make_customer(company_name="Müller Süßwaren GmbH", number="K-77")
    assert found("MÜLLER", viewer) == {"customer": ["Müller Süßwaren GmbH"]}
    assert found("süßw", viewer) == {"customer": ["Müller Süßwaren GmbH"]}


def test_everything_with_a_number_or_a_name_is_found(admin):
    supplier = make_supplier(name="Zeta Handel")
    order = make_sent(supplier=supplier, by=admin)
    receipt = receive_all(order, by=admin)
    customer = make_customer(company_name="Zeta Labor")
    make_contact(customer, first_name="Ida", last_name="Zetamann")
    make_category(name="Zeta belts")
    make_location(code="ZETA-1", name="Zeta rack")
    invoice = make_issued(customer=customer, by=admin)
    hits = found("zeta", admin, thorough=True)
    assert hits["supplier"] == ["Zeta Handel"]
    assert hits["purchase_order"] == [order.number]  # by its supplier
    assert hits["customer"] == ["Zeta Labor"]
    assert hits["contact"] == ["Ida Zetamann"]
    assert hits["category"] == ["Zeta belts"]
    assert hits["location"] == ["ZETA-1"]
    assert hits["invoice"] == [invoice.number]
    assert hits["order"] == [invoice.order.number]
    assert found(receipt.number, admin)["goods_receipt"] == [receipt.number]
    assert invoice.number in found(invoice.number, admin)["document"][0]


def test_what_lies_in_the_trash_is_not_found(viewer, manager):
    part = make_part(sku="GONE-1", by=manager)
    part.discard(by=manager)
    assert found("gone", viewer) == {}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.key)
def test_each_kind_is_searched_only_for_those_who_hold_its_permission(source, viewer, django_user_model):
    assert viewer.has_perm(source.permission)
    assert source in Search("x", user=viewer).sources
    nobody = django_user_model.objects.create_user("nobody@example.com", "x")
    nobody.groups.clear()
    stripped = User.objects.get(pk=nobody.pk)
    if not stripped.has_perm(source.permission):
        assert source not in Search("x", user=stripped).sources


def test_papers_are_found_only_by_those_who_may_read_their_record(viewer, manager):
    order = make_sent(by=manager)
    assert found(order.number, viewer)["document"] == [Document.objects.get().title]
    search = Search(order.number, user=viewer)
    viewer.get_all_permissions()
    viewer._perm_cache = {each for each in viewer._perm_cache if each != "suppliers.view_purchaseorder"}
    assert "document" not in {group.source.key for group in search.groups(at_most=5)}


def test_the_number_of_one_record_opens_it_and_its_paper_does_not_stand_in_the_way(as_viewer, manager):
    order = make_sent(by=manager)
    assert Document.objects.filter(number=order.number).exists()
    answer = as_viewer.get(reverse("search:results"), {"q": f" {order.number.lower()} "})
    assert (answer.status_code, answer.url) == (302, order.get_absolute_url())


def test_a_barcode_opens_its_part(as_viewer):
    part = make_part(barcode="4006381333931")
    assert as_viewer.get(reverse("search:results"), {"q": "4006381333931"}).url == part.get_absolute_url()


def test_a_number_that_two_records_have_and_a_name_lead_to_the_list_of_results(as_viewer):
    make_part(sku="FP24", name="Printer")
    make_location(code="FP24")
    page = as_viewer.get(reverse("search:results"), {"q": "fp24"})
    assert page.status_code == 200
    assert [group.source.key for group in page.context["groups"]] == ["part", "location"]
    assert as_viewer.get(reverse("search:results"), {"q": "printer"}).status_code == 200


def test_what_was_typed_and_what_was_found_is_never_markup(as_viewer):
    make_part(sku="EVIL", name="<script>alert(1)</script>")
    for page in ("search:results", "search:suggestions"):
        for text in ("evi", "<script>"):
            html = as_viewer.get(reverse(page), {"q": text}).content.decode()
            assert "<script>alert" not in html
            assert "script&gt;alert(1)" in html.replace("<mark>", "").replace("</mark>", "")


def test_what_was_searched_for_is_marked_with_its_own_letters():
    assert marked("Müller & Sohn", ("MÜLLER", "SO")) == "<mark>Müller</mark> &amp; <mark>So</mark>hn"
    assert marked("a&amp;b", ("AMP",)) == "a&amp;<mark>amp</mark>;b"
    assert marked("plain", ()) == "plain"


def test_a_search_asks_the_database_twice_however_much_it_finds(as_viewer, count_queries):
    as_viewer.get(reverse("search:suggestions"), {"q": "warm"})
    for _ in range(2):
        with count_queries() as queries:
            as_viewer.get(reverse("search:suggestions"), {"q": "part"})
        # session, user, permissions, and the two questions
        assert len(queries) == 5, [query["sql"][:90] for query in queries]
        for _each in range(4):
            make_part(name="Part with a name")
            make_supplier(name="Part supplier")


def test_the_page_shows_counts_and_leads_on_to_the_list(as_viewer):
    for n in range(12):
        make_part(sku=f"NUT-{n:02}")
    html = as_viewer.get(reverse("search:results"), {"q": "nut"}).content.decode()
    assert 'href="/parts/?q=nut"' in html
    assert html.count('class="search-hit"') == 8
    group = as_viewer.get(reverse("search:results"), {"q": "nut", "in": "part"})
    assert group.content.decode().count('class="search-hit"') == 12


def test_an_empty_search_and_one_without_result_say_what_to_do_next(as_viewer):
    assert "Everything with a number or a name" in as_viewer.get(reverse("search:results")).content.decode()
    nothing = as_viewer.get(reverse("search:results"), {"q": "xyzzy"}).content.decode()
    assert "Nothing is called “xyzzy”" in nothing
    assert 'href="/parts/"' in nothing
    assert as_viewer.get(reverse("search:suggestions"), {"q": ""}).content.strip() == b""
    assert "xyzzy" in as_viewer.get(reverse("search:suggestions"), {"q": "xyzzy"}).content.decode()


@pytest.mark.parametrize("page", ["search:results", "search:suggestions"])
def test_strangers_are_sent_to_sign_in(client, page):
    answer = client.get(reverse(page), {"q": "x"})
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/")


def test_a_draft_without_a_number_is_found_by_its_supplier_and_called_a_draft(viewer):
    make_order(supplier=make_supplier(name="Orbit Handel"))
    assert found("orbit", viewer)["purchase_order"] == ["Draft"]


def test_every_beginning_and_every_text_with_trigrams_has_its_index():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, indexdef FROM pg_indexes WHERE indexname LIKE 'search\\_%'")
        indexes = cursor.fetchall()
    for source in SOURCES:
        table = source.model._meta.db_table
        own = [definition for name, definition in indexes if name == table]
        if not source.has_trigrams:
            continue
        assert sum("search_trigrams" in each for each in own) == 1, table
        for name in (*source.numbers, *source.names):
            assert any(f"upper(({name})::text) COLLATE" in each for each in own), (table, name)


def test_trigrams_are_those_of_the_words(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_trigrams('AB CDEF ÜBÜ'), search_trigrams('X'), search_trigrams('')")
        found, *nothing = cursor.fetchone()
    assert sorted(found) == ["CDE", "DEF", "ÜBÜ"]
    assert nothing == [[], []]


def test_amounts_are_no_numbers_of_records(viewer):
    make_part(sku="A-1", unit_price=Decimal("123.45"))
    assert found("123.45", viewer) == {}
