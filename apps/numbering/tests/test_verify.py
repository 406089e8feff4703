"""What `manage.py verify` says of numbers when somebody has changed the tables by hand."""

import datetime

import pytest
from django.db import connection, transaction

from apps.numbering.models import Key, Series, next_number
from apps.numbering.verify import RULES, gapless
from gmtc.verify import Rule

pytestmark = pytest.mark.django_db
IN_2026 = datetime.date(2026, 5, 1)


class Paper:
    """A room's table of orders and of quotes, which are numbered in two series."""

    class _meta:  # noqa: N801 - the part of a model that the rule reads
        db_table = "paper"


def execute(sql: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def past_guards(sql: str, *values) -> None:
    execute("SET LOCAL session_replication_role = replica")
    execute(sql, *values)
    execute("SET LOCAL session_replication_role = origin")


def faults(rule: Rule) -> list[str]:
    return [f"{fault.record}: {fault.found}, expected {fault.expected}" for fault in rule.find()]


@pytest.fixture
def papers(db):
    """Five orders of 2026, one of 2027, a draft without a number, and a quote."""
    execute("CREATE TEMPORARY TABLE paper (number text, kind text) ON COMMIT DROP")
    with transaction.atomic():
        numbers = [next_number(Key.ORDER, on=IN_2026) for _ in range(5)]
        numbers.append(next_number(Key.ORDER, on=datetime.date(2027, 1, 2)))
        for number in [*numbers, ""]:
            execute("INSERT INTO paper VALUES (%s, 'order')", number)
        execute("INSERT INTO paper VALUES (%s, 'quote')", next_number(Key.QUOTE, on=IN_2026))


ORDERS = gapless(Key.ORDER, Paper, where="kind = 'order'")
QUOTES = gapless(Key.QUOTE, Paper, where="kind = 'quote'")


def test_numbers_as_they_were_given_are_sound(papers):
    assert (faults(ORDERS), faults(QUOTES)) == ([], [])
    assert (ORDERS.count(), QUOTES.count()) == (6, 1)


def test_a_room_without_numbers_is_sound():
    execute("CREATE TEMPORARY TABLE paper (number text, kind text) ON COMMIT DROP")
    assert faults(ORDERS) == []


def test_another_look_of_the_series_does_no_harm_to_older_numbers(papers, admin):
    series = Series.of(Key.ORDER)
    series.revise({"prefix": "AUF", "digits": 6}, by=admin, version=series.version)
    execute("INSERT INTO paper VALUES (%s, 'order')", next_number(Key.ORDER, on=IN_2026))
    assert faults(ORDERS) == []


def test_a_number_that_is_gone_is_named_as_it_looked(papers):
    execute("DELETE FROM paper WHERE number = 'AB-2026-0003'")
    assert faults(ORDERS) == ["AB-2026-0003: missing, expected between 1 and 5"]


def test_the_last_number_that_is_gone_shows_at_the_counter(papers):
    execute("DELETE FROM paper WHERE number = 'AB-2026-0005'")
    assert faults(ORDERS) == ["counter order 2026: 5, expected 4"]


def test_a_year_whose_papers_are_all_gone_shows_at_the_counter(papers):
    execute("DELETE FROM paper WHERE number LIKE 'AB-2027-%%'")
    assert faults(ORDERS) == ["counter order 2027: 1, expected no number"]


def test_a_number_past_the_counter_is_found(papers):
    execute("INSERT INTO paper VALUES ('AB-2026-0006', 'order')")
    assert faults(ORDERS) == ["counter order 2026: 5, expected 6"]


def test_a_number_used_twice_is_found(papers):
    execute("INSERT INTO paper VALUES ('AB-2026-0002', 'order')")
    assert faults(ORDERS) == ["AB-2026-0002: 2 times, expected once"]


@pytest.mark.parametrize("number", ["typed by hand", "AB-2026-", "AB-2026-1-2", "ab-2026-0001"])
def test_a_number_of_another_kind_is_found(papers, number):
    execute("INSERT INTO paper VALUES (%s, 'order')", number)
    assert faults(ORDERS) == [f"{number}: no number of this series, expected as order is numbered"]


def test_a_counter_that_was_put_back_is_found(papers):
    past_guards("UPDATE numbering_counter SET last = 3 WHERE series = 'order' AND year = 2026")
    assert faults(ORDERS) == ["counter order 2026: 3, expected 5"]


def test_a_lost_counter_is_found(papers):
    past_guards("DELETE FROM numbering_counter WHERE series = 'order' AND year = 2026")
    assert faults(ORDERS) == ["counter order 2026: no counter, expected 5"]


# --- The room's own rules


def broken() -> dict[str, list[str]]:
    found = {rule.name: faults(rule) for rule in RULES}
    return {name: rows for name, rows in found.items() if rows}


def test_a_new_database_is_sound():
    assert broken() == {}


def test_a_lost_series_is_found_and_so_is_its_counter(papers):
    past_guards("DELETE FROM numbering_series WHERE key = 'order'")
    assert broken()["Everything that is numbered has its series"] == [
        "series order: missing, expected a series",
        "counter order 2026: of no series, expected a series",
        "counter order 2027: of no series, expected a series",
    ]


def test_a_prefix_changed_by_hand_is_found():
    execute("UPDATE numbering_series SET prefix = 'XX' WHERE key = 'order'")
    (row,) = broken()["Series: the last history row is the record as it stands"]
    assert row.startswith(f"Series {Series.of(Key.ORDER).pk}: version 1, expected as in history row ")


def test_a_counter_that_may_jump_is_found():
    execute("ALTER TABLE numbering_counter DISABLE TRIGGER numbering_counter_only_upwards")
    assert broken() == {
        "Triggers are in place and on": ["trigger numbering_counter_only_upwards: switched off, expected on"]
    }
