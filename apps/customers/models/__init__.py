"""Customers: who buys, where it goes, whom to talk to, and what was said."""

from apps.customers.models.address import Address, AddressKind
from apps.customers.models.contact import Contact
from apps.customers.models.customer import Customer, Kind
from apps.customers.models.customer_import import CustomerImport, CustomerImportRow
from apps.customers.models.interaction import Interaction, InteractionKind
from apps.customers.models.person import Salutation
from apps.customers.models.tax import TaxCase, suggested_tax_case
from apps.customers.models.taxed import VatCheck

__all__ = [
    "Address",
    "AddressKind",
    "Contact",
    "Customer",
    "CustomerImport",
    "CustomerImportRow",
    "Interaction",
    "InteractionKind",
    "Kind",
    "Salutation",
    "TaxCase",
    "VatCheck",
    "suggested_tax_case",
]
