"""Numbers are unique and without gaps, whatever happens at the same moment."""

import datetime
import random
import threading
import time

import pytest
from django.db import DatabaseError, connection, transaction

from apps.numbering.models import DEFAULTS, Counter, Key, NotInTransaction, Series, next_number
from gmtc.errors import Refused
from gmtc.testing import race

DAY = datetime.date(2026, 11, 22)
THREADS = 20


@pytest.mark.django_db
def test_the_first_numbers_look_as_the_trade_writes_them():
    assert next_number("invoice", on=DAY) == "RE-2026-0001"
    assert next_number("invoice", on=DAY) == "RE-2026-0002"
    assert next_number("quote", on=DAY) == "AN-2026-0001"
    assert next_number("customer", on=DAY) == "K-10001"
    assert next_number("supplier", on=DAY) == "L-70001"
    assert next_number("printer", on=DAY) == "FZ-2026-0001"


@pytest.mark.django_db
def test_every_kind_has_a_series_of_its_own():
    numbers = [next_number(key, on=DAY) for key in Key]
    assert len(set(numbers)) == len(Key) == len(DEFAULTS)


@pytest.mark.django_db
def test_the_count_starts_anew_each_year_where_the_series_has_the_year():
    next_number("invoice", on=DAY)
    next_number("customer", on=DAY)
    assert next_number("invoice", on=datetime.date(2027, 1, 1)) == "RE-2027-0001"
    assert next_number("customer", on=datetime.date(2027, 1, 1)) == "K-10002"
    assert next_number("invoice", on=DAY) == "RE-2026-0002"


@pytest.mark.django_db
def test_a_number_that_was_rolled_back_goes_to_the_next():
    next_number("invoice", on=DAY)
    with transaction.atomic():
        assert next_number("invoice", on=DAY) == "RE-2026-0002"
        transaction.set_rollback(True)
    assert next_number("invoice", on=DAY) == "RE-2026-0002"


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_no_number_is_given():
    with pytest.raises(NotInTransaction):
        next_number("invoice", on=DAY)
    assert not Counter.objects.exists()


@pytest.mark.django_db
def test_an_unknown_series_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="nonsense"):
        next_number("nonsense", on=DAY)


@pytest.mark.django_db
def test_asking_what_comes_next_gives_nothing_away():
    series = Series.of("invoice")
    assert series.upcoming(DAY) == series.upcoming(DAY) == "RE-2026-0001"
    next_number("invoice", on=DAY)
    assert series.upcoming(DAY) == "RE-2026-0002"
    assert {each.key: number for each, number in Series.with_upcoming(DAY)}["invoice"] == "RE-2026-0002"


@pytest.mark.django_db
def test_a_new_format_goes_on_counting(admin):
    next_number("invoice", on=DAY)
    series = Series.of("invoice")
    series.revise({"prefix": "R", "digits": 6}, by=admin, version=series.version)
    assert next_number("invoice", on=DAY) == "R-2026-000002"
    assert series.history.first().history_user == admin


@pytest.mark.django_db
def test_the_first_number_counts_only_for_a_year_without_one(admin):
    series = Series.of("invoice")
    series.revise({"first": 451}, by=admin, version=series.version)
    assert next_number("invoice", on=DAY) == "RE-2026-0451"
    series.revise({"first": 1}, by=admin, version=series.version)
    assert next_number("invoice", on=DAY) == "RE-2026-0452"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE numbering_counter SET last = last + 2",
        "UPDATE numbering_counter SET last = last - 1",
        "UPDATE numbering_counter SET year = 2027, last = last + 1",
        "DELETE FROM numbering_counter",
        "TRUNCATE numbering_counter",
    ],
)
def test_the_database_refuses_a_counter_that_jumps(statement):
    next_number("invoice", on=DAY)
    with (
        pytest.raises(DatabaseError, match="counts upwards by one"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db
def test_a_series_cannot_be_deleted(admin):
    with pytest.raises(Refused):
        Series.of("invoice").discard(by=admin)


def run_threads(give) -> list[str]:
    """Twenty threads start together, each takes five numbers; every third transaction is rolled back."""
    kept: list[str] = []
    lock = threading.Lock()

    def act(i: int):
        for turn in range(5):
            try:
                with transaction.atomic():
                    number = give()
                    time.sleep(random.random() / 200)
                    if (i + turn) % 3 == 0:
                        raise RuntimeError("rolled back")
            except RuntimeError:
                continue
            with lock:
                kept.append(number)

    failures = [result for result in race(THREADS, act) if result is not None]
    assert failures == []
    return sorted(kept)


def expected(count: int) -> list[str]:
    return [f"RE-2026-{n:04}" for n in range(1, count + 1)]


@pytest.mark.django_db(transaction=True)
def test_twenty_threads_some_rolling_back_leave_no_gap_and_no_duplicate():
    kept = run_threads(lambda: next_number("invoice", on=DAY))
    rolled_back = sum((i + turn) % 3 == 0 for i in range(THREADS) for turn in range(5))
    assert kept == expected(THREADS * 5 - rolled_back)


@pytest.mark.django_db(transaction=True)
def test_counting_without_the_lock_would_give_numbers_twice():
    """The negative control: read, add one, write, as it is usually done."""
    taken: list[int] = []

    def careless() -> str:
        number = max(taken, default=0) + 1
        time.sleep(0.002)
        taken.append(number)
        return f"RE-2026-{number:04}"

    kept = run_threads(careless)
    assert kept != expected(len(kept))
