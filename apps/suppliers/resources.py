"""The columns of suppliers, price lists and purchase orders in a file."""

import re
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, OuterRef, Value
from django.db.models.functions import Cast, Concat, Lower
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.parts.models import Unit
from apps.suppliers.models.goods_receipt import GoodsReceipt
from apps.suppliers.models.purchase_order import PurchaseOrder
from apps.suppliers.models.supplier import Supplier
from apps.suppliers.models.supplier_part import PriceBreak, SupplierPart
from gmtc.bulk import create_all, update_all
from gmtc.resources import (
    FAULTY,
    NEW,
    Analysis,
    Choice,
    Column,
    Link,
    Moment,
    Number,
    Resource,
    RowResult,
    Text,
    YesNo,
)
from gmtc.spreadsheets import parse_number


class SupplierResource(Resource):
    """Suppliers, only for export."""

    model = Supplier
    filename = "suppliers"
    columns = (
        Text("number", readonly=True),
        Text("name", readonly=True, width=36),
        Text("customer_number", readonly=True),
        Number("rating", readonly=True),
        Text("street", readonly=True),
        Text("address_extra", readonly=True),
        Text("postcode", readonly=True),
        Text("city", readonly=True),
        Text("country", readonly=True),
        Text("email", readonly=True),
        Text("phone", readonly=True),
        Text("website", readonly=True),
        Text("vat_id", readonly=True),
        Choice("language", readonly=True),
        Text("currency", readonly=True),
        Number("exchange_rate", readonly=True),
        Number("payment_days", readonly=True),
        Number("discount_percent", readonly=True),
        Number("discount_days", readonly=True),
        Text("incoterm", readonly=True),
        Text("delivery_terms", readonly=True),
        Number("minimum_order_value", readonly=True),
        Number("lead_time_days", readonly=True),
        YesNo("is_blocked", readonly=True),
        Text("notes", readonly=True, width=40),
    )


class Needed(Text):
    """A text that must be in every row."""

    def empty(self):
        raise ValueError(_("This must not be empty."))


class Days(Number):
    """Whole days."""

    def read(self, value, run):
        number = super().read(value, run)
        if number % 1:
            raise ValueError(_("“%(text)s” is not a whole number.") % {"text": value})
        return int(number)


class Breaks(Column):
    """Price breaks, written as "10: 0.95; 100: 0.80": from this quantity on, that price."""

    width = 30
    attribute = "price_breaks"

    def __init__(self, name, *aliases, **kwargs):
        rows = PriceBreak.objects.filter(supplier_part=OuterRef("pk")).order_by("quantity")
        as_text = Concat(
            Cast("quantity", models.TextField()),
            Value(":"),
            Cast("price", models.TextField()),
            output_field=models.TextField(),
        )
        super().__init__(name, *aliases, source=ArraySubquery(rows.values_list(as_text)), **kwargs)

    def bind(self, model):
        """The breaks are no field of the model but records of their own; the resource writes them."""

    def empty(self):
        return {}

    def read(self, value, run) -> dict[Decimal, Decimal]:
        found: dict[Decimal, Decimal] = {}
        for pair in re.split(r"[;\n|]", str(value)):
            if not pair.strip():
                continue
            quantity, colon, price = re.sub(r"^\s*(ab|from)\s", "", pair, flags=re.IGNORECASE).partition(":")
            if not colon:
                raise ValueError(_("This is not written as “10: 0.95; 100: 0.80”."))
            mark = run.marks.get("price", "")
            quantity, price = parse_number(quantity.strip(), mark), parse_number(price.strip(), mark)
            if quantity in found:
                raise ValueError(_("There are two prices from %(quantity)s on.") % {"quantity": quantity})
            try:
                PriceBreak(quantity=quantity, price=price).clean_fields(exclude=["supplier_part"])
            except ValidationError as error:
                raise ValueError(" ".join(error.messages)) from None
            found[quantity] = price
        return found

    def show(self, value, run) -> str:
        return self.written(value.items())

    def export(self, value, lookup):
        pairs = (each.split(":") for each in value)
        return self.written((Decimal(quantity), Decimal(price)) for quantity, price in pairs)

    @staticmethod
    def written(pairs) -> str:
        mark = formats.get_format("DECIMAL_SEPARATOR")
        return "; ".join(
            f"{quantity.normalize():f}: {price.normalize():f}".replace(".", mark) for quantity, price in sorted(pairs)
        )


