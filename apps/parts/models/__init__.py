"""Parts and stock: the catalogue, where things lie, and the ledger of every piece that came or went."""

from apps.parts.models.category import Category
from apps.parts.models.location import StorageLocation
from apps.parts.models.moving import InsufficientStock
from apps.parts.models.part import Part, Procurement
from apps.parts.models.part_import import PartImport, PartImportRow
from apps.parts.models.stock import MovementKind, Reference, Reservation, StockLevel, StockMovement
from apps.parts.models.unit import Unit

__all__ = [
    "Category",
    "InsufficientStock",
    "MovementKind",
    "Part",
    "PartImport",
    "PartImportRow",
    "Procurement",
    "Reference",
    "Reservation",
    "StockLevel",
    "StockMovement",
    "StorageLocation",
    "Unit",
]
