"""Addresses of pages by the names in the rooms' `urls.py`. They are fixed once the process runs.

Django's `reverse` goes through all patterns of a name each time; a list has the address of a record in every row, and
the menus sixty more.
"""

from functools import cache
from uuid import UUID

from django.urls import reverse

ANY = UUID(int=0)


@cache
def address(name: str) -> str:
    return reverse(name)


def address_of(name: str, key) -> str:
    """The page about one record: `address_of("parts:part_detail", part.pk)`."""
    before, after = _around_key(name)
    return f"{before}{key}{after}"


@cache
def _around_key(name: str) -> tuple[str, str]:
    before, after = reverse(name, args=[ANY]).split(str(ANY))
    return before, after
