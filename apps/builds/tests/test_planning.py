"""Planning: what is short, against a slow computation that shares no code with it; and carrying it out."""

import datetime
import random
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.builds.models import BuildPart, JobPart, JobStatus, Kind, PrinterBuild, ProductionJob
from apps.builds.planning import Plan
from apps.builds.proposals import Wish
from apps.builds.tests.factories import (
    faults,
    make_build,
    make_job,
    make_order_line,
    make_product,
    make_revision,
    picked,
    stocked,
)
from apps.orders.models import OrderLine
from apps.parts.models import Part, Procurement, Unit
from apps.parts.tests.factories import make_part, make_stock
from apps.suppliers.models import PurchaseOrder, PurchaseOrderLine
from apps.suppliers.tests.factories import make_offer, make_order, make_sent, make_supplier
from gmtc.errors import Refused
from gmtc.testing import race

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
IN_A_MONTH = TODAY + datetime.timedelta(days=30)


def to_buy(plan: Plan) -> dict:
    return {each.part: each.quantity for each in plan.to_buy}


def to_build(plan: Plan) -> dict:
    return {each.part: each.quantity for each in plan.to_build}


def keys(plan: Plan) -> list[str]:
    return [each.key for each in [*plan.to_build, *plan.to_buy]]


# --- What is short


def test_an_order_for_a_printer_wants_a_job_and_the_parts_that_are_not_there(staff):
    screw, rail = stocked(10), make_part()
    product = make_product({screw: 8, rail: 1})
    line = make_order_line(product, 2, promised=IN_A_MONTH)
    plan = Plan()
    (job,) = plan.to_build
    assert (job.part, job.pieces, job.order_line, job.needed_by) == (product, 2, line.pk, IN_A_MONTH)
    assert job.start_by == IN_A_MONTH - datetime.timedelta(days=5)
    assert to_buy(plan) == {screw: 6, rail: 2}
    assert [(source.kind, source.label) for source in job.sources] == [("order", line.order.number)]
    assert [source.label for source in plan.to_buy[0].sources] == [f"{product.sku} · {line.order.number}"]


def test_sub_assemblies_are_built_once_for_all_that_take_them(staff):
    board = make_part()
    head = make_product({board: 2}, kind=Kind.ASSEMBLY)
    one, two = make_product({head: 1}), make_product({head: 2})
    make_order_line(one, 3)
    make_order_line(two, 1)
    plan = Plan()
    assert to_build(plan) == {one: 3, two: 1, head: 5}
    assert to_buy(plan) == {board: 10}


def test_stock_on_any_level_saves_what_is_below_it(staff):
    board = make_part()
    head = make_product({board: 2}, kind=Kind.ASSEMBLY)
    make_stock(head, 3)
    make_order_line(make_product({head: 1}), 4)
    plan = Plan()
    assert to_build(plan)[head] == 1
    assert to_buy(plan) == {board: 2}


def test_what_is_held_ordered_or_being_built_is_not_wanted_again(staff):
    part, spare = make_part(), make_part()
    product = make_product({part: 2})
    line = make_order_line(product, 3)
    make_job(product=product, order_line=line, quantity=2)
    make_sent((part, 3, 1))
    make_order((part, 1, 1))
    make_order_line(spare, 5, reserve=0)
    make_stock(spare, 2)
    plan = Plan()
    assert to_build(plan) == {product: 1}
    assert to_buy(plan) == {part: 2, spare: 3}  # 3 printers take 6; 3 are sent for, 1 stands on a draft


def test_a_released_job_wants_what_it_does_not_hold(staff):
    part = stocked(3)
    job = make_job({part: 5})
    job.release(by=staff, short=True)
    plan = Plan()
    assert to_buy(plan) == {part: 2}
    assert [source.label for source in plan.to_buy[0].sources] == [job.number]
    job.cancel(reason="no", by=staff)
    assert to_buy(Plan()) == {}


def test_what_was_picked_is_not_bought_again(staff):
    part = stocked(5)
    picked(make_job({part: 5}), by=staff)
    assert keys(Plan()) == []


def test_stock_that_is_held_for_others_does_not_count(staff):
    part = stocked(10)
    part.reserve(8, by=staff, note="rush")
    make_order_line(part, 5)
    assert to_buy(Plan()) == {part: 3}