PRICE_COLUMNS = (
    Needed("supplier_sku", "Supplier SKU", "Article number", "Item number", "Artikelnummer", "Artikel-Nr",
           "Bestellnummer", "Lieferantenartikelnummer", "Lieferanten-Artikelnummer", example="0251112 025"),
    Link("part", "SKU", "Our SKU", "Our number", "Part number", "Unsere Artikelnummer", "Unsere Nummer", "Teilenummer",
         "Kundenartikelnummer", by="sku", help=gettext_lazy("Our SKU; needed for an offer that does not exist yet."),
         example="DIN912-M5x25"),
    Text("name", "Description", "Designation", "Bezeichnung", "Benennung", "Artikelbezeichnung", width=36,
         example=gettext_lazy("Cap screw M5x25")),
    Number("price", "Unit price", "Net price", "Preis", "Einzelpreis", "Nettopreis", "EK", "EK-Preis", example="0.042"),
    Number("moq", "MOQ", "Minimum order quantity", "Mindestmenge", "Mindestbestellmenge", example="100"),
    Number("pack_size", "Pack size", "Packing unit", "VPE", "Verpackungseinheit", "Packungsgröße", example="50"),
    Days("lead_time_days", "Lead time", "Lieferzeit", "Lieferzeit (Tage)", "Wiederbeschaffungszeit", example="7"),
    Breaks("breaks", "Price breaks", "Staffelpreise", "Preisstaffel", "Staffel",
           heading=gettext_lazy("price breaks"), help=gettext_lazy("From this quantity on, that price."),
           example="500: 0.038; 1000: 0.034"),
)  # fmt: skip


class SupplierPartResource(Resource):
    """All offers, only for export."""

    model = SupplierPart
    filename = "offers"
    columns = (
        Text("supplier_number", source="supplier__number", heading=gettext_lazy("supplier number")),
        Text("supplier_name", source="supplier__name", heading=gettext_lazy("supplier"), width=30),
        Text("sku", source="part__sku", heading=gettext_lazy("SKU")),
        Text("part_name", source="part__name", heading=gettext_lazy("part"), width=36),
        Text("supplier_sku", readonly=True),
        Text("name", readonly=True, width=36),
        Number("price", readonly=True),
        Text("currency", source="supplier__currency", heading=gettext_lazy("currency"), width=8),
        Choice("unit", source="part__unit", heading=gettext_lazy("unit"), choices=Unit.choices, width=8),
        Breaks("breaks", heading=gettext_lazy("price breaks"), readonly=True),
        Number("moq", readonly=True),
        Number("pack_size", readonly=True),
        Number("lead_time_days", readonly=True),
        YesNo("is_preferred", readonly=True),
        Moment("price_date"),
    )


