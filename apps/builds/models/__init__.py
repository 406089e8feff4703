"""Printers and what they are made of: builds, their revisions, bills of materials, parts lists from CAD; and how they
are made: production jobs, the tests, the printers that come out.
"""

from apps.builds.models.build import Kind, PrinterBuild
from apps.builds.models.checklist import CheckResult, JobCheck, TestStep
from apps.builds.models.job import ProductionJob, Shortage
from apps.builds.models.job_part import ExtraKind, ExtraUse, JobPart
from apps.builds.models.job_state import ACTIVE, OPEN, JobStatus, Priority
from apps.builds.models.job_stock import Pick
from apps.builds.models.parts_list import ImportStatus, PartsListImport
from apps.builds.models.parts_list_row import PartsListRow, RowKind
from apps.builds.models.printer import Printer, PrinterStatus
from apps.builds.models.revision import BuildPart, BuildRevision, Change, Comparison, Status

__all__ = [
    "ACTIVE",
    "OPEN",
    "BuildPart",
    "BuildRevision",
    "Change",
    "CheckResult",
    "Comparison",
    "ExtraKind",
    "ExtraUse",
    "ImportStatus",
    "JobCheck",
    "JobPart",
    "JobStatus",
    "Kind",
    "PartsListImport",
    "PartsListRow",
    "Pick",
    "Printer",
    "PrinterBuild",
    "PrinterStatus",
    "Priority",
    "ProductionJob",
    "RowKind",
    "Shortage",
    "Status",
    "TestStep",
]
