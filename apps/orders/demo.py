"""A year of sales: two hundred quotes and orders, what was agreed, and what of them came to nothing."""

import random
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from apps.customers.models import Customer
from apps.orders.models import CustomerOrder
from apps.parts import demo as store
from apps.parts.models import Part
from gmtc.demo import Agenda, People, moment, on_workday, workdays

ORDERS = 200
# How an inquiry goes on, and how often. Printers are quoted first; spare parts are mostly ordered outright.
WITH_PRINTERS = {"quoted": 45, "declined": 30, "expired": 20, "cancelled": 5}
SPARES = {"ordered": 70, "quoted": 5, "declined": 15, "expired": 7, "cancelled": 3}
# However the dice fall, these are among the last ones: (what becomes of it, with printers, so many days ago). Their
# spare parts are on the shelf, of printers they want more than there are.
NEWEST = [
    ("ordered", False, 46),
    ("ordered", False, 42),
    ("expired", True, 40),
    ("ordered", False, 39),
    ("ordered", True, 24),
    ("ordered", True, 16),
    ("declined", True, 12),
    ("ordered", True, 9),
    ("cancelled", False, 8),
    ("open", True, 6),
    ("ordered", False, 5),
    ("open", False, 4),
    ("ordered", False, 4),
    ("ordered", True, 3),
    ("ordered", False, 3),
    ("ordered", False, 3),
    ("draft", True, 2),
    ("ordered", False, 2),
    ("draft", False, 1),
    ("ordered", True, 1),
    ("ordered", False, 1),
]
REASONS = {
    "declined": ["Zu teuer, hat sich für einen anderen Hersteller entschieden", "Projekt verschoben auf nächstes Jahr"],
    "cancelled": ["Kunde hat das Budget nicht bekommen", "Doppelt bestellt"],
}
AFTER_LUNCH = 13  # the carrier has left; the shop plans in the morning, what is large is charged at three
SILENCE = "Keine Rückmeldung"
COLOURS = ["RAL 7016 anthrazit", "RAL 9005 tiefschwarz", "RAL 5010 enzianblau"]


def fill(rng: random.Random, today: date, people: People, agenda: Agenda, *, count: int) -> None:
    """Put the year's inquiries on the agenda."""
    Sales(random.Random(rng.random()), today, people, agenda).plan(count)  # noqa: S311 - no secrets


