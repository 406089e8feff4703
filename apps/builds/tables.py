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
