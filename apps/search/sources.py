"""What the search looks at: one source for each kind of record that has a number or a name of its own.

A source is asked only for those who hold its permission. Its `numbers` and `names` are compared from their beginning,
its `text` anywhere; the indexes behind both stand in this room's migration.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from django.db.models import BooleanField, Func, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, Concat, NullIf, Trim
from django.utils.translation import gettext_lazy as _

from apps.builds.models import Printer, PrinterBuild, ProductionJob
from apps.customers.models import Contact, Customer
from apps.deliveries.models import Delivery
from apps.documents.models import Document
from apps.invoicing.models import Invoice
from apps.orders.models import CustomerOrder
from apps.parts.models import Category, Part, StorageLocation
from apps.suppliers.models import GoodsReceipt, PurchaseOrder, Supplier
from gmtc.addresses import address, address_of


class Text(Func):
    """The search text of a model that keeps no column for it; as written here, it stands in the index too."""

    template = "upper(%(expressions)s)"
    arg_joiner = " || ' ' || "
    output_field = TextField()


def page(name: str) -> Callable[[str], str]:
    return lambda key: address_of(name, key)


def contact_page(customer: str) -> str:
    return f"{address_of('customers:customer_detail', customer)}#contacts"


def category_page(category: str) -> str:
    return f"{address('parts:part_list')}?category={category}"


@dataclass(frozen=True, eq=False)
class Source:
    """`label` is what a hit is called, `detail` and `status` say more; `page` makes the address out of `page_key`.

    `listing` is the list page that takes `?q=`. `through` is the foreign key to the records of the source `owner`, by
    whose names this one is found too: orders by their customer. With `has_trigrams` the text has an index.
    """

    key: str
    heading: str
    icon: str
    permission: str
    model: type[Model]
    page: Callable[[str], str]
    label: object
    numbers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    text: object = "search_text"
    has_trigrams: bool = False
    detail: str = ""
    status: str = ""
    listing: str = ""
    page_key: str = "pk"
    through: str = ""
    owner: str = ""
    only: Q | None = None

    def rows(self) -> QuerySet:
        rows = self.model.objects.order_by()
        return rows.filter(self.only) if self.only else rows

    def status_label(self, value: str) -> str:
        if not self.status or not value:
            return ""
        return str(dict(self.model._meta.get_field(self.status).flatchoices).get(value, value))


HELD = "\0held"  # stands for the permissions of the user who asks


def held_by(user) -> list[str]:
    return [each for each in user.get_all_permissions() if ".view_" in each]


class IsHeld(Func):
    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()


# Only papers of records that the user may read, as `documents.records.may_view` says it of one.
READABLE = Q(
    content_type__in=ContentType.objects.order_by().filter(
        IsHeld(Concat("app_label", Value(".view_"), "model"), Value(HELD))
    )
)

SOURCES: tuple[Source, ...] = (
    Source(
        key="part",
        heading=_("Parts"),
        icon="cube",
        permission="parts.view_part",
        model=Part,
        page=page("parts:part_detail"),
        listing="parts:part_list",
        label="sku",
        detail="name",
        numbers=("sku", "barcode"),
        names=("name",),
        has_trigrams=True,
    ),
    Source(
        key="customer",
        heading=_("Customers"),
        icon="user-group",
        permission="customers.view_customer",
        model=Customer,
        page=page("customers:customer_detail"),
        listing="customers:customer_list",
        label="name",
        detail="number",
        numbers=("number", "vat_id"),
        names=("name", "last_name"),
        has_trigrams=True,
    ),
    Source(
        key="contact",
        heading=_("Contacts"),
        icon="user",
        permission="customers.view_contact",
        model=Contact,
        page=contact_page,
        page_key="customer_id",
        label=Trim(Concat("first_name", Value(" "), "last_name")),
        detail="customer__name",
        names=("last_name",),
        text=Text("first_name", "last_name", "email", "phone", "mobile"),
    ),
    Source(
        key="supplier",
        heading=_("Suppliers"),
        icon="building-storefront",
        permission="suppliers.view_supplier",
        model=Supplier,
        page=page("suppliers:supplier_detail"),
        listing="suppliers:supplier_list",
        label="name",
        detail="number",
        numbers=("number", "customer_number"),
        names=("name",),
    ),
    Source(
        key="purchase_order",
        heading=_("Purchase orders"),
        icon="shopping-cart",
        permission="suppliers.view_purchaseorder",
        model=PurchaseOrder,
        page=page("suppliers:purchase_order_detail"),
        listing="suppliers:purchase_order_list",
        label="number",
        detail="supplier__name",
        status="status",
        numbers=("number", "supplier_reference"),
        has_trigrams=True,
        through="supplier",
        owner="supplier",
    ),
    Source(
        key="goods_receipt",
        heading=_("Goods receipts"),
        icon="inbox-arrow-down",
        permission="suppliers.view_goodsreceipt",
        model=GoodsReceipt,
        page=page("suppliers:goods_receipt_detail"),
        listing="suppliers:goods_receipt_list",
        label="number",
        detail="purchase_order__supplier__name",
        numbers=("number", "delivery_note"),
        text=Text("number", "delivery_note"),
        has_trigrams=True,
    ),
    Source(
        key="order",
        heading=_("Quotes and orders"),
        icon="clipboard-document-list",
        permission="orders.view_customerorder",
        model=CustomerOrder,
        page=page("orders:order_detail"),
        listing="orders:order_list",
        label=Coalesce(NullIf("number", Value("")), "quote_number"),
        detail="customer__name",
        status="status",
        numbers=("number", "quote_number", "customer_reference"),
        has_trigrams=True,
        through="customer",
        owner="customer",
    ),
    Source(
        key="job",
        heading=_("Production jobs"),
        icon="wrench",
        permission="builds.view_productionjob",
        model=ProductionJob,
        page=page("builds:job_detail"),
        listing="builds:job_list",
        label="number",
        detail="part__name",
        status="status",
        numbers=("number",),
        text=Text("number"),
        has_trigrams=True,
        through="order_line__order__customer",
        owner="customer",
    ),
    Source(
        key="printer",
        heading=_("Printers"),
        icon="printer",
        permission="builds.view_printer",
        model=Printer,
        page=page("builds:printer_detail"),
        listing="builds:printer_list",
        label="serial",
        detail="part__name",
        status="status",
        numbers=("serial",),
        text=Text("serial"),
        has_trigrams=True,
        through="owner",
        owner="customer",
    ),
    Source(
        key="delivery",
        heading=_("Deliveries"),
        icon="truck",
        permission="deliveries.view_delivery",
        model=Delivery,
        page=page("deliveries:delivery_detail"),
        listing="deliveries:delivery_list",
        label="number",
        detail="name",
        status="status",
        numbers=("number", "tracking_number"),
        has_trigrams=True,
        through="order__customer",
        owner="customer",
    ),
    Source(
        key="invoice",
        heading=_("Invoices"),
        icon="banknotes",
        permission="invoicing.view_invoice",
        model=Invoice,
        page=page("invoicing:invoice_detail"),
        listing="invoicing:invoice_list",
        label="number",
        detail="buyer_name",
        status="status",
        numbers=("number", "customer_reference"),
        has_trigrams=True,
        through="customer",
        owner="customer",
    ),
    Source(
        key="build",
        heading=_("Builds"),
        icon="wrench-screwdriver",
        permission="builds.view_printerbuild",
        model=PrinterBuild,
        page=page("builds:build_detail"),
        listing="builds:build_list",
        label="model_number",
        detail="name",
        numbers=("model_number",),
        names=("name",),
    ),
    Source(
        key="location",
        heading=_("Storage locations"),
        icon="map-pin",
        permission="parts.view_storagelocation",
        model=StorageLocation,
        page=page("parts:location_detail"),
        label="code",
        detail="name",
        numbers=("code",),
        names=("name",),
        text=Text("code", "name"),
    ),
    Source(
        key="category",
        heading=_("Categories"),
        icon="rectangle-group",
        permission="parts.view_category",
        model=Category,
        page=category_page,
        label="name",
        names=("name",),
        text=Text("name"),
    ),
    Source(
        key="document",
        heading=_("Issued documents"),
        icon="document-text",
        permission="documents.view_document",
        model=Document,
        page=page("documents:document"),
        label="title",
        detail="file_name",
        numbers=("number",),
        text=Text("number", "title"),
        has_trigrams=True,
        only=READABLE,
    ),
)
