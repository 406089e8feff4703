"""What the demo data of every room needs: people to act, days to act on, and a calendar on which a year happens.

What is old and of little interest is written in bulk with its dates (`store`), and each record gets the history row
that `Record.save` would have written. Business goes through the verbs: the rooms put what happens on the `Agenda`,
which sets the clock back to each moment. So demo data obeys every rule that the business obeys.
"""

import heapq
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import NamedTuple
from unittest import mock
from uuid import UUID

from django.apps import apps
from django.utils import timezone
from uuid_utils.compat import uuid7

WORK_BEGINS, WORK_ENDS = 7 * 60, 16 * 60


class People(NamedTuple):
    admin: object
    manager: object
    staff: Sequence


def workdays(first: date, last: date) -> list[date]:
    """Monday to Friday from `first` to `last`, both included."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


def on_workday(day: date) -> date:
    """`day`, or the Monday after it."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def moment(day: date, rng: random.Random) -> datetime:
    """Some time of that day when people are at work."""
    minutes, seconds = rng.randrange(WORK_BEGINS, WORK_ENDS), rng.randrange(60)
    return timezone.make_aware(datetime.combine(day, time(minutes // 60, minutes % 60, seconds)))


# --- The calendar


class Agenda:
    """What happens when. Entries run in the order of their time, and may put further ones on the agenda.

    What lies after `end` never happens: so each piece of business stands today where it would stand.
    """

    def __init__(self, end: datetime):
        self.end = end
        self._entries: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, when: datetime, happen: Callable, *args) -> None:
        if when < self.end:
            self._count += 1
            heapq.heappush(self._entries, (when, self._count, partial(happen, *args)))

    def daily(self, days: Iterable[date], at: time, happen: Callable[[date], None]) -> None:
        for day in days:
            self.at(timezone.make_aware(datetime.combine(day, at)), happen, day)

    def run(self, *, tell: Callable[[date], None] = lambda day: None) -> None:
        """Until nothing is left. `tell` hears of the first day of each month on which something happens."""
        clock, month = Clock(), ""
        with turned_back(clock):
            while self._entries:
                when, _count, happen = heapq.heappop(self._entries)
                clock.move_to(when)
                if when.strftime("%Y-%m") != month:
                    month = when.strftime("%Y-%m")
                    tell(when.date())
                happen()


class Clock:
    """Shows a moment of the past. Each new id takes a millisecond, so that ids tell the order as they do today."""

    def __init__(self):
        self._now = datetime.min.replace(tzinfo=UTC)

    def move_to(self, when: datetime) -> None:
        self._now = max(self._now, when)

    def now(self) -> datetime:
        return self._now.astimezone(UTC)

    def new_id(self) -> UUID:
        self._now += timedelta(milliseconds=1)
        return uuid7(nanoseconds=int(self._now.timestamp() * 1_000) * 1_000_000)


@contextmanager
def turned_back(clock: Clock) -> Iterator[None]:
    """Let the verbs called inside believe that it is as late as `clock` shows. Only what the database itself computes
    with its own clock (lists of what is late) still sees the real time."""
    shown = {timezone.now: clock.now, uuid7: clock.new_id}
    turned = [
        (field, shown[field.default])
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if callable(field.default) and field.default in shown
    ]
    with mock.patch.object(timezone, "now", clock.now):
        for field, default in turned:
            field.__dict__["_get_default"] = default  # where Django keeps what it found in `default`
        try:
            yield
        finally:
            for field, _default in turned:
                del field.__dict__["_get_default"]


# --- Writing in bulk


def store(records: Sequence, *, by, when: datetime) -> None:
    """Insert new `records` of one model as `by` made them at `when`."""
    for record in records:
        record.created_at = record.updated_at = record._history_date = when
        record.created_by = record.updated_by = by
    model = type(records[0])
    model.everything.bulk_create(records)
    model.history.bulk_history_create(records, default_user=by, default_change_reason="create")


def store_change(records: Sequence, fields: Iterable[str], *, by, when: datetime) -> None:
    """Write `fields` of stored `records` as `by` changed them at `when`."""
    for record in records:
        record.updated_at = record._history_date = when
        record.updated_by = by
        record.version += 1
    model = type(records[0])
    model.everything.bulk_update(records, [*fields, "updated_at", "updated_by", "version"])
    model.history.bulk_history_create(records, update=True, default_user=by, default_change_reason="edit")
