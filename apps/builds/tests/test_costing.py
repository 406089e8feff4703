"""What a bill takes and costs, with sub-assemblies taken apart."""

from decimal import Decimal

import pytest

from apps.builds.bills import Bills
from apps.builds.costing import Costing, Source, cost_of
from apps.builds.models import Kind
from apps.builds.tests.factories import make_build, make_revision
from apps.parts.tests.factories import make_part, make_stock
from apps.suppliers.tests.factories import make_offer

pytestmark = pytest.mark.django_db


def bought(cost, **fields):
    part = make_part(**fields)
    make_stock(part, 1, unit_cost=Decimal(cost))
    part.refresh_from_db()
    return part


def assembly(parts: dict):
    build = make_build(kind=Kind.ASSEMBLY)
    make_revision(build, parts, released=True)
    return build


def nested():
    """Printer = 2 gantries + 10 screws; gantry = 2 carriages + 4 screws; carriage = 8 screws + 1 rail."""
    screw, rail = bought("0.05", sku="SCREW", weight=Decimal("0.002")), bought("20", sku="RAIL", weight=Decimal("0.5"))
    carriage = assembly({screw: 8, rail: 1})
    gantry = assembly({carriage.product: 2, screw: 4})
    printer = make_revision(make_build(), {gantry.product: 2, screw: 10})
    return printer, screw, rail, gantry


def test_taking_apart_multiplies_down_to_the_leaves():
    printer, screw, rail, _gantry = nested()
    assert printer.explode() == {rail: 4, screw: 2 * (2 * 8 + 4) + 10}
    assert printer.explode(3) == {rail: 12, screw: 150}
    assert Bills([printer.pk]).depth(printer.pk) == 2


def test_an_unreleased_sub_assembly_counts_as_one_part():
    inner = make_build(kind=Kind.ASSEMBLY)
    make_revision(inner, {make_part(): 1})
    revision = make_revision(make_build(), {inner.product: 3})
    assert revision.explode() == {inner.product: 3}


def test_costs_and_weights_roll_up():
    printer, _screw, _rail, gantry = nested()
    cost = cost_of(printer)
    assert cost.total == 4 * 20 + 50 * Decimal("0.05")
    assert cost.weight == 4 * Decimal("0.5") + 50 * Decimal("0.002")
    assert [(each.line.part, each.source, each.unit_cost) for each in cost.lines] == [
        (gantry.product, Source.BILL, 40 + 20 * Decimal("0.05")),
        (printer.lines.last().part, Source.AVERAGE, Decimal("0.05")),
    ]
    assert sum(each.total for each in cost.lines) == cost.total
    assert cost.is_complete


def test_without_stock_the_best_offer_counts_and_what_has_no_cost_is_named():
    offered, unknown = make_part(sku="OFFERED"), make_part(sku="UNKNOWN")
    make_offer(part=offered, price=Decimal("7.5"))
    cost = cost_of(make_revision(parts={offered: 2, unknown: 1}))
    assert cost.total == 15
    assert cost.missing == (unknown,)
    assert [each.source for each in cost.lines] == [Source.OFFER, Source.MISSING]


def test_a_long_nested_bill_takes_as_many_queries_as_a_short_one(count_queries):
    def queries(revision) -> int:
        with count_queries() as found:
            cost_of(revision)
        return len(found)

    short = make_revision(parts={make_part(): 1})
    inner = assembly({make_part(): 1 for _ in range(20)})
    middle = assembly({inner.product: 2} | {make_part(): 1 for _ in range(20)})
    long = make_revision(parts={middle.product: 1} | {make_part(): 1 for _ in range(40)})
    assert queries(short) == queries(long) <= 5


def test_many_revisions_are_costed_together(count_queries):
    revisions = [make_revision(parts={bought("2"): number}, released=True) for number in (1, 2, 3)]
    with count_queries() as found:
        costing = Costing([each.pk for each in revisions])
        assert [costing.of(each.pk).total for each in revisions] == [2, 4, 6]
    assert len(found) <= 4
