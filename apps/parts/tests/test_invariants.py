"""Stock against a model in plain Python: whatever the office does, in whatever order, both say the same."""

from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from apps.parts.models import MovementKind, Part, StockMovement, Unit
from apps.parts.tests.factories import make_location, make_part
from apps.parts.verify import BOUNDS, LEVELS, ON_HAND, RESERVED
from gmtc.errors import Refused
from gmtc.money import unit_price

pytestmark = pytest.mark.django_db

SUMS = [LEVELS, ON_HAND, RESERVED, BOUNDS]
PARTS, PLACES = range(2), range(3)
parts, places = st.sampled_from(PARTS), st.sampled_from(PLACES)
quantities = st.one_of(
    st.integers(1, 12).map(Decimal), st.decimals(Decimal("0.001"), 12, places=3), st.sampled_from([Decimal(0)])
)
costs = st.decimals(0, 50, places=4)


class Shelf:
    """One part, as one would keep it on paper: pieces per place, promises, the average cost."""

    def __init__(self, unit):
        self.is_counted = Unit(unit).is_counted
        self.at = dict.fromkeys(PLACES, Decimal(0))
        self.promises: list[Decimal] = []
        self.average = Decimal(0)

    @property
    def total(self):
        return sum(self.at.values())

    @property
    def free(self):
        return self.total - sum(self.promises)

    def is_quantity(self, quantity):
        return quantity > 0 and (not self.is_counted or quantity % 1 == 0)


class Stock(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        units = [Unit.PIECE, Unit.METRE]
        self.paper = [Shelf(unit) for unit in units]
        self.parts = [make_part(unit=unit) for unit in units]
        self.places = [make_location() for _ in PLACES]
        self.reservations = [[] for _ in PARTS]
        self.movements = 0

    def teardown(self):
        assert [fault for rule in SUMS for fault in rule.find()] == []
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    def attempt(self, verb, *args, allowed: bool, **keywords):
        """Call a verb that paper allows or refuses; the house must say the same."""
        if allowed:
            return verb(*args, by=None, **keywords)
        with pytest.raises(Refused):
            verb(*args, by=None, **keywords)
        return None

    @rule(part=parts, place=places, quantity=quantities, cost=costs)
    def receive(self, part, place, quantity, cost):
        paper = self.paper[part]
        allowed = paper.is_quantity(quantity)
        self.attempt(self.parts[part].receive, quantity, location=self.places[place], unit_cost=cost, allowed=allowed)
        if allowed:
            value = paper.total * paper.average + quantity * cost
            paper.at[place] += quantity
            paper.average = unit_price(value / paper.total)
            self.movements += 1

    @rule(part=parts, place=places, quantity=quantities)
    def issue(self, part, place, quantity):
        paper = self.paper[part]
        allowed = paper.is_quantity(quantity) and quantity <= min(paper.free, paper.at[place])
        self.attempt(self.parts[part].issue, quantity, location=self.places[place], allowed=allowed)
        if allowed:
            paper.at[place] -= quantity
            self.movements += 1

    @rule(part=parts, place=places, quantity=quantities, is_loss=st.booleans())
    def adjust(self, part, place, quantity, is_loss):
        paper = self.paper[part]
        change = -quantity if is_loss else quantity
        allowed = paper.is_quantity(quantity) and (not is_loss or quantity <= min(paper.free, paper.at[place]))
        self.attempt(self.parts[part].adjust, change, location=self.places[place], note="count", allowed=allowed)
        if allowed:
            paper.at[place] += change
            self.movements += 1

    @rule(part=parts, source=places, goal=places, quantity=quantities)
    def transfer(self, part, source, goal, quantity):
        paper = self.paper[part]
        allowed = paper.is_quantity(quantity) and source != goal and quantity <= paper.at[source]
        self.attempt(
            self.parts[part].transfer,
            quantity,
            source=self.places[source],
            target=self.places[goal],
            allowed=allowed,
        )
        if allowed:
            paper.at[source] -= quantity
            paper.at[goal] += quantity
            self.movements += 2

    @rule(part=parts, quantity=quantities)
    def reserve(self, part, quantity):
        paper = self.paper[part]
        allowed = paper.is_quantity(quantity) and quantity <= paper.free
        reservation = self.attempt(self.parts[part].reserve, quantity, allowed=allowed)
        if allowed:
            paper.promises.append(quantity)
            self.reservations[part].append(reservation)

    @rule(part=parts, which=st.integers(0, 5), quantity=st.one_of(st.none(), quantities))
    def release(self, part, which, quantity):
        paper = self.paper[part]
        if which >= len(paper.promises):
            return
        allowed = quantity is None or (paper.is_quantity(quantity) and quantity <= paper.promises[which])
        self.attempt(self.reservations[part][which].release, quantity=quantity, allowed=allowed)
        if allowed:
            paper.promises[which] -= paper.promises[which] if quantity is None else quantity

    @rule(part=parts, place=places, which=st.integers(0, 5), quantity=quantities)
    def issue_reserved(self, part, place, which, quantity):
        paper = self.paper[part]
        if which >= len(paper.promises):
            return
        allowed = paper.is_quantity(quantity) and quantity <= min(paper.promises[which], paper.at[place])
        self.attempt(
            self.parts[part].issue,
            quantity,
            location=self.places[place],
            reservation=self.reservations[part][which],
            kind=MovementKind.PRODUCTION,
            allowed=allowed,
        )
        if allowed:
            paper.promises[which] -= quantity
            paper.at[place] -= quantity
            self.movements += 1

    @invariant()
    def the_house_says_what_the_paper_says(self):
        for part, paper in zip(self.parts, self.paper, strict=True):
            stored = Part.objects.get(pk=part.pk)
            levels = dict(part.levels.values_list("location", "quantity"))
            assert (stored.current_stock, stored.reserved_stock) == (paper.total, sum(paper.promises))
            assert (part.current_stock, stored.free_stock) == (paper.total, paper.free)
            assert stored.average_cost == paper.average
            assert [levels.get(place.pk, 0) for place in self.places] == list(paper.at.values())
        assert StockMovement.objects.count() == self.movements


def test_stock_is_what_paper_says_whatever_is_done():
    run_state_machine_as_test(
        Stock,
        settings=settings(
            max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