class Sales:
    def __init__(self, rng: random.Random, today: date, people: People, agenda: Agenda):
        self.rng, self.today, self.people, self.agenda = rng, today, people, agenda
        sold = list(Part.objects.sellable().active().order_by("sku"))
        self.printers = [part for part in sold if part.is_serialised]
        self.spares = [part.pk for part in sold if not part.is_serialised]

    def plan(self, count: int) -> None:
        """Business has grown: the later a day, the likelier is an inquiry."""
        days = workdays(self.today - timedelta(days=350), self.today - timedelta(days=1))
        chances = range(100, 90 + len(days))
        for day in sorted(self.rng.choices(days[:-10], weights=chances, k=count - len(NEWEST))):
            has_printers = self.rng.random() < 0.4
            fates = WITH_PRINTERS if has_printers else SPARES
            fate = self.rng.choices([*fates], [*fates.values()])[0]
            self.agenda.at(moment(day, self.rng), self._ask, fate, has_printers)
        for fate, has_printers, back in NEWEST:
            asked = moment(days[-1 - back * 5 // 7], self.rng)
            if back == 1:  # nobody has begun with it
                asked = asked.replace(hour=AFTER_LUNCH)
            self.agenda.at(asked, self._ask, fate, has_printers, True)

    # --- What happens

    def _ask(self, fate: str, has_printers: bool, is_new: bool = False) -> None:
        """A customer asks or orders; how it goes on is decided here."""
        rng, at, now = self.rng, self.agenda.at, timezone.now()
        order = self._write(has_printers, is_new)
        if fate == "draft":
            return
        if fate == "ordered":
            at(now + timedelta(minutes=20), self._confirm, order)
            return
        at(now + timedelta(hours=3), self._quote, order, 14 if fate == "expired" else 30)
        day = timezone.localdate()
        if fate == "expired":  # after two months nobody waits for an answer any more
            at(now + timedelta(days=60), self._decline, order, SILENCE)
        latest = min(18, max((self.today - day).days - 1, 4))
        answered = moment(on_workday(day + timedelta(days=rng.randrange(3, latest))), rng)
        if fate == "declined":
            at(answered, self._decline, order)
        elif fate == "quoted":
            at(answered, self._confirm, order)
        elif fate == "cancelled":  # called off before anything of it is shipped, charged beforehand, or built
            answered = answered.replace(hour=AFTER_LUNCH)
            at(answered, self._confirm, order)
            at(answered + timedelta(minutes=30), self._cancel, order)

    def _write(self, has_printers: bool, is_new: bool) -> CustomerOrder:
        rng, day = self.rng, timezone.localdate()
        known = Customer.objects.filter(is_blocked=False, created_at__lt=timezone.now()).order_by("number")
        customer = rng.choice(known)
        order = CustomerOrder(
            responsible=rng.choice([self.people.manager, *self.people.staff[:1]]),
            contact=customer.primary_contact,
            customer_reference=f"{rng.randrange(4_500_000, 4_600_000)}" if rng.random() < 0.4 else "",
            requested_date=on_workday(day + timedelta(days=rng.choice([28, 42, 56] if has_printers else [5, 10]))),
            shipping_cost=Decimal(rng.choice([89, 149]) if has_printers else rng.choice([0, 6, 12])),
            discount_percent=Decimal(rng.choice([0, 0, 0, 2])),
        )
        order.take_terms_of(customer)
        rows = []
        if has_printers:
            printer, pieces = rng.choice(self.printers), rng.choice([1, 1, 1, 1, 2, 2, 3])
            on_shelf = int(Part.objects.get(pk=printer.pk).free_stock) if is_new else 0
            rows += [self._row(printer, on_shelf + pieces, customer)]
        some = rng.choice([0, 1, 2]) if has_printers else rng.choice([1, 2, 2, 3, 4])
        rows += [self._row(part, rng.choice([1, 1, 2, 5]), customer) for part in self._spares(some, is_new)]
        order.write({}, rows, by=order.responsible)
        return order

    def _spares(self, some: int, is_new: bool) -> list[Part]:
        """Mostly what is on the shelf."""
        spares = list(Part.objects.filter(pk__in=self.spares).order_by("sku"))
        on_shelf = [part for part in spares if part.free_stock >= 5]
        is_lucky = (is_new or self.rng.random() < 0.7) and len(on_shelf) >= some
        return self.rng.sample(on_shelf if is_lucky else spares, some)

    def _row(self, part: Part, quantity: int, customer: Customer) -> dict:
        is_painted = part.is_serialised and self.rng.random() < 0.5
        return {
            "part": part,
            "quantity": Decimal(quantity),
            "discount": customer.discount_percent,
            "customizations": {"Farbe": self.rng.choice(COLOURS)} if is_painted else {},
        }

    def _quote(self, order: CustomerOrder, days: int) -> None:
        order.quote(by=order.responsible, valid_until=timezone.localdate() + timedelta(days=days))

    def _confirm(self, order: CustomerOrder) -> None:
        promised = max(order.requested_date, on_workday(timezone.localdate() + timedelta(days=3)))
        order.confirm(by=order.responsible, promised_date=promised)
        if any(line.missing_quantity for line in self._spares_of(order)):
            come = moment(on_workday(timezone.localdate() + timedelta(days=self.rng.randrange(2, 9))), self.rng)
            self.agenda.at(come, self._fetch, order)

    def _decline(self, order: CustomerOrder, reason: str = "") -> None:
        order.decline(by=order.responsible, reason=reason or self.rng.choice(REASONS["declined"]))

    def _cancel(self, order: CustomerOrder) -> None:
        order.cancel(by=self.people.manager, reason=self.rng.choice(REASONS["cancelled"]))

    def _fetch(self, order: CustomerOrder) -> None:
        """The spare parts that were missing have come, and some for the next customer."""
        order.refresh_from_db()
        missing = {line.part: line.missing_quantity for line in self._spares_of(order) if line.missing_quantity}
        if not missing or not order.is_open:
            return
        store.restock({part: wanted + 10 for part, wanted in missing.items()}, self.rng, by=self.people.staff[1])
        order.reserve(by=order.responsible)

    @staticmethod
    def _spares_of(order: CustomerOrder) -> list:
        lines = list(order.lines.filter(part__is_serialised=False).select_related("part"))
        for line in lines:
            line.order = order
        return lines
