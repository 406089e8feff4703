"""What the shop has done lately: sub-assemblies built ahead, printers for the orders in every state, one job too many.

Everything goes through the verbs, in the order in which people do it; what is missing for a job comes by express.
"""

import random
from datetime import date, timedelta
from decimal import Decimal

from apps.builds.models import (
    ExtraKind,
    JobStatus,
    Kind,
    PrinterBuild,
    Priority,
    ProductionJob,
)
from apps.orders.models import OrderLine
from apps.parts.models import Part, StorageLocation
from gmtc.demo import People

TESTS = {
    "FP24-PRINTHEAD": ["Heizt auf 300 °C in 4 min", "Extruder fördert 50 mm genau"],
    "FP24-CONTROL": ["Schutzleiter unter 0,3 Ω", "Isolation über 1 MΩ", "Firmware aufgespielt"],
    Kind.PRINTER: [
        "Achsen rechtwinklig, unter 0,1 mm auf 300 mm",
        "Druckbett eben, unter 0,05 mm",
        "Heizt auf: Bett 110 °C, Düse 300 °C",
        "Testwürfel 20 mm maßhaltig",
        "24 h Dauerlauf ohne Fehler",
        "Elektrische Prüfung nach DGUV V3",
        "Sauber, Zubehör vollständig",
    ],
}
AHEAD = {
    "FP24-TOOLBOARD": 12,
    "FP24-PRINTHEAD": 8,
    "FP24-GANTRY": 5,
    "FP242-GANTRY": 2,
    "FP24-ZDRIVE": 6,
    "FP24-CONTROL": 6,
}
# What has become of the printers on the orders, the oldest order first.
FATES = "completed completed testing in_production released".split()
WORKPLACES = ("H2-T1", "H2-T2", "H2-T3")


def fill(rng: random.Random, today: date, people: People) -> None:
    """Write the jobs and their printers; the orders are those of the rooms below."""
    rng = random.Random(rng.random())  # noqa: S311 - so that rooms above see the same numbers whatever is drawn here
    places = [StorageLocation.objects.get(code=code) for code in WORKPLACES]
    builds = {build.model_number: build for build in PrinterBuild.objects.select_related("product")}
    for build in builds.values():
        steps = TESTS.get(build.model_number) or TESTS.get(build.kind)
        if steps:
            build.write_test_steps(steps, by=people.manager)
    for model, quantity in AHEAD.items():
        job = _job(builds[model].product, quantity, today - timedelta(days=20), people, rng)
        _advance(job, JobStatus.COMPLETED, rng.choice(places), rng, people)
    lines = OrderLine.objects.filter(order__status="pending", part__is_serialised=True, reserved_quantity=0)
    lines = list(lines.select_related("part", "order").order_by("order__order_date", "order__number"))
    for fate, line in zip(FATES, lines, strict=False):
        due = line.order.promised_date or today + timedelta(days=21)
        job = _job(line.part, int(line.quantity), due, people, rng, order_line=line)
        _advance(job, fate, rng.choice(places), rng, people)
    stock = _job(builds["FP24"].product, 2, today - timedelta(days=4), people, rng)
    _advance(stock, JobStatus.COMPLETED, places[0], rng, people)
    _advance(
        _job(builds["FP24-PRINTHEAD"].product, 4, today + timedelta(days=6), people, rng), "released", None, rng, people
    )
    _job(builds["FP24-ZDRIVE"].product, 3, today + timedelta(days=12), people, rng)
    _job(Part.objects.get(sku=builds["FP24.R"].product.sku), 1, today + timedelta(days=30), people, rng)
    gone = _job(builds["FP242"].product, 1, today - timedelta(days=2), people, rng)
    gone.cancel(reason="Messe abgesagt, Vorführgerät wird nicht gebraucht", by=people.manager)


def _job(product, quantity, due, people, rng, order_line=None) -> ProductionJob:
    job = ProductionJob(
        part=product,
        quantity=quantity,
        due_date=due,
        order_line=order_line,
        priority=rng.choice([Priority.NORMAL, Priority.NORMAL, Priority.HIGH]),
        responsible=rng.choice(people.staff),
    )
    job.save(by=people.manager, reason="plan" if order_line else "create")
    return job


def _advance(job, fate: str, place, rng, people) -> None:
    by = job.responsible
    if fate == JobStatus.RELEASED:  # with what is there
        job.release(by=by, short=True)
        return
    _supply(job, people)
    job.release(by=by)
    job.pick(job.suggested_picks(), workplace=place, by=by)
    job.start(by=by)
    if fate == JobStatus.PRODUCTION:
        return
    if rng.random() < 0.4:
        _break_one(job, rng, by)
    checks = list(job.checks.all())
    if checks:
        job.test(by=by)
    if fate == JobStatus.TESTING:
        job.record_checks(checks[:4], passed=True, by=by)
        job.record_checks(checks[4:5], passed=False, note="Nach 9 h Schichtversatz, Riemen nachgespannt", by=by)
        return
    if checks:
        job.record_checks(checks, passed=True, by=by)
    job.complete(location=job.part.default_location or place, by=by)


def _supply(job, people) -> None:
    """What would be missing comes by express, at its average cost."""
    for part, needed, free in job.would_miss():
        part.receive(
            needed - free,
            location=part.default_location,
            unit_cost=part.average_cost or Decimal(5),
            note="Express delivery",
            by=people.staff[0],
        )
    job.revision = None  # only looked at


def _break_one(job, rng, by) -> None:
    """A bought part breaks while it is built in, where there is another one."""
    lines = [line for line in job.lines.stocked().select_related("part__default_location") if line.quantity >= 4]
    for line in rng.sample(lines, len(lines)):
        place = line.part.default_location
        if place and line.part.free_stock >= 1 and line.part.stock_at(place) >= 1 and place != job.workplace:
            job.use_extra(line.part, 1, location=place, reason="Beim Einbau überdreht", kind=ExtraKind.SCRAP, by=by)
            return
