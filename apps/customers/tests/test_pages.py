"""Pages of this room: who may open them, what they show, what a form does."""

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from apps.customers.duplicates import find_duplicates
from apps.customers.models import Address, Contact, Customer, Interaction
from apps.customers.tests.factories import AUSTRIAN, faults, make_address, make_contact, make_customer
from gmtc.testing import accessibility_faults

pytestmark = pytest.mark.django_db

OPEN_TO_VIEWERS = [
    "customers:customer_list",
    "customers:follow_up_list",
    "customers:customer_hints",
    "customers:customer_choices",
    "country_choices",
]
OF_ONE_CUSTOMER = [
    ("customers:customer_detail", "viewer"),
    ("customers:customer_timeline", "viewer"),
    ("customers:address_choices", "viewer"),
    ("customers:customer_edit", "staff"),
    ("customers:customer_vat_check", "staff"),
    ("customers:address_new", "staff"),
    ("customers:contact_new", "staff"),
    ("customers:customer_block", "manager"),
]
POSTED = [
    ("customers:customer_unblock", "manager"),
    ("customers:customer_delete", "manager"),
    ("customers:customer_restore", "manager"),
]
HTMX = {"HX-Request": "true"}


def form(**fields) -> dict:
    return {
        "kind": "company",
        "company_name": "Brandl Feinmechanik GmbH",
        "street": "Werkstraße 14",
        "postcode": "70565",
        "city": "Stuttgart",
        "country": "DE",
        "language": "de",
        "skonto_percent": "0",
        "skonto_days": "0",
        "discount_percent": "0",
    } | fields


# --- Who may


@pytest.mark.parametrize("name", OPEN_TO_VIEWERS)
def test_lists_ask_for_sign_in_and_are_open_to_viewers(client, as_viewer, name):
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
    assert as_viewer.get(reverse(name)).status_code == 200


@pytest.mark.parametrize(("name", "role"), OF_ONE_CUSTOMER)
def test_each_page_of_a_customer_asks_for_its_permission(client, as_viewer, as_staff, as_manager, name, role):
    url = reverse(name, args=[make_customer().pk])
    ranks = {"viewer": as_viewer, "staff": as_staff, "manager": as_manager}
    assert client.get(url).status_code == 302
    for rank, (who, browser) in enumerate(ranks.items()):
        assert browser.get(url).status_code == (200 if rank >= [*ranks].index(role) else 403), who


@pytest.mark.parametrize(("name", "role"), POSTED)
def test_verbs_without_questions_ask_for_their_permission(client, as_staff, as_manager, name, role):
    url = reverse(name, args=[make_customer().pk])
    assert client.post(url).status_code == 302
    assert as_staff.post(url).status_code == 403
    assert as_manager.post(url).status_code == 302


def test_what_belongs_to_a_customer_is_guarded_too(as_viewer, as_staff, staff):
    customer = make_customer()
    address, contact = make_address(customer), make_contact(customer)
    entry = customer.note("x", by=staff, follow_up_on=timezone.localdate(), follow_up_by=staff)
    for url in (
        reverse("customers:address_default", args=[address.pk]),
        reverse("customers:contact_primary", args=[contact.pk]),
        reverse("customers:interaction_finish", args=[entry.pk]),
        reverse("customers:interaction_reopen", args=[entry.pk]),
        reverse("customers:customer_note", args=[customer.pk]),
    ):
        assert as_viewer.post(url).status_code == 403
        assert as_staff.post(url).status_code in (302, 422)
    for name, record in (("address", address), ("interaction", entry)):
        assert as_staff.post(reverse(f"customers:{name}_delete", args=[record.pk])).status_code == 403


