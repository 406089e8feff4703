"""The columns of suppliers, price lists and purchase orders in a file."""

import re
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, OuterRef, Value
from django.db.models.functions import Cast, Concat, Round
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.suppliers.models.goods_receipt import GoodsReceipt
from apps.suppliers.models.purchase_order import PurchaseOrder
from apps.suppliers.models.supplier import Supplier
from apps.suppliers.models.supplier_part import PriceBreak, SupplierPart
from gmtc import figures
from gmtc.bulk import create_all, update_all
from gmtc.columns import Column
from gmtc.decimals import parse_number
from gmtc.resources import Resource
from gmtc.rows import FoundTogether, Row, as_read, spoken
from gmtc.widgets import Link, Number, Text, Widget


class SupplierResource(Resource):
    """Suppliers, only for export."""

    name = Column(width=36)
    rating = Column(widget=Number())
    currency = Column(widget=Text())
    incoterm = Column(widget=Text())
    notes = Column(width=40)

    class Meta:
        model = Supplier
        filename = "suppliers"
        fields = (
            "number name customer_number rating street address_extra postcode city country email phone website vat_id "
            "language currency exchange_rate payment_days discount_percent discount_days incoterm delivery_terms "
            "minimum_order_value lead_time_days is_blocked notes".split()
        )


class Days(Number):
    """Whole days."""

    def read(self, value):
        number = super().read(value)
        if number % 1:
            raise ValueError(_("“%(text)s” is not a whole number.") % {"text": as_read(value)})
        return int(number)


class Breaks(Widget):
    """Price breaks, written as "10: 0.95; 100: 0.80": from this quantity on, that price."""

    width = 30
    mark = ""

    def read(self, value) -> dict[Decimal, Decimal]:
        found: dict[Decimal, Decimal] = {}
        for pair in re.split(r"[;\n|]", str(value)):
            if not pair.strip():
                continue
            quantity, colon, price = re.sub(r"^\s*(ab|from)\s", "", pair, flags=re.IGNORECASE).partition(":")
            if not colon:
                raise ValueError(_("This is not written as “10: 0.95; 100: 0.80”."))
            quantity, price = parse_number(quantity.strip(), self.mark), parse_number(price.strip(), self.mark)
            if quantity in found:
                raise ValueError(
                    _("There are two prices from %(quantity)s on.") % {"quantity": figures.quantity(quantity)}
                )
            try:
                PriceBreak(quantity=quantity, price=price).clean_fields(exclude=["supplier_part"])
            except ValidationError as error:
                raise ValueError(" ".join(spoken(error).values())) from None
            found[quantity] = price
        return found

    def as_text(self, value):
        return self.written(value.items())

    def as_example(self, text):
        return text.replace(".", formats.get_format("DECIMAL_SEPARATOR"))

    def as_cell(self, value):
        pairs = (each.split(":") for each in value)
        return self.written((Decimal(quantity), Decimal(price)) for quantity, price in pairs)

    @staticmethod
    def written(pairs) -> str:
        mark = formats.get_format("DECIMAL_SEPARATOR")
        return "; ".join(
            f"{quantity.normalize():f}: {price.normalize():f}".replace(".", mark) for quantity, price in sorted(pairs)
        )


# of an offer, each as "10.000:0.9500"
BREAKS = ArraySubquery(
    PriceBreak.objects.filter(supplier_part=OuterRef("pk"))
    .order_by("quantity")
    .values_list(
        Concat(
            Cast("quantity", models.TextField()),
            Value(":"),
            Cast("price", models.TextField()),
            output_field=models.TextField(),
        )
    )
)


