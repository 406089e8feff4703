"""The start page: what waits for somebody, and only for those who may see it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.customers.models import Interaction
from apps.customers.tests.factories import make_customer
from apps.deliveries.tests.factories import make_delivery
from apps.invoicing.tests.factories import make_free, make_shipped
from apps.orders.models import CustomerOrder
from apps.parts.tests.factories import make_part
from apps.reports.charts import Columns, Series, short, ticks
from apps.reports.dashboard import panels_for
from apps.suppliers.tests.factories import make_sent

pytestmark = pytest.mark.django_db


def panel(user, title: str):
    return next(each for each in panels_for(user)["waiting"] if each.title == title)


def test_a_new_company_is_told_the_first_steps_until_it_has_an_order(as_manager, manager):
    page = as_manager.get("/")
    steps = page.context["steps"]
    assert [step.is_done for step in steps] == [False] * len(steps)
    make_part()
    done = {step.title: step.is_done for step in panels_for(manager)["steps"]}
    assert done["Bring in the parts"] is True
    assert done["Add customers"] is False
    make_shipped(by=manager)
    assert panels_for(manager)["steps"] is None


def test_each_panel_leads_to_the_list_behind_it(as_manager, manager):
    make_shipped(by=manager)
    make_delivery(by=manager)
    make_part(minimum_stock=5)
    found = as_manager.get("/")
    context = found.context
    urls = [each.url for each in (*context["figures"], *context["waiting"])]
    urls += [each.url for states in context["states"] for each in (states, *states.rows)]
    for url in {*urls, reverse("reports:shortages"), reverse("reports:overview")}:
        assert as_manager.get(url).status_code == 200, url


def test_an_overdue_invoice_says_how_much_and_how_long(manager):
    invoice = make_free((1, "100.00"), by=manager)
    invoice.issue(by=manager, invoice_date=timezone.localdate() - timedelta(days=40))
    overdue = panel(manager, "Overdue invoices")
    assert overdue.count == 1
    [line] = overdue.lines
    assert (line.label, line.when) == (invoice.number, f"€119.00 · {invoice.days_overdue} days")
    invoice.record_payment(by=manager, amount=invoice.total)
    assert panel(manager, "Overdue invoices").lines == []


def test_late_purchase_orders_are_those_whose_goods_are_missing_past_their_date(manager):
    make_sent(expected_delivery_date=timezone.localdate() + timedelta(days=1), by=manager)
    assert panel(manager, "Late purchase orders").count == 0
    late = make_sent(expected_delivery_date=timezone.localdate() - timedelta(days=1), by=manager)
    assert [line.label for line in panel(manager, "Late purchase orders").lines] == [late.number]


def test_what_was_shipped_waits_to_be_invoiced_and_what_is_planned_to_be_packed(manager):
    shipped = make_shipped(by=manager)
    assert [line.label for line in panel(manager, "To be invoiced").lines] == [shipped.number]
    delivery = make_delivery(by=manager)
    assert [line.url for line in panel(manager, "Deliveries to pack").lines] == [delivery.get_absolute_url()]


def test_follow_ups_are_mine_and_due(staff, manager):
    today = timezone.localdate()
    for who, day in ((staff, today), (staff, today + timedelta(days=1)), (manager, today)):
        entry = Interaction(customer=make_customer(), text=f"Call {day}", follow_up_on=day, follow_up_by=who)
        entry.save(by=staff, reason="create")
    assert [line.detail for line in panel(staff, "My follow-ups").lines] == [f"Call {today}"]


def test_a_quote_waits_when_it_expires_within_a_week(manager):
    today = timezone.localdate()

    def quote(days: int) -> CustomerOrder:
        order = CustomerOrder()
        order.take_terms_of(make_customer())
        row = {"part": make_part(is_sellable=True), "quantity": Decimal(1), "unit_price": Decimal(5), "vat_rate": 19}
        order.write({}, [row], by=manager)
        order.quote(by=manager, quote_date=today - timedelta(days=9), valid_until=today + timedelta(days=days))
        return order

    _over, soon, _later = quote(-1), quote(7), quote(8)
    assert [line.label for line in panel(manager, "Quotes about to expire").lines] == [soon.quote_number]


def test_more_than_a_handful_is_counted_and_the_first_ones_are_shown(manager):
    for _ in range(7):
        make_part(minimum_stock=3)
    low = panel(manager, "Below the minimum stock")
    assert (low.count, len(low.lines)) == (7, 5)


def test_everybody_sees_only_what_they_may_open(viewer, django_user_model):
    nobody = django_user_model.objects.create_user("nobody@example.com", "x", name="Nobody")
    nobody.groups.clear()
    nobody = User.objects.get(pk=nobody.pk)
    nobody._perm_cache = {"parts.view_part"}
    context = panels_for(nobody)
    assert context["chart"] is None
    assert context["states"] == []
    assert [each.title for each in context["waiting"]] == ["Below the minimum stock"]
    assert [figure.label for figure in context["figures"]] == ["Stock value", "Low stock"]
    titles = [each.title for each in panels_for(viewer)["waiting"]]
    assert "Overdue invoices" in titles
    assert "To be invoiced" not in titles  # a viewer writes no invoices


def test_the_start_page_takes_the_same_number_of_questions_with_one_and_with_three(as_manager, manager, count_queries):
    counts = []
    for _ in range(3):
        make_shipped(by=manager)
        make_sent(expected_delivery_date=timezone.localdate() - timedelta(days=1), by=manager)
        make_delivery(by=manager)
        make_part(minimum_stock=3)
        with count_queries() as queries:
            as_manager.get("/")
        counts.append(len(queries))
    assert counts[0] == counts[2] == 19, counts


# --- Charts


def test_marks_of_an_axis_are_round_and_reach_around_the_figures():
    assert ticks(Decimal(0), Decimal(100)) == [0, 25, 50, 75, 100]
    assert ticks(Decimal(0), Decimal("43210.55")) == [0, 20_000, 40_000, 60_000]
    assert ticks(Decimal(-30), Decimal(100)) == [-50, 0, 50, 100]
    assert ticks(Decimal(0), Decimal(0)) == [0, 1]


def test_figures_beside_an_axis_are_short():
    assert [short(Decimal(each)) for each in (0, 500, 12_500, 2_000_000, -40_000)] == [
        "0",
        "500",
        "12.5 k",
        "2 m",
        "-40 k",
    ]


def test_a_bar_is_as_high_as_its_value_and_one_below_nothing_hangs_from_the_line():
    chart = Columns("Sales", ["Jan", "Feb"], [Series("net", [Decimal(100), Decimal(-50)])])
    drawing = chart.wide
    up, down = drawing.bars
    assert up.height == pytest.approx(2 * down.height, abs=0.2)
    assert up.y + up.height == pytest.approx(drawing.zero)
    assert down.y == pytest.approx(drawing.zero)
    assert up.text == "Jan · net: €100.00"


def test_names_that_have_no_room_are_left_out_on_a_phone():
    names = [f"Month {n}" for n in range(12)]
    chart = Columns("Sales", names, [Series("net", [Decimal(n) for n in range(12)])])
    assert len(chart.wide.labels) == 12
    assert len(chart.narrow.labels) < 12
    assert [row[0] for row in chart.rows] == names
