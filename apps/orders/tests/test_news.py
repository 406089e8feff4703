"""Who is told of quotes and orders, in which language, and who is not."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.notifications.models import Kind, Notification
from apps.orders.models import CustomerOrder
from apps.orders.tasks import tell_of_expiring_quotes, tell_of_late_orders
from apps.orders.tests.factories import (
    make_confirmed,
    make_delivered,
    make_order,
    make_quoted,
    make_sold_part,
    ship,
)
from apps.parts.models import Reference
from apps.parts.tests.factories import make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def german():
    return User.objects.create_user("hans@example.com", "x", role="staff", name="Hans", language="de")


@pytest.fixture
def told():
    """What was said since the last time that somebody asked: [(user, title), ...]."""

    def ask():
        rows = Notification.objects.unread().order_by("id")
        found = [(row.user, row.title) for row in rows]
        rows.mark_read()
        return found

    return ask


def set_date(order, **dates):
    CustomerOrder.everything.filter(pk=order.pk).update(**dates)


def day(offset: int):
    return timezone.localdate() + timedelta(days=offset)


# --- What the verbs tell


def test_a_new_order_that_needs_something_is_told_to_those_who_plan(staff, german, viewer, told):
    part, shelf = make_sold_part(sku="MAN-450"), make_sold_part(stock=5)
    order = make_confirmed((part, "2"), (shelf, 1), by=staff)
    assert told() == [(german, f"{order} ist bestätigt ({order.customer})")]
    line = Notification.objects.get()
    assert (line.kind, line.body, line.url) == (Kind.ORDERS, "MAN-450: 2 fehlen", order.get_absolute_url())


def test_an_order_that_is_all_there_is_told_to_those_who_ship(staff, german, viewer, told):
    order = make_confirmed((make_sold_part(stock=1), 1), by=staff)
    assert told() == [(german, f"{order} ist versandbereit ({order.customer})")]


def test_an_order_that_becomes_ready_is_told_once(staff, manager, told):
    part = make_sold_part()
    order = make_confirmed((part, 2), by=staff)
    told()
    make_stock(part, 2)
    line = order.lines.get()
    line.reserve(1, by=staff)
    assert told() == [], "one is still missing"
    line.record_built(1, by=staff)
    assert told() == [(manager, f"{order} is ready to ship ({order.customer})")]


def test_nobody_is_called_to_ship_what_is_just_leaving(staff, manager, told):
    """While a delivery tells the lines, those that it has not come to yet are neither held nor shipped."""
    parts = [make_sold_part(stock=1) for _n in range(3)]
    order = make_confirmed(*((part, 1) for part in parts), by=staff)
    told()
    first, second, _kept = order.lines.order_by("position")
    for line in (first, second):
        line.issue(1, location=line.part.levels.get().location, reference=Reference.to(order), by=staff)
    first.record_shipped(1, by=staff)
    assert CustomerOrder.objects.get().status == "pending"
    second.record_shipped(1, by=staff)
    assert CustomerOrder.objects.get().status == "ready"
    assert told() == []


def test_a_cancelled_order_is_told_to_planning_and_to_whoever_handles_it(staff, german, manager, told):
    order = make_confirmed(by=staff)
    told()
    order.cancel(by=manager, reason="Budget is gone")
    assert sorted(told(), key=str) == sorted(
        [
            (staff, f"{order} is cancelled ({order.customer})"),
            (german, f"{order} ist storniert ({order.customer})"),
        ],
        key=str,
    )
    assert set(Notification.objects.order_by("-id").values_list("body", flat=True)[:2]) == {"Budget is gone"}


def test_a_cancelled_quote_concerns_only_whoever_wrote_it(staff, german, manager, told):
    quote = make_quoted(by=staff)
    quote.cancel(by=manager, reason="Wrong customer")
    assert told() == [(staff, f"{quote} is cancelled ({quote.customer})")]


def test_the_rest_of_an_order_that_is_closed_short(staff, manager, told):
    order = make_confirmed((make_sold_part(stock=1), 2), by=staff)
    ship(order.lines.get(), 1, by=staff)
    told()
    order.refresh_from_db()
    order.close_short(by=manager, reason="Not needed any more")
    assert told() == [(staff, f"The rest of {order} will not be shipped ({order.customer})")]


def test_what_is_rolled_back_is_told_to_nobody(staff, manager, told):
    order = make_order(by=staff)
    with transaction.atomic():
        order.confirm(by=staff)
        assert [user for user, _title in told()] == [manager]
        transaction.set_rollback(True)
    assert not Notification.objects.exists()


def test_confirming_asks_the_database_the_same_for_few_and_for_many_colleagues(staff, count_queries):
    counts = []
    for number in range(3):
        User.objects.create_user(f"{number}@example.com", "x", role="staff", name=f"Colleague {number}")
        order = make_order(by=staff)
        with count_queries() as queries:
            order.confirm(by=staff)
        counts.append(len(queries))
    assert counts[1] == counts[2]
    assert Notification.objects.count() == 1 + 2 + 3


# --- What the mornings tell


def test_each_handler_is_told_of_their_own_late_orders(staff, manager, german):
    late = [make_confirmed(by=staff) for _n in range(2)]
    for order in late:
        set_date(order, promised_date=day(-1))
    set_date(make_confirmed(by=manager), promised_date=day(0))
    set_date(make_delivered(by=manager), promised_date=day(-1))
    Notification.objects.all().delete()
    tell_of_late_orders(0)
    line = Notification.objects.get()
    assert (line.user, line.title) == (staff, "2 orders are late")
    assert line.url == f"/orders/?due=late&responsible={staff.pk}"
    assert line.body.splitlines() == [f"{order} · {order.customer} · {day(-1)}" for order in late]


def test_the_late_order_of_someone_who_left_is_told_to_those_who_may_end_it(staff, manager, german):
    order = make_confirmed(by=staff)
    set_date(order, promised_date=day(-1))
    User.objects.filter(pk=staff.pk).update(is_active=False)
    Notification.objects.all().delete()
    tell_of_late_orders(0)
    line = Notification.objects.get()
    assert (line.user, line.title, line.url) == (manager, "1 order is late", "/orders/?due=late")


@pytest.mark.parametrize(("offset", "is_told"), [(-1, False), (0, True), (3, True), (4, False)])
def test_a_quote_is_told_of_shortly_before_it_expires(german, offset, is_told):
    quote = make_quoted(by=german)
    set_date(quote, quote_date=day(-10), valid_until=day(offset))
    tell_of_expiring_quotes(0)
    found = list(Notification.objects.values_list("user", "title"))
    assert found == ([(german.pk, "1 Angebot läuft bald ab")] if is_told else [])


def test_an_answered_quote_is_told_to_nobody(german, staff):
    quote = make_quoted(by=german)
    set_date(quote, valid_until=day(1))
    quote.confirm(by=german)
    Notification.objects.all().delete()
    tell_of_expiring_quotes(0)
    assert not Notification.objects.exists()


def test_the_morning_is_mailed_too(run_jobs, german, mailoutbox):
    order = make_confirmed(by=german)
    set_date(order, promised_date=day(-1))
    tell_of_late_orders(0)
    run_jobs()
    (message,) = mailoutbox
    assert (message.to, message.subject) == (["hans@example.com"], "1 Auftrag ist verspätet")


def test_the_lists_that_the_mornings_lead_to_show_these_orders(as_staff, staff):
    late, quote = make_confirmed(by=staff), make_quoted(by=staff)
    set_date(late, promised_date=day(-1))
    set_date(quote, valid_until=day(1))
    Notification.objects.all().delete()
    tell_of_late_orders(0)
    tell_of_expiring_quotes(0)
    for each, order, other in zip(Notification.objects.order_by("id"), (late, quote), (quote, late), strict=True):
        text = as_staff.get(each.url).content.decode()
        assert order.get_absolute_url() in text
        assert other.get_absolute_url() not in text
