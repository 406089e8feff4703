"""Columns of this room's lists; the cells stand in templates/builds/."""

from django.utils.translation import gettext_lazy as _

from gmtc.tables import Column, RecordTable


class BuildTable(RecordTable):
    model_number = Column(verbose_name=_("Model number"), fixed=True)
    name = Column(verbose_name=_("Name"), fixed=True)
    kind = Column(verbose_name=_("Kind"), secondary=True)
    product = Column(verbose_name=_("Product"), order_by="product__sku", hidden=True)
    revision = Column(verbose_name=_("Current revision"), order_by="current_number")
    lines = Column(verbose_name=_("Lines"), order_by="line_count", numeric=True, secondary=True)
    cost = Column(verbose_name=_("Material cost"), orderable=False, numeric=True)
    base_price = Column(verbose_name=_("Base price"), numeric=True, secondary=True)
    margin = Column(verbose_name=_("Margin"), orderable=False, numeric=True, secondary=True)
    stock = Column(verbose_name=_("On hand"), order_by="product__current_stock", numeric=True, hidden=True)
    updated_at = Column(verbose_name=_("Last changed"), hidden=True)

    class Meta(RecordTable.Meta):
        order_by = "model_number"


class JobTable(RecordTable):
    number = Column(verbose_name=_("Number"), fixed=True)
    part = Column(verbose_name=_("Product"), order_by="part__sku", fixed=True)
    quantity = Column(verbose_name=_("Pieces"), numeric=True)
    status = Column(verbose_name=_("Status"))
    order = Column(verbose_name=_("For"), order_by="order_line__order__number", secondary=True)
    due_date = Column(verbose_name=_("Due on"))
    priority = Column(verbose_name=_("Priority"), secondary=True)
    responsible = Column(verbose_name=_("Responsible"), order_by="responsible__name", secondary=True)
    cost = Column(verbose_name=_("Material cost"), numeric=True, hidden=True)
    started_at = Column(verbose_name=_("Started"), hidden=True)
    completed_at = Column(verbose_name=_("Completed"), hidden=True)
    created_at = Column(verbose_name=_("Created"), hidden=True)


class PrinterTable(RecordTable):
    serial = Column(verbose_name=_("Serial number"), fixed=True)
    part = Column(verbose_name=_("Model"), order_by="part__sku", fixed=True)
    status = Column(verbose_name=_("Status"))
    owner = Column(verbose_name=_("Owner"), order_by="owner__name")
    order = Column(verbose_name=_("Order"), order_by="order_line__order__number", secondary=True)
    shipped_on = Column(verbose_name=_("Handed over on"), secondary=True)
    warranty_until = Column(verbose_name=_("Warranty until"), secondary=True)
    job = Column(verbose_name=_("Production job"), order_by="job__number", secondary=True)
    created_at = Column(verbose_name=_("Built on"), secondary=True)
