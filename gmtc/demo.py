"""What the demo data of every room needs: people to act, days to act on, records that look as if made back then.

Verbs stamp the present; a year of business is written in bulk instead, with its dates, and each record gets the history
row that `Record.save` would have written.
"""

import random
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.utils import timezone

WORK_BEGINS, WORK_ENDS = 7 * 60, 16 * 60


class People(NamedTuple):
    admin: object
    manager: object
    staff: Sequence


def workdays(first: date, last: date) -> list[date]:
    """Monday to Friday from `first` to `last`, both included."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


def moment(day: date, rng: random.Random) -> datetime:
    """Some time of that day when people are at work."""
    minutes, seconds = rng.randrange(WORK_BEGINS, WORK_ENDS), rng.randrange(60)
    return timezone.make_aware(datetime.combine(day, time(minutes // 60, minutes % 60, seconds)))


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