def test_new_import_trash_and_export_need_their_permission(as_viewer, as_staff, as_manager):
    assert as_staff.get(reverse("customers:customer_trash")).status_code == 403
    assert as_manager.get(reverse("customers:customer_trash")).status_code == 200
    assert as_viewer.get(reverse("customers:customer_new")).status_code == 403
    assert as_staff.get(reverse("customers:customer_new")).status_code == 200
    assert as_viewer.get(reverse("customers:import_list")).status_code == 403
    assert as_staff.get(reverse("customers:import_list")).status_code == 200
    for name in ("customers:customer_list", "customers:follow_up_list"):
        assert as_viewer.get(reverse(name), {"export": "csv"}).status_code == 403
        assert as_staff.get(reverse(name), {"export": "csv"}).status_code == 200


# --- Lists


@pytest.mark.parametrize("name", ["customers:customer_list", "customers:follow_up_list"])
def test_a_list_costs_the_same_queries_with_one_row_and_with_three(as_staff, staff, count_queries, name):
    def add():
        customer = make_customer(country="AT")
        contact = make_contact(customer)
        customer.note("x", by=staff, contact=contact, follow_up_on=timezone.localdate(), follow_up_by=staff)

    def cost() -> int:
        with count_queries() as queries:
            assert as_staff.get(reverse(name)).status_code == 200
        return len(queries)

    add()
    with_one = cost()
    add()
    add()
    assert cost() == with_one
    assert with_one <= 8


def test_the_summary_counts_what_each_chip_would_leave(as_viewer, staff):
    make_customer(country="AT", vat_id=AUSTRIAN)
    make_customer(last_name="Vogel", country="CH")
    customer = make_customer()
    customer.note("x", by=staff, follow_up_on=timezone.localdate(), follow_up_by=staff)
    customer.block("late", by=staff)
    context = as_viewer.get(reverse("customers:customer_list"), {"summary": "1", "blocked": "true"}).context
    assert {str(chip["label"]): chip["count"] for chip in context["chips"]} == {
        "Companies": 2,
        "Private persons": 1,
        "Germany": 1,
        "Rest of the EU": 1,
        "Outside the EU": 1,
        "Open follow-ups": 1,
        "VAT ID not confirmed": 1,
        "Blocked": 1,
    }
    assert context["count"] == 1


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"region": "eu"}, {"Wien"}),
        ({"region": "world"}, {"Zürich"}),
        ({"country": "CH"}, {"Zürich"}),
        ({"kind": "person"}, {"Zürich"}),
        ({"tax_case": "K"}, {"Wien"}),
        ({"vat_unchecked": "true"}, {"Wien"}),
        ({"follow_up": "true"}, {"Stuttgart"}),
        ({"follow_up": "false"}, {"Wien", "Zürich"}),
        ({"q": "stutt"}, {"Stuttgart"}),
        ({"country": "FR"}, set()),
        ({"page": "99", "sort": "nonsense", "per_page": "7"}, {"Wien", "Zürich", "Stuttgart"}),
    ],
)
def test_customers_are_narrowed_down(as_viewer, staff, query, shown):
    make_customer(country="AT", vat_id=AUSTRIAN)
    make_customer(last_name="Vogel", country="CH")
    make_customer().note("x", by=staff, follow_up_on=timezone.localdate(), follow_up_by=staff)
    answer = as_viewer.get(reverse("customers:customer_list"), query)
    assert {customer.city for customer in answer.context["rows"]} == shown


def test_the_list_is_sorted_by_the_next_follow_up(as_viewer, staff):
    today = timezone.localdate()
    for name, days in (("Later", 5), ("Sooner", 1)):
        customer = make_customer(company_name=name)
        for more in (0, 30):
            customer.note("x", by=staff, follow_up_on=today + timedelta(days=days + more), follow_up_by=staff)
    rows = as_viewer.get(reverse("customers:customer_list"), {"sort": "follow_up_on"}).context["rows"]
    assert [(row.name, (row.follow_up_on - today).days) for row in rows] == [("Sooner", 1), ("Later", 5)]


