"""Customers, addresses and contacts for tests; each valid as it comes, any field may be given."""

import itertools

from apps.customers.models import Address, AddressKind, Contact, Customer, Kind
from apps.customers.models.tax import suggested_tax_case
from apps.customers.verify import RULES

numbers = itertools.count(1)
AUSTRIAN, DUTCH, GERMAN = "ATU13585627", "NL004495445B01", "DE136695976"
PLACES = {
    "DE": ("70565", "Stuttgart"),
    "AT": ("1010", "Wien"),
    "NL": ("1012 AB", "Amsterdam"),
    "FR": ("69007", "Lyon"),
    "CH": ("8001", "Zürich"),
    "US": ("97210", "Portland"),
    "GB": ("BT1 5GS", "Belfast"),
}
WORDS = "Amber Birch Cedar Delta Ember Fjord Grove Harbor Iris Juniper Kiln Lumen Maple Nimbus Orchid Pebble".split()


def make_customer(*, by=None, country="DE", address=None, **fields) -> Customer:
    """A company in `country`, or a person where `last_name` is given; taxed as usual there."""
    number = next(numbers)
    if "last_name" in fields:
        fields = {"kind": Kind.PERSON} | fields
    else:
        name = f"{WORDS[number % 16]} {WORDS[number // 16 % 16]} {number * 7919 % 1000:03} GmbH"
        fields = {"company_name": name} | fields
    case = suggested_tax_case(country=country, vat_id=fields.get("vat_id", ""))
    customer = Customer(**{"tax_case": case} | fields)
    postcode, city = PLACES[country]
    place = {"street": f"Werkweg {number}", "postcode": postcode, "city": city, "country": country} | (address or {})
    customer.register(Address(**place), by=by)
    customer.refresh_from_db()
    return customer


def make_address(customer=None, *, by=None, country="DE", **fields) -> Address:
    postcode, city = PLACES[country]
    values = {"kind": AddressKind.SHIPPING, "street": "Tor 2", "postcode": postcode, "city": city, "country": country}
    address = Address(customer=customer or make_customer(), **values | fields)
    address.save(by=by, reason="create")
    return address


def make_contact(customer=None, *, by=None, **fields) -> Contact:
    contact = Contact(
        customer=customer or make_customer(), **{"first_name": "Nina", "last_name": f"Thiele {next(numbers)}"} | fields
    )
    contact.save(by=by, reason="create")
    return contact


def faults() -> list:
    """What `manage.py verify` finds wrong in this room."""
    return [fault for rule in RULES for fault in rule.find()]
