"""Billing: what customers owe, why, and what they have paid."""

from apps.invoicing.models.invoice import OPEN, Invoice, Kind, Profile, Status
from apps.invoicing.models.invoice_line import InvoiceLine
from apps.invoicing.models.invoice_tax import Deduction, InvoiceTax
from apps.invoicing.models.payment import MONEY_BY, Method, Payment

__all__ = [
    "MONEY_BY",
    "OPEN",
    "Deduction",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "Kind",
    "Method",
    "Payment",
    "Profile",
    "Status",
]