def test_follow_ups_are_shown_by_whose_they_are_and_when_they_are_due(as_staff, staff, manager):
    today = timezone.localdate()
    for text, days, person in (("late", -1, staff), ("now", 0, manager), ("soon", 7, staff), ("far", 8, staff)):
        make_customer().note(text, by=staff, follow_up_on=today + timedelta(days=days), follow_up_by=person)
    make_customer().note("nothing to do", by=staff)
    Interaction.objects.get(text="far").finish(by=staff)

    def texts(**query) -> list[str]:
        return [row.text for row in as_staff.get(reverse("customers:follow_up_list"), query).context["rows"]]

    assert texts() == ["late", "now", "soon"]
    assert texts(mine="true") == ["late", "soon"]
    assert texts(due="overdue") == ["late"]
    assert texts(due="today") == ["now"]
    assert texts(due="week") == ["now", "soon"]
    assert texts(done="true") == ["far"]
    assert texts(q="soo") == ["soon"]
    chips = as_staff.get(reverse("customers:follow_up_list"), {"summary": "1"}).context["chips"]
    assert [chip["count"] for chip in chips] == [2, 1, 1, 2]


def test_the_trash_lists_only_deleted_customers_and_bulk_puts_them_there(as_manager):
    gone, here = make_customer(), make_customer()
    answer = as_manager.post(
        reverse("customers:customer_bulk"), {"action": "discard", "selected": [gone.pk, "x"]}, follow=True
    )
    assert "1 customer moved to the trash." in answer.content.decode()
    assert list(as_manager.get(reverse("customers:customer_trash")).context["rows"]) == [gone]
    assert list(as_manager.get(reverse("customers:customer_list")).context["rows"]) == [here]


# --- The form


def test_create_writes_the_customer_with_address_number_and_tax_case(as_staff, staff):
    answer = as_staff.post(
        reverse("customers:customer_new"),
        form(country="AT", postcode="1010", city="Wien", vat_id="ATU 13585627", payment_days="30", extra="Tor 3"),
    )
    customer = Customer.objects.get()
    assert answer.url == customer.get_absolute_url()
    assert (customer.number, customer.tax_case, customer.vat_id, customer.city) == ("K-10001", "K", AUSTRIAN, "Wien")
    assert customer.billing_address.extra == "Tor 3"
    assert customer.history.get().history_user == staff


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"company_name": ""}, "company_name"),
        ({"kind": "person"}, "last_name"),
        ({"street": ""}, "street"),
        ({"postcode": "123"}, "postcode"),
        ({"country": "XX"}, "country"),
        ({"vat_id": "DE123"}, "vat_id"),
        ({"tax_case": "K"}, "tax_case"),
        ({"tax_case": "G"}, "tax_case"),
        ({"skonto_percent": "2"}, "__all__"),
        ({"discount_percent": "NaN"}, "discount_percent"),
        ({"payment_days": "366"}, "payment_days"),
        ({"website": "javascript:alert(1)"}, "website"),
    ],
)
def test_a_bad_field_is_refused_beside_it_and_nothing_is_written(as_staff, fields, field):
    answer = as_staff.post(reverse("customers:customer_new"), form(**fields))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Customer.everything.exists()
    assert not Address.everything.exists()


def test_a_form_that_is_sent_twice_makes_one_customer(as_staff):
    sent = form(form_key="a" * 32)
    for _ in range(2):
        assert as_staff.post(reverse("customers:customer_new"), sent).status_code == 302
    assert Customer.objects.count() == 1


def test_a_customer_who_looks_the_same_must_be_confirmed(as_staff):
    make_customer(company_name="Brandl Feinmechanik GmbH & Co. KG")
    answer = as_staff.post(reverse("customers:customer_new"), form())
    assert answer.status_code == 422
    assert "company_name" in answer.context["form"].errors
    assert 'name="confirmed"' in answer.content.decode()
    assert as_staff.post(reverse("customers:customer_new"), form(confirmed="on")).status_code == 302
    assert Customer.objects.count() == 2


def test_an_edit_that_does_not_touch_the_name_asks_no_question(as_staff):
    make_customer(company_name="Brandl Feinmechanik GmbH")
    twin = make_customer(company_name="Brandl Feinmechanik AG")
    sent = form(company_name=twin.company_name, number=twin.number, tax_case="S", phone="123", version=twin.version)
    assert as_staff.post(reverse("customers:customer_edit", args=[twin.pk]), sent).status_code == 302
    twin.refresh_from_db()
    assert twin.phone == "123"