def test_the_order_that_is_due_first_is_served_first(staff):
    part = stocked(4)
    late = make_order_line(part, 3, promised=IN_A_MONTH)
    make_order_line(part, 3, promised=TODAY)
    (row,) = Plan().to_buy
    assert (row.quantity, row.needed_by) == (2, IN_A_MONTH)
    assert [source.label for source in row.sources] == [late.order.number]
    assert to_buy(Plan(order=late.order_id)) == {part: 2}


def test_one_order_is_shown_what_it_needs_while_the_others_compete(staff):
    part, other = stocked(1), make_part()
    first = make_order_line(make_product({part: 1, other: 1}), 1, promised=TODAY)
    second = make_order_line(make_product({part: 1}), 1, promised=IN_A_MONTH)
    assert set(to_buy(Plan(order=first.order_id))) == {other}
    assert set(to_buy(Plan(order=second.order_id))) == {part}
    assert set(to_buy(Plan())) == {part, other}


def test_minimum_stock_is_filled_up_when_asked_for(staff):
    low = make_part(minimum_stock=10, reorder_quantity=50)
    make_stock(low, 4)
    make_part(minimum_stock=10, is_discontinued=True)
    assert keys(Plan()) == []
    plan = Plan(with_minimum=True)
    assert to_buy(plan) == {low: 50}
    assert [source.kind for source in plan.to_buy[0].sources] == ["minimum"]


def test_hours_and_orders_that_are_over_want_nothing(staff):
    make_order_line(make_part(unit=Unit.HOUR), 5)
    line = make_order_line(make_part(), 5)
    line.order.cancel(reason="gone", by=staff)
    assert keys(Plan()) == []


def test_the_job_of_a_cancelled_order_is_a_supply_for_the_next(staff):
    product = make_product({make_part(): 1})
    line = make_order_line(product, 2)
    make_job(product=product, order_line=line, quantity=2)
    line.order.cancel(reason="gone", by=staff)
    make_order_line(product, 3)
    assert to_build(Plan())[product] == 1


def test_a_part_that_we_print_ourselves_gets_a_job_and_a_build_waits_for_its_bill(staff):
    printed = make_part(procurement=Procurement.MAKE)
    unfinished = make_revision().build.product
    make_order_line(make_product({printed: 3, unfinished: 1}), 1)
    found = {each.part: each for each in Plan().to_build}
    assert (found[printed].can_build, found[unfinished].can_build) == (True, False)


def test_the_best_offer_says_how_much_from_whom_and_until_when(staff):
    part = make_part()
    cheap = make_offer(part, price=Decimal("1"), moq=10, pack_size=5, lead_time_days=20, breaks={50: "0.5"})
    make_order_line(part, 12, promised=IN_A_MONTH)
    plan = Plan()
    (row,) = plan.to_buy
    assert (row.offer.supplier_part, row.quantity, row.offer.quantity, plan.value) == (cheap, 12, 15, Decimal("15.00"))
    assert (row.order_by, row.is_late) == (IN_A_MONTH - datetime.timedelta(days=20), False)
    nobody = make_part()
    make_order_line(nobody, 1)
    assert [each.part for each in Plan().without_supplier] == [nobody]


def test_what_cannot_come_in_time_is_late(staff):
    part = make_part()
    make_offer(part, lead_time_days=60)
    make_order_line(make_product({part: 1}), 1, promised=TODAY + datetime.timedelta(days=3))
    plan = Plan()
    assert (plan.to_buy[0].is_late, plan.to_build[0].is_late, plan.late) == (True, True, 2)


# --- Against a computation of its own