class SupplierPartResource(Resource):
    """All offers, only for export."""

    supplier_number = Column(source="supplier__number", heading=gettext_lazy("supplier number"))
    supplier_name = Column(source="supplier__name", heading=gettext_lazy("supplier"), width=30)
    sku = Column(source="part__sku", heading=gettext_lazy("our SKU"))
    part_name = Column(source="part__name", heading=gettext_lazy("name of the part"), width=36)
    name = Column(width=36)
    currency = Column(source="supplier__currency", heading=gettext_lazy("currency"), widget=Text(), width=8)
    unit = Column(source="part__unit", heading=gettext_lazy("unit"), width=8)
    breaks = Column(source=BREAKS, heading=gettext_lazy("price breaks"), widget=Breaks())

    class Meta:
        model = SupplierPart
        filename = "offers"
        fields = (
            "supplier_number supplier_name sku part_name supplier_sku name price currency unit breaks moq pack_size "
            "lead_time_days is_preferred price_date".split()
        )


class ByPart(FoundTogether):
    """An offer to which nobody has noted the supplier's number is found by its part: a supplier has one for it."""

    def __init__(self, resource, dataset=None):
        super().__init__(resource, dataset)
        nameless = resource.get_queryset().filter(supplier_sku="").select_related("part").order_by("pk")
        if not resource.is_dry_run:
            nameless = nameless.select_for_update(of=("self",))
        self.nameless = {offer.part.sku.casefold(): offer for offer in nameless}

    def get_instance(self, row):
        if row.key:
            return super().get_instance(row)
        return self.nameless.get(str(row.get("part") or "").strip().casefold())


class PriceListResource(Resource):
    """A price list of one supplier, found by the supplier's own part numbers."""

    # fmt: off
    supplier_sku = Column(
        "Supplier SKU", "Article number", "Item number", "Artikelnummer", "Artikel-Nr", "Bestellnummer",
        "Lieferantenartikelnummer", "Lieferanten-Artikelnummer", example="0251112 025",
        help=gettext_lazy("The supplier's own number; needed for an offer that does not exist yet."),
    )
    part = Column(
        "SKU", "Our number", "Part number", "Unsere Nummer", "Teilenummer", "Kundenartikelnummer", "Artikelnummer",
        heading=gettext_lazy("our SKU"), widget=Link(by="sku"), example="DIN912-M5x25",
        help=gettext_lazy("Our SKU; needed for an offer that does not exist yet."),
    )
    name = Column(
        "Description", "Designation", "Bezeichnung", "Benennung", "Artikelbezeichnung", width=36,
        example=gettext_lazy("Cap screw M5x25"),
    )
    price = Column(
        "Unit price", "Net price", "Preis", "Einzelpreis", "Nettopreis", "EK", "EK-Preis", example="0.042"
    )
    moq = Column("MOQ", "Minimum order quantity", "Mindestmenge", "Mindestbestellmenge", example="100")
    pack_size = Column("Pack size", "Packing unit", "VPE", "Verpackungseinheit", "Packungsgröße", example="50")
    lead_time_days = Column(
        "Lead time", "Lieferzeit", "Lieferzeit (Tage)", "Wiederbeschaffungszeit", widget=Days(), example="7"
    )
    breaks = Column(
        "Price breaks", "Staffelpreise", "Preisstaffel", "Staffel", attribute="breaks", source=BREAKS, default=dict,
        heading=gettext_lazy("price breaks"), help=gettext_lazy("From this quantity on, that price."),
        widget=Breaks(), example="500: 0.038; 1000: 0.034",
    )
    # fmt: on

    class Meta:
        model = SupplierPart
        filename = "price-list"
        import_id_fields = ["supplier_sku"]
        instance_loader_class = ByPart

    def __init__(self, *, supplier: Supplier | None = None):
        super().__init__()
        self.supplier = supplier

    def get_queryset(self):
        return super().get_queryset().filter(supplier=self.supplier).prefetch_related("price_breaks")

    def before_import(self, dataset, **kwargs):
        super().before_import(dataset, **kwargs)
        self.fields["breaks"].widget.mark = self.fields["price"].widget.mark
        self.offers = dict(self.get_queryset().values_list("part", "supplier_sku"))
        self.offered: dict = {}  # by the file: row by part

    def after_init_instance(self, instance, new, row, **kwargs):
        super().after_init_instance(instance, new, row, **kwargs)
        instance.supplier = self.supplier
        instance.breaks = {} if new else {each.quantity: each.price for each in instance.price_breaks.all()}

    def check(self, record, row):
        super().check(record, row)
        if row.is_new and not row.key:
            row.errors.setdefault("supplier_sku", _("This must not be empty."))
        if not row.is_new and not row.key and (other := self.offered.setdefault(record.part_id, row)) is not row:
            row.errors.setdefault("part", _("The same value stands in row %(row)s.") % {"row": other.number})
        if "part" in row.changes:
            row.errors.setdefault("part", _("This number belongs to another part of ours."))
        if row.is_new and not row.errors and (problem := self._second_offer(record.part_id, row)):
            row.errors["part"] = problem

    def _second_offer(self, part, row) -> str:
        """One supplier has one offer for a part."""
        if part is None:
            return _("This must not be empty.")
        if part in self.offers:
            number = self.offers[part] or "–"
            return _("This supplier has an offer for this part already: %(number)s.") % {"number": number}
        other = self.offered.setdefault(part, row)
        return "" if other is row else _("The same value stands in row %(row)s.") % {"row": other.number}

    def write(self, result):
        super().write(result)
        self._write_breaks([each.row for each in result.rows if "breaks" in each.row.fields], self.user)

    @staticmethod
    def _write_breaks(rows: list[Row], by) -> None:
        stored: dict = {}
        items = {row.record.pk: row.record for row in rows}
        for each in PriceBreak.objects.filter(supplier_part__in=items).select_for_update(of=("self",)):
            stored[each.supplier_part_id, each.quantity] = each
        new, changed, gone = [], [], dict(stored)
        for row in rows:
            for position, (quantity, price) in enumerate(sorted(row.record.breaks.items()), start=1):
                each = gone.pop((row.record.pk, quantity), None)
                if each is None:
                    new.append(PriceBreak(supplier_part=row.record, quantity=quantity, price=price, position=position))
                elif (each.price, each.position) != (price, position):
                    each.price, each.position = price, position
                    changed.append(each)
        for each in gone.values():
            each.deleted_at = timezone.now()
        update_all(list(gone.values()), ["deleted_at"], by=by, reason="import")
        update_all(changed, ["price", "position"], by=by, reason="import")
        create_all(new, by=by, reason="import")


