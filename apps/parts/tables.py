"""Columns of this room's lists, and what stands in their cells."""

from operator import attrgetter

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.parts.models import MovementKind, Part, Procurement, StockMovement, Unit
from gmtc.addresses import address_of
from gmtc.figures import quantity, signed, unit_price
from gmtc.tables import Column, RecordTable, badge
from gmtc.templatetags.ui import reference

UNITS, KINDS, PROCUREMENTS = dict(Unit.choices), dict(MovementKind.choices), dict(Procurement.choices)


def _when(moment) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")


def _name(part: Part):
    return format_html("{} {}", part.name, badge(_now("discontinued"))) if part.is_discontinued else part.name


def _on_hand(part: Part):
    stock = f"{quantity(part.current_stock)} {UNITS[part.unit]}"
    return badge(stock, "bad", title=_now("Low stock")) if part.is_low else stock


class PartTable(RecordTable):
    sku = Column(verbose_name=_("SKU"), fixed=True, link=True, css="main wrap")
    name = Column(verbose_name=_("Name"), fixed=True, css="wrap", cell=_name)
    category = Column(
        verbose_name=_("Category"),
        order_by="category__name",
        secondary=True,
        cell=attrgetter("category_name"),
    )
    unit_price = Column(
        verbose_name=_("Sales price"),
        numeric=True,
        secondary=True,
        cell=lambda part: unit_price(part.unit_price or None),
    )
    average_cost = Column(
        verbose_name=_("Average cost"),
        numeric=True,
        hidden=True,
        cell=lambda part: unit_price(part.average_cost or None),
    )
    current_stock = Column(verbose_name=_("On hand"), numeric=True, cell=_on_hand)
    reserved_stock = Column(
        verbose_name=_("Reserved"),
        numeric=True,
        secondary=True,
        cell=lambda part: quantity(part.reserved_stock or None),
    )
    minimum_stock = Column(
        verbose_name=_("Minimum"), numeric=True, hidden=True, cell=lambda part: quantity(part.minimum_stock or None)
    )
    default_location = Column(
        verbose_name=_("Usual place"),
        order_by="default_location__code",
        secondary=True,
        cell=attrgetter("place"),
    )
    manufacturer_number = Column(verbose_name=_("Manufacturer's number"), hidden=True)
    procurement = Column(verbose_name=_("Procurement"), hidden=True, cell=lambda part: PROCUREMENTS[part.procurement])
    updated_at = Column(verbose_name=_("Last changed"), hidden=True, cell=lambda part: _when(part.updated_at))

    class Meta(RecordTable.Meta):
        order_by = "sku"


class MovementTable(RecordTable):
    created_at = Column(
        verbose_name=_("When"), order_by="id", fixed=True, css="nowrap", cell=lambda row: _when(row.created_at)
    )
    part = Column(
        verbose_name=_("Part"),
        order_by="part__sku",
        fixed=True,
        link=True,
        css="main wrap",
        cell=attrgetter("sku"),
    )
    kind = Column(verbose_name=_("Kind"), secondary=True, cell=lambda row: KINDS[row.kind])
    quantity = Column(
        verbose_name=_("Quantity"),
        numeric=True,
        fixed=True,
        css=lambda row: "minus" if row.quantity < 0 else "plus",
        cell=lambda row: f"{signed(row.quantity)} {UNITS[row.unit]}",
    )
    location = Column(verbose_name=_("Storage location"), order_by="location__code", cell=attrgetter("place"))
    unit_cost = Column(
        verbose_name=_("Unit cost"), numeric=True, secondary=True, cell=lambda row: unit_price(row.unit_cost)
    )
    reference = Column(verbose_name=_("For"), orderable=False, cell=reference)
    note = Column(verbose_name=_("Note"), orderable=False, secondary=True, css="wrap text")
    created_by = Column(verbose_name=_("Who"), order_by="created_by__name", secondary=True)

    class Meta(RecordTable.Meta):
        order_by = "-created_at"

    def url_of(self, movement: StockMovement) -> str:
        return address_of("parts:part_detail", movement.part_id)