def test_a_stale_edit_shows_what_the_other_changed(as_staff, manager):
    customer = make_customer()
    customer.revise({"phone": "theirs"}, by=manager, version=1)
    sent = form(company_name=customer.company_name, number=customer.number, tax_case="S", phone="mine", version=1)
    answer = as_staff.post(reverse("customers:customer_edit", args=[customer.pk]), sent)
    assert answer.status_code == 409
    assert "theirs" in answer.content.decode()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": "müller maschinenbau ag"}, "name"),
        ({"name": "Mueller Maschinenbau"}, "name"),
        ({"vat_id": "atu 13585627"}, "vat_id"),
        ({"email": "OFFICE@mueller.example.com"}, "email"),
        ({"name": "Meier Maschinenhandel"}, None),
        ({"name": "GmbH"}, None),
        ({}, None),
    ],
)
def test_doublets_are_found_by_vat_id_mail_or_name(asked, field):
    customer = make_customer(
        company_name="Müller Maschinenbau GmbH",
        country="AT",
        vat_id=AUSTRIAN,
        invoice_email="office@mueller.example.com",
    )
    found = [(each.customer, each.field) for each in find_duplicates(**asked)]
    assert found == ([(customer, field)] if field else [])
    assert find_duplicates(**asked, besides=customer.pk) == []


def test_hints_beside_the_form_name_doublets_and_the_usual_tax_case(as_staff):
    customer = make_customer(company_name="Brandl Feinmechanik GmbH", country="AT")
    asked = {"company_name": "Brandl Feinmechanik", "country": "CH", "kind": "company"}
    page = as_staff.get(reverse("customers:customer_hints"), asked).content.decode()
    assert customer.number in page
    assert "Export outside the EU" in page
    page = as_staff.get(reverse("customers:customer_hints"), asked | {"besides": customer.pk}).content.decode()
    assert customer.number not in page
    assert "EU consumer" in page
    assert as_staff.get(reverse("customers:customer_hints"), {"besides": "x"}).status_code == 200


# --- One customer


def test_the_detail_page_shows_people_addresses_and_what_was_said(as_staff, staff):
    customer = make_customer(country="AT", vat_id=AUSTRIAN, notes="Ramp at the back", buyer_reference="PO-77")
    contact = make_contact(customer, role="Purchasing", email="nina@example.com")
    make_address(customer, street="Dock 4")
    customer.note("Wants a quote", by=staff, contact=contact, follow_up_on=timezone.localdate(), follow_up_by=staff)
    customer.block("late", by=staff)
    page = as_staff.get(customer.get_absolute_url()).content.decode()
    for shown in (
        customer.number,
        str(contact),
        "nina@example.com",
        "Dock 4",
        "ÖSTERREICH",
        "Wants a quote",
        "Blocked: late",
        AUSTRIAN,
        "not checked",
        "PO-77",
        "Ramp at the back",
    ):
        assert shown in page, shown


def test_a_viewer_sees_no_buttons(as_viewer):
    customer = make_customer()
    make_contact(customer)
    page = as_viewer.get(customer.get_absolute_url()).content.decode()
    for verb in ("edit", "note", "block", "delete", "vat-check"):
        assert f"{customer.pk}/{verb}/" not in page


def test_the_detail_page_costs_at_most_fifteen_queries(as_staff, staff, manager, count_queries):
    customer = make_customer(by=staff)
    for _ in range(3):
        contact = make_contact(customer)
        make_address(customer)
        entry = customer.note("x", by=staff, contact=contact, follow_up_on=timezone.localdate(), follow_up_by=manager)
        entry.finish(by=manager)
    with count_queries() as queries:
        as_staff.get(customer.get_absolute_url())
    assert len(queries) <= 15


