"""Columns of this room's lists; the cells stand in templates/deliveries/."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gmtc.tables import Column, RecordTable


class DeliveryTable(RecordTable):
    number = Column(verbose_name=_("Number"), fixed=True, order_by=("number", "id"))
    order = Column(verbose_name=pgettext_lazy("sale", "Order"), order_by="order__number", fixed=True, secondary=True)
    customer = Column(verbose_name=_("Customer"), order_by="order__customer__name")
    place = Column(verbose_name=_("Ship to"), order_by="city", secondary=True)
    status = Column(verbose_name=_("Status"))
    ship_by = Column(verbose_name=_("Ship by"), secondary=True)
    shipped_on = Column(verbose_name=_("Shipped on"), secondary=True)
    delivered_on = Column(verbose_name=_("Delivered on"), hidden=True)
    carrier = Column(verbose_name=_("Carrier"), order_by="carrier__name", secondary=True)
    tracking_number = Column(verbose_name=_("Tracking number"), secondary=True)
    package_count = Column(verbose_name=_("Packages"), numeric=True, hidden=True)
    weight = Column(verbose_name=_("Weight (kg)"), numeric=True, hidden=True)
    created_at = Column(verbose_name=_("Created"), hidden=True)

    class Meta(RecordTable.Meta):
        order_by = "-created_at"


class DeliveryReturnTable(RecordTable):
    number = Column(verbose_name=_("Number"), fixed=True)
    delivery = Column(verbose_name=_("Delivery"), order_by="delivery__number", fixed=True)
    order = Column(verbose_name=pgettext_lazy("sale", "Order"), order_by="delivery__order__number", secondary=True)
    customer = Column(verbose_name=_("Customer"), order_by="delivery__order__customer__name")
    returned_on = Column(verbose_name=_("Came back on"))
    note = Column(verbose_name=_("Note"), secondary=True)
    created_by = Column(verbose_name=_("Who"), order_by="created_by__name", secondary=True)

    class Meta(RecordTable.Meta):
        order_by = "-number"


class ReadyTable(RecordTable):
    number = Column(verbose_name=pgettext_lazy("sale", "Order"), fixed=True)
    customer = Column(verbose_name=_("Customer"), order_by="customer__name", fixed=True)
    promised_date = Column(verbose_name=_("Promised on"), secondary=True)
    lines = Column(verbose_name=_("Lines that are there"), order_by="ready_lines", numeric=True)
    status = Column(verbose_name=_("Status"), secondary=True)
    customer_reference = Column(verbose_name=_("Their reference"), hidden=True)
    order_date = Column(verbose_name=_("Ordered on"), hidden=True)
    deliver = Column(verbose_name="", orderable=False, fixed=True)

    class Meta(RecordTable.Meta):
        order_by = ("promised_date", "number")
