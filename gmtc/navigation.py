"""The sidebar, by the flow of the business, and the create menu. A line is shown to those who may open it."""

from collections.abc import Set
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from gmtc.addresses import address


@dataclass(frozen=True)
class Entry:
    label: str
    url_name: str
    permission: str
    icon: str = ""

    @property
    def url(self) -> str:
        return address(self.url_name)


SECTIONS = [
    (
        _("Sales"),
        [
            Entry(_("Orders"), "orders:order_list", "orders.view_customerorder", "document-check"),
            Entry(_("Ready to ship"), "deliveries:ready", "deliveries.view_delivery", "archive-box"),
            Entry(_("Deliveries"), "deliveries:delivery_list", "deliveries.view_delivery", "truck"),
            Entry(_("Customers"), "customers:customer_list", "customers.view_customer", "user-group"),
            Entry(_("Follow-ups"), "customers:follow_up_list", "customers.view_interaction", "bell-alert"),
        ],
    ),
    (
        _("Purchasing"),
        [
            Entry(
                _("Purchase orders"), "suppliers:purchase_order_list", "suppliers.view_purchaseorder", "shopping-cart"
            ),
            Entry(
                _("Goods receipts"), "suppliers:goods_receipt_list", "suppliers.view_goodsreceipt", "inbox-arrow-down"
            ),
            Entry(_("Suppliers"), "suppliers:supplier_list", "suppliers.view_supplier", "building-storefront"),
            Entry(_("Offers"), "suppliers:supplier_part_list", "suppliers.view_supplierpart", "tag"),
        ],
    ),
    (
        _("Production"),
        [
            Entry(_("Planning"), "builds:planning", "builds.view_productionjob", "clipboard-document-list"),
            Entry(_("Jobs"), "builds:job_list", "builds.view_productionjob", "clipboard-document-check"),
            Entry(_("Printers"), "builds:printer_list", "builds.view_printer", "cube-transparent"),
            Entry(_("Builds"), "builds:build_list", "builds.view_printerbuild", "wrench-screwdriver"),
            Entry(_("Parts lists"), "builds:import_list", "builds.import_partslist", "document-arrow-up"),
        ],
    ),
    (
        _("Stock"),
        [
            Entry(_("Parts"), "parts:part_list", "parts.view_part", "cube"),
            Entry(_("Movements"), "parts:movement_list", "parts.view_stockmovement", "arrows-right-left"),
            Entry(_("Storage locations"), "parts:location_list", "parts.view_storagelocation", "map-pin"),
            Entry(_("Categories"), "parts:category_list", "parts.view_category", "rectangle-group"),
        ],
    ),
    (
        _("Billing"),
        [
            Entry(_("Invoices"), "invoicing:invoice_list", "invoicing.view_invoice", "banknotes"),
            Entry(_("To invoice"), "invoicing:to_invoice", "invoicing.view_invoice", "document-currency-euro"),
            Entry(_("Payments"), "invoicing:payment_list", "invoicing.view_payment", "arrow-down-on-square"),
        ],
    ),
    (
        _("Reports"),
        [
            Entry(_("Sales report"), "reports:sales", "invoicing.view_invoice", "chart-bar"),
            Entry(_("Open items"), "reports:open_items", "invoicing.view_invoice", "clock"),
            Entry(_("Stock value"), "reports:stock_value", "parts.view_part", "circle-stack"),
        ],
    ),
]

HOUSE = [
    Entry(_("Company"), "company:settings", "company.view_company", "building-office"),
    Entry(_("Carriers"), "deliveries:carrier_list", "deliveries.view_carrier", "truck"),
    Entry(_("Users"), "accounts:user_list", "accounts.view_user", "users"),
]

CREATE = [
    Entry(_("Quote or order"), "orders:order_new", "orders.add_customerorder", "document-check"),
    Entry(_("Delivery"), "deliveries:ready", "deliveries.add_delivery", "truck"),
    Entry(_("Customer"), "customers:customer_new", "customers.add_customer", "user-group"),
    Entry(_("Part"), "parts:part_new", "parts.add_part", "cube"),
    Entry(_("Production job"), "builds:job_new", "builds.add_productionjob", "clipboard-document-check"),
    Entry(_("Build"), "builds:build_new", "builds.add_printerbuild", "wrench-screwdriver"),
    Entry(_("Purchase order"), "suppliers:purchase_order_new", "suppliers.add_purchaseorder", "shopping-cart"),
    Entry(_("Supplier"), "suppliers:supplier_new", "suppliers.add_supplier", "building-storefront"),
    Entry(_("Invoice"), "invoicing:invoice_new", "invoicing.add_invoice", "banknotes"),
]


def entries_for(held: Set[str], entries: list[Entry]) -> list[Entry]:
    """What may be opened by those who hold these permissions."""
    return [entry for entry in entries if entry.permission in held]


def current(path: str) -> str:
    """The address of the line that `path` belongs to: the longest that it begins with."""
    lines = [entry.url for _title, entries in SECTIONS for entry in entries] + [entry.url for entry in HOUSE]
    return max((url for url in lines if path.startswith(url)), key=len, default="")


def sections_for(held: Set[str]) -> list[tuple[str, list[Entry]]]:
    found = [(title, entries_for(held, entries)) for title, entries in SECTIONS]
    return [(title, entries) for title, entries in found if entries]
