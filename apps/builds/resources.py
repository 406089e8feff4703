"""The columns of builds and bills of materials in a file; both only for export."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from apps.builds.models import BuildPart, PrinterBuild
from apps.parts.models import Procurement, Unit
from gmtc.resources import Choice, Moment, NamedValues, Number, Resource, Text


class BuildResource(Resource):
    model = PrinterBuild
    filename = "builds"
    columns = (
        Text("model_number", readonly=True),
        Text("name", readonly=True, width=36),
        Choice("kind", readonly=True),
        Text("product", source="product__sku", readonly=True),
        Number("revision", source="current_number", heading=_("current revision")),
        Number("lines", source="line_count", heading=_("lines")),
        Number("base_price", readonly=True),
        Text("description", readonly=True, width=40),
        NamedValues("specifications", readonly=True),
        Moment("updated_at"),
    )


class BillResource(Resource):
    model = BuildPart
    filename = "bill-of-materials"
    columns = (
        Number("position", readonly=True),
        Text("reference", readonly=True),
        Text("sku", source="part__sku", heading=_("SKU")),
        Text("name", source="part__name", heading=_("part"), width=36),
        Number("quantity", readonly=True),
        Choice("unit", source="part__unit", heading=_("unit"), choices=Unit.choices, width=8),
        Choice("procurement", source="part__procurement", heading=_("procurement"), choices=Procurement.choices),
        Text("manufacturer", source="part__manufacturer", heading=_("manufacturer")),
        Text("manufacturer_number", source="part__manufacturer_number", heading=_("manufacturer's number")),
        Text("cad_name", source="part__cad_name", heading=_("CAD file name"), width=36),
        Number("average_cost", source="part__average_cost", heading=_("average cost")),
        Number("value", heading=_("value"), source=F("quantity") * F("part__average_cost")),
        Text("note", readonly=True, width=36),
    )
