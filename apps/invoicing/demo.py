"""Every afternoon what was delivered is invoiced; what becomes of the invoices: paid, late, in parts, cancelled."""

import random
from datetime import date, time, timedelta
from decimal import Decimal

from django.utils import timezone

from apps.customers.models import Customer
from apps.invoicing.models import Invoice, Method
from apps.orders.models import OPEN, CustomerOrder
from apps.parts.models import Unit
from gmtc.demo import Agenda, People, moment, on_workday, workdays

ADVANCE_FROM = Decimal(9_000)  # euros net: of larger orders a part is paid beforehand
CANCELLED = (14, 55)  # which of the invoices had something wrong with them
SERVICES = [
    ("Reparatur Extruder FP24, Düse und Heizpatrone getauscht", Decimal("2.5"), Unit.HOUR, Decimal(85)),
    ("Anfahrt", Decimal(1), Unit.PIECE, Decimal(45)),
]


def fill(rng: random.Random, today: date, people: People, agenda: Agenda) -> None:
    """Put a year of billing on the agenda."""
    Billing(random.Random(rng.random()), today, people, agenda).plan()  # noqa: S311 - no secrets


class Billing:
    def __init__(self, rng: random.Random, today: date, people: People, agenda: Agenda):
        self.rng, self.today, self.people, self.agenda = rng, today, people, agenda
        self.clerk = people.staff[0]
        self.issued = self.discounted = 0
        self.owing = ["a part", "all"]  # what is overdue today, however the dice fall

    def plan(self) -> None:
        days = workdays(self.today - timedelta(days=340), self.today - timedelta(days=1))
        self.last_day = days[-1]
        self.agenda.daily(days, time(15), self._invoice_what_was_delivered)
        self.agenda.daily(days[20::45], time(11), self._repair)

    # --- Invoices

    def _invoice_what_was_delivered(self, day: date) -> None:
        for order in CustomerOrder.objects.to_invoice().order_by("order_date", "number"):
            if (self.rng.random() < 0.7 or day == self.last_day) and Invoice.uninvoiced(order):
                invoice = Invoice.from_order(order, by=self.clerk)
                is_left = day >= self.today - timedelta(days=4)  # the newest lie on the desk as drafts
                if not is_left:
                    self._issue(invoice)
        large = CustomerOrder.objects.filter(status__in=OPEN, net__gte=ADVANCE_FROM, order_date=day)
        for order in large.order_by("number"):
            self._issue(Invoice.advance_for(order, by=self.people.manager, percent=Decimal(30)))

    def _repair(self, day: date) -> None:
        """A service that nobody has ordered in writing."""
        customers = Customer.objects.filter(country="DE", is_blocked=False, created_at__lt=timezone.now())
        invoice = Invoice(responsible=self.clerk, supply_start=day - timedelta(days=1))
        invoice.take_terms_of(self.rng.choice(customers.order_by("number")))
        rows = [
            {
                "description": text,
                "quantity": quantity,
                "unit": unit,
                "unit_price": price,
                "vat_rate": Decimal(0) if invoice.tax.is_untaxed else Decimal(19),
            }
            for text, quantity, unit, price in SERVICES
        ]
        invoice.write({}, rows, by=self.clerk)
        self._issue(invoice)

    def _issue(self, invoice: Invoice) -> None:
        """A draft that is not complete, of a customer without a VAT ID, say, stays one."""
        if any(each.is_blocking for each in invoice.checks()):
            return
        invoice.issue(by=self.clerk)
        self.issued += 1
        if self.issued in CANCELLED:
            self.agenda.at(timezone.now() + timedelta(days=1), self._cancel, invoice)
        else:
            self._expect_payment(invoice)

    def _cancel(self, invoice: Invoice) -> None:
        """The next afternoon finds what it charged again."""
        invoice.cancel(by=self.people.manager, reason="Falsche Rechnungsanschrift")

    # --- Payments

    def _expect_payment(self, invoice: Invoice) -> None:
        """Most pay in time, some early for the cash discount, some late, a few in two parts or not yet at all."""
        if not invoice.open_amount:  # all of it was paid beforehand
            return
        rng, at = self.rng, self.agenda.at
        if self.today - timedelta(days=40) < invoice.due_date < self.today - timedelta(days=5) and self.owing:
            if self.owing.pop() == "a part":
                at(self._banked(invoice.due_date), self._pay_a_part, invoice)
            return
        if invoice.skonto_until and (not self.discounted or rng.random() < 0.6):
            self.discounted += 1
            at(self._banked(invoice.skonto_until - timedelta(days=rng.randrange(1, 4))), self._pay, invoice, True)
            return
        habit = rng.random()
        if habit < 0.78:
            day = max(invoice.due_date - timedelta(days=rng.randrange(0, 8)), invoice.invoice_date)
            at(self._banked(day), self._pay, invoice)
        elif habit < 0.93:
            at(self._banked(invoice.due_date + timedelta(days=rng.randrange(6, 35))), self._pay, invoice)
        elif habit < 0.98:
            at(self._banked(invoice.due_date), self._pay_a_part, invoice)
            at(self._banked(invoice.due_date + timedelta(days=40)), self._pay, invoice)
        elif invoice.due_date < self.today - timedelta(days=60):  # old debts are settled in the end
            at(self._banked(invoice.due_date + timedelta(days=55)), self._pay, invoice)

    def _banked(self, day: date):
        """When the clerk sees it on the account."""
        return max(moment(on_workday(day), self.rng), timezone.now() + timedelta(hours=1))

    def _pay(self, invoice: Invoice, is_early: bool = False) -> None:
        invoice.refresh_from_db()
        if not invoice.open_amount:
            return
        is_early = is_early and timezone.localdate() <= invoice.skonto_until
        amount = invoice.open_amount - (invoice.most_skonto if is_early else 0)
        invoice.record_payment(amount, by=self.clerk, reference=invoice.number, skonto=is_early)

    def _pay_a_part(self, invoice: Invoice) -> None:
        part = (invoice.total / 4).quantize(Decimal(1)) or invoice.total
        invoice.record_payment(part, by=self.clerk, reference="Teilzahlung", method=Method.TRANSFER)
