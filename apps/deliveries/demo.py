"""The carriers, and every day what can be shipped: delivered, on its way, to be packed, now and then come back."""

import random
from datetime import date, time, timedelta
from decimal import Decimal

from apps.deliveries.models import Carrier, Condition, Delivery, Returned
from apps.deliveries.proposal import printers_for
from apps.orders.models import CustomerOrder
from gmtc.demo import Agenda, People, moment, on_workday, workdays

CARRIERS = [
    ("DHL", "Paket", "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode={number}"),
    ("UPS", "Standard", "https://www.ups.com/track?loc=de_DE&tracknum={number}"),
    ("DPD", "Classic", "https://tracking.dpd.de/status/de_DE/parcel/{number}"),
    ("GLS", "BusinessParcel", "https://gls-group.com/DE/de/paketverfolgung/?match={number}"),
    ("Spedition Hansa Nord", "Stückgut mit Hebebühne", ""),
]
COLLECTED = "Selbstabholung"

SOME_COME_BACK = (9, 30, 71)  # which of the deliveries
REASONS = ["Falsch bestellt, Kunde tauscht um", "Verpackung beim Transport beschädigt", "Passt nicht zur Maschine"]
SIGNED = ["Empfang", "Fr. Lindner, Wareneingang", "Hr. Özdemir"]


def fill(rng: random.Random, today: date, people: People, agenda: Agenda) -> None:
    """Write the carriers, and put a year of shipping on the agenda."""
    Shipping(random.Random(rng.random()), today, people, agenda).plan()  # noqa: S311 - no secrets


class Shipping:
    def __init__(self, rng: random.Random, today: date, people: People, agenda: Agenda):
        self.rng, self.today, self.people, self.agenda = rng, today, people, agenda
        self.carriers: list[Carrier] = []
        self.shipped = self.last = 0

    def plan(self) -> None:
        days = workdays(self.today - timedelta(days=345), self.today - timedelta(days=1))
        self.agenda.at(moment(days[0], self.rng), self._write_carriers)
        self.agenda.daily(days[1:], time(13), self._ship_what_is_ready)

    def _write_carriers(self) -> None:
        self.carriers = [Carrier(name=name, service=service, tracking_url=url) for name, service, url in CARRIERS]
        for carrier in [*self.carriers, Carrier(name=COLLECTED, is_pickup=True)]:
            carrier.save(by=self.people.manager, reason="create")

    def _ship_what_is_ready(self, day: date) -> None:
        """Whole orders; a part of one only now and then, where the customer cannot wait."""
        for order in CustomerOrder.objects.shippable().order_by("order_date", "number"):
            is_last = day >= self.today - timedelta(days=4)
            is_wanted = is_last and self.last < 2 and order.status == "ready"  # one that is packed, one on its way
            if is_wanted or self.rng.random() < (0.8 if order.status == "ready" else 0.03):
                self._deliver(order, is_last=is_last)

    def _deliver(self, order: CustomerOrder, *, is_last: bool) -> None:
        """Of the last days' deliveries some are on their way today, some lie packed."""
        rng, by = self.rng, self.rng.choice(self.people.staff)
        rows = [
            {"order_line": row.order_line, "quantity": row.quantity, "location": row.location}
            for row in Delivery.propose(order)
        ]
        if not rows:  # it is packed already
            return
        self.last += is_last
        packed_only = is_last and self.last % 2 == 1
        delivery = Delivery.begin(order)
        delivery.write({"internal_notes": "Bitte vor 14 Uhr anliefern." if packed_only else ""}, rows, by=by)
        if packed_only:
            return
        has_printers = any(line.has_serials for line in delivery.lines.select_related("order_line__part"))
        carrier = self.carriers[-1] if has_printers else rng.choice(self.carriers[:-1])
        day = self.today if is_last else delivery.created_at.date()
        arrives = on_workday(day + timedelta(days=rng.choice([1, 2, 2, 3])))
        delivery.ship(
            by=by,
            printers=_printers(delivery),
            expected_on=arrives,
            carrier=carrier,
            tracking_number="".join(rng.choice("0123456789") for _n in range(14)) if carrier.tracking_url else "",
            package_count=rng.choice([1, 1, 2]),
            weight=Decimal(rng.randrange(380, 900) if has_printers else rng.randrange(5, 120)) / 10,
        )
        self.shipped += 1
        self.agenda.at(moment(arrives, rng), self._arrive, delivery)
        if self.shipped in SOME_COME_BACK:
            back = moment(on_workday(arrives + timedelta(days=rng.randrange(5, 15))), rng)
            self.agenda.at(back, self._take_back, delivery)

    def _arrive(self, delivery: Delivery) -> None:
        delivery.deliver(by=self.rng.choice(self.people.staff), received_by=self.rng.choice(SIGNED))

    def _take_back(self, delivery: Delivery) -> None:
        line = delivery.lines.first()
        printers = tuple(each.printer for each in line.printers.all()[:1])
        row = Returned(line, Decimal(1), Condition.GOOD, line.location, self.rng.choice(REASONS), printers)
        delivery.return_([row], by=self.people.manager)


def _printers(delivery: Delivery) -> dict:
    """For each line with serial numbers the first ones that may go."""
    lines = [line for line in delivery.lines.select_related("order_line__part") if line.has_serials]
    offered = printers_for([line.order_line for line in lines])
    return {line.pk: offered[line.order_line_id][: int(line.quantity)] for line in lines}
