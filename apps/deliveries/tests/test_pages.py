"""Pages of this room: who may open them, what they show, what a form does."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.deliveries.models import Carrier, Delivery, DeliveryReturn, Status
from apps.deliveries.tests.factories import (
    faults,
    make_carrier,
    make_delivery,
    make_order,
    make_printer_order,
    make_shipped,
    make_sold,
    returned,
)
from apps.parts.tests.factories import make_location

pytestmark = pytest.mark.django_db

LISTS = {
    "delivery_list": "viewer",
    "ready": "viewer",
    "return_list": "viewer",
    "carrier_list": "viewer",
    "carrier_new": "manager",
    "delivery_trash": "manager",
}
RANKS = ["viewer", "staff", "manager"]


@pytest.fixture
def clients(as_viewer, as_staff, as_manager):
    return dict(zip(RANKS, (as_viewer, as_staff, as_manager), strict=True))


def allowed_from(role: str) -> list[int]:
    return [200 if n >= RANKS.index(role) else 403 for n in range(3)]


def statuses(clients, url) -> list[int]:
    return [each.get(url).status_code for each in clients.values()]


def page(name: str, record=None) -> str:
    return reverse(f"deliveries:{name}", args=[record.pk] if record else [])


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


# --- Who may


@pytest.mark.parametrize(("name", "role"), LISTS.items())
def test_each_page_asks_for_sign_in_and_its_permission(client, clients, name, role):
    assert client.get(page(name)).url.startswith(reverse("account_login"))
    assert statuses(clients, page(name)) == allowed_from(role)


def test_a_new_delivery_is_made_by_those_who_ship(client, clients):
    url = f"{page('delivery_new')}?order={make_order().pk}"
    assert client.get(url).status_code == 302
    assert statuses(clients, url) == allowed_from("staff")


def test_each_page_of_a_record_asks_for_its_permission(client, clients):
    pending, shipped, carrier = make_delivery(), make_shipped(), make_carrier()
    paper = make_shipped()
    paper = paper.return_([returned(paper.lines.get(), 1)], by=None)
    wanted = {
        ("delivery_detail", pending): "viewer",
        ("delivery_detail", shipped): "viewer",
        ("delivery_pdf", pending): "viewer",
        ("packing_list", pending): "viewer",
        ("delivery_labels", shipped): "viewer",
        ("for_order", pending.order): "viewer",
        ("for_customer", pending.order.customer): "viewer",
        ("return_detail", paper): "viewer",
        ("delivery_edit", pending): "staff",
        ("delivery_ship", pending): "staff",
        ("delivery_track", shipped): "staff",
        ("delivery_deliver", shipped): "staff",
        ("delivery_mail", shipped): "staff",
        ("delivery_cancel", pending): "manager",
        ("delivery_return", shipped): "manager",
        ("carrier_edit", carrier): "manager",
    }
    for (name, record), role in wanted.items():
        assert client.get(page(name, record)).status_code == 302, name
        assert statuses(clients, page(name, record)) == allowed_from(role), name


def test_verbs_without_questions_ask_for_their_permission(client, clients):
    delivery, carrier = make_delivery(), make_carrier()
    for name, record in (
        ("delivery_delete", delivery),
        ("delivery_restore", delivery),
        ("carrier_delete", carrier),
        ("carrier_restore", carrier),
    ):
        assert client.post(page(name, record)).url.startswith(reverse("account_login")), name
        assert [each.post(page(name, record)).status_code for each in clients.values()] == [403, 403, 302], name


@pytest.mark.parametrize("name", ["delivery_list", "return_list"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_exports_need_their_own_permission(as_viewer, as_staff, name, kind):
    delivery = make_shipped()
    delivery.return_([returned(delivery.lines.get(), 1)], by=None)
    assert as_viewer.get(page(name), {"export": kind}).status_code == 403
    content = b"".join(as_staff.get(page(name), {"export": kind}).streaming_content)
    assert len(content) > 100
    if kind == "csv":
        assert delivery.number in content.decode()


# --- Lists


@pytest.mark.parametrize(
    ("name", "make", "literal"),
    [
        ("delivery_list", lambda: make_shipped(), 7),
        ("ready", lambda: make_order(), 6),
        ("return_list", lambda: take_one_back(), 6),
        ("carrier_list", lambda: make_carrier(), 6),
    ],
)
def test_lists_cost_the_same_queries_with_one_row_and_with_three(as_staff, count_queries, name, make, literal):
    for _more in range(2):
        make()
        with count_queries() as queries:
            assert as_staff.get(page(name)).status_code == 200
        assert len(queries) == literal
        make()


def take_one_back():
    delivery = make_shipped()
    return delivery.return_([returned(delivery.lines.get(), 1)], by=None)


def test_the_chips_count_what_is_to_be_packed_on_its_way_late_and_back(as_viewer):
    yesterday = timezone.localdate() - timedelta(days=1)
    make_delivery(ship_by=yesterday)
    make_delivery()
    make_shipped().deliver(by=None)
    take_one_back()
    context = as_viewer.get(page("delivery_list"), {"summary": "1"}).context
    counts = {str(chip["label"]): chip["count"] for chip in context["chips"]}
    assert counts == {
        "To pack": 2, "In transit": 1, "Late": 1, "Delivered": 1, "Something came back": 1, "Cancelled": 0,
    }  # fmt: skip
    assert len(as_viewer.get(page("delivery_list"), {"late": "true"}).context["rows"]) == 1


def test_deliveries_are_found_by_what_people_have_in_hand(as_viewer):
    order, (printer,) = make_printer_order(1)
    delivery = make_delivery(order)
    delivery.ship(
        by=None, printers={delivery.lines.get(): [printer]}, carrier=make_carrier(), tracking_number="JJD0042"
    )
    make_shipped()
    for text in (delivery.number.lower(), "jjd0042", order.number, order.customer.company_name, printer.serial):
        assert as_viewer.get(page("delivery_list"), {"q": text}).context["rows"] == [delivery], text
    for query in (
        {"printer": printer.pk},
        {"part": printer.part_id},
        {"order": order.pk},
        {"customer": order.customer_id},
    ):
        assert as_viewer.get(page("delivery_list"), query).context["rows"] == [delivery], query


@pytest.mark.parametrize("query", ["status=x", "carrier=x", "order=x", "since=x", "late=x", "sort=x", "page=x"])
def test_nonsense_in_the_address_still_shows_a_page(as_viewer, query):
    make_delivery()
    assert as_viewer.get(f"{page('delivery_list')}?{query}").status_code == 200
    assert as_viewer.get(f"{page('ready')}?{query}").status_code == 200


def test_a_fragment_is_the_list_alone(as_viewer):
    make_delivery()
    answer = as_viewer.get(page("delivery_list"), headers={"HX-Request": "true", "HX-Target": "list"})
    assert "<html" not in answer.content.decode()


def test_what_is_ready_says_how_much_of_it_is_there_and_what_is_being_packed(as_staff):
    whole = make_order()
    part = make_order((make_sold(), 2), (make_sold(stock=0), 2))
    make_order((make_sold(stock=0), 2))
    packed = make_delivery().order
    rows = {each.pk: each for each in as_staff.get(page("ready")).context["rows"]}
    assert set(rows) == {whole.pk, part.pk, packed.pk}
    assert (rows[part.pk].ready_lines, rows[part.pk].open_lines, rows[part.pk].waiting) == (1, 2, 2)
    assert (rows[packed.pk].is_planned, rows[packed.pk].waiting) == (True, 0)
    for query, wanted in (
        ({"complete": "true"}, {whole, packed}),
        ({"complete": "false"}, {part}),
        ({"planned": "true"}, {packed}),
        ({"planned": "false"}, {whole, part}),
        ({"late": "true"}, set()),
    ):
        assert set(as_staff.get(page("ready"), query).context["rows"]) == wanted, query


# --- Making and editing


def form_data(delivery_form, **changes) -> dict:
    """What the browser would send of the form as it was shown."""
    data = {}
    for bound in (delivery_form, *delivery_form.lines.forms):
        for name in bound.fields:
            value = bound[name].value()
            data[bound.add_prefix(name)] = "" if value is None or value is False else str(value)
    count = len(delivery_form.lines.forms)
    data |= {"lines-TOTAL_FORMS": count, "lines-INITIAL_FORMS": delivery_form.lines.initial_form_count()}
    return data | changes


def test_a_new_delivery_is_filled_with_what_can_be_shipped_and_made_as_it_stands(as_staff):
    order = make_order((make_sold(stock=4), 10), (make_sold(stock=0), 1))
    url = f"{page('delivery_new')}?order={order.pk}"
    form = as_staff.get(url).context["form"]
    assert form["name"].value() == order.customer.full_name
    answer = as_staff.post(url, form_data(form))
    delivery = Delivery.objects.get()
    assert answer.url == delivery.get_absolute_url()
    assert [(line.order_line.position, line.quantity) for line in delivery.lines.all()] == [(1, 4)]
    assert faults() == []


def test_without_an_order_one_chooses_what_is_ready(as_staff):
    assert as_staff.get(page("delivery_new")).url == page("ready")
    assert as_staff.get(f"{page('delivery_new')}?order=nonsense").url == page("ready")
    done = make_shipped().order
    assert as_staff.get(f"{page('delivery_new')}?order={done.pk}").url == done.get_absolute_url()


def test_too_much_is_refused_and_the_input_stays(as_staff):
    order = make_order()
    url = f"{page('delivery_new')}?order={order.pk}"
    form = as_staff.get(url).context["form"]
    answer = as_staff.post(url, form_data(form, **{"lines-0-quantity": "11", "notes": "Rampe"}))
    assert answer.status_code == 422
    assert "11 would be promised, 10 are still to be shipped" in text_of(answer)
    assert "Rampe" in text_of(answer)
    assert not Delivery.objects.exists()


def test_a_wrong_postcode_and_no_lines_are_said_beside_their_fields(as_staff):
    order = make_order()
    url = f"{page('delivery_new')}?order={order.pk}"
    form = as_staff.get(url).context["form"]
    answer = as_staff.post(url, form_data(form, **{"postcode": "7056", "lines-0-DELETE": "on"}))
    assert answer.status_code == 422
    assert "postcode" in answer.context["form"].errors
    assert "At least one line is needed." in text_of(answer)


def test_an_edit_that_comes_too_late_is_shown_what_changed(as_staff, manager):
    delivery = make_delivery()
    form = as_staff.get(page("delivery_edit", delivery)).context["form"]
    data = form_data(form, notes="Meins")
    delivery.write({"notes": "Anderes"}, None, by=manager, version=1)
    answer = as_staff.post(page("delivery_edit", delivery), data)
    assert answer.status_code == 409
    assert "Meins" in text_of(answer)
    again = as_staff.post(page("delivery_edit", delivery), data | {"version": "2"})
    assert again.status_code == 302
    delivery.refresh_from_db()
    assert delivery.notes == "Meins"


def test_what_was_shipped_is_not_edited(as_staff):
    delivery = make_shipped()
    assert as_staff.get(page("delivery_edit", delivery)).url == delivery.get_absolute_url()


# --- One delivery


def test_the_page_costs_at_most_fifteen_queries_however_many_lines(as_staff, count_queries):
    cost = set()
    for number in (1, 3):
        order = make_order(*[(make_sold(), 2) for _line in range(number)])
        delivery = make_shipped(order)
        delivery.return_([returned(delivery.lines.first(), 1)], by=None)
        with count_queries() as queries:
            as_staff.get(delivery.get_absolute_url())
        cost.add(len(queries))
    assert len(cost) == 1
    assert max(cost) <= 15


def test_the_page_shows_the_next_step_and_only_to_those_who_may(as_viewer, as_staff):
    pending, shipped = make_delivery(), make_shipped(carrier=make_carrier(), tracking_number="0042")
    assert "/ship/" in text_of(as_staff.get(pending.get_absolute_url()))
    assert "/ship/" not in text_of(as_viewer.get(pending.get_absolute_url()))
    content = text_of(as_staff.get(shipped.get_absolute_url()))
    assert "/deliver/" in content
    assert shipped.tracking_link in content
    assert 'rel="noopener noreferrer"' in content


def test_the_page_warns_of_an_empty_shelf_and_of_a_blocked_customer(as_staff, manager):
    delivery = make_delivery()
    line = delivery.lines.get()
    line.part.transfer(95, source=line.location, target=make_location(), by=manager)
    delivery.order.customer.block("Zahlt nicht", by=manager)
    content = text_of(as_staff.get(delivery.get_absolute_url()))
    assert "Less lies on a shelf than is to be taken from it" in content
    assert "Zahlt nicht" in content


def test_it_is_shipped_with_the_printers_that_are_ticked(as_staff):
    order, printers = make_printer_order(2)
    delivery, carrier = make_delivery(order), make_carrier()
    line = delivery.lines.get()
    form = as_staff.get(page("delivery_ship", delivery)).context["form"]
    assert form[f"printers-{line.pk}"].initial == [str(each.pk) for each in printers]
    data = {"shipped_on": timezone.localdate(), "carrier": carrier.pk, "tracking_number": "0042", "package_count": "2"}
    data |= {"weight": "12.5", f"printers-{line.pk}": [str(printers[0].pk)]}
    answer = as_staff.post(page("delivery_ship", delivery), data)
    assert answer.status_code == 422
    assert "choose exactly 2 serial numbers, 1 are chosen" in text_of(answer)
    data[f"printers-{line.pk}"] = [str(each.pk) for each in printers]
    answer = as_staff.post(page("delivery_ship", delivery), data)
    assert answer.url == delivery.get_absolute_url()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.package_count, delivery.weight) == (Status.IN_TRANSIT, 2, Decimal("12.5"))
    content = text_of(as_staff.get(delivery.get_absolute_url()))
    assert all(each.serial in content for each in printers)


def test_a_refused_delivery_is_not_called_by_the_number_that_it_nearly_got(as_staff, manager):
    delivery = make_delivery()
    line = delivery.lines.get()
    line.part.transfer(95, source=line.location, target=make_location(), by=manager)
    answer = as_staff.post(page("delivery_ship", delivery), {"shipped_on": timezone.localdate(), "package_count": "1"})
    assert answer.status_code == 422
    assert f"10 needed, 5 at {line.location}" in text_of(answer)
    assert answer.context["title"] == f"Ship {delivery}"


def test_a_refusal_in_the_dialog_comes_back_as_a_fragment(as_staff, manager):
    delivery = make_delivery()
    delivery.order.customer.block("Zahlt nicht", by=manager)
    answer = as_staff.post(
        page("delivery_ship", delivery),
        {"shipped_on": timezone.localdate(), "package_count": "1"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 422
    assert "<html" not in answer.content.decode()
    assert "Zahlt nicht" in text_of(answer)


def test_arrival_tracking_and_cancelling_by_their_dialogs(as_staff, as_manager):
    shipped, pending, carrier = make_shipped(), make_delivery(), make_carrier()
    as_staff.post(page("delivery_track", shipped), {"carrier": carrier.pk, "tracking_number": "0042"})
    as_staff.post(page("delivery_deliver", shipped), {"delivered_on": timezone.localdate(), "received_by": "Kern"})
    as_manager.post(page("delivery_cancel", pending), {"reason": "Doppelt"})
    shipped.refresh_from_db()
    pending.refresh_from_db()
    assert (shipped.tracking_number, shipped.status, shipped.received_by) == ("0042", Status.DELIVERED, "Kern")
    assert (pending.status, pending.reason) == (Status.CANCELLED, "Doppelt")


def test_goods_are_taken_back_line_by_line(as_manager):
    order, printers = make_printer_order(2)
    delivery = make_delivery(order)
    line, place = delivery.lines.get(), make_location()
    delivery.ship(by=None, printers={line: printers})
    url, row = page("delivery_return", delivery), f"line-{line.pk}"
    data = {"returned_on": timezone.localdate(), f"{row}-condition": "good", f"{row}-location": place.pk}
    data[f"{row}-printers"] = [str(printers[0].pk)]
    answer = as_manager.post(url, data)
    assert answer.status_code == 422
    assert "say why it came back" in text_of(answer)
    assert as_manager.post(url, data | {f"{row}-condition": "broken"}).status_code == 422
    answer = as_manager.post(url, data | {f"{row}-reason": "Umtausch"})
    paper = DeliveryReturn.objects.get()
    assert answer.url == paper.get_absolute_url()
    content = text_of(as_manager.get(answer.url))
    assert printers[0].serial in content
    assert printers[1].serial not in content
    assert as_manager.get(page("return_pdf", paper)).status_code == 302
    assert faults() == []


def test_nothing_is_taken_back_of_what_is_not_out(as_manager):
    delivery = make_delivery()
    assert as_manager.get(page("delivery_return", delivery)).url == delivery.get_absolute_url()


def test_a_delivery_goes_to_the_trash_and_comes_back(as_manager):
    delivery = make_delivery()
    answer = as_manager.post(page("delivery_delete", delivery))
    assert answer.url == page("delivery_list")
    assert [each.pk for each in as_manager.get(page("delivery_trash")).context["rows"]] == [delivery.pk]
    as_manager.post(page("delivery_restore", delivery))
    assert Delivery.objects.count() == 1


# --- Papers


def test_the_note_is_a_draft_until_it_is_shipped_and_then_the_one_that_went(as_viewer):
    delivery = make_delivery()
    draft = as_viewer.get(page("delivery_pdf", delivery))
    assert draft.content.startswith(b"%PDF")
    assert as_viewer.get(page("delivery_labels", delivery)).url == delivery.get_absolute_url()
    delivery.ship(by=None)
    assert as_viewer.get(page("delivery_pdf", delivery)).url == delivery.paper.get_absolute_url()
    assert as_viewer.get(page("delivery_labels", delivery)).content.startswith(b"%PDF")


# --- Panels


def test_the_orders_panel_offers_a_new_delivery_while_something_waits(as_viewer, as_staff):
    order = make_order()
    url = page("for_order", order)
    assert "New delivery" in text_of(as_staff.get(url))
    assert "New delivery" not in text_of(as_viewer.get(url))
    delivery = make_delivery(order)
    content = text_of(as_staff.get(url))
    assert "New delivery" not in content
    assert delivery.get_absolute_url() in content


def test_the_panels_cost_the_same_however_many_deliveries(as_staff, count_queries):
    order = make_order()
    for name, record in (("for_order", order), ("for_customer", order.customer)):
        cost = set()
        for _more in range(2):
            make_shipped(order, quantity=1)
            with count_queries() as queries:
                as_staff.get(page(name, record))
            cost.add(len(queries))
        assert len(cost) == 1, name


# --- Carriers


def test_a_carrier_is_made_changed_thrown_away_and_restored(as_manager):
    data = {"name": "DHL", "tracking_url": "https://www.dhl.de/?n={number}", "is_active": "on"}
    assert as_manager.post(page("carrier_new"), data | {"tracking_url": "https://x"}).status_code == 422
    as_manager.post(page("carrier_new"), data)
    carrier = Carrier.objects.get()
    assert as_manager.post(page("carrier_new"), data | {"name": "dhl"}).status_code == 422
    as_manager.post(page("carrier_edit", carrier), data | {"service": "Paket", "version": "1"})
    carrier.refresh_from_db()
    assert carrier.service == "Paket"
    as_manager.post(page("carrier_delete", carrier))
    assert not Carrier.objects.exists()
    assert "Restore" in text_of(as_manager.get(page("carrier_list")))
    as_manager.post(page("carrier_restore", carrier))
    assert Carrier.objects.count() == 1


def test_a_carrier_that_is_not_offered_any_more_stays_with_its_deliveries(as_staff):
    old, new = make_carrier(is_active=False), make_carrier()
    used, fresh = make_delivery(carrier=old), make_delivery()
    form = as_staff.get(page("delivery_edit", used)).context["form"]
    assert set(form.fields["carrier"].queryset) == {old, new}
    form = as_staff.get(page("delivery_edit", fresh)).context["form"]
    assert set(form.fields["carrier"].queryset) == {new}
