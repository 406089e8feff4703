"""The columns of builds and bills of materials in a file; both only for export."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from apps.builds.models import BuildPart, Printer, PrinterBuild, ProductionJob
from gmtc.columns import Column
from gmtc.resources import Resource
from gmtc.widgets import Number


class BuildResource(Resource):
    name = Column(width=36)
    product = Column(source="product__sku")
    revision = Column(source="current_number", heading=_("current revision"), widget=Number())
    lines = Column(source="line_count", heading=_("lines"), widget=Number())
    description = Column(width=40)

    class Meta:
        model = PrinterBuild
        filename = "builds"
        fields = (
            "model_number name kind product revision lines base_price description specifications updated_at".split()
        )


class BillResource(Resource):
    sku = Column(source="part__sku", heading=_("SKU"))
    name = Column(source="part__name", heading=_("part"), width=36)
    unit = Column(source="part__unit", heading=_("unit"), width=8)
    procurement = Column(source="part__procurement", heading=_("procurement"))
    manufacturer = Column(source="part__manufacturer", heading=_("manufacturer"))
    manufacturer_number = Column(source="part__manufacturer_number", heading=_("manufacturer's number"))
    cad_name = Column(source="part__cad_name", heading=_("CAD file name"), width=36)
    average_cost = Column(source="part__average_cost", heading=_("average cost"))
    value = Column(source=F("quantity") * F("part__average_cost"), heading=_("value"), widget=Number())
    note = Column(width=36)

    class Meta:
        model = BuildPart
        filename = "bill-of-materials"
        fields = (
            "position reference sku name quantity unit procurement manufacturer manufacturer_number cad_name "
            "average_cost value note".split()
        )


class JobResource(Resource):
    sku = Column(source="part__sku", heading=_("SKU"))
    name = Column(source="part__name", heading=_("product"), width=36)
    order = Column(source="order_line__order__number", heading=_("order"))
    customer = Column(source="order_line__order__customer__name", heading=_("customer"), width=30)
    revision = Column(source="revision__number", heading=_("revision"))
    responsible = Column(source="responsible__name", heading=_("responsible"))
    reason = Column(width=36)

    class Meta:
        model = ProductionJob
        filename = "production-jobs"
        fields = (
            "number sku name quantity status order customer revision due_date priority responsible cost started_at "
            "completed_at reason".split()
        )


class PrinterResource(Resource):
    model = Column(source="part__sku", heading=_("model"))
    owner = Column(source="owner__name", heading=_("owner"), width=30)
    order = Column(source="order_line__order__number", heading=_("order"))
    job = Column(source="job__number", heading=_("production job"))
    notes = Column(width=40)

    class Meta:
        model = Printer
        filename = "printers"
        fields = "serial model status owner order shipped_on warranty_until job created_at notes".split()
