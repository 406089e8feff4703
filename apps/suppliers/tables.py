"""Columns of this room's lists; the cells stand in templates/suppliers/."""

from django.utils.translation import gettext_lazy as _

from gmtc.tables import Column, RecordTable


class SupplierTable(RecordTable):
    number = Column(verbose_name=_("Number"), secondary=True)
    name = Column(verbose_name=_("Name"), fixed=True)
    city = Column(verbose_name=_("Town"), secondary=True)
    rating = Column(verbose_name=_("Rating"), secondary=True)
    offers = Column(verbose_name=_("Parts"), numeric=True, secondary=True)
    open_orders = Column(verbose_name=_("Open orders"), numeric=True)
    currency = Column(verbose_name=_("Currency"), secondary=True)
    lead_time_days = Column(verbose_name=_("Lead time (days)"), numeric=True, secondary=True)
    customer_number = Column(verbose_name=_("Our customer number"), hidden=True)
    email = Column(verbose_name=_("E-mail"), hidden=True)
    phone = Column(verbose_name=_("Phone"), hidden=True)
    payment_days = Column(verbose_name=_("Days to pay"), numeric=True, hidden=True)
    minimum_order_value = Column(verbose_name=_("Minimum order value"), numeric=True, hidden=True)
    updated_at = Column(verbose_name=_("Last changed"), hidden=True)

    class Meta(RecordTable.Meta):
        order_by = "name"


class SupplierPartTable(RecordTable):
    part = Column(verbose_name=_("Part"), order_by="part__sku", fixed=True)
    part_name = Column(verbose_name=_("Name"), order_by="part__name", secondary=True)
    supplier = Column(verbose_name=_("Supplier"), order_by="supplier__name", fixed=True)
    supplier_sku = Column(verbose_name=_("Number there"), secondary=True)
    price = Column(verbose_name=_("Price"), numeric=True)
    price_date = Column(verbose_name=_("Price of"), secondary=True)
    moq = Column(verbose_name=_("Minimum quantity"), numeric=True, secondary=True)
    pack_size = Column(verbose_name=_("Package"), numeric=True, secondary=True)
    lead_time_days = Column(verbose_name=_("Lead time (days)"), numeric=True, secondary=True)
    stock = Column(verbose_name=_("On hand"), order_by="part__current_stock", numeric=True, hidden=True)

    class Meta(RecordTable.Meta):
        order_by = "part"


class PurchaseOrderTable(RecordTable):
    number = Column(verbose_name=_("Number"), fixed=True, order_by=("number", "id"))
    supplier = Column(verbose_name=_("Supplier"), order_by="supplier__name", fixed=True)
    status = Column(verbose_name=_("Status"))
    order_date = Column(verbose_name=_("Ordered on"), secondary=True)
    expected_delivery_date = Column(verbose_name=_("Expected on"), secondary=True)
    total = Column(verbose_name=_("Total"), numeric=True)
    ordered_by = Column(verbose_name=_("Ordered by"), order_by="ordered_by__name", secondary=True)
    supplier_reference = Column(verbose_name=_("Their confirmation"), hidden=True)
    created_at = Column(verbose_name=_("Created"), hidden=True)

    class Meta(RecordTable.Meta):
        order_by = "-created_at"


class GoodsReceiptTable(RecordTable):
    number = Column(verbose_name=_("Number"), fixed=True)
    purchase_order = Column(verbose_name=_("Purchase order"), order_by="purchase_order__number", fixed=True)
    supplier = Column(verbose_name=_("Supplier"), order_by="purchase_order__supplier__name", secondary=True)
    received_on = Column(verbose_name=_("Received on"))
    delivery_note = Column(verbose_name=_("Delivery note"), secondary=True)
    created_by = Column(verbose_name=_("Who"), order_by="created_by__name", secondary=True)

    class Meta(RecordTable.Meta):
        order_by = "-number"
