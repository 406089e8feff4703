"""Builds, revisions, parts lists and jobs for tests; each valid as it comes, any field may be given."""

import io
import itertools
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import Workbook

from apps.builds.models import BuildRevision, Kind, PrinterBuild, ProductionJob
from apps.builds.verify import RULES
from apps.customers.tests.factories import make_customer
from apps.orders.models import CustomerOrder
from apps.orders.models import Status as OrderStatus
from apps.parts.models import Part
from apps.parts.tests.factories import make_location, make_part, make_stock

numbers = itertools.count(1)
HEADINGS = ("Item Number", "File Name (no extension)", "Author", "Quantity")


def make_build(*, by=None, **fields) -> PrinterBuild:
    number = next(numbers)
    build = PrinterBuild(**{"model_number": f"XP{number:03}", "name": f"Printer {number}"} | fields)
    build.save(by=by, reason="create")
    return build


def make_revision(build=None, parts=None, *, by=None, released: bool = False) -> BuildRevision:
    """A draft with a line for each of `parts`: {part: quantity}, or one part of its own."""
    revision = (build or make_build(by=by)).draft_revision(by=by)
    parts = {make_part(): 1} if parts is None else parts
    fill(revision, parts, by=by)
    if released:
        revision.release(by=by)
    return revision


def fill(revision, parts: dict, *, by=None) -> None:
    rows = [row(part, quantity) for part, quantity in parts.items()]
    revision.write({}, rows, by=by, version=revision.version)


def row(part, quantity=1, reference: str = "", note: str = "") -> dict:
    return {"part": part, "quantity": Decimal(quantity), "reference": reference, "note": note}


def xlsx(rows, *, name: str = "list.xlsx", headings=HEADINGS) -> SimpleUploadedFile:
    """A parts list as CAD writes it."""
    book = Workbook()
    for each in (headings, *rows):
        book.active.append(each)
    return saved(book, name)


def saved(book, name: str = "list.xlsx") -> SimpleUploadedFile:
    buffer = io.BytesIO()
    book.save(buffer)
    return SimpleUploadedFile(name, buffer.getvalue())


def text(content: str, name: str = "list.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode())


def faults() -> list:
    """What `manage.py verify` finds wrong in this room."""
    return [fault for rule in RULES for fault in rule.find()]


# --- Production


def make_product(parts: dict | None = None, *, steps=(), sku: str | None = None, **fields):
    """A product with a released bill: {part: quantity for one piece}, one part of its own without it."""
    build = make_build(**({"model_number": sku} if sku else {}) | fields)
    make_revision(build, parts, released=True)
    build.write_test_steps(steps, by=None)
    return build.product


def make_job(parts: dict | None = None, *, by=None, steps=(), product=None, **fields) -> ProductionJob:
    """A planned job for stock; `parts` is the bill of a product of its own."""
    product = product or make_product(parts, steps=steps, kind=Kind.ASSEMBLY)
    job = ProductionJob(**{"part": product} | fields)
    job.save(by=by, reason="create")
    return job


def stocked(quantity=100, *, unit_cost="1", location=None, **fields):
    """A part that lies in stock, at its usual place."""
    location = location or make_location()
    part = make_part(default_location=location, **fields)
    make_stock(part, quantity, location=location, unit_cost=Decimal(unit_cost))
    return part


def released(job, *, by=None, **options):
    job.release(by=by, **options)
    return job


def picked(job, *, by=None, workplace=None):
    """Released, and all that is held for it lies at its workplace."""
    if job.is_planned:
        job.release(by=by)
    if picks := job.suggested_picks():
        job.pick(picks, workplace=workplace or job.workplace or make_location(), by=by)
    return job


def finished(job, *, by=None, location=None):
    """All the way to completed, every test passed."""
    picked(job, by=by)
    job.start(by=by)
    job.test(by=by)
    if checks := list(job.checks.all()):
        job.record_checks(checks, passed=True, by=by)
    job.complete(location=location or make_location(), by=by)
    return job


def make_order_line(part, quantity=1, *, reserve=0, by=None, promised=None, customer=None):
    """A line of a confirmed order, without its PDF; nothing is held for it unless `reserve` says how much."""
    Part.everything.filter(pk=part.pk).update(is_sellable=True)
    order = CustomerOrder(customer=customer or make_customer())
    order.write({}, [{"part": part, "quantity": Decimal(quantity), "unit_price": Decimal(100)}], by=by)
    day = timezone.localdate()
    order.number, order.order_date, order.promised_date = f"AB-T-{next(numbers):04}", day, promised
    order.status = OrderStatus.PENDING
    order.save(by=by, reason="confirm")
    line = order.lines.get()
    if reserve:
        line.reserve(Decimal(reserve), by=by)
        line.refresh_from_db()
    return line
