"""What the shop does in a year: sub-assemblies ahead of need, printers for the orders, now and then one for stock.

Every morning the planner looks at the orders; a job then takes its days through the shop. What is missing for it is
built or comes by express.
"""

import random
from datetime import date, time, timedelta

from django.utils import timezone

from apps.builds.models import ExtraKind, JobStatus, Kind, PrinterBuild, Priority, ProductionJob
from apps.orders.models import OPEN, OrderLine
from apps.parts import demo as store
from apps.parts.models import Part, StorageLocation
from gmtc.demo import Agenda, People, moment, on_workday, workdays

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
# How many of a sub-assembly are built at once.
LOTS = {
    "FP24-TOOLBOARD": 24,
    "FP24-PRINTHEAD": 16,
    "FP24-GANTRY": 12,
    "FP242-GANTRY": 5,
    "FP24-ZDRIVE": 15,
    "FP24-CONTROL": 12,
}
FOR_STOCK = {300: ("FP24", 2), 160: ("FP24.R", 1), 30: ("FP24", 2)}  # so many days ago
WORKPLACES = ("H2-T1", "H2-T2", "H2-T3")


def fill(rng: random.Random, today: date, people: People, agenda: Agenda) -> None:
    """Put the shop's year on the agenda; the orders are those of the rooms below."""
    Shop(random.Random(rng.random()), today, people, agenda).plan()  # noqa: S311 - no secrets


class Shop:
    def __init__(self, rng: random.Random, today: date, people: People, agenda: Agenda):
        self.rng, self.today, self.people, self.agenda = rng, today, people, agenda
        self.places = [StorageLocation.objects.get(code=code) for code in WORKPLACES]
        self.builds = {build.model_number: build for build in PrinterBuild.objects.select_related("product")}

    def plan(self) -> None:
        days = workdays(self.today - timedelta(days=340), self.today - timedelta(days=1))
        self.agenda.at(moment(days[0], self.rng), self._write_tests)
        self.agenda.daily(days[1:], time(8), self._look_at_orders)
        for back, (model, quantity) in FOR_STOCK.items():
            day = on_workday(self.today - timedelta(days=back))
            self.agenda.at(moment(day, self.rng), self._begin, self.builds[model].product, quantity)
        self.agenda.at(self.agenda.end - timedelta(minutes=1), self._what_waits)

    def _write_tests(self) -> None:
        for build in self.builds.values():
            if steps := TESTS.get(build.model_number) or TESTS.get(build.kind):
                build.write_test_steps(steps, by=self.people.manager)

    def _look_at_orders(self, day: date) -> None:
        planned = ProductionJob.objects.exclude(status=JobStatus.CANCELLED).values("order_line")
        lines = OrderLine.objects.filter(order__status__in=OPEN, part__is_serialised=True)
        lines = lines.exclude(pk__in=planned.filter(order_line__isnull=False)).select_related("part", "order")
        for line in lines.order_by("order__number", "position"):
            if missing := int(line.missing_quantity):
                self._begin(line.part, missing, line)

    def _begin(self, product: Part, quantity: int, line: OrderLine | None = None) -> None:
        """A new job and its way through the shop."""
        rng = self.rng
        due = line.order.promised_date if line else None
        job = self._job(product, quantity, due or timezone.localdate() + timedelta(days=21), line)
        place = rng.choice(self.places)
        day = timezone.localdate()
        for step, longest in ((self._release, 6), (self._start, 2), (self._test, 4), (self._complete, 3)):
            day = on_workday(day + timedelta(days=rng.randrange(1, longest + 1)))
            self.agenda.at(moment(day, rng), step, job, place)

    def _job(self, product: Part, quantity: int, due: date, line: OrderLine | None = None) -> ProductionJob:
        job = ProductionJob(
            part=product,
            quantity=quantity,
            due_date=due,
            order_line=line,
            priority=self.rng.choice([Priority.NORMAL, Priority.NORMAL, Priority.HIGH]),
            responsible=self.rng.choice(self.people.staff),
        )
        job.save(by=self.people.manager, reason="plan" if line else "create")
        return job

    # --- The way of a job

    def _release(self, job: ProductionJob, place) -> None:
        self._supply(job, place)
        job.release(by=job.responsible)

    def _start(self, job: ProductionJob, place) -> None:
        job.pick(job.suggested_picks(), workplace=place, by=job.responsible)
        job.start(by=job.responsible)

    def _test(self, job: ProductionJob, place) -> None:
        if self.rng.random() < 0.3:
            self._break_one(job)
        checks = list(job.checks.all())
        if not checks:
            return
        job.test(by=job.responsible)
        done = self.rng.randrange(2, 5)
        job.record_checks(checks[:done], passed=True, by=job.responsible)
        if len(checks) > done and self.rng.random() < 0.25:
            found = "Nach 9 h Schichtversatz, Riemen nachgespannt"
            job.record_checks(checks[done : done + 1], passed=False, note=found, by=job.responsible)

    def _complete(self, job: ProductionJob, place) -> None:
        if checks := list(job.checks.all()):
            job.record_checks(checks, passed=True, by=job.responsible)
        job.complete(location=job.part.default_location or place, by=job.responsible)

    def _supply(self, job: ProductionJob, place) -> None:
        """Sub-assemblies that are missing are built right away, a whole lot; the rest comes by express."""
        wanted = {}
        for part, needed, free in job.would_miss():
            if part.sku in LOTS:
                inside = self._job(part, max(LOTS[part.sku], int(needed - free)), timezone.localdate())
                for step in (self._release, self._start, self._test, self._complete):
                    step(inside, place)
            else:
                wanted[part] = max(needed - free, part.reorder_quantity)
        if wanted:
            store.restock(wanted, self.rng, by=self.people.staff[0])
        job.revision = None  # only looked at

    def _break_one(self, job: ProductionJob) -> None:
        """A bought part breaks while it is built in, where there is another one."""
        lines = [line for line in job.lines.stocked().select_related("part__default_location") if line.quantity >= 4]
        for line in self.rng.sample(lines, min(len(lines), 3)):
            place = line.part.default_location
            if place and place != job.workplace and min(line.part.free_stock, line.part.stock_at(place)) >= 1:
                reason = "Beim Einbau überdreht"
                job.use_extra(line.part, 1, location=place, reason=reason, kind=ExtraKind.SCRAP, by=job.responsible)
                return

    def _what_waits(self) -> None:
        """What is in the shop today, one of each, and what lies on the planner's desk."""
        place = self.places[1]
        product = {model: build.product for model, build in self.builds.items()}
        short = self._job(product["FP242"], 2, self.today + timedelta(days=9))
        short.release(by=short.responsible, short=True)
        self._job(product["FP24-ZDRIVE"], 3, self.today + timedelta(days=12))
        self._job(product["FP24.R"], 1, self.today + timedelta(days=30))
        gone = self._job(product["FP242"], 1, self.today - timedelta(days=2))
        gone.cancel(reason="Messe abgesagt, Vorführgerät wird nicht gebraucht", by=self.people.manager)
        late = self._job(product["FP24-PRINTHEAD"], 4, self.today - timedelta(days=2))
        tested = self._job(product["FP24-CONTROL"], 2, self.today + timedelta(days=4))
        for job in (late, tested):
            self._release(job, place)
            self._start(job, place)
        self._test(tested, place)
        oldest = ProductionJob.objects.open().filter(order_line__isnull=False).order_by("pk").first()
        if oldest and oldest.status == JobStatus.PLANNED:
            self._release(oldest, place)
        if oldest and oldest.status == JobStatus.RELEASED:
            self._start(oldest, place)