def brute_force(with_minimum: bool) -> tuple[dict, dict]:
    """Piece by piece and level by level, straight from the tables. {part: quantity} to build and to buy."""
    supply = {part.pk: part.current_stock - part.reserved_stock for part in Part.objects.all()}
    for line in PurchaseOrderLine.objects.select_related("purchase_order"):
        if line.purchase_order.status in ("draft", "sent", "partial"):
            supply[line.part_id] += max(line.quantity - line.received_quantity, 0)
    wanted = dict.fromkeys(supply, Decimal(0))
    bill = {}
    for build in PrinterBuild.objects.all():
        if current := build.current:
            bill[build.product_id] = {
                line.part_id: line.quantity for line in BuildPart.objects.filter(revision=current)
            }
    jobs = [job for job in ProductionJob.objects.all() if job.status not in ("completed", "cancelled")]
    for line in OrderLine.objects.all():
        building = sum(job.quantity for job in jobs if job.order_line_id == line.pk)
        need = line.missing_quantity - building if line.order.is_open else -Decimal(building)
        if need > 0:
            wanted[line.part_id] += need
        else:
            supply[line.part_id] -= need
    for job in jobs:
        if not job.order_line_id:
            supply[job.part_id] += job.quantity
        if job.status == JobStatus.PLANNED:
            for part, quantity in bill.get(job.part_id, {}).items():
                wanted[part] += quantity * job.quantity
        else:
            for line in JobPart.objects.filter(job=job):
                wanted[line.part_id] += line.quantity - line.replaced_quantity - line.reserved_quantity
    if with_minimum:
        for part in Part.objects.all():
            wanted[part.pk] += part.minimum_stock
    build, buy = {}, {}
    made = {part.pk: part.procurement == Procurement.MAKE for part in Part.objects.all()}
    while True:
        # a part is settled once nothing that is still open can want it
        open_parts = {part for part in wanted if part not in build and part not in buy}
        ready = [
            part
            for part in open_parts
            if not any(part in bill.get(other, {}) for other in open_parts if other != part and made[other])
        ]
        if not ready:
            return {p: q for p, q in build.items() if q}, {p: q for p, q in buy.items() if q}
        for part in ready:
            short = max(wanted[part] - supply[part], Decimal(0))
            if made[part]:
                build[part] = short
                for inside, quantity in bill.get(part, {}).items():
                    wanted[inside] += short * quantity
            else:
                buy[part] = short


@pytest.mark.parametrize("seed", range(25))
def test_the_plan_is_what_a_slow_computation_says(staff, seed):
    rng = random.Random(seed)
    bought = [make_part(minimum_stock=rng.choice([0, 0, 5]), reorder_quantity=0) for _ in range(5)]
    for part in bought:
        if stock := rng.choice([0, 0, 3, 20]):
            make_stock(part, stock)
    made: list[Part] = []
    for _level in range(4):
        parts = rng.sample([*bought, *made], k=min(3, len(bought) + len(made)))
        made.append(make_product({part: rng.randint(1, 4) for part in parts}, kind=Kind.ASSEMBLY))
        if rng.random() < 0.3:
            make_stock(made[-1], rng.randint(1, 3))
    for _ in range(rng.randint(1, 4)):
        promised = rng.choice([None, TODAY + datetime.timedelta(days=rng.randint(1, 60))])
        line = make_order_line(rng.choice([*made, *bought]), rng.randint(1, 5), promised=promised)
        if line.is_made and rng.random() < 0.5:
            make_job(product=line.part, order_line=line, quantity=rng.randint(1, 6))
        if rng.random() < 0.2:
            line.order.cancel(reason="gone", by=staff)
    for _ in range(rng.randint(0, 3)):
        job = make_job(product=rng.choice(made), quantity=rng.randint(1, 4))
        if rng.random() < 0.6:
            job.release(by=staff, short=True)
    for _ in range(rng.randint(0, 3)):
        make_order((rng.choice(bought), rng.randint(1, 20), 1))
    for with_minimum in (False, True):
        plan = Plan(with_minimum=with_minimum)
        found: dict = {}
        for each in plan.to_build:  # one job an order line, so a product may stand there more than once
            found[each.part.pk] = found.get(each.part.pk, 0) + each.quantity
        assert (found, {each.part.pk: each.quantity for each in plan.to_buy}) == brute_force(with_minimum)


# --- Carrying it out


def test_carrying_out_makes_the_jobs_and_drafts_the_orders(staff):
    supplier = make_supplier()
    part, board = make_part(), make_part()
    make_offer(part, supplier, price=Decimal("2"), supplier_sku="S-1")
    make_offer(board, supplier, price=Decimal("3"))
    line = make_order_line(make_product({part: 2, board: 1}), 2, promised=IN_A_MONTH)
    plan = Plan()
    done = plan.carry_out(keys(plan), by=staff)
    (job,), (order,) = done.jobs, done.purchase_orders
    assert (job.order_line, job.quantity, job.due_date, job.responsible, job.status) == (
        line,
        2,
        IN_A_MONTH,
        staff,
        JobStatus.PLANNED,
    )
    assert (order.supplier, order.status, order.ordered_by, order.total) == (supplier, "draft", staff, Decimal("14.00"))
    assert {each.part: (each.quantity, each.supplier_sku) for each in order.lines.all()} == {
        part: (4, "S-1"),
        board: (2, ""),
    }
    assert done.gone == 0
    assert not faults()