class PriceListResource(Resource):
    """A price list of one supplier, found by the supplier's own part numbers."""

    model = SupplierPart
    key = "supplier_sku"
    filename = "price-list"
    columns = PRICE_COLUMNS

    def __init__(self, *, supplier: Supplier | None = None):
        self.supplier = supplier

    def analyse(self, *args, **kwargs) -> Analysis:
        analysis = super().analyse(*args, **kwargs)
        self._refuse_second_offers(analysis)
        return analysis

    def write(self, analysis: Analysis, *, by) -> None:
        with_breaks = [row for row in analysis.rows if "breaks" in row.fields]
        for row in with_breaks:
            row.fields.remove("breaks")  # no column of the offer itself
        super().write(analysis, by=by)
        self._write_breaks(with_breaks, by)

    # --- Steps

    def _find(self, keys, *, lock):
        lowered = {key.lower() for key in keys}
        records = self.model.objects.filter(supplier=self.supplier).alias(_key=Lower("supplier_sku"))
        records = records.filter(_key__in=lowered).prefetch_related("price_breaks")
        if lock:
            records = records.order_by("pk").select_for_update(of=("self",))
        return {record.supplier_sku.lower(): record for record in records}

    def _apply(self, row: RowResult, record, columns, run) -> None:
        is_new = record is None
        old_part = None if is_new else record.part_id
        super()._apply(row, record, [(n, column) for n, column in columns if column.name != "breaks"], run)
        if is_new:
            row.record.supplier = self.supplier
        elif row.record.part_id != old_part:
            row.errors.setdefault("part", _("This number belongs to another part of ours."))
        if "breaks" not in row.values:
            return
        if not isinstance(row.values["breaks"], dict):  # an empty cell
            row.values["breaks"] = {}
        column, new = self.column("breaks"), row.values["breaks"]
        old = {} if is_new else {each.quantity: each.price for each in record.price_breaks.all()}
        row.shown["breaks"] = column.show(new, run)
        if new != old:
            row.fields.append("breaks")
            if not is_new:
                row.changes["breaks"] = [column.show(old, run), row.shown["breaks"]]

    def _refuse_second_offers(self, analysis: Analysis) -> None:
        """One supplier has one offer for a part."""
        new = [row for row in analysis.rows if row.kind == NEW]
        taken = dict(
            SupplierPart.objects.filter(
                supplier=self.supplier, part__in=[row.record.part_id for row in new]
            ).values_list("part", "supplier_sku")
        )
        first: dict = {}
        for row in new:
            part = row.record.part_id
            if part is None:
                row.errors["part"] = _("This must not be empty.")
            elif part in taken:
                row.errors["part"] = _("This supplier has an offer for this part already: %(number)s.") % {
                    "number": taken[part] or "–"
                }
            elif part in first:
                row.errors["part"] = _("The same value stands in row %(row)s.") % {"row": first[part].number}
            else:
                first[part] = row
            if row.errors:
                row.kind = FAULTY

    @staticmethod
    def _write_breaks(rows: list[RowResult], by) -> None:
        stored: dict = {}
        items = {row.record.pk: row.record for row in rows}
        for each in PriceBreak.objects.filter(supplier_part__in=items).select_for_update(of=("self",)):
            stored[each.supplier_part_id, each.quantity] = each
        new, changed, gone = [], [], dict(stored)
        for row in rows:
            for position, (quantity, price) in enumerate(sorted(row.values["breaks"].items()), start=1):
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

    model = PurchaseOrder
    filename = "purchase-orders"
    columns = (
        Text("number", readonly=True),
        Choice("status", readonly=True),
        Text("supplier_number", source="supplier__number", heading=gettext_lazy("supplier number")),
        Text("supplier_name", source="supplier__name", heading=gettext_lazy("supplier"), width=30),
        Moment("order_date"),
        Moment("expected_delivery_date"),
        Text("supplier_reference", readonly=True),
        Number("total", readonly=True),
        Text("currency", readonly=True, width=8),
        Number("exchange_rate", readonly=True),
        Number(
            "total_in_euros",
            heading=gettext_lazy("total in euros"),
            source=models.functions.Round(F("total") / F("exchange_rate"), 2),
        ),
        Text("ordered_by", source="ordered_by__name", readonly=True),
        Text("internal_notes", readonly=True, width=40),
    )


class GoodsReceiptResource(Resource):
    """Goods receipts, only for export; one row a line that came."""

    model = GoodsReceipt
    filename = "goods-receipts"
    columns = (
        Text("number", readonly=True),
        Moment("received_on"),
        Text("order_number", source="purchase_order__number", heading=gettext_lazy("purchase order")),
        Text("supplier_name", source="purchase_order__supplier__name", heading=gettext_lazy("supplier"), width=30),
        Text("delivery_note", readonly=True),
        Text("sku", source="lines__line__part__sku", heading=gettext_lazy("SKU")),
        Number("accepted", source="lines__accepted", heading=gettext_lazy("accepted")),
        Number("rejected", source="lines__rejected", heading=gettext_lazy("rejected")),
        Text("reason", source="lines__reason", heading=gettext_lazy("reason")),
        Text("location", source="lines__location__code", heading=gettext_lazy("storage location")),
        Number("unit_cost", source="lines__unit_cost", heading=gettext_lazy("unit cost")),
        Text("note", readonly=True, width=40),
    )
