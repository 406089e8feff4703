"""What every business record does: who did what and why, versions, the trash."""

import threading
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.transaction import TransactionManagementError

from gmtc.errors import InUse, Refused, StaleEdit
from gmtc.testing import race
from gmtc.tests.things import Slip, Thing, execute, make_slip, make_thing


def written(record) -> list[tuple]:
    """The history of a record, oldest first: (kind, reason, user, version)."""
    return [
        (row.history_type, row.history_change_reason, row.history_user, row.version)
        for row in record.history.order_by("history_id")
    ]


# --- Writing


def test_a_new_record_knows_who_made_it_and_so_does_its_history(things, staff):
    thing = make_thing(by=staff)
    assert (thing.created_by, thing.updated_by, thing.version) == (staff, staff, 1)
    assert written(thing) == [("+", "create", staff, 1)]


def test_a_record_of_the_system_itself_has_no_user(things):
    thing = make_thing()
    assert thing.created_by is None
    assert written(thing) == [("+", "create", None, 1)]


def test_ids_are_in_the_order_of_creation(things):
    made = [make_thing(name=str(number)) for number in range(5)]
    assert list(Thing.objects.order_by("pk")) == made


def test_a_revision_stores_the_values_the_version_and_a_history_row(things, staff, manager):
    thing = make_thing(by=staff)
    before = thing.updated_at
    thing.revise({"name": "better"}, by=manager, version=1)
    stored = Thing.objects.get()
    assert (stored.name, stored.version) == ("better", 2)
    assert (stored.created_by, stored.updated_by) == (staff, manager)
    assert stored.updated_at > before
    assert written(thing) == [("+", "create", staff, 1), ("~", "edit", manager, 2)]
    assert [row.name for row in thing.history.order_by("history_id")] == ["thing", "better"]


def test_a_revision_that_changes_nothing_writes_nothing(things, staff, manager):
    thing = make_thing(by=staff)
    before = thing.updated_at
    thing.revise({"name": "thing", "parent": None}, by=manager, version=1)
    stored = Thing.objects.get()
    assert (stored.version, stored.updated_at, stored.updated_by) == (1, before, staff)
    assert len(written(thing)) == 1


def test_an_edit_of_an_older_version_is_refused_and_shows_what_is_stored(things, staff, manager):
    thing = make_thing()
    stale = Thing.objects.get()
    thing.revise({"name": "first"}, by=staff, version=1)
    with pytest.raises(StaleEdit, match="changed by someone else") as refused:
        stale.revise({"name": "second"}, by=manager, version=1)
    assert (refused.value.record.name, refused.value.since) == ("first", 1)
    assert Thing.objects.get().name == "first"
    assert len(written(thing)) == 2


def test_of_two_edits_at_once_one_is_refused(committed_things):
    make_thing()
    outcome = race(2, lambda i: Thing.objects.get().revise({"name": f"edit {i}"}, by=None, version=1))
    assert sorted(type(each).__name__ for each in outcome) == ["NoneType", "StaleEdit"]
    assert Thing.objects.get().version == 2


def test_a_locked_record_may_be_pointed_to_meanwhile(committed_things):
    thing = make_thing(name="shelf")
    locked, placed = threading.Event(), threading.Event()

    def hold_or_place(i):
        if i:
            locked.wait(5)
            make_thing(name="box", parent=thing)
            placed.set()
            return None
        with transaction.atomic():
            Thing.objects.get().lock()
            locked.set()
            return placed.wait(5)

    assert race(2, hold_or_place) == [True, None]


def test_saving_a_stale_record_leaves_its_running_columns_alone(things):
    stale = make_thing()
    execute("UPDATE gmtc_thing SET stock = 7")
    stale.name = "renamed"
    stale.save(reason="edit")
    stored = Thing.objects.get()
    assert (stored.name, stored.stock) == ("renamed", Decimal(7))


def test_a_record_is_only_locked_inside_a_transaction(committed_things):
    thing = make_thing()
    with pytest.raises(TransactionManagementError):
        thing.lock()


def test_a_lock_reads_the_record_anew(things):
    stale = make_thing()
    execute("UPDATE gmtc_thing SET name = 'newer'")
    assert stale.lock().name == "newer"


# --- The trash


