"""Columns of this room's lists; the cells stand in templates/parts/."""

from django.utils.translation import gettext_lazy as _

from gmtc.tables import Column, RecordTable


class PartTable(RecordTable):
    sku = Column(verbose_name=_("SKU"), fixed=True)
    name = Column(verbose_name=_("Name"), fixed=True)
    category = Column(verbose_name=_("Category"), order_by="category__name", secondary=True)
    unit_price = Column(verbose_name=_("Sales price"), numeric=True, secondary=True)
    average_cost = Column(verbose_name=_("Average cost"), numeric=True, hidden=True)
    current_stock = Column(verbose_name=_("On hand"), numeric=True)
    reserved_stock = Column(verbose_name=_("Reserved"), numeric=True, secondary=True)
    minimum_stock = Column(verbose_name=_("Minimum"), numeric=True, hidden=True)
    default_location = Column(verbose_name=_("Usual place"), order_by="default_location__code", secondary=True)
    manufacturer_number = Column(verbose_name=_("Manufacturer's number"), hidden=True)
    procurement = Column(verbose_name=_("Procurement"), hidden=True)
    updated_at = Column(verbose_name=_("Last changed"), hidden=True)

    class Meta(RecordTable.Meta):
        order_by = "sku"


class MovementTable(RecordTable):
    created_at = Column(verbose_name=_("When"), order_by="id", fixed=True)
    part = Column(verbose_name=_("Part"), order_by="part__sku", fixed=True)
    kind = Column(verbose_name=_("Kind"), secondary=True)
    quantity = Column(verbose_name=_("Quantity"), numeric=True, fixed=True)
    location = Column(verbose_name=_("Storage location"), order_by="location__code")
    unit_cost = Column(verbose_name=_("Unit cost"), numeric=True, secondary=True)
    reference = Column(verbose_name=_("For"), orderable=False)
    note = Column(verbose_name=_("Note"), orderable=False, secondary=True)
    created_by = Column(verbose_name=_("Who"), order_by="created_by__name", secondary=True)

    class Meta(RecordTable.Meta):
        order_by = "-created_at"
