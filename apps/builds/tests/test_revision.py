"""Builds, revisions and their bills: verbs, what they refuse, the constraints beneath, the history."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, InternalError, connection, transaction

from apps.builds.models import BuildPart, BuildRevision, Kind, PrinterBuild, Status
from apps.builds.tests.factories import faults, fill, make_build, make_revision, row
from apps.parts.models import Part, Procurement
from apps.parts.tests.factories import execute, make_part
from gmtc.errors import IllegalMove, InUse, Refused, StaleEdit
from gmtc.testing import race

pytestmark = pytest.mark.django_db


def refused_by_database(sql: str, *values) -> bool:
    """Whether the database itself refuses it; whatever happens is taken back."""
    try:
        with transaction.atomic():
            execute(sql, *values)
            raise ZeroDivisionError
    except ZeroDivisionError:
        return False
    except (IntegrityError, InternalError):
        return True


# --- Builds


def test_a_new_build_makes_its_product(staff):
    build = make_build(model_number="XP9", name="Printer nine", base_price=Decimal("2490"), by=staff)
    product = build.product
    assert (product.sku, product.name, product.procurement) == ("XP9", "Printer nine", Procurement.MAKE)
    assert (product.is_sellable, product.is_serialised, product.unit_price) == (True, True, Decimal("2490"))
    assert product.history.get().history_user == staff


def test_the_product_of_a_sub_assembly_is_not_sold():
    product = make_build(kind=Kind.ASSEMBLY).product
    assert (product.is_sellable, product.is_serialised) == (False, False)


def test_a_build_takes_the_made_part_that_has_its_model_number():
    part = make_part(sku="xp8", procurement=Procurement.MAKE)
    assert make_build(model_number="XP8").product == part


def test_a_bought_part_is_no_product():
    build = PrinterBuild(model_number="XP7", name="x", product=make_part())
    with pytest.raises(ValidationError, match="bought"):
        build.full_clean()


def test_the_sales_price_follows_the_base_price(manager):
    build = make_build()
    build.revise({"base_price": Decimal("1999.50")}, by=manager, version=build.version)
    assert Part.objects.get(pk=build.product_id).unit_price == Decimal("1999.50")


def test_two_builds_share_neither_model_number_nor_product():
    build = make_build(model_number="XP6")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_build(model_number="xp6", product=make_part(procurement=Procurement.MAKE))
    with pytest.raises(IntegrityError), transaction.atomic():
        make_build(product=build.product)


def test_a_build_with_revisions_is_not_deleted(manager):
    build = make_revision().build
    with pytest.raises(InUse):
        build.discard(by=manager)


def test_a_released_build_keeps_its_product():
    build = make_revision(released=True).build
    other = make_part(procurement=Procurement.MAKE)
    assert refused_by_database("UPDATE builds_printerbuild SET product_id = %s WHERE id = %s", other.pk, build.pk)
    draft = make_revision().build
    assert not refused_by_database("UPDATE builds_printerbuild SET product_id = %s WHERE id = %s", other.pk, draft.pk)


# --- Lines


def test_writing_keeps_adds_changes_and_removes_lines(staff):
    a, b, c = make_part(), make_part(), make_part()
    revision = make_revision(parts={a: 1, b: 2})
    revision.write({"note": "new fan"}, [row(c, 3, "7"), row(a, 4)], by=staff, version=revision.version)
    assert [(line.position, line.part, line.quantity) for line in revision.lines.all()] == [(1, c, 3), (2, a, 4)]
    removed = BuildPart.everything.get(revision=revision, part=b)
    assert removed.deleted_at is not None
    assert removed.history.latest().history_user == staff
    assert revision.note == "new fan"


def test_two_lines_may_change_places_and_only_what_changed_is_written():
    a, b, c = make_part(), make_part(), make_part()
    revision = make_revision(parts={a: 1, b: 2, c: 3})
    fill(revision, {b: 2, a: 1, c: 3})
    assert [line.part for line in revision.lines.all()] == [b, a, c]
    assert revision.lines.get(part=c).version == 1


def test_a_stale_edit_is_refused():
    revision = make_revision()
    version = revision.version
    fill(revision, {make_part(): 5})
    with pytest.raises(StaleEdit):
        revision.write({}, [], by=None, version=version)


def test_a_part_stands_on_one_line_only():
    part, other = make_part(sku="TWICE"), make_part()
    revision = make_revision(parts={})
    with pytest.raises(Refused, match="TWICE stands on lines 1 and 3"):
        revision.write({}, [row(part), row(other), row(part)], by=None, version=revision.version)
    assert not revision.lines.exists()


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "1.5", "0.0001"])
def test_nonsense_quantities_are_refused(quantity):
    revision = make_revision(parts={})
    with pytest.raises(Refused, match="Line 1"):
        revision.write({}, [row(make_part(), quantity)], by=None, version=revision.version)


def test_a_part_in_the_trash_is_refused(manager):
    part = make_part()
    part.discard(by=manager)
    revision = make_revision(parts={})
    with pytest.raises(Refused, match="trash"):
        revision.write({}, [row(part)], by=None, version=revision.version)


def test_a_part_on_a_bill_is_not_deleted(manager):
    part = make_part()
    make_revision(parts={part: 1})
    with pytest.raises(InUse):
        part.discard(by=manager)


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity"])
def test_the_database_refuses_nonsense_quantities(quantity):
    line = make_revision().lines.get()
    with pytest.raises((IntegrityError, DataError), match="builds_line_quantity|overflow"), transaction.atomic():
        execute("UPDATE builds_buildpart SET quantity = %s WHERE id = %s", Decimal(quantity), line.pk)


# --- Released


def test_releasing_freezes_and_makes_current(manager):
    revision = make_revision()
    revision.release(by=manager)
    assert (revision.status, revision.is_current, revision.released_by) == (Status.RELEASED, True, manager)
    assert revision.build.current == revision
    assert revision.history.latest().history_change_reason == "release"


def test_an_empty_revision_is_not_released():
    revision = make_revision(parts={})
    with pytest.raises(Refused, match="no lines"):
        revision.release(by=None)
    revision.refresh_from_db()
    assert revision.status == Status.DRAFT


def test_the_next_release_takes_over_and_the_old_one_can_come_back(manager):
    first = make_revision(released=True)
    second = first.build.draft_revision(by=manager, copy_of=first)
    second.release(by=manager)
    first.refresh_from_db()
    assert (first.is_current, first.status) == (False, Status.RELEASED)
    first.make_current(by=manager)
    assert first.build.current == first


def test_a_retired_revision_is_not_current_and_not_released_again(manager):
    revision = make_revision(released=True)
    revision.retire(by=manager)
    assert revision.build.current is None
    with pytest.raises(IllegalMove):
        revision.release(by=manager)
    with pytest.raises(IllegalMove):
        revision.make_current(by=manager)


def test_a_copy_has_the_same_lines_and_the_next_number(staff):
    a, b = make_part(), make_part()
    first = make_revision(parts={a: 2, b: 3}, released=True)
    second = first.build.draft_revision(by=staff, copy_of=first)
    assert second.number == 2
    assert [(line.part, line.quantity) for line in second.lines.all()] == [(a, 2), (b, 3)]
    assert second.lines.first().history.get().history_user == staff


def test_numbers_are_never_given_twice(manager):
    first = make_revision()
    first.discard(by=manager)
    assert first.build.draft_revision(by=manager).number == 2


def test_a_released_bill_is_not_edited():
    revision = make_revision(released=True)
    with pytest.raises(IllegalMove, match="new draft"):
        fill(revision, {make_part(): 1})


def test_the_database_keeps_released_lines_as_they_are():
    revision = make_revision(released=True)
    line, draft, part = revision.lines.get(), make_revision(), make_part()
    assert refused_by_database("UPDATE builds_buildpart SET quantity = 9 WHERE id = %s", line.pk)
    assert refused_by_database("UPDATE builds_buildpart SET deleted_at = now() WHERE id = %s", line.pk)
    assert refused_by_database("DELETE FROM builds_buildpart WHERE id = %s", line.pk)
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # PostgreSQL truncates nothing while a check is still to come
    assert refused_by_database("TRUNCATE builds_buildpart CASCADE")
    assert refused_by_database(
        "UPDATE builds_buildpart SET revision_id = %s WHERE revision_id = %s", revision.pk, draft.pk
    )
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        BuildPart(revision=revision, part=part, quantity=1).save(by=None)
    assert not refused_by_database("UPDATE builds_buildpart SET quantity = 9 WHERE revision_id = %s", draft.pk)


def test_the_database_keeps_a_released_revision():
    revision = make_revision(released=True)
    for change in ("number = 9", "deleted_at = now()", "released_at = now()", "status = 'draft'"):
        sql = f"UPDATE builds_buildrevision SET {change} WHERE id = %s"  # noqa: S608 - our own words
        assert refused_by_database(sql, revision.pk), change
    assert refused_by_database("DELETE FROM builds_buildrevision WHERE id = %s", revision.pk)
    assert refused_by_database("UPDATE builds_buildrevision SET is_current = true WHERE id = %s", make_revision().pk)


def test_two_current_revisions_are_refused_by_the_database(manager):
    first = make_revision(released=True)
    second = first.build.draft_revision(by=manager, copy_of=first)
    second.release(by=manager)
    assert refused_by_database("UPDATE builds_buildrevision SET is_current = true WHERE id = %s", first.pk)


def test_history_of_bills_is_read_only():
    make_revision()
    for noun in ("printerbuild", "buildrevision", "buildpart"):
        assert refused_by_database(f"DELETE FROM builds_historical{noun}")  # noqa: S608 - our own words


def test_a_draft_goes_to_the_trash_with_its_lines_and_comes_back(manager):
    part = make_part()
    revision = make_revision(parts={part: 2})
    revision.discard(by=manager)
    assert not revision.lines.exists()
    part.discard(by=manager)
    with pytest.raises(Refused, match=part.sku):
        revision.restore(by=manager)
    part.restore(by=manager)
    revision.restore(by=manager)
    assert revision.lines.get().quantity == 2
    assert faults() == []


def test_a_released_revision_does_not_go_to_the_trash(manager):
    with pytest.raises(Refused, match="Retire"):
        make_revision(released=True).discard(by=manager)


def test_warnings_name_discontinued_parts_and_unreleased_sub_assemblies():
    old = make_part(sku="OLD", is_discontinued=True)
    inner = make_build(model_number="INNER", kind=Kind.ASSEMBLY)
    revision = make_revision(parts={old: 1, inner.product: 1})
    assert revision.warnings() == [
        "OLD is discontinued.",
        "INNER has no released revision yet, so it counts as one part.",
    ]


def test_comparing_names_what_was_added_removed_and_changed():
    a, b, c, d = (make_part(sku=sku) for sku in "ABCD")
    first = make_revision(parts={a: 1, b: 2, c: 3}, released=True)
    second = first.build.draft_revision(by=None)
    fill(second, {a: 1, b: 5, d: 4})
    found = second.compare(first)
    assert [(each.part, each.new) for each in found.added] == [(d, 4)]
    assert [(each.part, each.old) for each in found.removed] == [(c, 3)]
    assert [(each.part, each.difference) for each in found.changed] == [(b, 3)]
    assert found.same == 1


# --- Circles


def chain() -> tuple[PrinterBuild, PrinterBuild, PrinterBuild]:
    """A contains B contains C."""
    a, b, c = (make_build(kind=Kind.ASSEMBLY) for _ in range(3))
    make_revision(c, {make_part(): 1}, released=True)
    make_revision(b, {c.product: 1}, released=True)
    make_revision(a, {b.product: 1})
    return a, b, c


def test_no_build_contains_itself_however_deep():
    a, _b, c = chain()
    draft = c.draft_revision(by=None)
    with pytest.raises(Refused, match="would contain itself"):
        fill(draft, {a.product: 1})
    with pytest.raises(Refused, match="would contain itself"):
        fill(draft, {c.product: 1})


def test_a_copy_into_a_build_that_is_inside_is_refused():
    a, _b, c = chain()
    with pytest.raises(Refused, match="would contain itself"):
        c.draft_revision(by=None, copy_of=a.revisions.get())
    assert c.revisions.count() == 1


def test_the_database_refuses_circles_by_every_way_in():
    a, _b, c = chain()
    draft = make_revision(c, {make_part(): 1})
    line = draft.lines.get()
    assert refused_by_database("UPDATE builds_buildpart SET part_id = %s WHERE id = %s", a.product_id, line.pk)
    assert refused_by_database("UPDATE builds_buildpart SET part_id = %s WHERE id = %s", c.product_id, line.pk)
    leaf = line.part
    loner = make_build(kind=Kind.ASSEMBLY)
    make_revision(loner, {c.product: 1})
    assert refused_by_database("UPDATE builds_printerbuild SET product_id = %s WHERE id = %s", leaf.pk, loner.pk)


def test_a_retired_revision_makes_no_circle(manager):
    a, b = make_build(kind=Kind.ASSEMBLY), make_build(kind=Kind.ASSEMBLY)
    old = make_revision(a, {b.product: 1}, released=True)
    old.retire(by=manager)
    make_revision(b, {a.product: 1}, released=True)
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_two_who_put_each_other_on_their_bills_at_once_make_no_circle():
    a, b = make_build(kind=Kind.ASSEMBLY), make_build(kind=Kind.ASSEMBLY)
    drafts = [a.draft_revision(by=None), b.draft_revision(by=None)]
    others = [b.product, a.product]
    results = race(2, lambda i: fill(drafts[i], {others[i]: 1}))
    assert sorted(type(each).__name__ for each in results) == ["NoneType", "Refused"]
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_past_the_verbs_the_trigger_stops_the_same_race():
    a, b = make_build(kind=Kind.ASSEMBLY), make_build(kind=Kind.ASSEMBLY)
    drafts = [a.draft_revision(by=None), b.draft_revision(by=None)]
    others = [b.product, a.product]
    results = race(2, lambda i: BuildPart(revision=drafts[i], part=others[i], quantity=1).save(by=None))
    assert sorted(type(each).__name__ for each in results) == ["IntegrityError", "NoneType"]


@pytest.mark.django_db(transaction=True)
def test_without_the_trigger_and_its_lock_the_race_makes_a_circle():
    """The negative control: the test above is green because of the trigger."""
    a, b = make_build(kind=Kind.ASSEMBLY), make_build(kind=Kind.ASSEMBLY)
    drafts = [a.draft_revision(by=None), b.draft_revision(by=None)]
    others = [b.product, a.product]
    execute("ALTER TABLE builds_buildpart DISABLE TRIGGER builds_line_no_circle")
    try:
        race(2, lambda i: BuildPart(revision=drafts[i], part=others[i], quantity=1).save(by=None))
        assert {fault.rule for fault in faults()} >= {"No bill of materials contains itself"}
    finally:
        execute("ALTER TABLE builds_buildpart ENABLE TRIGGER builds_line_no_circle")


@pytest.mark.django_db(transaction=True)
def test_two_releases_at_once_leave_one_current():
    build = make_build()
    drafts = [make_revision(build) for _ in range(2)]
    race(2, lambda i: BuildRevision.objects.get(pk=drafts[i].pk).release(by=None))
    assert build.revisions.filter(status=Status.RELEASED).count() == 2
    assert build.revisions.filter(is_current=True).count() == 1


# --- Checks over the whole database


def test_verify_is_content_with_what_the_verbs_wrote(manager):
    chain()
    make_revision(released=True).retire(by=manager)
    assert faults() == []


def test_verify_finds_a_line_that_was_changed_after_the_release():
    line = make_revision(released=True).lines.get()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = 'replica'")
        cursor.execute(
            "UPDATE builds_buildpart SET quantity = 9, updated_at = now() + '1 day' WHERE id = %s", [line.pk]
        )
        cursor.execute("SET LOCAL session_replication_role = 'origin'")
    assert "Released bills of materials are as they were released" in {fault.rule for fault in faults()}
