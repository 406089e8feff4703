"""Pages of this room: who may open them, what they show, what a form does."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.documents.models import Document
from apps.parts.tests.factories import make_location, make_part, make_stock
from apps.suppliers.models import GoodsReceipt, PurchaseOrder, Status, Supplier, SupplierContact, SupplierPart
from apps.suppliers.tests.factories import (
    faults,
    make_offer,
    make_order,
    make_sent,
    make_supplier,
    receive_all,
)

pytestmark = pytest.mark.django_db

LISTS = {
    "suppliers:supplier_list": "viewer",
    "suppliers:supplier_choices": "viewer",
    "suppliers:supplier_part_list": "viewer",
    "suppliers:purchase_order_list": "viewer",
    "suppliers:goods_receipt_list": "viewer",
    "suppliers:line_offer": "viewer",
    "suppliers:supplier_new": "staff",
    "suppliers:supplier_part_new": "staff",
    "suppliers:purchase_order_new": "staff",
    "suppliers:supplier_trash": "manager",
    "suppliers:purchase_order_trash": "manager",
    "suppliers:import_list": "staff",
}
RANKS = ["viewer", "staff", "manager"]


@pytest.fixture
def clients(as_viewer, as_staff, as_manager):
    return dict(zip(RANKS, (as_viewer, as_staff, as_manager), strict=True))


def statuses(clients, url) -> list[int]:
    return [each.get(url).status_code for each in clients.values()]


def allowed_from(role: str) -> list[int]:
    return [200 if n >= RANKS.index(role) else 403 for n in range(3)]


# --- Who may


@pytest.mark.parametrize(("name", "role"), LISTS.items())
def test_each_page_asks_for_sign_in_and_its_permission(client, clients, name, role):
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
    assert statuses(clients, reverse(name)) == allowed_from(role)


def test_each_page_of_a_record_asks_for_its_permission(client, clients):
    supplier, offer, sent, draft = make_supplier(), make_offer(), make_sent(), make_order()
    receipt = receive_all(make_sent())
    contact = SupplierContact(supplier=supplier, name="Sabine")
    contact.save()
    wanted = {
        ("supplier_detail", supplier): "viewer",
        ("supplier_edit", supplier): "staff",
        ("supplier_defaults", supplier): "viewer",
        ("contact_edit", contact): "staff",
        ("supplier_part_detail", offer): "viewer",
        ("supplier_part_edit", offer): "staff",
        ("for_part", offer.part): "viewer",
        ("purchase_order_detail", sent): "viewer",
        ("purchase_order_detail", draft): "viewer",
        ("purchase_order_pdf", draft): "viewer",
        ("purchase_order_edit", draft): "staff",
        ("purchase_order_receive", sent): "staff",
        ("purchase_order_acknowledge", sent): "staff",
        ("purchase_order_send", draft): "manager",
        ("purchase_order_mail", sent): "manager",
        ("purchase_order_cancel", sent): "manager",
        ("purchase_order_close_short", sent): "manager",
        ("goods_receipt_detail", receipt): "viewer",
        ("goods_receipt_reverse", receipt): "manager",
    }
    for (name, record), role in wanted.items():
        url = reverse(f"suppliers:{name}", args=[record.pk])
        assert client.get(url).status_code == 302, name
        assert statuses(clients, url) == allowed_from(role), name


def test_verbs_without_questions_ask_for_their_permission(client, clients):
    supplier, offer, draft = make_supplier(), make_offer(), make_order()
    wanted = {
        ("supplier_delete", supplier): "manager",
        ("supplier_restore", supplier): "manager",
        ("supplier_part_prefer", offer): "manager",
        ("supplier_part_delete", offer): "manager",
        ("supplier_part_restore", offer): "manager",
        ("purchase_order_copy", draft): "staff",
        ("purchase_order_delete", draft): "manager",
        ("purchase_order_restore", draft): "manager",
        ("purchase_order_reopen", draft): "manager",
    }
    for (name, record), role in wanted.items():
        url = reverse(f"suppliers:{name}", args=[record.pk])
        assert client.post(url).url.startswith(reverse("account_login")), name
        found = [each.post(url).status_code for each in clients.values()]
        assert found == [302 if status == 200 else 403 for status in allowed_from(role)], name


@pytest.mark.parametrize("name", ["supplier_list", "supplier_part_list", "purchase_order_list", "goods_receipt_list"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_exports_need_their_own_permission(as_viewer, as_staff, name, kind):
    receive_all(make_sent())
    make_offer(breaks={10: "1.5"})
    url = reverse(f"suppliers:{name}")
    assert as_viewer.get(url, {"export": kind}).status_code == 403
    answer = as_staff.get(url, {"export": kind})
    assert answer.status_code == 200
    assert len(b"".join(answer.streaming_content)) > 50


# --- Lists


def cost_of(client, url, count_queries) -> int:
    with count_queries() as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("supplier_list", lambda: (make_offer(), make_sent())),
        ("supplier_part_list", lambda: make_offer(breaks={10: "1"})),
        ("purchase_order_list", lambda: make_sent()),
        ("goods_receipt_list", lambda: receive_all(make_sent())),
    ],
)
def test_lists_cost_the_same_queries_with_one_row_and_with_three(as_staff, count_queries, name, make):
    url = reverse(f"suppliers:{name}")
    make()
    with_one = cost_of(as_staff, url, count_queries)
    make()
    make()
    assert cost_of(as_staff, url, count_queries) == with_one
    assert with_one <= 8


def test_the_chips_count_what_is_late_and_due_this_week(as_viewer):
    today = timezone.localdate()
    make_sent(expected_delivery_date=today - timedelta(days=1))
    make_sent(expected_delivery_date=today)
    make_order()
    context = as_viewer.get(reverse("suppliers:purchase_order_list"), {"summary": "1"}).context
    counts = {str(chip["label"]): chip["count"] for chip in context["chips"]}
    assert (counts["Draft"], counts["Open"], counts["Late"]) == (1, 2, 1)
    assert counts["This week"] == (1 if today.weekday() == 0 else 2)
    assert context["totals"][0][1] == 60
    page = as_viewer.get(reverse("suppliers:purchase_order_list"), {"due": "late"})
    assert len(page.context["rows"]) == 1


def test_orders_are_found_by_a_part_in_them_and_by_their_supplier(as_viewer):
    order = make_sent((make_part(sku="RAIL-450"), 1, 1), supplier=make_supplier(name="Alpha Rails"))
    make_sent()
    for text in ("rail-450", "alpha", order.number.lower()):
        found = as_viewer.get(reverse("suppliers:purchase_order_list"), {"q": text}).context["rows"]
        assert found == [order], text


@pytest.mark.parametrize("query", ["status=nonsense", "supplier=x", "part=x", "since=x", "due=x", "sort=x", "page=x"])
def test_nonsense_in_the_address_still_shows_a_page(as_viewer, query):
    make_order()
    assert as_viewer.get(f"{reverse('suppliers:purchase_order_list')}?{query}").status_code == 200


# --- Suppliers


SUPPLIER = {
    "name": "Neu GmbH", "country": "DE", "language": "de", "currency": "EUR", "exchange_rate": "1",
    "payment_days": "30", "discount_percent": "0", "discount_days": "0", "minimum_order_value": "0",
    "lead_time_days": "7",
}  # fmt: skip


def test_a_new_supplier_gets_the_next_number(as_staff):
    as_staff.post(reverse("suppliers:supplier_new"), SUPPLIER)
    answer = as_staff.post(reverse("suppliers:supplier_new"), SUPPLIER | {"name": "Zweite"})
    supplier = Supplier.objects.get(name="Zweite")
    assert supplier.number == "L-70002"
    assert answer.url == supplier.get_absolute_url()


def test_a_rate_for_the_euro_is_refused(as_staff):
    answer = as_staff.post(reverse("suppliers:supplier_new"), SUPPLIER | {"exchange_rate": "1.2"})
    assert answer.status_code == 422
    assert "The exchange rate of the euro is 1." in answer.content.decode()


def test_a_supplier_in_use_is_not_deleted_and_the_page_says_why(as_manager):
    supplier = make_offer().supplier
    page = as_manager.post(reverse("suppliers:supplier_delete", args=[supplier.pk]), follow=True).content.decode()
    assert "cannot be deleted" in page


def test_the_supplier_page_costs_at_most_fifteen_queries(as_staff, count_queries):
    supplier = make_supplier()
    for _ in range(3):
        offer = make_offer(supplier=supplier, breaks={10: "1", 20: "0.9"})
        receive_all(make_sent((offer.part, 1, 1), supplier=supplier))
        make_sent((offer.part, 1, 1), supplier=supplier)
        make_order((offer.part, 1, 1), supplier=supplier)
    assert cost_of(as_staff, supplier.get_absolute_url(), count_queries) <= 15


def test_the_supplier_page_tells_how_punctual_they_are(as_viewer):
    supplier, today = make_supplier(), timezone.localdate()
    receive_all(make_sent(supplier=supplier, expected_delivery_date=today))
    receive_all(make_sent(supplier=supplier, expected_delivery_date=today - timedelta(days=1)))
    shown = as_viewer.get(supplier.get_absolute_url()).context["performance"]
    assert (shown.orders, shown.spent, shown.complete_lines, shown.on_time_share) == (2, Decimal("40.00"), 2, 50)


def test_a_contact_is_added_in_a_dialog_and_one_is_back_at_the_supplier(as_staff):
    supplier = make_supplier()
    url = reverse("suppliers:contact_new")
    dialog = as_staff.get(url, {"supplier": supplier.pk}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in dialog
    answer = as_staff.post(url, {"supplier": supplier.pk, "name": "Lena Brandt"}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == supplier.get_absolute_url()
    assert supplier.contacts.get().name == "Lena Brandt"


# --- Offers


def offer_form(part, supplier, *breaks, **fields) -> dict:
    data = {
        "supplier": supplier.pk, "part": part.pk, "supplier_sku": "X-1", "price": "2.50", "moq": "1", "pack_size": "1",
        "lines-TOTAL_FORMS": len(breaks) + 1, "lines-INITIAL_FORMS": 0,
    }  # fmt: skip
    for number, (quantity, price) in enumerate(breaks):
        data |= {f"lines-{number}-quantity": quantity, f"lines-{number}-price": price}
    return data | {f"lines-{len(breaks)}-quantity": "", f"lines-{len(breaks)}-price": ""} | fields


def test_an_offer_with_price_breaks_is_made_on_the_page_of_a_part(as_manager):
    part, supplier = make_part(), make_supplier()
    data = offer_form(part, supplier, ("100", "2"), ("10", "2.25"), is_preferred="on", next=part.get_absolute_url())
    answer = as_manager.post(reverse("suppliers:supplier_part_new"), data)
    assert answer.url == part.get_absolute_url()
    offer = SupplierPart.objects.get()
    assert [(each.quantity, each.price) for each in offer.price_breaks.all()] == [(10, Decimal("2.25")), (100, 2)]
    assert offer.is_preferred
    assert offer.price_date == timezone.localdate()


def test_two_offers_of_one_supplier_for_a_part_are_refused(as_staff):
    offer = make_offer()
    answer = as_staff.post(reverse("suppliers:supplier_part_new"), offer_form(offer.part, offer.supplier))
    assert answer.status_code == 422
    assert "offer for this part already" in answer.content.decode()


def test_two_breaks_at_one_quantity_are_refused(as_staff):
    data = offer_form(make_part(), make_supplier(), ("10", "2"), ("10", "1"))
    answer = as_staff.post(reverse("suppliers:supplier_part_new"), data)
    assert answer.status_code == 422
    assert "from this quantity on already" in answer.content.decode()
    assert not SupplierPart.objects.exists()


def test_the_panel_of_a_part_shows_offers_and_what_is_on_order(as_viewer):
    part = make_part()
    offer = make_offer(part, price=Decimal("7.77"))
    order = make_sent((part, 12, 1), supplier=offer.supplier)
    page = as_viewer.get(reverse("suppliers:for_part", args=[part.pk])).content.decode()
    for shown in ("€7.77", offer.supplier.name, order.number, "12"):
        assert shown in page
    assert reverse("suppliers:for_part", args=[part.pk]) in as_viewer.get(part.get_absolute_url()).content.decode()


# --- Purchase orders: the form


def order_form(supplier, *lines, initial=0, **fields) -> dict:
    data = {"supplier": supplier.pk, "lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": initial}
    for number, line in enumerate(lines):
        data |= {f"lines-{number}-{name}": value for name, value in line.items()}
    return data | fields


def line(part, quantity="10", price="2.00", **fields) -> dict:
    return {"part": part.pk, "quantity": quantity, "unit_price": price} | fields


def test_an_order_is_made_with_its_lines_and_the_suppliers_terms(as_staff, staff):
    supplier = make_supplier(currency="USD", exchange_rate=Decimal("1.1"), language="en")
    a, b = make_part(), make_part()
    answer = as_staff.post(
        reverse("suppliers:purchase_order_new"),
        order_form(supplier, line(a, "1,000", "0.0125"), {}, line(b, "3", "9.99", discount="10")),
    )
    order = PurchaseOrder.objects.get()
    assert answer.url == order.get_absolute_url()
    assert (order.currency, order.exchange_rate, order.language) == ("USD", Decimal("1.1"), "en")
    assert [(each.part, each.net) for each in order.lines.all()] == [(a, Decimal("12.50")), (b, Decimal("26.97"))]
    assert order.total == Decimal("39.47")
    assert order.created_by == staff


def test_amounts_are_read_in_the_users_language(as_staff, staff):
    staff.language = "de"
    staff.save()
    supplier = make_supplier()
    as_staff.post(reverse("suppliers:purchase_order_new"), order_form(supplier, line(make_part(), "1.000", "0,0125")))
    assert PurchaseOrder.objects.get().total == Decimal("12.50")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"quantity": "0"}, "greater than or equal"),
        ({"quantity": "1.5"}, "whole"),
        ({"quantity": "abc"}, "Enter a number"),
        ({"unit_price": "-1"}, "greater than or equal"),
        ({"discount": "101"}, "less than or equal"),
        ({"part": "00000000-0000-7000-8000-000000000000"}, "valid choice"),
        ({"part": "nonsense"}, "valid choice"),
        ({"unit_price": "NaN"}, "Enter a number"),
    ],
)
def test_a_bad_line_is_refused_beside_it_and_nothing_is_written(as_staff, wrong, said):
    supplier = make_supplier()
    data = order_form(supplier, line(make_part()) | wrong)
    answer = as_staff.post(reverse("suppliers:purchase_order_new"), data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not PurchaseOrder.objects.exists()


def test_an_order_without_a_line_is_refused(as_staff):
    answer = as_staff.post(reverse("suppliers:purchase_order_new"), order_form(make_supplier(), {}, {}))
    assert answer.status_code == 422
    assert "At least one line is needed." in answer.content.decode()


def test_lines_are_changed_added_and_removed_in_one_form(as_staff):
    keep, drop, new = make_part(), make_part(), make_part()
    order = make_order((keep, 1, 1), (drop, 1, 1))
    first, second = order.lines.all()
    data = order_form(
        order.supplier,
        line(keep, "5", "1") | {"id": first.pk},
        line(drop, "1", "1") | {"id": second.pk, "DELETE": "on"},
        line(new, "2", "1"),
        initial=2,
        version=order.version,
    )
    answer = as_staff.post(reverse("suppliers:purchase_order_edit", args=[order.pk]), data)
    assert answer.status_code == 302
    order.refresh_from_db()
    assert [(each.part, each.quantity) for each in order.lines.all()] == [(keep, 5), (new, 2)]
    assert order.total == 7
    page = as_staff.get(order.get_absolute_url()).content.decode()
    assert "Line 1: Quantity" in page
    assert faults() == []


def test_a_stale_edit_is_refused_with_the_others_line_shown_and_the_input_kept(as_staff, manager):
    order = make_order()
    stored, seen = order.lines.get(), order.version
    order.write({}, [{"id": stored.pk, "quantity": Decimal(77)}], by=manager, version=seen)
    data = order_form(
        order.supplier, line(stored.part, "5", "2") | {"id": stored.pk}, initial=1, version=seen, notes="Mine"
    )
    url = reverse("suppliers:purchase_order_edit", args=[order.pk])
    answer = as_staff.post(url, data)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "77" in page
    assert "Mine" in page
    assert 'name="lines-0-quantity" value="5"' in page
    again = as_staff.post(url, data | {"version": answer.context["form"].data["version"]})
    assert again.status_code == 302
    assert order.lines.get().quantity == 5


def test_an_order_that_was_sent_meanwhile_is_not_edited(as_staff):
    order = make_order()
    stored = order.lines.get()
    data = order_form(order.supplier, line(stored.part) | {"id": stored.pk}, initial=1, version=order.version)
    order.send(by=None)
    url = reverse("suppliers:purchase_order_edit", args=[order.pk])
    answer = as_staff.post(url, data)
    assert answer.status_code == 422
    assert "cannot be edited any more" in answer.content.decode()
    assert as_staff.get(url).status_code == 302


def test_the_form_costs_the_same_queries_with_one_line_and_with_ten(as_staff, count_queries):
    def cost(n) -> int:
        order = make_order(*[(make_part(), 1, 1) for _ in range(n)])
        return cost_of(as_staff, reverse("suppliers:purchase_order_edit", args=[order.pk]), count_queries)

    assert cost(1) == cost(10)


def test_a_form_that_is_sent_twice_makes_one_order(as_staff):
    data = order_form(make_supplier(), line(make_part()), form_key="b" * 32)
    first = as_staff.post(reverse("suppliers:purchase_order_new"), data)
    second = as_staff.post(reverse("suppliers:purchase_order_new"), data)
    assert (first.status_code, second.status_code) == (302, 302)
    assert PurchaseOrder.objects.count() == 1


def test_the_form_is_filled_in_advance_from_an_offer(as_staff):
    offer = make_offer(
        make_part(reorder_quantity=60), make_supplier(lead_time_days=9), moq=100, pack_size=50, price=Decimal("1"),
        breaks={100: "0.80"}, supplier_sku="Z-9",
    )  # fmt: skip
    url = reverse("suppliers:purchase_order_new")
    form = as_staff.get(url, {"supplier": offer.supplier_id, "part": offer.part_id}).context["form"]
    row = form.lines.forms[0].initial
    assert (row["quantity"], row["unit_price"], row["supplier_sku"]) == (100, Decimal("0.8"), "Z-9")
    assert form["expected_delivery_date"].value() == timezone.localdate() + timedelta(days=9)
    assert as_staff.get(url, {"supplier": "x", "part": "y", "quantity": "-3"}).status_code == 200


def test_a_chosen_part_brings_its_price_break_and_says_what_else_matters(as_staff, staff):
    offer = make_offer(moq=50, pack_size=25, price=Decimal("1.5"), breaks={100: "1.25"}, supplier_sku="Z-9")
    url = reverse("suppliers:line_offer")
    ask = {"part": offer.part_id, "supplier": offer.supplier_id, "currency": "EUR", "quantity": "110"}
    answer = as_staff.get(url, ask).json()
    assert answer["values"]["unit_price"] == "1.25"
    assert answer["values"]["supplier_sku"] == "Z-9"
    assert "so order 125" in answer["hint"]
    first = as_staff.get(url, ask | {"quantity": ""}).json()
    assert first["values"]["quantity"] == "50"
    staff.language = "de"
    staff.save()
    assert as_staff.get(url, ask).json()["values"]["unit_price"] == "1,25"
    assert as_staff.get(url, ask | {"currency": "USD"}).json()["values"]["unit_price"] == ""
    for nonsense in ({}, {"part": "x"}, ask | {"supplier": "x"}, ask | {"quantity": "NaN"}):
        assert as_staff.get(url, nonsense).status_code == 200


# --- Purchase orders: verbs


def test_send_numbers_mails_and_shows_the_pdf(as_manager, transactional_db, run_jobs, mailoutbox):
    supplier = make_supplier(email="orders@example.com")
    order = make_order(supplier=supplier)
    answer = as_manager.post(
        reverse("suppliers:purchase_order_send", args=[order.pk]),
        {"order_date": timezone.localdate().isoformat(), "mail_to": "orders@example.com", "message": ""},
    )
    assert answer.url == order.get_absolute_url()
    order.refresh_from_db()
    paper = Document.objects.get()
    assert as_manager.get(reverse("suppliers:purchase_order_pdf", args=[order.pk])).url == paper.get_absolute_url()
    run_jobs()
    (mail,) = mailoutbox
    assert mail.to == ["orders@example.com"]
    assert order.number in mail.subject
    assert mail.attachments[0].content == paper.content()
    assert order.mailed_to == "orders@example.com"


def test_the_pdf_of_a_draft_is_made_on_the_spot(as_viewer):
    answer = as_viewer.get(reverse("suppliers:purchase_order_pdf", args=[make_order().pk]))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert not Document.objects.exists()


def receive_form(order, **rows) -> dict:
    data = {"received_on": timezone.localdate().isoformat(), "delivery_note": "LS 1"}
    for each, values in zip(order.lines.all(), rows.values(), strict=False):
        data |= {f"line-{each.pk}-{name}": value for name, value in values.items()}
    return data


def test_the_receive_page_is_filled_with_what_is_to_come_and_the_usual_place(as_staff):
    place = make_location(code="B-77")
    order = make_sent((make_part(default_location=place), 10, 1), (make_part(), 4, 1))
    page = as_staff.get(reverse("suppliers:purchase_order_receive", args=[order.pk]))
    first, second = page.context["form"].lines
    assert (first["accepted"].value(), first["location"].value()) == (10, place.pk)
    assert second["accepted"].value() == 4
    assert "B-77" in page.content.decode()


def test_receiving_on_the_page_moves_stock(as_staff, staff):
    part, place = make_part(), make_location()
    order = make_sent((part, 10, 3))
    answer = as_staff.post(
        reverse("suppliers:purchase_order_receive", args=[order.pk]),
        receive_form(order, a={"accepted": "6", "rejected": "1", "reason": "bent", "location": place.pk}),
    )
    assert answer.url == order.get_absolute_url()
    receipt = GoodsReceipt.objects.get()
    assert (receipt.delivery_note, receipt.created_by) == ("LS 1", staff)
    part.refresh_from_db()
    assert part.current_stock == 6
    page = as_staff.get(order.get_absolute_url()).content.decode()
    for shown in (receipt.number, "bent", place.code):
        assert shown in page


def test_a_receipt_that_is_sent_twice_is_one(as_staff):
    part, place = make_part(), make_location()
    order = make_sent((part, 10, 3))
    data = receive_form(order, a={"accepted": "4", "location": place.pk}) | {"form_key": "c" * 32}
    url = reverse("suppliers:purchase_order_receive", args=[order.pk])
    assert [as_staff.post(url, data).status_code for _ in range(2)] == [302, 302]
    part.refresh_from_db()
    assert part.current_stock == 4


def test_a_line_that_somebody_else_has_received_meanwhile_is_not_dropped_unsaid(as_staff):
    order = make_sent((make_part(), 10, 1), (make_part(), 5, 1))
    place = make_location()
    data = receive_form(order, a={"accepted": "10", "location": place.pk}, b={"accepted": "5", "location": place.pk})
    order.receive([(order.lines.first(), 10, 0, place)], by=None)
    answer = as_staff.post(reverse("suppliers:purchase_order_receive", args=[order.pk]), data)
    assert answer.status_code == 422
    assert "at most 10 are allowed" in answer.content.decode()
    assert GoodsReceipt.objects.count() == 1


def test_over_delivery_is_confirmed_on_the_page(as_staff):
    order = make_sent({"part": make_part(), "quantity": 10, "unit_price": 1, "tolerance": Decimal(20)})
    data = receive_form(order, a={"accepted": "12", "location": make_location().pk})
    url = reverse("suppliers:purchase_order_receive", args=[order.pk])
    answer = as_staff.post(url, data)
    assert answer.status_code == 422
    assert "Confirm the over-delivery" in answer.content.decode()
    assert as_staff.post(url, data | {"over_delivery": "on"}).status_code == 302


def test_the_order_page_costs_at_most_fifteen_queries_and_no_more_with_more_lines(as_staff, count_queries, staff):
    def cost(n) -> int:
        order = make_sent(*[(make_part(), 2, 1) for _ in range(n)], by=staff)
        place = make_location()
        for _ in range(2):
            order.receive([(each, 1, 0, place) for each in order.lines.all()], by=staff)
        return cost_of(as_staff, order.get_absolute_url(), count_queries)

    assert cost(1) == cost(5)
    assert cost(2) <= 15


def test_cancel_and_close_and_reopen_from_the_page(as_manager):
    order = make_sent()
    as_manager.post(reverse("suppliers:purchase_order_cancel", args=[order.pk]), {"reason": "Twice"})
    order.refresh_from_db()
    assert order.status == Status.CANCELLED
    order = make_sent((make_part(), 10, 1))
    order.receive([(order.lines.get(), 1, 0, make_location())], by=None)
    as_manager.post(reverse("suppliers:purchase_order_close_short", args=[order.pk]), {"reason": ""})
    order.refresh_from_db()
    assert order.is_closed_short
    as_manager.post(reverse("suppliers:purchase_order_reopen", args=[order.pk]))
    order.refresh_from_db()
    assert order.status == Status.PARTIAL


def test_the_confirmation_of_the_supplier_is_noted_in_a_dialog(as_staff):
    order = make_sent()
    day = (timezone.localdate() + timedelta(days=5)).isoformat()
    stored = order.lines.get()
    as_staff.post(
        reverse("suppliers:purchase_order_acknowledge", args=[order.pk]),
        {"supplier_reference": "AB 5", "expected_delivery_date": day, f"line-{stored.pk}": day},
    )
    order.refresh_from_db()
    assert order.supplier_reference == "AB 5"
    assert order.lines.get().expected_date.isoformat() == day


def test_a_receipt_is_taken_back_from_its_page_and_the_ledger_leads_there(as_manager):
    part = make_part()
    receipt = receive_all(make_sent((part, 3, 1)))
    go = reverse("go", args=["suppliers.goodsreceipt", receipt.pk])
    assert as_manager.get(go).url == receipt.get_absolute_url()
    assert go in as_manager.get(part.get_absolute_url()).content.decode()
    as_manager.post(reverse("suppliers:goods_receipt_reverse", args=[receipt.pk]), {"note": "Wrong order"})
    assert GoodsReceipt.objects.count() == 2
    assert "taken back" in as_manager.get(receipt.get_absolute_url()).content.decode()


def test_the_offer_page_draws_what_was_paid(as_viewer):
    offer = make_offer()
    for price in ("2", "3"):
        make_sent((offer.part, 1, price), supplier=offer.supplier)
    page = as_viewer.get(offer.get_absolute_url())
    assert [point.price for point in page.context["points"]] == [3, 2]
    assert "<path" in page.content.decode()


def test_a_discontinued_part_is_still_seen_on_an_old_order(as_viewer):
    part = make_part(sku="OLD-1")
    make_stock(part, 1)
    order = make_sent((part, 1, 1))
    part.revise({"is_discontinued": True}, by=None, version=part.version)
    assert "OLD-1" in as_viewer.get(order.get_absolute_url()).content.decode()


def test_a_discount_that_lasts_longer_than_the_days_to_pay_is_refused_beside_it(as_staff):
    data = {"name": "Nord", "language": "de", "currency": "EUR", "country": "DE", "exchange_rate": "1", "rating": ""}
    data |= {"payment_days": "30", "discount_percent": "2", "discount_days": "60", "minimum_order_value": "0"}
    data |= {"lead_time_days": "7"}
    answer = as_staff.post(reverse("suppliers:supplier_new"), data)
    assert answer.status_code == 422
    assert "cannot last longer than the days to pay" in str(answer.context["form"].errors["discount_days"])
    assert as_staff.post(reverse("suppliers:supplier_new"), data | {"discount_days": "10"}).status_code == 302


def test_the_least_quantity_is_named_as_its_reader_writes_it(as_staff):
    data = order_form(make_supplier(), line(make_part(unit="MTR"), quantity="0"))
    answer = as_staff.post(reverse("suppliers:purchase_order_new"), data, headers={"accept-language": "de"})
    assert "größer oder gleich 0,001" in answer.content.decode()