def test_pressing_twice_orders_nothing_twice(staff):
    part = make_part()
    make_offer(part)
    head = make_product({part: 3}, kind=Kind.ASSEMBLY)
    make_order_line(make_product({head: 1}), 2)
    plan = Plan()
    chosen = keys(plan)
    plan.carry_out(chosen, by=staff)
    assert keys(Plan()) == []
    again = plan.carry_out(chosen, by=staff)
    assert (again.jobs, again.purchase_orders, again.gone) == ([], [], 3)
    assert (ProductionJob.objects.count(), PurchaseOrder.objects.count()) == (2, 1)


def test_only_what_was_chosen_is_made(staff):
    part, other = make_part(), make_part()
    make_offer(part)
    make_offer(other)
    make_order_line(part, 1)
    make_order_line(other, 1)
    plan = Plan()
    plan.carry_out([f"buy:{part.pk}", "buy:nonsense"], by=staff)
    assert [line.part for line in PurchaseOrderLine.objects.all()] == [part]


def test_a_purchase_joins_the_draft_that_is_there_and_its_line_grows(staff):
    supplier = make_supplier()
    part, other = make_part(), make_part()
    make_offer(part, supplier, price=Decimal("2"), breaks={10: "1.5"})
    make_offer(other, supplier)
    draft = make_order((part, 4, "2"), supplier=supplier)
    make_order_line(part, 12)
    make_order_line(other, 1)
    plan = Plan()
    done = plan.carry_out(keys(plan), by=staff)
    assert [order.pk for order in done.purchase_orders] == [draft.pk]
    lines = {line.part: (line.quantity, line.unit_price) for line in draft.lines.all()}
    assert lines == {part: (12, Decimal("1.5")), other: (1, Decimal("2"))}
    assert keys(Plan()) == []


def test_a_price_that_somebody_typed_stays(staff):
    supplier = make_supplier()
    part = make_part()
    make_offer(part, supplier, price=Decimal("2"), breaks={10: "1.5"})
    draft = make_order((part, 4, "1.8"), supplier=supplier)
    make_order_line(part, 12)
    plan = Plan()
    plan.carry_out(keys(plan), by=staff)
    assert draft.lines.get().unit_price == Decimal("1.8")


def test_what_cannot_be_built_or_bought_is_left_out(staff):
    make_order_line(make_revision().build.product, 1)
    make_order_line(make_part(), 1)
    plan = Plan()
    done = plan.carry_out(keys(plan), by=staff)
    assert (done.jobs, done.purchase_orders, done.gone) == ([], [], 2)


# --- What the planner wants otherwise


def test_fewer_pieces_take_fewer_parts_and_the_rest_is_proposed_again(staff):
    screw = make_part()
    make_offer(screw)
    line = make_order_line(make_product({screw: 8}), 5)
    job, purchase = f"job:{line.pk}", f"buy:{screw.pk}"
    plan = Plan(wishes={job: Wish(Decimal(2))})
    assert (plan.to_build[0].pieces, plan.to_build[0].proposed, to_buy(plan)) == (2, 5, {screw: 16})
    done = plan.carry_out([job, purchase], by=staff)
    assert (done.jobs[0].quantity, PurchaseOrderLine.objects.get().quantity) == (2, 16)
    rest = Plan()
    assert (rest.to_build[0].pieces, to_buy(rest)) == (3, {screw: 24})


def test_a_wished_quantity_comes_in_whole_packages_at_its_own_price(staff):
    part = make_part()
    make_offer(part, price=Decimal("2"), pack_size=50, breaks={500: "1.5"})
    make_order_line(part, 30)
    key = f"buy:{part.pk}"
    (row,) = Plan(wishes={key: Wish(Decimal(501))}).to_buy
    assert (row.quantity, row.proposed, row.offer.quantity, row.offer.value) == (30, 50, 550, Decimal("825.00"))
    Plan(wishes={key: Wish(Decimal(501))}).carry_out([key], by=staff)
    line = PurchaseOrderLine.objects.get()
    assert (line.quantity, line.unit_price) == (550, Decimal("1.5"))
    Plan().carry_out([key], by=staff)
    assert PurchaseOrderLine.objects.get().quantity == 550  # more than enough is on its way


