"""Addresses, contacts, the contact history."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.customers.models import Address, Contact, Interaction
from apps.customers.tasks import tell_due_follow_ups
from apps.customers.tests.factories import AUSTRIAN, faults, make_address, make_contact, make_customer
from apps.customers.tests.test_customer import check_now, execute_to_the_end
from apps.notifications.models import Notification
from apps.parts.tests.factories import execute
from gmtc.countries import right_postcode, search
from gmtc.errors import Refused

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


# --- Addresses


@pytest.mark.parametrize(
    ("country", "place", "lines"),
    [
        ("DE", {}, ["70565 Stuttgart"]),
        ("AT", {}, ["1010 Wien", "ÖSTERREICH"]),
        ("NL", {}, ["1012 AB Amsterdam", "NIEDERLANDE"]),
        ("US", {"state": "OR"}, ["Portland, OR 97210", "VEREINIGTE STAATEN"]),
        ("GB", {}, ["Belfast", "BT1 5GS", "VEREINIGTES KÖNIGREICH"]),
        ("CH", {}, ["8001 Zürich", "SCHWEIZ"]),
    ],
)
def test_the_lines_of_a_letter_are_as_the_post_wants_them(country, place, lines):
    customer = make_customer(company_name="Muster AG", country=country, address=place | {"street": "Weg 1"})
    assert customer.billing_address.lines() == ["Muster AG", "Weg 1", *lines]


def test_the_country_is_left_out_at_home_and_told_in_the_sender_s_language():
    customer = make_customer(
        company_name="Muster",
        address={"street": "Weg 1", "name": "Muster Werk 2", "person": "Frau Klein", "extra": "Tor"},
    )
    address = customer.billing_address
    assert address.lines() == ["Muster Werk 2", "Frau Klein", "Tor", "Weg 1", "70565 Stuttgart"]
    assert address.lines(sender="US", language="en")[-1] == "GERMANY"


@pytest.mark.parametrize(
    ("country", "postcode", "is_right"),
    [
        ("DE", "70565", True),
        ("DE", "7056", False),
        ("DE", "", False),
        ("AT", "1010", True),
        ("NL", "1012 AB", True),
        ("NL", "1012", False),
        ("US", "97210-1234", True),
        ("GB", "SW1A 1AA", True),
        ("IE", "", True),
        ("HK", "", True),
    ],
)
def test_postcodes_are_those_of_the_country(country, postcode, is_right):
    if is_right:
        right_postcode(postcode, country)
    else:
        with pytest.raises(ValidationError):
            right_postcode(postcode, country)


def test_a_wrong_postcode_or_country_is_named_beside_its_field():
    for fields, field in (({"postcode": "1"}, "postcode"), ({"country": "XX"}, "country")):
        address = Address(customer=make_customer(), **{"street": "x", "city": "y", "postcode": "70565"} | fields)
        with pytest.raises(ValidationError) as refused:
            address.full_clean()
        assert field in refused.value.error_dict


def test_countries_are_found_in_both_languages():
    assert [code for code, _name in search("österr", "en")] == ["AT"]
    assert search("switz", "de") == [("CH", "Schweiz")]
    assert next(iter(search("", "de"))) == ("DE", "Deutschland")
    assert "EU" not in dict(search(""))


def test_a_new_standard_takes_the_place_of_the_old_one_and_both_have_history(staff):
    customer = make_customer()
    old = customer.billing_address
    new = make_address(customer, kind="billing", country="AT")
    assert not new.is_default
    new.make_default(by=staff)
    old.refresh_from_db()
    customer.refresh_from_db()
    assert (old.is_default, customer.billing_address, customer.country) == (False, new, "AT")
    assert old.history.first().history_user == staff
    assert faults() == []


def test_the_standard_invoice_address_cannot_go(staff):
    customer = make_customer()
    address = customer.billing_address
    with pytest.raises(Refused, match="standard invoice address"):
        address.discard(by=staff)
    with pytest.raises(Refused, match="standard invoice address"):
        address.revise({"kind": "shipping"}, by=staff, version=1)
    address.refresh_from_db()
    address.revise({"is_default": False}, by=staff, version=1)
    assert customer.billing_address == address
    with pytest.raises(IntegrityError, match="no standard invoice address"):
        execute_to_the_end("UPDATE customers_address SET is_default = false")
    assert faults() == []


def test_another_standard_lets_the_old_one_go_and_come_back_as_a_plain_one(staff):
    customer = make_customer()
    old = customer.billing_address
    make_address(customer, kind="billing", is_default=True)
    old.refresh_from_db()
    old.discard(by=staff)
    old.restore(by=staff)
    assert not old.is_default
    check_now()
    assert faults() == []


def test_there_is_at_most_one_standard_delivery_address(staff):
    customer = make_customer()
    first, second = make_address(customer, is_default=True), make_address(customer, is_default=True)
    first.refresh_from_db()
    assert (first.is_default, second.is_default) == (False, True)
    assert customer.shipping_address == second
    with pytest.raises(IntegrityError), transaction.atomic():
        execute("UPDATE customers_address SET is_default = true WHERE id = %s", first.pk)
    second.discard(by=staff)
    assert customer.shipping_address == customer.billing_address


def test_a_move_abroad_changes_how_the_customer_is_taxed(staff):
    customer = make_customer(country="AT", vat_id=AUSTRIAN)
    address = customer.billing_address
    values = {"country": "CH", "postcode": "8001", "city": "Zürich"}
    address.revise(values, by=staff, version=address.version)
    customer.refresh_from_db()
    assert (customer.country, customer.tax_case) == ("CH", "G")
    row = customer.history.order_by("-history_id").first()
    assert (row.history_user, row.history_change_reason) == (staff, "follow_address")
    check_now()
    assert faults() == []


def test_a_move_that_fits_leaves_the_tax_case_alone(staff):
    customer = make_customer(country="AT", vat_id=AUSTRIAN, tax_case="AE")
    address = customer.billing_address
    address.revise({"country": "NL", "postcode": "1012 AB", "city": "Amsterdam"}, by=staff, version=1)
    customer.refresh_from_db()
    assert (customer.country, customer.tax_case, customer.version) == ("NL", "AE", 1)


def test_an_address_stays_with_its_customer():
    address, other = make_address(), make_customer()
    with pytest.raises(IntegrityError, match="stays with its customer"), transaction.atomic():
        execute("UPDATE customers_address SET customer_id = %s WHERE id = %s", other.pk, address.pk)


# --- Contacts


def test_the_first_contact_is_the_first_one_until_another_is_chosen(staff):
    customer = make_customer()
    nina, jan = make_contact(customer, salutation="ms", last_name="Thiele"), make_contact(customer)
    assert (nina.is_primary, jan.is_primary) == (True, False)
    assert customer.salutation_line("en") == "Dear Ms Thiele"
    jan.make_primary(by=staff)
    assert customer.primary_contact == jan
    with pytest.raises(IntegrityError), transaction.atomic():
        execute("UPDATE customers_contact SET is_primary = true")
    jan.discard(by=staff)
    assert customer.primary_contact is None
    assert faults() == []


def test_a_contact_has_a_name():
    with pytest.raises(ValidationError, match="needs a name"):
        Contact(customer=make_customer(), email="a@example.com").full_clean()


# --- The contact history


def test_a_note_is_written_with_who_and_when_and_the_one_who_follows_up_is_told(staff, manager):
    customer = make_customer()
    contact = make_contact(customer)
    entry = customer.note(
        " Wants a quote. ", by=staff, kind="call", contact=contact, follow_up_on=TODAY(), follow_up_by=manager
    )
    assert (entry.text, entry.person, entry.is_today, entry.is_overdue) == ("Wants a quote.", staff, True, False)
    assert entry.history.get().history_change_reason == "note"
    told = Notification.objects.get()
    assert (told.user, told.url) == (manager, entry.get_absolute_url())
    assert list(Interaction.objects.due()) == [entry]


def test_whoever_follows_up_on_their_own_note_is_not_told(staff):
    make_customer().note("x", by=staff, follow_up_on=TODAY(), follow_up_by=staff)
    assert not Notification.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": "  "}, "text"),
        ({"follow_up_on": "2026-12-01"}, "follow_up_by"),
        ({"kind": "telepathy"}, "kind"),
    ],
)
def test_a_note_that_lacks_something_is_refused_by_field(staff, given, field):
    with pytest.raises(ValidationError) as refused:
        make_customer().note(**{"text": "x"} | given, by=staff)
    assert field in refused.value.error_dict
    assert not Interaction.objects.exists()


def test_a_person_of_another_customer_is_refused_by_the_verb_and_by_the_database(staff):
    stranger = make_contact()
    customer = make_customer()
    with pytest.raises(ValidationError, match="belongs to another customer"):
        customer.note("x", by=staff, contact=stranger)
    entry = customer.note("x", by=staff)
    sql = "UPDATE customers_interaction SET contact_id = %s WHERE id = %s"
    with pytest.raises(IntegrityError, match="own_contact"):
        execute_to_the_end(sql, stranger.pk, entry.pk)


def test_a_follow_up_is_done_once_and_can_be_reopened(staff, manager):
    entry = make_customer().note("x", by=staff, follow_up_on=TODAY() - timedelta(days=1), follow_up_by=staff)
    assert entry.is_overdue
    assert list(Interaction.objects.overdue()) == [entry]
    entry.finish(by=manager)
    entry.finish(by=staff)
    assert (entry.done_by, entry.is_open, entry.version) == (manager, False, 2)
    assert list(Interaction.objects.open()) == []
    entry.reopen(by=staff)
    assert entry.is_open
    assert entry.history.count() == 3


def test_only_a_follow_up_can_be_done(staff):
    entry = make_customer().note("x", by=staff)
    with pytest.raises(Refused, match="nothing to follow up"):
        entry.finish(by=staff)
    with pytest.raises(IntegrityError), transaction.atomic():
        execute("UPDATE customers_interaction SET done_at = now()")
    with pytest.raises(IntegrityError), transaction.atomic():
        execute("UPDATE customers_interaction SET follow_up_on = now()")


def test_follow_ups_of_customers_in_the_trash_are_not_asked_for(staff):
    customer = make_customer()
    customer.note("x", by=staff, follow_up_on=TODAY(), follow_up_by=staff)
    customer.discard(by=staff)
    assert list(Interaction.objects.follow_ups()) == []


def test_in_the_morning_everybody_is_told_how_many_wait(staff, manager):
    for person, days in ((staff, -3), (staff, 0), (staff, 1), (manager, 5)):
        make_customer().note("x", by=person, follow_up_on=TODAY() + timedelta(days=days), follow_up_by=person)
    tell_due_follow_ups(timestamp=0)
    told = Notification.objects.get()
    assert (told.user, told.title) == (staff, "2 follow-ups are due today or overdue.")