def test_a_note_is_added_without_a_reload(as_staff, staff):
    customer = make_customer()
    url = reverse("customers:customer_note", args=[customer.pk])
    answer = as_staff.post(
        url, {"kind": "call", "text": "Called back", "follow_up_on": timezone.localdate()}, headers=HTMX
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in page
    assert "Called back" in page
    entry = Interaction.objects.get()
    assert (entry.person, entry.follow_up_by) == (staff, staff)
    refused = as_staff.post(url, {"kind": "call", "text": ""}, headers=HTMX)
    assert refused.status_code == 422
    assert as_staff.post(url, {"kind": "note", "text": "Plain"}).status_code == 302
    assert Interaction.objects.count() == 2


def test_a_follow_up_is_finished_in_the_panel_and_on_the_list(as_staff, staff):
    customer = make_customer()
    entry = customer.note("x", by=staff, follow_up_on=timezone.localdate(), follow_up_by=staff)
    page = as_staff.post(reverse("customers:interaction_finish", args=[entry.pk]), headers=HTMX).content.decode()
    assert "done on" in page
    back = f"{reverse('customers:follow_up_list')}?done=true"
    answer = as_staff.post(reverse("customers:interaction_reopen", args=[entry.pk]), {"next": back})
    assert answer.url == back
    evil = as_staff.post(
        reverse("customers:interaction_finish", args=[entry.pk]), {"next": "https://evil.example.com/"}
    )
    assert evil.url == entry.get_absolute_url()


def test_the_panel_shows_the_newest_entries_and_all_when_asked(as_viewer, staff):
    customer = make_customer()
    for number in range(17):
        customer.note(f"entry {number:02}.", by=staff)
    url = reverse("customers:customer_timeline", args=[customer.pk])
    page = as_viewer.get(url).content.decode()
    assert "entry 16." in page
    assert "entry 01." not in page
    assert "entry 00." in as_viewer.get(url, {"entries": "all"}).content.decode()


def test_an_address_is_added_and_edited_in_dialogs(as_staff):
    customer = make_customer(country="AT", vat_id=AUSTRIAN)
    url = reverse("customers:address_new", args=[customer.pk])
    assert "<html" not in as_staff.get(url, headers=HTMX).content.decode()
    place = {"kind": "shipping", "street": "Tor 2", "postcode": "70565", "city": "Stuttgart", "country": "DE"}
    answer = as_staff.post(url, place | {"is_default": "on"}, headers=HTMX)
    assert answer.headers["HX-Redirect"] == customer.get_absolute_url()
    assert customer.shipping_address.street == "Tor 2"
    assert as_staff.post(url, place | {"postcode": "1"}, headers=HTMX).status_code == 422
    home = customer.billing_address
    moved = {"street": "Bergweg 1", "postcode": "8001", "city": "Zürich", "country": "CH", "version": home.version}
    answer = as_staff.post(reverse("customers:address_edit", args=[home.pk]), moved, follow=True)
    page = answer.content.decode()
    assert "taxed differently: Export outside the EU" in page
    home.refresh_from_db()
    assert (home.kind, home.is_default, home.city) == ("billing", True, "Zürich")
    assert faults() == []


def test_a_stale_dialog_keeps_the_input_and_the_second_save_is_meant(as_staff, manager):
    contact = make_contact(last_name="Thiele")
    contact.revise({"phone": "theirs"}, by=manager, version=1)
    url = reverse("customers:contact_edit", args=[contact.pk])
    sent = {"last_name": "Thiele", "phone": "mine", "version": 1}
    answer = as_staff.post(url, sent, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "changed by someone else" in page
    assert 'value="mine"' in page
    again = as_staff.post(url, sent | {"version": answer.context["form"]["version"].value()}, headers=HTMX)
    assert again.headers["HX-Redirect"] == contact.customer.get_absolute_url()
    assert Contact.objects.get().phone == "mine"


def test_a_deleted_contact_can_be_taken_back_from_its_toast(as_staff):
    contact = make_contact()
    page = as_staff.post(reverse("customers:contact_delete", args=[contact.pk]), follow=True).content.decode()
    undo = reverse("customers:contact_restore", args=[contact.pk])
    assert undo in page
    as_staff.post(undo)
    assert Contact.objects.filter(pk=contact.pk).exists()


def test_block_and_vat_check_are_recorded_from_their_dialogs(as_manager, manager):
    customer = make_customer(country="AT", vat_id=AUSTRIAN)
    as_manager.post(reverse("customers:customer_block", args=[customer.pk]), {"reason": "late"})
    as_manager.post(reverse("customers:customer_vat_check", args=[customer.pk]), {"result": "valid", "request": "7"})
    customer.refresh_from_db()
    assert (customer.is_blocked, customer.blocked_reason, customer.has_valid_vat_id) == (True, "late", True)
    answer = as_manager.post(reverse("customers:customer_block", args=[customer.pk]), {"reason": ""})
    assert answer.status_code == 422


# --- Choices


def test_remote_choices_find_customers_and_say_who_is_blocked(as_viewer, staff):
    customer = make_customer(company_name="Großmann GmbH")
    customer.block("late", by=staff)
    answer = as_viewer.get(reverse("customers:customer_choices"), {"q": "großm"})
    found = json.loads(answer.content)["results"]
    assert found == [
        {"id": str(customer.pk), "text": "Großmann GmbH", "hint": f"{customer.number} · Stuttgart · blocked"}
    ]


def test_address_choices_are_those_of_one_customer(as_viewer):
    customer = make_customer()
    make_address(customer, street="Dock 4")
    make_address(make_customer(), street="Dock 5")
    url = reverse("customers:address_choices", args=[customer.pk])
    assert [each["hint"] for each in as_viewer.get(url).json()["results"]] == ["Invoice address", "Delivery address"]
    assert "Dock 4" in as_viewer.get(url, {"q": "dock"}).json()["results"][0]["text"]


# --- In the browser


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
def test_a_customer_is_made_and_called_in_the_browser(open_page, manager):
    make_customer(company_name="Brandl Feinmechanik AG")
    page = open_page(manager)
    page.goto(reverse("customers:customer_new"))
    expect(page.get_by_label("Last name")).to_be_hidden()
    page.get_by_role("textbox", name="Company").fill("Brandl Feinmechanik GmbH")
    page.get_by_label("E-mail", exact=True).fill("office@example.com")
    page.get_by_text("There are customers like this one").wait_for()
    page.get_by_text("I have looked").click()
    page.get_by_label("Street and number").fill("Werkstraße 14")
    page.get_by_label("Postcode").fill("1010")
    page.get_by_label("City").fill("Wien")
    for name, code in (("France", "FR"), ("Austria", "AT")):  # what is chosen already is not in the way
        page.locator("#div_id_country .ts-control").click()
        page.locator(".ts-dropdown:visible .option").first.wait_for()
        page.keyboard.type(name)
        expect(page.locator(".ts-dropdown:visible .option")).to_have_text([re.compile(name)])
        page.keyboard.press("Enter")
        expect(page.locator("select[name=country]")).to_have_value(code)
    page.get_by_text("Usual tax case here: EU consumer").wait_for()
    expect(page.get_by_label("I have looked")).to_be_checked()
    page.get_by_role("button", name="Create", exact=True).last.click()
    page.get_by_role("heading", name="Brandl Feinmechanik GmbH").wait_for()
    page.get_by_placeholder("What was said?").fill("Wants a quote")
    page.get_by_label("Follow up on").fill(timezone.localdate().isoformat())
    page.get_by_role("button", name="Write down").click()
    page.locator(".timeline-text", has_text="Wants a quote").wait_for()
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Reopen").wait_for()
    assert accessibility_faults(page) == []
    page.locator("#contacts").get_by_role("link", name="New").click()
    page.locator("dialog").get_by_label("Last name").fill("Thiele")
    page.locator("dialog").get_by_role("button", name="Save").click()
    page.locator("#contacts").get_by_text("Thiele").wait_for()
    assert Interaction.objects.get().done_by == manager
    assert faults() == []
