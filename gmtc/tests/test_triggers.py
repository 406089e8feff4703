"""Our invariants in PostgreSQL itself, attacked by hand."""

import threading

import pytest
from django.db import IntegrityError, transaction

from gmtc.testing import race
from gmtc.tests.things import Thing, execute, make_thing
from gmtc.triggers import AppendOnly, LegalMoves, NoCircle


def move_under(thing, parent) -> None:
    execute("UPDATE gmtc_thing SET parent_id = %s WHERE id = %s", parent.pk, thing.pk)


# --- Append-only


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE gmtc_historicalthing SET name = 'forged'",
        "UPDATE gmtc_historicalthing SET history_user_id = NULL",
        "DELETE FROM gmtc_historicalthing",
        "TRUNCATE gmtc_historicalthing",
    ],
)
def test_history_cannot_be_changed(things, attack):
    thing = make_thing()
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE waits for no foreign key of this transaction
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        execute(attack)
    assert thing.history.get().name == "thing"


def test_history_cannot_be_changed_through_the_orm_either(things):
    row = make_thing().history.get()
    row.name = "forged"
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        row.save()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        row.delete()


def test_personal_data_leaves_history_only_in_a_transaction_that_says_so(committed_things):
    thing = make_thing()
    with transaction.atomic():
        execute("SET LOCAL gmtc.erasing = 'on'")
        execute("UPDATE gmtc_historicalthing SET name = 'erased'")
    assert thing.history.get().name == "erased"
    with pytest.raises(IntegrityError, match="append-only"):
        execute("UPDATE gmtc_historicalthing SET name = 'forged'")


def test_a_table_that_is_not_erasable_stays_so(things):
    execute("CREATE TABLE stone (word text)")
    execute(AppendOnly("stone").sql)
    execute("INSERT INTO stone VALUES ('thou shalt not')")
    execute("SET LOCAL gmtc.erasing = 'on'")
    for attack in ("UPDATE stone SET word = 'may'", "DELETE FROM stone", "TRUNCATE stone"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            execute(attack)


# --- Trees


def test_nothing_lies_in_itself(things):
    thing = make_thing()
    with pytest.raises(IntegrityError, match="under itself"), transaction.atomic():
        move_under(thing, thing)
    selfish = Thing(name="selfish")
    selfish.parent_id = selfish.pk
    with pytest.raises(IntegrityError, match="under itself"), transaction.atomic():
        selfish.save()


def test_a_branch_cannot_move_under_its_own_leaf(things):
    root = make_thing(name="root")
    branch = make_thing(name="branch", parent=root)
    leaf = make_thing(name="leaf", parent=branch)
    with pytest.raises(IntegrityError, match="under itself"), transaction.atomic():
        move_under(root, leaf)
    move_under(leaf, root)
    move_under(branch, leaf)


def test_two_branches_cannot_be_moved_under_each_other_at_once(committed_things):
    branches = make_thing(name="left"), make_thing(name="right")

    def move(i):
        with transaction.atomic():
            move_under(branches[i], branches[1 - i])

    assert sorted(type(each).__name__ for each in race(2, move)) == ["IntegrityError", "NoneType"]
    assert Thing.objects.filter(parent=None).count() == 1


def test_without_the_advisory_lock_each_of_two_moves_would_look_fine(committed_things):
    """The negative control: the same function without its first line makes a circle of two."""
    function = NoCircle("gmtc_thing").sql.split("CREATE TRIGGER")[0].replace("CREATE", "CREATE OR REPLACE", 1)
    lock = "PERFORM pg_advisory_xact_lock(hashtext('gmtc_thing'));"
    assert lock in function
    branches = make_thing(name="left"), make_thing(name="right")
    both_moved = threading.Barrier(2)

    def move(i):
        with transaction.atomic():
            move_under(branches[i], branches[1 - i])
            both_moved.wait(10)

    execute(function.replace(lock, ""))
    try:
        assert race(2, move) == [None, None]
    finally:
        execute(function)
    assert not Thing.objects.filter(parent=None).exists()


# --- Each can be taken back by its migration


@pytest.mark.parametrize(
    "operation",
    [
        AppendOnly("stone"),
        AppendOnly("stone", erasable=True),
        NoCircle("stone"),
        LegalMoves("stone", {"a": ["b"]}, start=["a"]),
    ],
)
def test_a_migration_backwards_removes_the_trigger_and_its_function(things, operation):
    execute("CREATE TABLE stone (id uuid, parent_id uuid, status text)")
    execute(operation.sql)
    assert execute("SELECT FROM pg_trigger WHERE tgrelid = 'stone'::regclass AND NOT tgisinternal") > 0
    execute(operation.reverse_sql)
    assert execute("SELECT FROM pg_trigger WHERE tgrelid = 'stone'::regclass AND NOT tgisinternal") == 0
    assert execute("SELECT FROM pg_proc WHERE proname LIKE 'stone%'") == 0
