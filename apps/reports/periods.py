"""Pieces of time that people ask about."""

import datetime
from typing import NamedTuple

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _


class Period(NamedTuple):
    """Whole days, both ends included."""

    first: datetime.date
    last: datetime.date

    def __str__(self):
        return f"{date_format(self.first, 'SHORT_DATE_FORMAT')} – {date_format(self.last, 'SHORT_DATE_FORMAT')}"

    def a_year_before(self) -> "Period":
        return Period(a_year_before(self.first), a_year_before(self.last, is_end=True))

    def months(self) -> list[datetime.date]:
        """The first day of each month that it touches."""
        found, day = [], self.first.replace(day=1)
        while day <= self.last:
            found.append(day)
            day = next_month(day)
        return found


class Choice(models.TextChoices):
    THIS_MONTH = "month", _("This month")
    LAST_MONTH = "last_month", _("Last month")
    THIS_QUARTER = "quarter", _("This quarter")
    THIS_YEAR = "year", _("This year")
    LAST_YEAR = "last_year", _("Last year")
    TWELVE_MONTHS = "12_months", _("The last 12 months")
    OWN = "own", _("From … to …")

    def period(self, today: datetime.date) -> Period:
        """Up to today at most, so that the year before is compared as far as this one is."""
        month = today.replace(day=1)
        match self:
            case Choice.THIS_MONTH:
                return Period(month, today)
            case Choice.LAST_MONTH:
                last = month - datetime.timedelta(days=1)
                return Period(last.replace(day=1), last)
            case Choice.THIS_QUARTER:
                return Period(month.replace(month=(today.month - 1) // 3 * 3 + 1), today)
            case Choice.LAST_YEAR:
                return Period(datetime.date(today.year - 1, 1, 1), datetime.date(today.year - 1, 12, 31))
            case Choice.TWELVE_MONTHS:
                return Period(next_month(a_year_before(month)), today)
        return Period(datetime.date(today.year, 1, 1), today)


def next_month(day: datetime.date) -> datetime.date:
    return (day.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)


def end_of_month(day: datetime.date) -> datetime.date:
    return next_month(day) - datetime.timedelta(days=1)


def a_year_before(day: datetime.date, *, is_end: bool = False) -> datetime.date:
    """The same day of the year before; 29 February becomes 28, and as an end 28 February reaches a leap year's 29."""
    if is_end and day == end_of_month(day):
        return end_of_month(day.replace(year=day.year - 1, day=1))
    if (day.month, day.day) == (2, 29):
        return day.replace(year=day.year - 1, day=28)
    return day.replace(year=day.year - 1)
