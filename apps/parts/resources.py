"""The columns of parts in a file."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from apps.parts.models.category import Category
from apps.parts.models.location import StorageLocation
from apps.parts.models.part import Part, Procurement, Unit
from apps.parts.models.stock import StockMovement
from gmtc.resources import Branch, Choice, Link, Moment, NamedValues, Number, Resource, Text, YesNo

UNITS = {
    "pc": Unit.PIECE,
    "piece": Unit.PIECE,
    "pieces": Unit.PIECE,
    "stk": Unit.PIECE,
    "st": Unit.PIECE,
    "stück": Unit.PIECE,
    "satz": Unit.SET,
    "paar": Unit.PAIR,
    "meter": Unit.METRE,
    "metre": Unit.METRE,
    "kilogramm": Unit.KILOGRAM,
    "liter": Unit.LITRE,
    "stunde": Unit.HOUR,
    "std": Unit.HOUR,
}
PROCUREMENTS = {
    "kauf": Procurement.BUY,
    "kaufen": Procurement.BUY,
    "kaufteil": Procurement.BUY,
    "purchase": Procurement.BUY,
    "fertigen": Procurement.MAKE,
    "fertigung": Procurement.MAKE,
    "eigenfertigung": Procurement.MAKE,
    "fertigungsteil": Procurement.MAKE,
}


class PartResource(Resource):
    """Parts by SKU. Stock and average cost are only exported: they belong to the ledger."""

    model = Part
    key = "sku"
    filename = "parts"
    columns = (
        Text("sku", "Part number", "Part no", "Article number", "Artikelnummer", "Artikel-Nr", "Teilenummer",
             "Teile-Nr", "Sachnummer", example="MGN12_450mm"),
        Text("name", "Part name", "Designation", "Bezeichnung", "Benennung", "Name", width=36,
             example=_("Linear rail MGN12, 450 mm")),
        Text("description", "Beschreibung", width=40, example=_("Hardened, with one carriage")),
        Branch("category", "Kategorie", "Warengruppe", help=_("The path from the top, such as Mechanics / Screws."),
               example=_("Mechanics / Rails")),
        NamedValues("specifications", "Specs", "Technische Daten", "Eigenschaften", "Spezifikationen",
                    help=_("Name and value, such as Length: 450 mm; Colour: black."), example=_("Length: 450 mm")),
        Choice("unit", "Unit of measure", "Einheit", "Mengeneinheit", "ME", synonyms=UNITS, example=_("pcs"), width=10,
               help=_("pcs, set, pair, m, kg, l or h.")),
        Choice("procurement", "Beschaffung", "Beschaffungsart", synonyms=PROCUREMENTS, example=_("Buy"), width=14,
               help=_("Buy or make.")),
        YesNo("is_sellable", "Sellable", "Verkäuflich", "Verkaufsteil", example=_("no")),
        YesNo("is_serialised", "Serialised", "Serialized", "Seriennummern", "Seriennummernpflichtig", example=_("no")),
        YesNo("is_discontinued", "Ausgelaufen", "Abgekündigt", example=_("no")),
        Number("minimum_stock", "Min stock", "Mindestbestand", "Meldebestand", example="10"),
        Number("reorder_quantity", "Bestellmenge", "Nachbestellmenge", example="20"),
        Number("unit_price", "Price", "Unit price", "Preis", "Verkaufspreis", "VK", "VK-Preis", example="24.90"),
        Text("manufacturer", "Brand", "Hersteller", example="Hiwin"),
        Text("manufacturer_number", "MPN", "Manufacturer part number", "Herstellernummer", "Hersteller-Nr",
             "Hersteller-Artikelnummer", example="MGN12-450H"),
        Text("cad_name", "CAD name", "File Name (no extension)", "CAD-Name", "CAD-Dateiname", unique=True,
             example="MGN12_450mm"),
        Text("barcode", "EAN", "GTIN", "Strichcode", unique=True, example="4006381333931"),
        Number("weight", "Weight", "Gewicht", "Gewicht (kg)", example="0.355"),
        Text("customs_number", "Customs number", "HS code", "Zolltarifnummer", "Warennummer", example="84828000"),
        Text("country_of_origin", "Origin", "Ursprungsland", "Herkunftsland", example="DE", width=10),
        Link("default_location", "Location", "Storage location", "Lagerort", "Lagerplatz", "Stammplatz", by="code",
             help=_("The code of the storage location, as on its label."), example=""),
        Number("current_stock", "Bestand", readonly=True),
        Number("reserved_stock", "Reserviert", readonly=True),
        Number("free_stock", "Verfügbar", heading=_("free"), source=F("current_stock") - F("reserved_stock")),
        Number("average_cost", readonly=True),
        Number("stock_value", "Bestandswert", heading=_("stock value"), source=F("current_stock") * F("average_cost")),
        Moment("updated_at"),
    )  # fmt: skip


class CategoryResource(Resource):
    """Categories, only for export."""

    model = Category
    filename = "categories"
    columns = (
        Branch("id", heading=_("path"), source="id", readonly=True),
        Text("name", readonly=True),
        Text("description", readonly=True, width=40),
    )


class LocationResource(Resource):
    """Storage locations, only for export."""

    model = StorageLocation
    filename = "storage-locations"
    columns = (
        Text("code", readonly=True),
        Text("name", readonly=True),
        Branch("id", heading=_("path"), source="id", readonly=True),
    )


class MovementResource(Resource):
    """The ledger, only for export."""

    model = StockMovement
    filename = "stock-movements"
    columns = (
        Moment("created_at"),
        Text("sku", source="part__sku", heading=_("SKU")),
        Text("name", source="part__name", heading=_("part"), width=36),
        Choice("kind", readonly=True),
        Number("quantity", readonly=True),
        Choice("unit", source="part__unit", heading=_("unit"), choices=Unit.choices, width=8),
        Text("location", source="location__code", readonly=True),
        Number("unit_cost", readonly=True),
        Number("value", heading=_("value"), source=F("quantity") * F("unit_cost")),
        Text("reference_number", readonly=True),
        Text("note", readonly=True, width=40),
        Text("created_by", source="created_by__name", readonly=True),
    )
