"""The calendar of the demo: a year happens in its order, and the clock goes on as before."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from gmtc.demo import Agenda, on_workday, workdays
from gmtc.tests.papers import make_paper
from gmtc.tests.things import Thing

SPRING = datetime(2026, 3, 2, 9, tzinfo=UTC)


def make_agenda() -> Agenda:
    return Agenda(end=SPRING + timedelta(days=30))


def seconds_of(key) -> int:
    """When a UUIDv7 was made."""
    return (key.int >> 80) // 1_000


def test_entries_run_in_the_order_of_their_time_and_see_that_time():
    agenda, seen = make_agenda(), []
    agenda.at(SPRING + timedelta(hours=2), lambda: seen.append(("second", timezone.now())))
    agenda.at(SPRING, lambda: seen.append(("first", timezone.now())))
    agenda.run()
    assert seen == [("first", SPRING), ("second", SPRING + timedelta(hours=2))]


def test_an_entry_puts_others_on_the_agenda_and_what_lies_after_the_end_never_happens():
    agenda, seen = make_agenda(), []

    def grow(day):
        seen.append(day)
        agenda.at(SPRING + timedelta(days=day + 10), grow, day + 10)

    agenda.at(SPRING, grow, 0)
    agenda.run()
    assert seen == [0, 10, 20]


def test_what_happens_at_one_time_happens_in_the_order_in_which_it_was_planned():
    agenda, seen = make_agenda(), []
    for number in range(20):
        agenda.at(SPRING, seen.append, number)
    agenda.run()
    assert seen == list(range(20))


def test_it_tells_of_each_month_once():
    agenda, told = Agenda(end=SPRING + timedelta(days=70)), []
    for days in (0, 1, 35, 36, 66):
        agenda.at(SPRING + timedelta(days=days), lambda: None)
    agenda.run(tell=told.append)
    assert [day.isoformat() for day in told] == ["2026-03-02", "2026-04-06", "2026-05-07"]


@pytest.mark.usefixtures("papers")
def test_records_and_their_history_are_as_old_as_the_moment_and_sorted_by_id(manager):
    agenda, made = make_agenda(), []
    for number in range(3):
        rows = [{"thing": Thing.objects.create(name=f"{number}"), "quantity": Decimal(1)}]
        agenda.at(SPRING - timedelta(days=number), lambda rows=rows: made.append(make_paper(*rows, by=manager)))
    agenda.run()
    days = [SPRING - timedelta(days=back) for back in (2, 1, 0)]
    assert [paper.created_at.replace(microsecond=0) for paper in made] == days
    assert [paper.history.get().history_date.date() for paper in made] == [paper.created_at.date() for paper in made]
    assert made == sorted(made, key=lambda paper: paper.pk)
    assert [seconds_of(paper.pk) for paper in made] == [int(paper.created_at.timestamp()) for paper in made]


def test_afterwards_the_clock_goes_on_even_if_something_failed():
    before = timezone.now()
    agenda = make_agenda()
    agenda.at(SPRING, lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        agenda.run()
    thing = Thing(name="new")
    assert before <= thing.created_at <= timezone.now()
    assert seconds_of(thing.pk) >= int(before.timestamp())


def test_a_weekend_waits_for_monday():
    saturday, monday = date(2026, 11, 28), date(2026, 11, 30)
    assert [on_workday(day) for day in (saturday, monday - timedelta(days=1), monday)] == [monday] * 3
    assert workdays(saturday, monday) == [monday]
