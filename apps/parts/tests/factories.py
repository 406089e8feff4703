"""Parts, categories and places for tests; each valid as it comes, any field may be given."""

import itertools
from decimal import Decimal

from django.db import connection

from apps.parts.models import Category, Part, StorageLocation
from apps.parts.verify import RULES

numbers = itertools.count(1)


def make_category(*, by=None, **fields) -> Category:
    category = Category(**{"name": f"Category {next(numbers)}"} | fields)
    category.save(by=by, reason="create")
    return category


def make_location(*, by=None, **fields) -> StorageLocation:
    number = next(numbers)
    location = StorageLocation(**{"code": f"B-{number:04}", "name": f"Box {number}"} | fields)
    location.save(by=by, reason="create")
    return location


def make_part(*, by=None, **fields) -> Part:
    number = next(numbers)
    part = Part(**{"sku": f"PART-{number:04}", "name": f"Part {number}"} | fields)
    part.save(by=by, reason="create")
    return part


def make_stock(part: Part, quantity, *, location=None, unit_cost=Decimal("1"), by=None) -> StorageLocation:
    """Receive `quantity` of `part`; returns where it lies now."""
    location = location or make_location()
    part.receive(quantity, location=location, unit_cost=unit_cost, by=by)
    return location


def execute(sql: str, *values) -> int:
    """Run SQL by hand, past every verb; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.rowcount


def faults() -> list:
    """What `manage.py verify` finds wrong in this room."""
    return [fault for rule in RULES for fault in rule.find()]
