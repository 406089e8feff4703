"""The sidebar, by the flow of the business, and the create menu. A line is shown to those who may open it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Entry:
    label: str
    url_name: str
    permission: str
    icon: str = ""

    @property
    def url(self) -> str:
        return reverse(self.url_name)


SECTIONS = [
    (
        _("Sales"),
        [
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
]

HOUSE = [
    Entry(_("Company"), "company:settings", "company.view_company", "building-office"),
    Entry(_("Users"), "accounts:user_list", "accounts.view_user", "users"),
]

CREATE = [
    Entry(_("Customer"), "customers:customer_new", "customers.add_customer", "user-group"),
    Entry(_("Part"), "parts:part_new", "parts.add_part", "cube"),
    Entry(_("Build"), "builds:build_new", "builds.add_printerbuild", "wrench-screwdriver"),
    Entry(_("Purchase order"), "suppliers:purchase_order_new", "suppliers.add_purchaseorder", "shopping-cart"),
    Entry(_("Supplier"), "suppliers:supplier_new", "suppliers.add_supplier", "building-storefront"),
]


def entries_for(user, entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if user.has_perm(entry.permission)]


def current(path: str) -> str:
    """The address of the line that `path` belongs to: the longest that it begins with."""
    lines = [entry.url for _title, entries in SECTIONS for entry in entries] + [entry.url for entry in HOUSE]
    return max((url for url in lines if path.startswith(url)), key=len, default="")


def sections_for(user) -> list[tuple[str, list[Entry]]]:
    found = [(title, entries_for(user, entries)) for title, entries in SECTIONS]
    return [(title, entries) for title, entries in found if entries]