class PurchaseOrderResource(Resource):
    """Purchase orders, only for export; one row an order."""

    supplier_number = Column(source="supplier__number", heading=gettext_lazy("supplier number"))
    supplier_name = Column(source="supplier__name", heading=gettext_lazy("supplier"), width=30)
    currency = Column(widget=Text(), width=8)
    total_in_euros = Column(
        source=Round(F("total") / F("exchange_rate"), 2), heading=gettext_lazy("total in euros"), widget=Number()
    )
    ordered_by = Column(source="ordered_by__name")
    internal_notes = Column(width=40)

    class Meta:
        model = PurchaseOrder
        filename = "purchase-orders"
        fields = (
            "number status supplier_number supplier_name order_date expected_delivery_date supplier_reference total "
            "currency exchange_rate total_in_euros ordered_by internal_notes".split()
        )


class GoodsReceiptResource(Resource):
    """Goods receipts, only for export; one row a line that came."""

    order_number = Column(source="purchase_order__number", heading=gettext_lazy("purchase order"))
    supplier_name = Column(source="purchase_order__supplier__name", heading=gettext_lazy("supplier"), width=30)
    sku = Column(source="lines__line__part__sku", heading=gettext_lazy("SKU"))
    accepted = Column(source="lines__accepted", heading=gettext_lazy("accepted"))
    rejected = Column(source="lines__rejected", heading=gettext_lazy("rejected"))
    reason = Column(source="lines__reason", heading=gettext_lazy("reason"))
    location = Column(source="lines__location__code", heading=gettext_lazy("storage location"))
    unit_cost = Column(source="lines__unit_cost", heading=gettext_lazy("unit cost"))
    note = Column(width=40)

    class Meta:
        model = GoodsReceipt
        filename = "goods-receipts"
        fields = (
            "number received_on order_number supplier_name delivery_note sku accepted rejected reason location "
            "unit_cost note".split()
        )
