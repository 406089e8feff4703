"""Printers and what they are made of: builds, their revisions, bills of materials, parts lists from CAD."""

from apps.builds.models.build import Kind, PrinterBuild
from apps.builds.models.parts_list import ImportStatus, PartsListImport, PartsListRow, RowKind
from apps.builds.models.revision import BuildPart, BuildRevision, Change, Comparison, Status

__all__ = [
    "BuildPart",
    "BuildRevision",
    "Change",
    "Comparison",
    "ImportStatus",
    "Kind",
    "PartsListImport",
    "PartsListRow",
    "PrinterBuild",
    "RowKind",
    "Status",
]