def test_a_discarded_record_is_out_of_sight_and_still_there(things, staff):
    thing = make_thing()
    thing.discard(by=staff)
    assert not Thing.objects.exists()
    assert list(Thing.everything.trashed()) == [thing]
    assert written(thing)[-1] == ("~", "delete", staff, 2)


def test_what_lies_in_the_trash_is_not_edited(things, staff):
    thing = make_thing(name="lamp")
    thing.discard(by=staff)
    with pytest.raises(Refused, match=r"^lamp is in the trash; restore it first\.$"):
        thing.revise({"name": "torch"}, by=staff, version=thing.version)
    assert Thing.everything.get().name == "lamp"


def test_discarding_twice_writes_once(things, staff):
    thing = make_thing()
    thing.discard(by=staff)
    thing.discard(by=staff)
    assert len(written(thing)) == 2


def test_a_record_in_use_is_kept_and_says_by_what(things, staff):
    thing = make_thing(name="shelf")
    make_thing(name="box", parent=thing)
    make_slip(thing=thing)
    make_slip(thing=thing)
    with pytest.raises(InUse, match=r"^shelf cannot be deleted, it is used by: 1 thing, 2 slips\.$"):
        thing.discard(by=staff)
    assert Thing.objects.filter(pk=thing.pk).exists()
    assert len(written(thing)) == 1


def test_what_lies_in_the_trash_itself_needs_nothing(things, staff):
    thing = make_thing()
    slip = make_slip(thing=thing)
    slip.discard(by=staff)
    thing.discard(by=staff)
    assert not Thing.objects.exists()


def test_a_restored_record_is_back_with_a_history_row(things, staff, manager):
    thing = make_thing()
    thing.discard(by=staff)
    thing.restore(by=manager)
    assert Thing.objects.get() == thing
    assert written(thing)[-1] == ("~", "restore", manager, 3)


def test_restoring_a_living_record_writes_nothing(things, staff):
    thing = make_thing()
    thing.restore(by=staff)
    assert len(written(thing)) == 1


def test_a_record_whose_name_was_taken_meanwhile_stays_in_the_trash(things, staff):
    thing = make_thing(name="lamp")
    thing.discard(by=staff)
    make_thing(name="lamp")
    with pytest.raises(ValidationError, match=r"A thing with this name exists\."):
        thing.restore(by=staff)
    assert Thing.everything.get(pk=thing.pk).deleted_at


def test_a_record_is_not_restored_into_something_in_the_trash(things, staff):
    shelf = make_thing(name="shelf")
    box = make_thing(name="box", parent=shelf)
    box.discard(by=staff)
    shelf.discard(by=staff)
    with pytest.raises(InUse, match=r"^box needs what is in the trash, restore it first: shelf\.$"):
        box.restore(by=staff)
    shelf.restore(by=staff)
    box.restore(by=staff)
    assert Thing.objects.count() == 2


def test_nothing_is_ever_deleted_from_the_database(things):
    thing = make_thing()
    with pytest.raises(TypeError):
        thing.delete()
    with pytest.raises(TypeError):
        Thing.objects.all().delete()
    with pytest.raises(TypeError):
        Slip.everything.all().delete()
    assert Thing.objects.exists()


# --- Constraints


def test_a_name_is_unique_among_the_living_also_without_a_parent(things):
    make_thing(name="lamp")
    with pytest.raises(ValidationError, match=r"A thing with this name exists\."):
        Thing(name="lamp").validate_constraints()
    with pytest.raises(IntegrityError, match="gmtc_thing_name"), transaction.atomic():
        make_thing(name="lamp")


def test_a_name_in_the_trash_may_be_used_again(things, staff):
    make_thing(name="lamp").discard(by=staff)
    make_thing(name="lamp")
    assert Thing.everything.filter(name="lamp").count() == 2


def test_the_same_name_may_stand_in_two_places(things):
    shelf = make_thing(name="shelf")
    make_thing(name="lamp")
    make_thing(name="lamp", parent=shelf)
    assert Thing.objects.filter(name="lamp").count() == 2


@pytest.mark.parametrize("stock", ["-0.001", "1000.001", "NaN"])
def test_a_bounded_column_takes_neither_too_little_nor_too_much_nor_nan(things, stock):
    make_thing()
    with pytest.raises(IntegrityError, match="gmtc_thing_stock"), transaction.atomic():
        execute("UPDATE gmtc_thing SET stock = %s", Decimal(stock))
