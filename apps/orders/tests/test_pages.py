"""Pages of this room: who may open them, what they show, what a form does."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.customers.tests.factories import AUSTRIAN, make_address, make_contact, make_customer
from apps.documents.models import Document
from apps.orders.models import CustomerOrder, Status
from apps.orders.steps import steps
from apps.orders.tests.factories import (
    faults,
    make_confirmed,
    make_delivered,
    make_order,
    make_quoted,
    make_sold_part,
    ship,
)
from apps.parts.tests.factories import execute, make_part, make_stock
from gmtc.history import entries

pytestmark = pytest.mark.django_db

LISTS = {
    "orders:order_list": "viewer",
    "orders:part_choices": "viewer",
    "orders:line_values": "viewer",
    "orders:order_new": "staff",
    "orders:order_trash": "manager",
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
    draft, quoted, confirmed = make_order(), make_quoted(), make_confirmed()
    line = confirmed.lines.get()
    wanted = {
        ("order_detail", draft): "viewer",
        ("order_pdf", draft): "viewer",
        ("order_detail", confirmed): "viewer",
        ("for_customer", draft.customer): "viewer",
        ("customer_defaults", draft.customer): "viewer",
        ("for_part", line.part): "viewer",
        ("order_edit", draft): "staff",
        ("order_quote", draft): "staff",
        ("order_decline", quoted): "staff",
        ("order_mail", quoted): "staff",
        ("order_confirm", quoted): "staff",
        ("order_arrange", confirmed): "staff",
        ("line_reserve", line): "staff",
        ("order_cancel", confirmed): "manager",
        ("order_close_short", confirmed): "manager",
    }
    for (name, record), role in wanted.items():
        url = reverse(f"orders:{name}", args=[record.pk])
        assert client.get(url).status_code == 302, name
        assert statuses(clients, url) == allowed_from(role), name


def test_verbs_without_questions_ask_for_their_permission(client, clients):
    draft, line = make_order(), make_order().lines.get()
    wanted = {
        ("order_withdraw", draft): "staff",
        ("order_reserve", draft): "staff",
        ("order_copy", draft): "staff",
        ("line_unreserve", line): "staff",
        ("order_delete", draft): "manager",
        ("order_restore", draft): "manager",
    }
    for (name, record), role in wanted.items():
        url = reverse(f"orders:{name}", args=[record.pk])
        assert client.post(url).url.startswith(reverse("account_login")), name
        found = [each.post(url).status_code for each in clients.values()]
        assert found == [302 if status == 200 else 403 for status in allowed_from(role)], name


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_export_needs_its_own_permission(as_viewer, as_staff, kind):
    order = make_order(customer=make_customer(company_name="Weiß GmbH"))
    url = reverse("orders:order_list")
    assert as_viewer.get(url, {"export": kind}).status_code == 403
    answer = as_staff.get(url, {"export": kind})
    content = b"".join(answer.streaming_content)
    assert answer.status_code == 200
    if kind == "csv":
        assert "Weiß GmbH" in content.decode("utf-8-sig")
        assert f"{order.net:.0f}" in content.decode("utf-8-sig")


# --- The list


def cost_of(client, url, count_queries, data=None) -> int:
    with count_queries() as queries:
        assert client.get(url, data).status_code == 200
    return len(queries)


def test_the_list_costs_the_same_queries_with_one_row_and_with_three(as_staff, count_queries):
    url = reverse("orders:order_list")
    make_confirmed()
    with_one = cost_of(as_staff, url, count_queries)
    make_order((make_sold_part(), 1), (make_sold_part(), 2))
    make_quoted()
    assert cost_of(as_staff, url, count_queries) == with_one
    assert with_one <= 8


def test_for_htmx_the_list_comes_alone(as_viewer):
    make_order()
    page = as_viewer.get(
        reverse("orders:order_list"), headers={"HX-Request": "true", "HX-Target": "list"}
    ).content.decode()
    assert "<html" not in page
    assert "Draft" in page


def test_an_empty_list_says_what_to_do(as_staff, as_viewer):
    assert reverse("orders:order_new") in as_staff.get(reverse("orders:order_list")).content.decode()
    page = as_viewer.get(reverse("orders:order_list"))
    assert "No quotes or orders yet" in page.content.decode()


def test_the_chips_count_and_filter_by_the_same_rule(as_viewer):
    yesterday = timezone.localdate() - timedelta(days=1)
    make_order()
    expired = make_order()
    expired.quote(by=None, quote_date=yesterday, valid_until=yesterday)
    late = make_order(promised_date=yesterday)
    late.confirm(by=None, order_date=yesterday)
    ready = make_confirmed((make_sold_part(stock=2), 2))
    delivered = make_delivered()
    url = reverse("orders:order_list")
    summary = as_viewer.get(url, {"summary": "1"}).context
    counts = {str(chip["label"]): chip["count"] for chip in summary["chips"]}
    assert counts == {
        "Drafts": 1, "Quotes": 1, "Expired quotes": 1, "Open": 2, "In production": 0, "Ready to ship": 1, "Late": 1,
        "Shipped": 0, "Delivered": 1, "To be invoiced": 1,
    }  # fmt: skip
    assert dict(summary["totals"])["Net"] == sum(order.net for order in CustomerOrder.objects.all())
    for params, order in (
        ({"due": "expired"}, expired), ({"due": "late"}, late), ({"status": "ready"}, ready),
        ({"to_invoice": "true"}, delivered), ({"shippable": "true"}, ready),
    ):  # fmt: skip
        assert as_viewer.get(url, params).context["rows"] == [order], params
    assert len(as_viewer.get(url, {"to_invoice": "false"}).context["rows"]) == 4


def test_the_list_shows_how_much_was_shipped(as_viewer):
    order = make_confirmed((make_sold_part(stock=4), 4))
    ship(order.lines.get(), 1)
    assert as_viewer.get(reverse("orders:order_list")).context["rows"][0].progress == 25


@pytest.mark.parametrize("query", ["status=nonsense", "customer=x", "part=x", "since=x", "due=x", "sort=x", "page=x"])
def test_nonsense_in_the_address_still_shows_a_page(as_viewer, query):
    make_order()
    assert as_viewer.get(f"{reverse('orders:order_list')}?{query}").status_code == 200


def test_several_orders_at_once(as_manager, as_staff, as_viewer):
    part = make_sold_part()
    waiting, draft = make_confirmed((part, 1)), make_order((part, 1))
    make_stock(part, 5)
    url = reverse("orders:order_bulk")
    ticked = {"selected": [str(waiting.pk), str(draft.pk), "nonsense"]}
    assert as_viewer.post(url, ticked | {"action": "reserve"}).status_code == 403
    page = as_staff.post(url, ticked | {"action": "reserve"}, follow=True).content.decode()
    waiting.refresh_from_db()
    assert waiting.status == Status.READY
    assert "1 order changed." in page
    assert "is not possible any more" in page  # the draft
    assert as_staff.post(url, ticked | {"action": "discard"}).status_code == 403
    as_manager.post(url, ticked | {"action": "discard"})
    draft.refresh_from_db()
    assert draft.deleted_at
    assert as_manager.post(url, {"action": "nonsense"}).status_code == 302
    assert draft in as_manager.get(reverse("orders:order_trash")).context["rows"]


# --- The form


def order_form(customer, *lines, initial=0, **fields) -> dict:
    data = {"customer": customer.pk, "lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": initial}
    for number, line in enumerate(lines):
        data |= {f"lines-{number}-{name}": value for name, value in line.items()}
    return data | fields


def line(part, quantity="2", **fields) -> dict:
    return {"part": part.pk, "quantity": quantity} | fields


def test_what_is_left_empty_comes_from_customer_and_part(as_staff, staff):
    customer = make_customer(country="AT", vat_id=AUSTRIAN, language="en", skonto_percent=2, skonto_days=7)
    part = make_sold_part(unit_price="12.5")
    answer = as_staff.post(reverse("orders:order_new"), order_form(customer, line(part, "1,000"), {}))
    order = CustomerOrder.objects.get()
    assert answer.url == order.get_absolute_url()
    assert (order.language, order.tax_case, order.skonto_percent, order.skonto_days) == ("en", "K", 2, 7)
    assert [(each.unit_price, each.vat_rate, each.net) for each in order.lines.all()] == [(Decimal("12.5"), 0, 12_500)]
    assert order.created_by == staff
    assert faults() == []


def test_everything_that_is_typed_is_kept(as_staff, staff):
    customer = make_customer()
    contact, gate = make_contact(customer), make_address(customer)
    data = order_form(
        customer,
        line(
            make_sold_part(), "3", unit_price="9.99", discount="10", vat_rate="7", description="Special",
            details="Black",
            **{"customizations-key": ["Colour", ""], "customizations-value": ["red", ""]},
        ),
        contact=contact.pk, shipping_address=gate.pk, customer_reference="PO 5", payment_days="14",
        discount_percent="5", shipping_cost="4.50",
        language="en", tax_case="S", skonto_percent="0", skonto_days="0", notes="Thanks",
        promised_date="2030-01-31", responsible=staff.pk,
    )  # fmt: skip
    assert as_staff.post(reverse("orders:order_new"), data).status_code == 302
    order = CustomerOrder.objects.get()
    stored = order.lines.get()
    assert (stored.description, stored.details, stored.customizations) == ("Special", "Black", {"Colour": "red"})
    assert (order.contact, order.ship_to, order.payment_days, order.notes) == (contact, gate, 14, "Thanks")
    # 29.97 - 3.00 = 26.97; less 1.35, and 4.50 of shipping: 30.12; 7 %: 2.11
    assert (order.net, order.tax_amount) == (Decimal("30.12"), Decimal("2.11"))
    page = as_staff.get(order.get_absolute_url()).content.decode()
    for shown in ("Special", "Black", "Colour: red", "PO 5", "Thanks", "€32.23"):
        assert shown in page
    assert faults() == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"quantity": "0"}, "greater than or equal"),
        ({"quantity": "1.5"}, "whole"),
        ({"unit_price": "-1"}, "greater than or equal"),
        ({"discount": "101"}, "less than or equal"),
        ({"vat_rate": "NaN"}, "Enter a number"),
        ({"part": "00000000-0000-7000-8000-000000000000"}, "valid choice"),
        ({"part": "nonsense"}, "valid choice"),
    ],
)
def test_a_bad_line_is_refused_beside_it_and_nothing_is_written(as_staff, wrong, said):
    data = order_form(make_customer(), line(make_sold_part()) | wrong)
    answer = as_staff.post(reverse("orders:order_new"), data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not CustomerOrder.objects.exists()


def test_what_is_not_sold_and_who_is_a_stranger_is_no_choice(as_staff):
    url = reverse("orders:order_new")
    assert as_staff.post(url, order_form(make_customer(), line(make_part()))).status_code == 422
    data = order_form(make_customer(), line(make_sold_part()), contact=make_contact().pk)
    assert as_staff.post(url, data).status_code == 422
    assert as_staff.post(url, order_form(make_customer(), {}, {})).status_code == 422
    assert not CustomerOrder.objects.exists()


def test_lines_are_changed_added_and_removed_in_one_form(as_staff):
    keep, drop, new = make_sold_part(), make_sold_part(), make_sold_part()
    order = make_order((keep, 1, 1), (drop, 1, 1))
    first, second = order.lines.all()
    data = order_form(
        order.customer,
        line(keep, "5", unit_price="1", vat_rate="19") | {"id": first.pk},
        line(drop, "1") | {"id": second.pk, "DELETE": "on"},
        line(new, "2", unit_price="1"),
        initial=2, version=order.version,
    )  # fmt: skip
    assert as_staff.post(reverse("orders:order_edit", args=[order.pk]), data).status_code == 302
    order.refresh_from_db()
    assert [(each.part, each.quantity) for each in order.lines.all()] == [(keep, 5), (new, 2)]
    assert (order.net, order.total) == (7, Decimal("8.33"))
    assert faults() == []


def test_a_stale_edit_is_refused_with_the_input_kept(as_staff, manager):
    order = make_order()
    stored, seen = order.lines.get(), order.version
    order.write({}, [{"id": stored.pk, "quantity": Decimal(77)}], by=manager, version=seen)
    data = order_form(order.customer, line(stored.part, "5") | {"id": stored.pk}, initial=1, version=seen, notes="Mine")
    answer = as_staff.post(reverse("orders:order_edit", args=[order.pk]), data)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "77" in page
    assert "Mine" in page
    assert order.lines.get().quantity == 77


def test_an_order_that_was_quoted_meanwhile_is_not_edited(as_staff):
    order = make_order()
    stored = order.lines.get()
    data = order_form(order.customer, line(stored.part) | {"id": stored.pk}, initial=1, version=order.version)
    order.quote(by=None)
    url = reverse("orders:order_edit", args=[order.pk])
    answer = as_staff.post(url, data)
    assert answer.status_code == 422
    assert "cannot be edited" in answer.content.decode()
    assert as_staff.get(url).status_code == 302


def test_the_form_costs_the_same_queries_with_one_line_and_with_ten(as_staff, count_queries):
    def cost(n) -> int:
        order = make_order(*[(make_sold_part(), 1) for _ in range(n)])
        return cost_of(as_staff, reverse("orders:order_edit", args=[order.pk]), count_queries)

    assert cost(1) == cost(10)


def test_a_form_that_is_sent_twice_makes_one_order(as_staff):
    data = order_form(make_customer(), line(make_sold_part()), form_key="b" * 32)
    assert [as_staff.post(reverse("orders:order_new"), data).status_code for _ in range(2)] == [302, 302]
    assert CustomerOrder.objects.count() == 1


def test_the_form_is_filled_in_advance_from_customer_and_part(as_staff):
    customer = make_customer(country="AT", vat_id=AUSTRIAN, discount_percent=5, language="en")
    contact, gate = make_contact(customer), make_address(customer)
    part = make_sold_part(unit_price="12.5")
    url = reverse("orders:order_new")
    page = as_staff.get(url, {"customer": customer.pk, "part": part.pk, "quantity": "3"})
    form = page.context["form"]
    row = form.lines.forms[0].initial
    assert (row["quantity"], row["unit_price"], row["vat_rate"], row["discount"]) == (3, Decimal("12.5"), 0, 5)
    assert (form["language"].value(), form["tax_case"].value(), form["contact"].value()) == ("en", "K", contact.pk)
    assert str(gate) in page.content.decode()
    assert as_staff.get(url, {"customer": "x", "part": "y", "quantity": "-3"}).status_code == 200


def test_a_chosen_part_brings_price_rate_discount_and_what_is_free(as_staff, staff):
    customer = make_customer(discount_percent=5)
    part = make_sold_part(stock=7, unit_price="1234.5")
    url = reverse("orders:line_values")
    ask = {"part": part.pk, "customer": customer.pk, "tax_case": "S"}
    answer = as_staff.get(url, ask).json()
    assert answer["values"] == {
        "description": part.name, "unit_price": "1,234.5", "vat_rate": "19", "discount": "5", "quantity": "1",
    }  # fmt: skip
    assert "7 free in stock" in answer["hint"]
    assert as_staff.get(url, ask | {"tax_case": "G"}).json()["values"]["vat_rate"] == "0"
    staff.language = "de"
    staff.save()
    assert as_staff.get(url, ask).json()["values"]["unit_price"] == "1.234,5"
    for nonsense in ({}, {"part": "x"}, ask | {"customer": "x"}, ask | {"shipping_address": "x"}):
        assert as_staff.get(url, nonsense).status_code == 200
    assert as_staff.get(url, {"part": make_part().pk}).json()["values"] == {}


def test_a_chosen_customer_brings_terms_people_and_warnings(as_staff):
    customer = make_customer(language="en", skonto_percent=2, skonto_days=9)
    contact, gate = make_contact(customer), make_address(customer)
    customer.block("Does not pay", by=None)
    found = as_staff.get(reverse("orders:customer_defaults", args=[customer.pk])).json()
    assert found["values"] == {
        "language": "en", "tax_case": "S", "skonto_percent": "2", "skonto_days": 9, "contact": str(contact.pk),
    }  # fmt: skip
    assert str(gate.pk) in [each["id"] for each in found["choices"]["shipping_address"]]
    assert "Does not pay" in found["warning"]


def test_only_what_is_sold_can_be_chosen(as_staff):
    sold = make_sold_part(sku="FP24")
    make_part(sku="FP24-SCREW")
    found = as_staff.get(reverse("orders:part_choices"), {"q": "fp24"}).json()["results"]
    assert [each["id"] for each in found] == [str(sold.pk)]


# --- One order


def test_the_order_page_costs_at_most_fifteen_queries_and_no_more_with_more_lines(as_staff, count_queries, staff):
    def cost(n) -> int:
        order = make_quoted(*[(make_sold_part(stock=1), 2) for _ in range(n)], by=staff)
        order.confirm(by=staff)
        return cost_of(as_staff, order.get_absolute_url(), count_queries)

    assert cost(1) == cost(5)
    assert cost(2) <= 15


def test_the_way_of_an_order_shows_where_it_stands():
    def way(order) -> list[str]:
        found = steps(order, list(order.lines.all()))
        assert sum(step.is_current for step in found) == 1
        return [step.label for step in found if step.is_reached]

    order = make_order((make_sold_part(stock=1), 1))
    assert way(order) == ["Draft"]
    order.quote(by=None)
    assert way(order) == ["Draft", "Quoted"]
    order.confirm(by=None)
    assert way(order) == ["Draft", "Quoted", "Confirmed", "Ready to ship"]
    stored = order.lines.get()
    ship(stored, 1)
    stored.record_delivered(1, by=None)
    stored.record_invoiced(1, by=None)
    order.refresh_from_db()
    assert way(order)[-2:] == ["Delivered", "Invoiced"]
    declined = make_quoted()
    declined.decline(by=None, reason="no")
    assert way(declined) == ["Draft", "Quoted", "Declined"]


@pytest.mark.parametrize(
    ("make", "shown", "hidden"),
    [
        (make_order, ["order_quote", "order_confirm", "order_edit"], ["order_withdraw", "order_mail", "order_cancel"]),
        (
            make_quoted,
            ["order_confirm", "order_withdraw", "order_decline", "order_mail"],
            ["order_edit", "order_quote"],
        ),
        (make_confirmed, ["order_arrange", "order_reserve", "order_cancel"], ["order_confirm", "order_close_short"]),
        (make_delivered, ["order_mail", "order_copy"], ["order_cancel", "order_arrange", "order_reserve"]),
    ],
)
def test_only_what_can_be_done_is_offered(as_manager, as_viewer, make, shown, hidden):
    order = make()
    page, viewers = (each.get(order.get_absolute_url()).content.decode() for each in (as_manager, as_viewer))
    for name in (*shown, *hidden):
        url = reverse(f"orders:{name}", args=[order.pk])
        assert (url in page) == (name in shown), name
        assert url not in viewers, name


def test_doubts_are_said_before_the_order_is_quoted(as_staff):
    customer = make_customer(country="AT", vat_id=AUSTRIAN, credit_limit=50)
    order = make_order(customer=customer, shipping_address=make_address(customer, country="DE"))
    page = as_staff.get(reverse("orders:order_quote", args=[order.pk])).content.decode()
    assert "not confirmed" in page
    assert "does not go with the tax case" in page
    assert "€200.00 would be open; the credit limit of the customer is €50.00" in page


# --- Verbs


def test_a_quote_is_issued_mailed_and_shown(as_staff, transactional_db, run_jobs, mailoutbox):
    order, today = make_order(), timezone.localdate()
    data = {"quote_date": today, "valid_until": today + timedelta(days=10), "mail_to": "buyer@example.com"}
    answer = as_staff.post(reverse("orders:order_quote", args=[order.pk]), data)
    assert answer.url == order.get_absolute_url()
    order.refresh_from_db()
    paper = Document.objects.get()
    assert (order.status, order.valid_until) == ("quoted", today + timedelta(days=10))
    assert as_staff.get(reverse("orders:order_pdf", args=[order.pk])).url == paper.get_absolute_url()
    run_jobs()
    (mail,) = mailoutbox
    assert (mail.to, mail.attachments[0].content) == (["buyer@example.com"], paper.content())
    assert order.quote_number in mail.subject
    assert order.mailed_to == "buyer@example.com"


def test_the_confirm_dialog_shows_what_is_held_and_what_is_missing(as_staff):
    order = make_order((make_sold_part(sku="HALF", stock=1), 3))
    url = reverse("orders:order_confirm", args=[order.pk])
    dialog = as_staff.get(url, headers={"HX-Request": "true"})
    assert "<html" not in dialog.content.decode()
    assert [(str(each.line.part), each.held, each.missing) for each in dialog.context["outlook"]] == [("HALF", 1, 2)]
    data = {"order_date": timezone.localdate(), "promised_date": "", "customer_reference": "PO 1", "mail_to": ""}
    assert as_staff.post(url, data, headers={"HX-Request": "true"}).headers["HX-Redirect"] == order.get_absolute_url()
    order.refresh_from_db()
    assert (order.status, order.customer_reference) == ("pending", "PO 1")


def test_a_refusal_stands_in_the_dialog(as_staff):
    order = make_order()
    order.customer.block("Does not pay", by=None)
    data = {"order_date": timezone.localdate()}
    answer = as_staff.post(reverse("orders:order_confirm", args=[order.pk]), data)
    assert answer.status_code == 422
    assert "Does not pay" in answer.content.decode()


def test_withdraw_decline_cancel_close_and_copy_from_the_page(as_manager):
    order = make_quoted()
    as_manager.post(reverse("orders:order_withdraw", args=[order.pk]))
    order.refresh_from_db()
    assert order.status == Status.DRAFT
    order.quote(by=None)
    as_manager.post(reverse("orders:order_decline", args=[order.pk]), {"reason": "Too dear"})
    order.refresh_from_db()
    assert (order.status, order.reason) == (Status.DECLINED, "Too dear")
    answer = as_manager.post(reverse("orders:order_copy", args=[order.pk]))
    draft = CustomerOrder.objects.exclude(pk=order.pk).get()
    assert answer.url == draft.get_absolute_url()
    draft.confirm(by=None)
    as_manager.post(reverse("orders:order_cancel", args=[draft.pk]), {"reason": "Twice"})
    draft.refresh_from_db()
    assert draft.status == Status.CANCELLED
    partly = make_confirmed((make_sold_part(stock=1), 2))
    ship(partly.lines.get(), 1)
    page = as_manager.get(reverse("orders:order_close_short", args=[partly.pk]))
    assert [each.open_quantity for each in page.context["open_lines"]] == [1]
    as_manager.post(reverse("orders:order_close_short", args=[partly.pk]), {"reason": "No more"})
    partly.refresh_from_db()
    assert (partly.status, partly.is_closed_short) == (Status.SHIPPED, True)


def test_dates_and_address_are_changed_after_the_confirmation(as_staff):
    order = make_confirmed()
    gate, day = make_address(order.customer), timezone.localdate() + timedelta(days=5)
    url = reverse("orders:order_arrange", args=[order.pk])
    data = {"promised_date": day, "shipping_address": gate.pk, "version": order.version, "internal_notes": "Call first"}
    assert as_staff.post(url, data).status_code == 302
    order.refresh_from_db()
    assert (order.promised_date, order.ship_to, order.internal_notes) == (day, gate, "Call first")
    stale = as_staff.post(url, data | {"promised_date": "", "version": 1})
    assert stale.status_code == 422
    assert "changed by someone else" in stale.content.decode()


def test_papers_are_mailed_again_with_the_text_prefilled(as_staff, staff):
    order = make_quoted()
    url = reverse("orders:order_mail", args=[order.pk])
    form = as_staff.get(url).context["form"]
    assert order.quote_number in form["message"].value()
    data = {"document": order.papers.get().pk, "to": "x@example.com", "message": "Hello"}
    assert as_staff.post(url, data).status_code == 302
    order.refresh_from_db()
    assert order.mailed_to == "x@example.com"
    other = make_quoted().papers.get().pk
    assert as_staff.post(url, data | {"document": other}).status_code == 422
    draft = make_order()
    assert (
        "Nothing has been issued yet." in as_staff.get(reverse("orders:order_mail", args=[draft.pk])).content.decode()
    )


def test_stock_is_held_and_freed_line_by_line(as_staff):
    part = make_sold_part()
    order = make_confirmed((part, 5))
    stored = order.lines.get()
    make_stock(part, 3)
    url = reverse("orders:line_reserve", args=[stored.pk])
    assert as_staff.get(url).context["form"]["quantity"].value() == 3
    too_much = as_staff.post(url, {"quantity": "4"})
    assert too_much.status_code == 422
    assert "4 needed, 3 free" in too_much.content.decode()
    assert as_staff.post(url, {"quantity": "2"}).url == order.get_absolute_url()
    stored.refresh_from_db()
    assert stored.reserved_quantity == 2
    as_staff.post(reverse("orders:line_unreserve", args=[stored.pk]))
    stored.refresh_from_db()
    assert stored.reserved_quantity == 0


def test_the_pdf_of_a_draft_is_made_on_the_spot(as_viewer):
    answer = as_viewer.get(reverse("orders:order_pdf", args=[make_order().pk]))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert not Document.objects.exists()


def test_a_draft_goes_to_the_trash_and_comes_back(as_manager):
    order = make_order()
    answer = as_manager.post(reverse("orders:order_delete", args=[order.pk]))
    assert answer.url == reverse("orders:order_list")
    assert "In the trash" in as_manager.get(order.get_absolute_url()).content.decode()
    as_manager.post(reverse("orders:order_restore", args=[order.pk]))
    order.refresh_from_db()
    assert order.deleted_at is None


# --- Panels on other pages


def test_the_customer_page_shows_their_orders(as_viewer, count_queries):
    customer = make_customer()
    confirmed = make_confirmed(customer=customer)
    url = reverse("orders:for_customer", args=[customer.pk])
    assert url in as_viewer.get(customer.get_absolute_url()).content.decode()
    with_one = cost_of(as_viewer, url, count_queries)
    make_order(customer=customer)
    make_quoted(customer=customer)
    assert cost_of(as_viewer, url, count_queries) == with_one
    page = as_viewer.get(url)
    assert confirmed.number in page.content.decode()
    assert (page.context["sums"]["open"], page.context["sums"]["quoted"]) == (200, 200)


def test_the_part_page_shows_the_open_orders_that_want_it(as_viewer, count_queries):
    part = make_sold_part(stock=3)
    first = make_confirmed((part, 2))
    url = reverse("orders:for_part", args=[part.pk])
    assert url in as_viewer.get(part.get_absolute_url()).content.decode()
    with_one = cost_of(as_viewer, url, count_queries)
    make_confirmed((part, 2))
    make_confirmed((part, 2))
    make_order((part, 9))
    assert cost_of(as_viewer, url, count_queries) == with_one
    page = as_viewer.get(url)
    assert first.number in page.content.decode()
    assert (page.context["wanted"], page.context["missing"]) == (6, 3)


def test_a_reservation_leads_to_the_order(as_viewer):
    order = make_confirmed((make_sold_part(stock=2), 2))
    part = order.lines.get().part
    go = reverse("go", args=["orders.orderline", order.lines.get().pk])
    assert go in as_viewer.get(part.get_absolute_url()).content.decode()
    assert as_viewer.get(go).url == order.get_absolute_url()


def test_what_an_order_holds_is_not_freed_on_the_page_of_the_part(as_staff):
    order = make_confirmed((make_sold_part(stock=2), 2))
    held = order.lines.get().reservations().get()
    page = as_staff.post(reverse("parts:reservation_release", args=[held.pk]), follow=True).content.decode()
    assert f"{order.number} / 1 holds this" in page
    assert order.lines.get().reserved_quantity == 2


def test_the_history_tells_what_other_rooms_reported_to_a_line_on_its_own(as_viewer, staff, manager):
    order = make_confirmed((make_sold_part(stock=3), 3), by=manager)
    execute("SET LOCAL gmtc.erasing = 'on'")  # the confirmation was yesterday
    execute("UPDATE orders_historicalcustomerorder SET history_date = history_date - interval '1 day'")
    execute("UPDATE orders_historicalorderline SET history_date = history_date - interval '1 day'")
    ship(order.lines.get(), 1, by=staff)
    found = entries(order)
    assert [(entry.who, entry.what) for entry in found[:2]] == [(str(staff), "shipped"), (str(manager), "confirmed")]
    (change,) = found[0].changes
    assert (change.label, Decimal(change.old), Decimal(change.new)) == ("Line 1: Shipped", 0, 1)
    assert not any(change.label.startswith("Line") for change in found[1].changes)
