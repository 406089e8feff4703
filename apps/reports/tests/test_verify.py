"""`manage.py verify` finds what went past every guard; here somebody switches the guards off and breaks things."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.deliveries.tests.factories import make_order, make_printers, make_shipped, make_sold, returned
from apps.parts.models import Part
from apps.parts.tests.factories import execute, make_category, make_location, make_part, make_stock
from apps.reports.management.commands.verify import ROOMS

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock(staff):
    """One part with 10 pieces on a shelf, 4 of them reserved, and a category with one below it."""
    category = make_category(name="Screws", parent=make_category(name="Mechanics"))
    part = make_part(sku="SCREW", category=category, by=staff)
    make_stock(part, 10, location=make_location(code="B-14"), by=staff)
    part.reserve(4, by=staff)
    part.revise({"name": "Cap screw"}, by=staff, version=1)
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    return part


def verify() -> tuple[list[str], str]:
    """The names of the broken rules, and all that was printed."""
    out, verdict = StringIO(), None
    try:
        call_command("verify", stdout=out, no_color=True)
    except CommandError as failed:
        verdict = str(failed)
    text = out.getvalue()
    broken = re.findall(r"^  (\S.*?)\s+[\d,]+  [\d,]+ FAULT$", text, re.MULTILINE)
    assert verdict == (f"{len(broken)} rules are broken." if broken else None)
    return broken, text


def break_open(sql: str, *values) -> None:
    """As a superuser would who knows how to silence triggers."""
    execute("SET LOCAL session_replication_role = replica")
    execute(sql, *values)
    execute("SET LOCAL session_replication_role = origin")


def test_a_sound_database_passes_with_a_line_for_each_rule(stock):
    broken, text = verify()
    assert broken == []
    assert text.splitlines()[-1] == "Everything adds up."
    names = [rule.name for rules in ROOMS.values() for rule in rules]
    shown = re.findall(r"^  (\S.*?)\s+[\d,]+  ok$", text, re.MULTILINE)
    assert sorted(shown) == sorted(names)


def test_an_empty_database_passes():
    assert verify()[0] == []


def test_a_level_that_is_not_its_ledger_is_found_with_both_figures(stock):
    break_open("UPDATE parts_stocklevel SET quantity = 12")
    broken, text = verify()
    assert broken == ["Stock at each place is the sum of its movements"]
    assert "      SCREW at B-14: 12.000, expected 10.000\n" in text


def test_a_level_nobody_moved_anything_to_is_found(stock):
    break_open(
        "INSERT INTO parts_stocklevel (id, part_id, location_id, quantity) VALUES (gen_random_uuid(), %s, %s, 3)",
        stock.pk,
        make_location(code="C-1").pk,
    )
    broken, text = verify()
    assert broken == ["Stock at each place is the sum of its movements"]
    assert "SCREW at C-1: 3.000, expected 0" in text


def test_a_removed_movement_is_found(stock):
    break_open("DELETE FROM parts_stockmovement")
    broken, text = verify()
    assert broken == ["Stock at each place is the sum of its movements", "Stock on hand is the sum of the movements"]
    assert "SCREW: 10.000, expected 0" in text


def test_stock_on_hand_that_is_not_the_ledger_is_found(stock):
    break_open("UPDATE parts_part SET current_stock = 11")
    broken, text = verify()
    assert broken == ["Stock on hand is the sum of the movements"]
    assert "SCREW: 11.000, expected 10.000" in text


def test_reserved_stock_that_is_not_the_reservations_is_found(stock):
    break_open("UPDATE parts_part SET reserved_stock = 5")
    broken, text = verify()
    assert broken == ["Reserved stock is the sum of the reservations"]
    assert "SCREW: 5.000, expected 4.000" in text


@pytest.mark.parametrize("quantity", ["-1", "NaN"])
def test_a_negative_stock_is_found_and_so_is_the_missing_constraint(stock, quantity):
    execute("ALTER TABLE parts_stocklevel DROP CONSTRAINT parts_level_quantity")
    break_open("UPDATE parts_stocklevel SET quantity = %s", quantity)
    broken, text = verify()
    assert broken == [
        "Stock at each place is the sum of its movements",
        "Nothing is below zero, and no more is reserved than there is",
        "Constraints are in place",
    ]
    assert "constraint parts_level_quantity: missing or not valid, expected on parts_stocklevel" in text


def test_more_reserved_than_there_is_is_found(stock):
    execute("ALTER TABLE parts_part DROP CONSTRAINT parts_part_reserved_stock")
    break_open("UPDATE parts_part SET reserved_stock = 11")
    broken, text = verify()
    assert "Nothing is below zero, and no more is reserved than there is" in broken
    assert "SCREW: 10.000 on hand, 11.000 reserved, expected 0 <= reserved <= on hand" in text


def test_a_circle_is_found_in_both_trees(stock):
    make_location(code="C-1")
    turns = "SET parent_id = (SELECT other.id FROM {0} other WHERE other.id <> {0}.id)"
    for table in ("parts_category", "parts_storagelocation"):
        break_open(f"UPDATE {table} " + turns.format(table))
    broken, text = verify()
    assert "Category: nothing lies under itself" in broken
    assert "StorageLocation: nothing lies under itself" in broken
    assert text.count(": in a circle, expected under a root") == 4


def test_a_change_past_the_verbs_is_found_because_history_does_not_tell_it(stock):
    break_open("UPDATE parts_part SET unit_price = 99")
    broken, text = verify()
    assert broken == ["Part: the last history row is the record as it stands"]
    assert f"Part {stock.pk}: version 2, expected as in history row " in text


def test_running_columns_need_no_history(stock, staff):
    stock.receive(5, location=make_location(), unit_cost=9, by=staff)
    assert verify()[0] == []


def test_a_removed_history_row_is_found(stock):
    break_open("DELETE FROM parts_historicalpart WHERE version = 1")
    broken, text = verify()
    assert broken == ["Part: each version has its history row"]
    assert f"Part {stock.pk}: 1 history rows, expected 2 history rows" in text


def test_a_record_without_any_history_is_found(stock):
    break_open("DELETE FROM parts_historicalcategory")
    broken, text = verify()
    assert broken == ["Category: each version has its history row"]
    assert "2 FAULT" in text


def test_a_living_part_in_a_category_in_the_trash_is_found(stock):
    Part.objects.get().category.parent.children.update(deleted_at="2026-01-01T00:00Z")
    broken, text = verify()
    assert "Part: nothing alive needs what is in the trash" in broken
    assert "expected a living category" in text


@pytest.mark.parametrize(
    ("sabotage", "rule", "line"),
    [
        (
            "ALTER TABLE parts_stockmovement DISABLE TRIGGER parts_stockmovement_append_only_row",
            "Triggers are in place and on",
            "trigger parts_stockmovement_append_only_row: switched off, expected on",
        ),
        (
            "DROP TRIGGER parts_ledger_adds_up ON parts_stockmovement",
            "Triggers are in place and on",
            "trigger parts_ledger_adds_up: missing, expected on",
        ),
        (
            "ALTER TABLE parts_category ENABLE REPLICA TRIGGER parts_category_no_circle",
            "Triggers are in place and on",
            "trigger parts_category_no_circle: switched off, expected on",
        ),
        (
            "DROP INDEX parts_part_sku",
            "Constraints are in place",
            "constraint parts_part_sku: missing or not valid, expected on parts_part",
        ),
        (
            "ALTER TABLE parts_stocklevel DISABLE TRIGGER ALL",
            "Foreign keys are enforced",
            "switched off or not valid, expected on parts_stocklevel",
        ),
    ],
)
def test_a_guard_that_is_gone_is_found(sabotage, rule, line):
    execute(sabotage)
    broken, text = verify()
    assert rule in broken
    assert line in text


def test_a_missing_number_of_any_paper_is_found(staff):
    printed = make_sold(stock=0, procurement="make", is_serialised=True)
    for _ in range(2):
        order = make_order(confirmed=False, by=staff)
        order.quote(by=staff)
        order.confirm(by=staff)
        delivery = make_shipped(order, by=staff)
        delivery.return_([returned(delivery.lines.get(), 1)], by=staff)
        make_printers(printed, by=staff)
    assert verify()[0] == []
    year = timezone.localdate().year
    for prefix, (table, column) in {
        "AN": ("orders_customerorder", "quote_number"),
        "AB": ("orders_customerorder", "number"),
        "FA": ("builds_productionjob", "number"),
        "FZ": ("builds_printer", "serial"),
        "LS": ("deliveries_delivery", "number"),
        "RS": ("deliveries_deliveryreturn", "number"),
    }.items():
        second, third = (f"{prefix}-{year}-000{count}" for count in (2, 3))
        break_open(f"UPDATE {table} SET {column} = %s WHERE {column} = %s", third, second)  # noqa: S608
        _broken, text = verify()
        assert f"      {second}: missing, expected between 1 and 3\n" in text


def test_many_faults_of_one_rule_are_counted_and_the_first_ones_shown(stock):
    for _ in range(24):
        make_part()
    break_open("UPDATE parts_part SET current_stock = 11")
    _broken, text = verify()
    assert "25 FAULT" in text
    assert "      and 5 more\n" in text
    assert text.count(", expected 0") == 20