def test_a_wished_quantity_joins_the_line_that_is_there(staff):
    part, supplier = make_part(), make_supplier()
    make_offer(part, supplier)
    make_order((part, 4, "2"), supplier=supplier)
    make_order_line(part, 10)
    key = f"buy:{part.pk}"
    Plan(wishes={key: Wish(Decimal(20))}).carry_out([key], by=staff)
    assert PurchaseOrderLine.objects.get().quantity == 24


def test_another_supplier_is_chosen(staff):
    part = make_part()
    cheap, dear = make_offer(part, price=Decimal(1)), make_offer(part, price=Decimal(2))
    make_order_line(part, 3)
    key = f"buy:{part.pk}"
    assert [each.supplier_part for each in Plan().to_buy[0].offers] == [cheap, dear]
    plan = Plan(wishes={key: Wish(supplier_part=dear.pk)})
    assert [(supplier, value) for supplier, _rows, value in plan.by_supplier()] == [(dear.supplier, 6)]
    done = plan.carry_out([key], by=staff)
    assert [order.supplier for order in done.purchase_orders] == [dear.supplier]


@pytest.mark.parametrize(
    ("pieces", "fault"),
    [("0", "from 1 to 10,000"), ("1.5", "whole number"), ("10001", "from 1 to 10,000"), ("-1", "1")],
)
def test_a_number_of_pieces_that_cannot_be_built_is_said_and_nothing_is_made(staff, pieces, fault):
    part = make_part()
    make_offer(part)
    line = make_order_line(make_product({part: 1}), 3)
    plan = Plan(wishes={f"job:{line.pk}": Wish(Decimal(pieces))})
    assert fault in plan.to_build[0].fault
    assert plan.to_build[0].pieces == 3
    with pytest.raises(Refused, match=line.part.sku):
        plan.carry_out(keys(plan), by=staff)
    assert (ProductionJob.objects.count(), PurchaseOrder.objects.count()) == (0, 0)


def test_more_than_a_job_may_make_is_several_jobs(staff):
    screw = make_part()
    make_offer(screw)
    make_order_line(make_product({screw: 1}), 10_001)
    for pieces in (10_000, 1):
        plan = Plan()
        assert (plan.to_build[0].pieces, to_buy(plan)[screw]) == (pieces, pieces)
        assert [job.quantity for job in plan.carry_out(keys(plan), by=staff).jobs] == [pieces]
    assert keys(Plan()) == []


def test_an_offer_that_is_gone_is_not_replaced_by_another_in_silence(staff):
    part = make_part()
    make_offer(part)
    gone = make_offer(part)
    gone.discard(by=staff)
    make_order_line(part, 3)
    key = f"buy:{part.pk}"
    with pytest.raises(Refused, match="does not offer"):
        Plan(wishes={key: Wish(supplier_part=gone.pk)}).carry_out([key], by=staff)
    assert PurchaseOrder.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_carry_out_the_same_plan_at_once_make_it_once(staff):
    part = make_part()
    make_offer(part)
    make_order_line(make_product({part: 3}), 2)
    plan = Plan()
    chosen = keys(plan)
    results = race(2, lambda _n: Plan().carry_out(chosen, by=staff))
    assert sorted(len(each.jobs) for each in results) == [0, 1]
    assert (ProductionJob.objects.count(), PurchaseOrderLine.objects.get().quantity) == (1, 6)


def test_the_plan_asks_the_database_the_same_number_of_times_whatever_the_number_of_orders(staff, count_queries):
    def cost() -> int:
        with count_queries() as queries:
            Plan()
        return len(queries)

    part = make_part()
    make_offer(part)
    head = make_product({part: 3}, kind=Kind.ASSEMBLY)
    product = make_product({head: 1})
    make_order_line(product, 2)
    make_job(product=product)
    with_one = cost()
    for _ in range(3):
        make_order_line(product, 2)
        make_order_line(make_build().product, 1)
        make_job(product=make_product({part: 1}))
    assert (with_one, cost()) == (11, 11)
