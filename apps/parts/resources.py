"""The columns of parts in a file."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from apps.parts.models import Category, Part, Procurement, StockMovement, StorageLocation, Unit
from gmtc.columns import Column
from gmtc.resources import Resource
from gmtc.widgets import Branch, Choice, Link, Number

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

    in_trash = _("A part in the trash has this number: restore it first.")

    # fmt: off
    sku = Column(
        "Part number", "Part no", "Article number", "Artikelnummer", "Artikel-Nr", "Teilenummer", "Teile-Nr",
        "Sachnummer", example="MGN12_450mm",
    )
    name = Column(
        "Part name", "Designation", "Bezeichnung", "Benennung", "Name", width=36,
        example=_("Linear rail MGN12, 450 mm"),
    )
    description = Column("Beschreibung", width=40, example=_("Hardened, with one carriage"))
    category = Column(
        "Kategorie", "Warengruppe", widget=Branch(), help=_("The path from the top, such as Mechanics / Screws."),
        example=_("Mechanics / Rails"),
    )
    specifications = Column(
        "Specs", "Technische Daten", "Eigenschaften", "Spezifikationen", example=_("Length: 450 mm"),
        help=_("Name and value, such as Length: 450 mm; Colour: black."),
    )
    unit = Column(
        "Unit of measure", "Einheit", "Mengeneinheit", "ME", widget=Choice(synonyms=UNITS), example=_("pcs"), width=10,
        help=_("pcs, set, pair, m, kg, l or h."),
    )
    procurement = Column(
        "Beschaffung", "Beschaffungsart", widget=Choice(synonyms=PROCUREMENTS), example=_("Buy"), width=14,
        help=_("Buy or make."),
    )
    is_sellable = Column("Sellable", "Verkäuflich", "Verkaufsteil", example=_("no"))
    is_serialised = Column("Serialised", "Serialized", "Seriennummern", "Seriennummernpflichtig", example=_("no"))
    is_discontinued = Column("Ausgelaufen", "Abgekündigt", example=_("no"))
    minimum_stock = Column("Min stock", "Mindestbestand", "Meldebestand", example="10")
    reorder_quantity = Column("Bestellmenge", "Nachbestellmenge", example="20")
    unit_price = Column("Price", "Unit price", "Preis", "Verkaufspreis", "VK", "VK-Preis", example="24.90")
    manufacturer = Column("Brand", "Hersteller", example="Hiwin")
    manufacturer_number = Column(
        "MPN", "Manufacturer part number", "Herstellernummer", "Hersteller-Nr", "Hersteller-Artikelnummer",
        example="MGN12-450H",
    )
    cad_name = Column(
        "CAD name", "File Name (no extension)", "CAD-Name", "CAD-Dateiname", unique=True, example="MGN12_450mm"
    )
    barcode = Column("EAN", "GTIN", "Strichcode", unique=True, example="4006381333931")
    weight = Column("Weight", "Gewicht", "Gewicht (kg)", example="0.355")
    customs_number = Column("Customs number", "HS code", "Zolltarifnummer", "Warennummer", example="84828000")
    country_of_origin = Column("Origin", "Ursprungsland", "Herkunftsland", example="DE", width=10)
    default_location = Column(
        "Location", "Storage location", "Lagerort", "Lagerplatz", "Stammplatz", widget=Link(by="code"),
        help=_("The code of the storage location, as on its label."),
    )
    current_stock = Column("Bestand", readonly=True)
    reserved_stock = Column("Reserviert", readonly=True)
    free_stock = Column(
        "Verfügbar", heading=_("free"), source=F("current_stock") - F("reserved_stock"), widget=Number()
    )
    average_cost = Column(readonly=True)
    stock_value = Column(
        "Bestandswert", heading=_("stock value"), source=F("current_stock") * F("average_cost"), widget=Number()
    )
    updated_at = Column()
    # fmt: on

    class Meta:
        model = Part
        filename = "parts"
        import_id_fields = ["sku"]


class CategoryResource(Resource):
    """Categories, only for export."""

    id = Column(heading=_("path"), widget=Branch())
    description = Column(width=40)

    class Meta:
        model = Category
        filename = "categories"
        fields = ["id", "name", "description"]


class LocationResource(Resource):
    """Storage locations, only for export."""

    id = Column(heading=_("path"), widget=Branch())

    class Meta:
        model = StorageLocation
        filename = "storage-locations"
        fields = ["code", "name", "id"]


class MovementResource(Resource):
    """The ledger, only for export."""

    sku = Column(source="part__sku", heading=_("SKU"))
    name = Column(source="part__name", heading=_("part"), width=36)
    unit = Column(source="part__unit", heading=_("unit"), width=8)
    location = Column(source="location__code")
    value = Column(source=F("quantity") * F("unit_cost"), heading=_("value"), widget=Number())
    note = Column(width=40)
    created_by = Column(source="created_by__name")

    class Meta:
        model = StockMovement
        filename = "stock-movements"
        fields = (
            "created_at sku name kind quantity unit location unit_cost value reference_number note created_by".split()
        )
